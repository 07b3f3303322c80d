#pragma once

#include <bowline/export.h>

#include <cstddef>
#include <cstdint>

namespace BOWLINE_API bowline {

// clang-format off: a setter is one line
/// How length_prefixed writes a message's length in front of it: an unsigned big-endian number.
class LengthPrefix {
 public:
  /// 1, 2, 4 or 8; anything else fails the connection with invalid_argument.
  LengthPrefix& bytes(unsigned value) { bytes_ = value; return *this; }
  /// Largest message either way; a peer that announces more is cut off.
  LengthPrefix& message_bytes_max(std::size_t value) { message_bytes_max_ = value; return *this; }
  [[nodiscard]] unsigned bytes() const { return bytes_; }
  [[nodiscard]] std::size_t message_bytes_max() const { return message_bytes_max_; }

 private:
  unsigned bytes_ = 4;
  std::size_t message_bytes_max_ = 16 * 1024 * 1024;
};

/// What ends a line: a line feed, or a carriage return and a line feed. A lone one of the two is then a part of
/// the line.
enum class LineDelimiter : std::uint8_t { lf, crlf };

/// How line_framed cuts lines.
class LineFraming {
 public:
  LineFraming& delimiter(LineDelimiter value) { delimiter_ = value; return *this; }
  /// Received lines keep their delimiter, and lines to send may have one at their end: it is not added twice.
  LineFraming& keep_delimiter(bool value) { keep_delimiter_ = value; return *this; }
  /// Longest line either way, without its delimiter; a peer that sends a longer one is cut off.
  LineFraming& line_bytes_max(std::size_t value) { line_bytes_max_ = value; return *this; }
  [[nodiscard]] LineDelimiter delimiter() const { return delimiter_; }
  [[nodiscard]] bool keep_delimiter() const { return keep_delimiter_; }
  [[nodiscard]] std::size_t line_bytes_max() const { return line_bytes_max_; }

 private:
  LineDelimiter delimiter_ = LineDelimiter::lf;
  bool keep_delimiter_ = false;
  std::size_t line_bytes_max_ = 64 * 1024;
};
// clang-format on

}  // namespace BOWLINE_API bowline
