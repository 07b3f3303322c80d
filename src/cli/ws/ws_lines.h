#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/error.h>
#include <bowline/loop.h>
#include <bowline/standard_input.h>

namespace bowline::cli {

/// Standard input as lines, one at a time: nothing is read ahead of who takes them.
///
/// thread    its loop's
class WsLines {
 public:
  static constexpr std::size_t line_bytes_max = std::size_t{16} << 20;

  explicit WsLines(Loop& loop) : input_(loop.standard_input()) {}

  /// The next line, without its end; nothing at the end of input, which may have an error().
  void next(std::move_only_function<void(std::optional<std::string>)> use);
  void forget() {
    use_ = nullptr;
    reading_ = {};
  }
  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 private:
  void serve();
  void take(Result<Message> got);

  StandardInput input_;
  Operation<Message> reading_;
  std::move_only_function<void(std::optional<std::string>)> use_;
  std::string kept_;
  std::size_t taken_ = 0;     // of kept_
  std::size_t searched_ = 0;  // of kept_: no end of a line before it
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace bowline::cli
