#pragma once

#include <bowline/export.h>

#include <cstddef>
#include <cstdint>

namespace BOWLINE_API bowline {

// What the framers that come with the library can be told, beside those of bowline/framer.h. Values; setters
// chain. Whatever exceeds a limit ends the connection with limit_exceeded; what does not parse, with
// malformed.

// clang-format off: a setter is one line
/// How type_length_value writes messages: a type, a length, and so many octets. The type is the message's
/// context().number().
class TlvFraming final {
 public:
  /// 1, 2 or 4 each; anything else fails the connection with invalid_argument.
  TlvFraming& type_bytes(unsigned value) { type_bytes_ = value; return *this; }
  TlvFraming& length_bytes(unsigned value) { length_bytes_ = value; return *this; }
  /// Most protocols are big-endian: the highest octet comes first.
  TlvFraming& little_endian(bool value) { little_endian_ = value; return *this; }
  /// Largest value either way.
  TlvFraming& message_bytes_max(std::size_t value) { message_bytes_max_ = value; return *this; }
  [[nodiscard]] unsigned type_bytes() const { return type_bytes_; }
  [[nodiscard]] unsigned length_bytes() const { return length_bytes_; }
  [[nodiscard]] bool little_endian() const { return little_endian_; }
  [[nodiscard]] std::size_t message_bytes_max() const { return message_bytes_max_; }

 private:
  unsigned type_bytes_ = 1;
  unsigned length_bytes_ = 2;
  bool little_endian_ = false;
  std::size_t message_bytes_max_ = 16 * 1024 * 1024;
};

/// How varint_prefixed writes messages: their length in groups of seven bits, the lowest first, each octet
/// but the last with its highest bit set (LEB128), as Protocol Buffers delimit theirs.
class VarintPrefix final {
 public:
  VarintPrefix& message_bytes_max(std::size_t value) { message_bytes_max_ = value; return *this; }
  [[nodiscard]] std::size_t message_bytes_max() const { return message_bytes_max_; }

 private:
  std::size_t message_bytes_max_ = 16 * 1024 * 1024;
};

/// How slip_framed marks messages: an octet of its own at both ends, which is escaped inside. Messages are
/// not empty.
/// source    RFC 1055
class SlipFraming final {
 public:
  SlipFraming& message_bytes_max(std::size_t value) { message_bytes_max_ = value; return *this; }
  /// A message that is damaged is dropped, and the next one goes on: for lines with noise.
  SlipFraming& skip_damaged(bool value) { skip_damaged_ = value; return *this; }
  [[nodiscard]] std::size_t message_bytes_max() const { return message_bytes_max_; }
  [[nodiscard]] bool skip_damaged() const { return skip_damaged_; }

 private:
  std::size_t message_bytes_max_ = 64 * 1024;
  bool skip_damaged_ = false;
};

/// How cobs_framed marks messages: a zero behind each, and none inside (Consistent Overhead Byte Stuffing):
/// at most one octet more in 254.
/// source    Cheshire and Baker, SIGCOMM 1997
class CobsFraming final {
 public:
  CobsFraming& message_bytes_max(std::size_t value) { message_bytes_max_ = value; return *this; }
  CobsFraming& skip_damaged(bool value) { skip_damaged_ = value; return *this; }
  [[nodiscard]] std::size_t message_bytes_max() const { return message_bytes_max_; }
  [[nodiscard]] bool skip_damaged() const { return skip_damaged_; }

 private:
  std::size_t message_bytes_max_ = 64 * 1024;
  bool skip_damaged_ = false;
};

/// How json_framed finds the end of each JSON value in a stream of them: by brackets and quotes. What else is
/// wrong with a value is for its reader to say.
class JsonFraming final {
 public:
  /// Writes a record separator in front of each and a line feed behind it, and takes the former between
  /// values, too. Without, a line feed stands behind each.
  /// source    RFC 7464
  JsonFraming& text_sequence(bool value) { text_sequence_ = value; return *this; }
  JsonFraming& message_bytes_max(std::size_t value) { message_bytes_max_ = value; return *this; }
  /// How deep arrays and objects may lie inside each other.
  JsonFraming& depth_max(std::size_t value) { depth_max_ = value; return *this; }
  [[nodiscard]] bool text_sequence() const { return text_sequence_; }
  [[nodiscard]] std::size_t message_bytes_max() const { return message_bytes_max_; }
  [[nodiscard]] std::size_t depth_max() const { return depth_max_; }

 private:
  bool text_sequence_ = false;
  std::size_t message_bytes_max_ = 16 * 1024 * 1024;
  std::size_t depth_max_ = 512;
};
// clang-format on

}  // namespace BOWLINE_API bowline
