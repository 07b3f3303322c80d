#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bowline::core {

/// `Sun, 06 Nov 1994 08:49:37 GMT`: seconds since 1970 in UTC, for years 1 to 9999. RFC 9110 5.6.7.
[[nodiscard]] std::string format_http_date(std::int64_t seconds);

/// That form and the two older ones. A year of two digits is the one with those digits that is at most 50
/// years after `now`.
[[nodiscard]] std::optional<std::int64_t> parse_http_date(std::string_view text, std::int64_t now);

/// What cookies take for a date, which is nearly anything with a time, a day, a month and a year in it.
/// RFC 6265 5.1.1.
[[nodiscard]] std::optional<std::int64_t> parse_cookie_date(std::string_view text);

}  // namespace bowline::core
