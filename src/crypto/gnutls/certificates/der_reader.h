#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace bowline::crypto {

/// Tags as they stand in DER (X.690), with class and the bit for constructed types.
namespace der_tag {
inline constexpr std::uint8_t boolean = 0x01;
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bits = 0x03;
inline constexpr std::uint8_t octets = 0x04;
inline constexpr std::uint8_t null = 0x05;
inline constexpr std::uint8_t oid = 0x06;
inline constexpr std::uint8_t enumerated = 0x0a;
inline constexpr std::uint8_t utf8 = 0x0c;
inline constexpr std::uint8_t ia5 = 0x16;
inline constexpr std::uint8_t utc_time = 0x17;
inline constexpr std::uint8_t generalized_time = 0x18;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t set = 0x31;
/// [n], as a plain value or around another.
[[nodiscard]] constexpr std::uint8_t plain(unsigned n) {
  return static_cast<std::uint8_t>(0x80 | n);
}
[[nodiscard]] constexpr std::uint8_t around(unsigned n) {
  return static_cast<std::uint8_t>(0xa0 | n);
}
}  // namespace der_tag

struct DerItem {
  std::uint8_t tag = 0;
  std::span<const std::byte> content;
  std::span<const std::byte> whole;  ///< with tag and length
};

/// Walks over DER items that stand in a row. It takes one spelling of a length only, the shortest, and no tag
/// of more than one octet. Whatever does not parse ends the walk: ok() tells it from a proper end.
class DerReader {
 public:
  explicit DerReader(std::span<const std::byte> bytes) : rest_(bytes) {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] bool ok() const { return !broken_; }
  /// The next item, whatever it is.
  std::optional<DerItem> next();
  /// The next item if it has this tag. Another one stays, and is no failure.
  std::optional<DerItem> next_if(std::uint8_t tag);
  /// The next item, which must have this tag.
  std::optional<DerItem> expect(std::uint8_t tag);

 private:
  std::optional<DerItem> peek();
  std::optional<DerItem> fail() {
    broken_ = true;
    rest_ = {};
    return std::nullopt;
  }

  std::span<const std::byte> rest_;
  bool broken_ = false;
};

/// "1.2.840.113549"; "?" if it is none.
[[nodiscard]] std::string oid_text(std::span<const std::byte> content);

/// A number that is not negative and less than 2^31.
[[nodiscard]] std::optional<std::uint32_t> small_number(std::span<const std::byte> content);

}  // namespace bowline::crypto
