#include "base/escape.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace bowline {

namespace {

struct Character {
  char32_t code;
  std::size_t size;  // in bytes; 0 if the text does not start with well-formed UTF-8
};
Character first_character(std::string_view text);
bool is_deceptive(char32_t code);
std::string hex(std::uint32_t value, std::size_t digits_min);

}  // namespace

std::string escape(std::string_view text, std::size_t bytes_max) {
  std::string safe;
  safe.reserve(std::min(text.size(), bytes_max));
  while (!text.empty()) {
    const Character next = first_character(text);
    const std::size_t taken = std::max<std::size_t>(next.size, 1);
    std::string shown(text.substr(0, taken));
    if (next.size == 0 || next.code < 0x20 || next.code == 0x7f)
      shown = "\\x" + hex(static_cast<unsigned char>(text[0]), 2);
    else if (is_deceptive(next.code))
      shown = "\\u{" + hex(next.code, 1) + '}';
    if (safe.size() + shown.size() > bytes_max) return safe + "...";
    safe += shown;
    text.remove_prefix(taken);
  }
  return safe;
}

namespace {

// Unicode table 3-7: no overlong forms, no surrogates, nothing over U+10FFFF.
Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t size = lead < 0xc2   ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                           : lead < 0xf5 ? 4
                                         : 0;
  if (size == 0 || text.size() < size) return {0, 0};
  char32_t code = lead & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0) != 0x80) return {0, 0};
    code = code << 6 | (next & 0x3fU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least[size] || surrogate || code > 0x10ffff) return {0, 0};
  return {code, size};
}

// Invisible, or able to change how the text around it is shown.
bool is_deceptive(char32_t code) {
  struct Range {
    char32_t first, last;
  };
  constexpr std::array<Range, 9> ranges{{
      {0x80, 0x9f},        // C1 controls: a terminal may take U+009B for ESC [
      {0x061c, 0x061c},    // Arabic letter mark
      {0x200b, 0x200f},    // zero width, direction marks
      {0x2028, 0x202e},    // line separators, bidirectional embeddings and overrides
      {0x2060, 0x206f},    // word joiner, bidirectional isolates
      {0xfeff, 0xfeff},    // byte order mark
      {0xfff9, 0xfffb},    // interlinear annotation
      {0x1d173, 0x1d17a},  // musical format controls
      {0xe0000, 0xe007f},  // tags
  }};
  return std::ranges::any_of(
      ranges, [&](Range range) { return code >= range.first && code <= range.last; });
}

std::string hex(std::uint32_t value, std::size_t digits_min) {
  std::string digits;
  for (; value != 0 || digits.size() < digits_min; value >>= 4)
    digits += "0123456789abcdef"[value & 0xf];
  return {digits.rbegin(), digits.rend()};
}

}  // namespace

}  // namespace bowline
