#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace bowline::wire {

namespace http_characters {
enum : unsigned char { token = 1, value = 2, target = 4 };

constexpr std::array<unsigned char, 256> make_table() {
  std::array<unsigned char, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool is_visible = c > 0x20 && c < 0x7f;
    if (is_visible) table[c] |= value | target;
    if (c == ' ' || c == '\t' || c >= 0x80) table[c] |= value;
    const bool is_separator =
        std::string_view("\"(),/:;<=>?@[\\]{}").contains(static_cast<char>(c));
    if (is_visible && !is_separator) table[c] |= token;
  }
  table['#'] &= static_cast<unsigned char>(~target);  // a fragment is never sent
  return table;
}
inline constexpr std::array<unsigned char, 256> table = make_table();

constexpr bool is_all(std::string_view text, unsigned char kind) {
  return std::ranges::all_of(
      text, [kind](char c) { return (table[static_cast<unsigned char>(c)] & kind) != 0; });
}
}  // namespace http_characters

/// A method, field name and the like. RFC 9110 5.6.2.
[[nodiscard]] constexpr bool is_http_token(std::string_view text) {
  return !text.empty() && http_characters::is_all(text, http_characters::token);
}
/// No control characters but the tab; anything beyond ASCII. RFC 9110 5.5.
[[nodiscard]] constexpr bool is_http_value(std::string_view text) {
  return http_characters::is_all(text, http_characters::value);
}
/// Visible ASCII without the hash. RFC 9112 3.2.
[[nodiscard]] constexpr bool is_http_target(std::string_view text) {
  return !text.empty() && http_characters::is_all(text, http_characters::target);
}

/// Without spaces and tabs at both ends.
[[nodiscard]] constexpr std::string_view trim_blanks(std::string_view text) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// Without regard to the case of ASCII letters.
[[nodiscard]] constexpr bool equal_without_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  };
  return a.size() == b.size() && std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace bowline::wire
