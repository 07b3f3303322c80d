#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace bowline::wire {

/// 15 digits. RFC 9651 3.3.1.
inline constexpr std::int64_t structured_integer_max = 999'999'999'999'999;

/// The characters of HTTP tokens. RFC 9110 5.6.2.
[[nodiscard]] constexpr bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").contains(c);
}
[[nodiscard]] constexpr bool is_structured_key_start(char c) {
  return (c >= 'a' && c <= 'z') || c == '*';
}
[[nodiscard]] constexpr bool is_structured_key_character(char c) {
  return is_structured_key_start(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}
[[nodiscard]] constexpr bool is_structured_token_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '*';
}
[[nodiscard]] constexpr bool is_structured_token_character(char c) {
  return is_token_character(c) || c == ':' || c == '/';
}
[[nodiscard]] constexpr bool is_printable(char c) { return c >= ' ' && c < 0x7f; }

/// `text` is not empty, begins and goes on as asked.
[[nodiscard]] constexpr bool is_made_of(std::string_view text, bool (*start)(char),
                                        bool (*rest)(char)) {
  return !text.empty() && start(text[0]) && std::ranges::all_of(text, rest);
}

}  // namespace bowline::wire
