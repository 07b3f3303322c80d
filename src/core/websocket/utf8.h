#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace bowline::core {

/// Is a text that comes in pieces UTF-8? Tells at the first octet after which no text can be: no overlong
/// form, no surrogate, nothing beyond U+10FFFF.
///
/// source    RFC 3629, Unicode 15 table 3-7
class Utf8Check {
 public:
  /// False from the first bad octet on.
  [[nodiscard]] bool add(std::span<const std::byte> bytes);
  /// No character is cut off.
  [[nodiscard]] bool is_complete() const { return pending_ == 0 && good_; }
  void restart() { *this = Utf8Check(); }

 private:
  [[nodiscard]] bool add_octet(std::uint8_t octet);
  [[nodiscard]] bool begin(std::uint8_t octet);

  std::uint8_t pending_ = 0;   // octets of a character that are to come
  std::uint8_t least_ = 0x80;  // of the next one
  std::uint8_t most_ = 0xbf;
  bool good_ = true;
};

/// All at once.
[[nodiscard]] bool is_utf8(std::span<const std::byte> bytes);

}  // namespace bowline::core
