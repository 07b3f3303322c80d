#include "cli/ws/ws_lines.h"

#include <utility>

namespace bowline::cli {

void WsLines::next(std::move_only_function<void(std::optional<std::string>)> use) {
  use_ = std::move(use);
  serve();
}

/// Whoever asks may ask again from inside of `use`: each line is given from the loop's turn of a read, or at
/// once.
void WsLines::serve() {
  const std::size_t end = kept_.find('\n', searched_);
  std::optional<std::string> line;
  if (end != std::string::npos) {
    line = kept_.substr(taken_, end - taken_);
    taken_ = searched_ = end + 1;
  } else if (ended_ && taken_ < kept_.size()) {
    line = kept_.substr(taken_);
    taken_ = searched_ = kept_.size();
  } else if (!ended_) {
    kept_.erase(0, std::exchange(taken_, 0));
    searched_ = kept_.size();
    reading_ = input_.receive();
    reading_.start([this](Result<Message> got) { take(std::move(got)); });
    return;
  }
  if (line && line->ends_with('\r')) line->pop_back();
  if (auto use = std::exchange(use_, nullptr)) use(std::move(line));
}

void WsLines::take(Result<Message> got) {
  if (!got.has_value()) {
    error_ = got.error();
    ended_ = true;
  } else {
    kept_ += got->text();
    ended_ = got->end_of_stream();
  }
  if (kept_.size() > line_bytes_max && !kept_.contains('\n')) {
    error_ = Error(ErrorKind::limit_exceeded, "read", "a line has at most 16 MiB");
    kept_.clear();
    taken_ = searched_ = 0;
    ended_ = true;
  }
  serve();
}

}  // namespace bowline::cli
