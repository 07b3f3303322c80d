#include "cli/cat/cat_input.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace bowline::cli {

namespace {

/// Whoever closed our input, or gave us one that is for writing, has nothing to say: that is an end of file.
bool is_closed(const Error& error) {
  return error.domain() == ErrorDomain::posix && error.code() == EBADF;
}

}  // namespace

void CatInput::next(std::size_t bytes_max, std::move_only_function<void(Message)> use) {
  constexpr std::size_t at_once_max = 64 * 1024;
  next_ = input_.receive(1, std::clamp<std::size_t>(bytes_max, 1, at_once_max));
  next_.start([this, use = std::move(use)](Result<Message> bytes) mutable {
    if (!bytes.has_value() && !is_closed(bytes.error())) error_ = std::move(bytes).error();
    use(error_ || !bytes.has_value() ? Message() : *std::move(bytes));
  });
}

}  // namespace bowline::cli
