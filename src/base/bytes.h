#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace bowline {

[[nodiscard]] inline std::span<const std::byte> as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Reads big-endian numbers and runs of bytes; reading past the end gives nothing and moves nothing.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes, std::size_t offset = 0)
      : bytes_(bytes), offset_(offset) {}

  [[nodiscard]] std::size_t offset() const { return offset_; }
  [[nodiscard]] std::size_t remaining() const { return bytes_.size() - offset_; }
  [[nodiscard]] bool empty() const { return remaining() == 0; }
  [[nodiscard]] std::span<const std::byte> whole() const { return bytes_; }

  std::optional<std::uint8_t> u8() { return number<std::uint8_t>(); }
  std::optional<std::uint16_t> u16() { return number<std::uint16_t>(); }
  std::optional<std::uint32_t> u32() { return number<std::uint32_t>(); }
  std::optional<std::span<const std::byte>> bytes(std::size_t count) {
    if (count > remaining()) return std::nullopt;
    offset_ += count;
    return bytes_.subspan(offset_ - count, count);
  }

 private:
  template <class Number>
  std::optional<Number> number() {
    if (remaining() < sizeof(Number)) return std::nullopt;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < sizeof(Number); ++i)
      value = value << 8 | std::to_integer<std::uint32_t>(bytes_[offset_++]);
    return static_cast<Number>(value);
  }

  std::span<const std::byte> bytes_;
  std::size_t offset_;
};

/// Appends big-endian numbers and runs of bytes to a vector.
class ByteWriter {
 public:
  explicit ByteWriter(std::vector<std::byte>& into) : into_(into) {}

  [[nodiscard]] std::size_t size() const { return into_.size(); }
  void u8(std::uint8_t value) { number(value, 1); }
  void u16(std::uint16_t value) { number(value, 2); }
  void u32(std::uint32_t value) { number(value, 4); }
  void bytes(std::span<const std::byte> bytes) {
    into_.insert(into_.end(), bytes.begin(), bytes.end());
  }
  /// Overwrites two bytes written before, such as a length that was not known yet.
  void patch_u16(std::size_t offset, std::uint16_t value) {
    into_[offset] = static_cast<std::byte>(value >> 8);
    into_[offset + 1] = static_cast<std::byte>(value & 0xff);
  }

 private:
  void number(std::uint32_t value, unsigned bytes) {
    while (bytes-- > 0) into_.push_back(static_cast<std::byte>(value >> (8 * bytes) & 0xff));
  }
  std::vector<std::byte>& into_;
};

}  // namespace bowline
