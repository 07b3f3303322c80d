#include "crypto/gnutls/certificates/der_reader.h"

namespace bowline::crypto {

std::optional<DerItem> DerReader::next() {
  const auto item = peek();
  if (!item) return fail();
  rest_ = rest_.subspan(item->whole.size());
  return item;
}

std::optional<DerItem> DerReader::next_if(std::uint8_t tag) {
  if (rest_.empty() || std::to_integer<std::uint8_t>(rest_[0]) != tag) return std::nullopt;
  return next();
}

std::optional<DerItem> DerReader::expect(std::uint8_t tag) {
  auto item = next();
  if (item && item->tag != tag) return fail();
  return item;
}

std::optional<DerItem> DerReader::peek() {
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(rest_[i]); };
  if (rest_.size() < 2 || (at(0) & 0x1f) == 0x1f) return std::nullopt;
  std::size_t header = 2;
  std::size_t length = at(1);
  if (length >= 0x80) {
    const std::size_t count = length & 0x7f;
    if (count == 0 || count > 4 || rest_.size() < 2 + count || at(2) == 0) return std::nullopt;
    length = 0;
    for (std::size_t i = 0; i < count; ++i) length = length << 8 | at(2 + i);
    if (length < 0x80) return std::nullopt;
    header += count;
  }
  if (length > rest_.size() - header) return std::nullopt;
  return DerItem{std::to_integer<std::uint8_t>(rest_[0]), rest_.subspan(header, length),
                 rest_.first(header + length)};
}

std::string oid_text(std::span<const std::byte> content) {
  constexpr std::size_t octets_max = 64;
  if (content.empty() || content.size() > octets_max) return "?";
  std::string text;
  std::uint64_t part = 0;
  for (const std::byte octet : content) {
    const auto value = std::to_integer<std::uint64_t>(octet);
    if (part >> 56 != 0) return "?";
    part = part << 7 | (value & 0x7f);
    if (value & 0x80) continue;
    if (text.empty()) {
      const std::uint64_t first = part < 40 ? 0 : part < 80 ? 1 : 2;
      text = std::to_string(first) + "." + std::to_string(part - first * 40);
    } else {
      text += "." + std::to_string(part);
    }
    part = 0;
  }
  return (content.back() & std::byte{0x80}) != std::byte{0} ? "?" : text;
}

std::optional<std::uint32_t> small_number(std::span<const std::byte> content) {
  if (content.empty() || content.size() > 4 || (content[0] & std::byte{0x80}) != std::byte{0})
    return std::nullopt;
  std::uint32_t value = 0;
  for (const std::byte octet : content) value = value << 8 | std::to_integer<std::uint32_t>(octet);
  return value;
}

}  // namespace bowline::crypto
