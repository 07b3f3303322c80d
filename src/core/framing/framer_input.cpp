#include "core/framing/framer_input.h"

#include <cassert>
#include <utility>

namespace bowline::core {

void FramerInput::add(Buffer bytes) {
  if (gathered_.empty() && held_.empty()) {
    held_ = std::move(bytes);
    return;
  }
  if (consumed_ > gathered_.size() / 2) {
    gathered_.erase(gathered_.begin(), gathered_.begin() + static_cast<std::ptrdiff_t>(consumed_));
    consumed_ = 0;
  }
  gathered_.insert(gathered_.end(), held_.bytes().begin(), held_.bytes().end());
  held_ = {};
  gathered_.insert(gathered_.end(), bytes.bytes().begin(), bytes.bytes().end());
}

void FramerInput::consume(std::size_t count) {
  assert(count <= bytes().size() && "a framer consumes more than its input");
  if (gathered_.empty()) {
    held_.remove_prefix(count);
    if (held_.empty()) held_ = {};
    return;
  }
  consumed_ += count;
  if (consumed_ == gathered_.size()) clear();
}

Buffer FramerInput::take(std::size_t count) {
  assert(count <= bytes().size() && "a framer delivers more than its input");
  Buffer taken = gathered_.empty() ? held_.slice(0, count) : Buffer::copy_of(bytes().first(count));
  consume(count);
  return taken;
}

void FramerInput::clear() {
  held_ = {};
  consumed_ = 0;
  if (gathered_.capacity() > gathered_kept_max) gathered_ = {};
  gathered_.clear();
}

}  // namespace bowline::core
