#pragma once

#include <cstddef>
#include <functional>
#include <optional>

#include <bowline/error.h>
#include <bowline/loop.h>
#include <bowline/standard_input.h>

namespace bowline::cli {

/// Standard input for one peer after the other: what one did not take goes to the next.
///
/// thread    its loop's
class CatInput {
 public:
  explicit CatInput(Loop& loop) : input_(loop.standard_input()) {}
  CatInput(const CatInput&) = delete;
  CatInput& operator=(const CatInput&) = delete;
  ~CatInput() = default;

  /// Hands the next bytes, at most `bytes_max`, to `use`, later; none at the end. One at a time.
  void next(std::size_t bytes_max, std::move_only_function<void(Message)> use);
  /// Whoever waits for bytes waits no more; they go to the next who asks.
  void forget() { next_ = {}; }

  /// Why it ended, if that was no end of file.
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  StandardInput input_;
  Operation<Message> next_;
  std::optional<Error> error_;
};

}  // namespace bowline::cli
