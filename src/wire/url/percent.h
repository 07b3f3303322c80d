#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <bowline/url.h>

namespace bowline::wire {

[[nodiscard]] constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
[[nodiscard]] constexpr bool is_alpha(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
[[nodiscard]] constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}
[[nodiscard]] std::string ascii_lower(std::string_view text);
/// The value of a hex digit of either case.
[[nodiscard]] std::optional<unsigned> hex_value(char c);

/// True if `set` asks for this octet to be encoded.
[[nodiscard]] bool is_encoded(PercentSet set, char octet);
void append_percent_encoded(std::string& into, std::string_view text, PercentSet set);

/// UTF-8 with U+FFFD in place of each part that is not, as the Encoding Standard's decoder gives it.
[[nodiscard]] std::string valid_utf8(std::string_view text);

}  // namespace bowline::wire
