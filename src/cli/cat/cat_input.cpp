#include "cli/cat/cat_input.h"

#include <algorithm>
#include <utility>

namespace bowline::cli {

void CatInput::next(std::size_t bytes_max, std::move_only_function<void(Message)> use) {
  constexpr std::size_t at_once_max = 64 * 1024;
  next_ = input_.receive(1, std::clamp<std::size_t>(bytes_max, 1, at_once_max));
  next_.start([this, use = std::move(use)](Result<Message> bytes) mutable {
    if (!bytes.has_value()) error_ = std::move(bytes).error();
    use(error_ ? Message() : *std::move(bytes));
  });
}

}  // namespace bowline::cli
