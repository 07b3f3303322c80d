#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <bowline/result.h>

namespace bowline::wire {

/// Something in a message of HTTP/1 that is not as RFC 9112 asks; `status` is what a server would answer.
[[nodiscard]] Error bad_http1(int status, std::string rule);
/// The same for what is longer than it may be.
[[nodiscard]] Error too_much_http1(int status, std::string rule);

/// Lines out of pieces. Each ends with CR and LF: neither alone ends a line or stands inside one.
class LineReader {
 public:
  /// Takes octets from the front of `bytes` up to the end of a line, and gives the line without its end,
  /// valid until the next call; nothing if the line goes on. The octets are taken from `budget`.
  ///
  /// errors    malformed (400) for CR or LF alone; limit_exceeded with `status` once the budget is used up
  [[nodiscard]] Result<std::optional<std::string_view>> take(std::span<const std::byte>& bytes,
                                                             std::size_t& budget, int status);
  /// No part of a line is held.
  [[nodiscard]] bool empty() const { return is_complete_ || line_.empty(); }
  void clear() { line_.clear(); }

 private:
  std::string line_;  // of a line that came in pieces
  bool is_complete_ = false;
};

}  // namespace bowline::wire
