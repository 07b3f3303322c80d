#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/result.h>

#include "core/http/cookies/cookie.h"

namespace bowline::core {

/// Octets of name and value together, and of one attribute's value. rfc6265bis 5.6.
inline constexpr std::size_t cookie_pair_octets_max = 4096;
inline constexpr std::size_t cookie_attribute_octets_max = 1024;
/// No cookie lives longer, whatever it asks for: 400 days. rfc6265bis 5.6.1.
inline constexpr std::int64_t cookie_age_max = std::int64_t{400} * 24 * 3600;

/// What a Set-Cookie field says, before anybody has judged it.
struct SetCookie {
  std::string name;
  std::string value;
  std::optional<std::int64_t> expires;  ///< in the past: the cookie is to go
  std::optional<std::string> domain;    ///< lower case, without a leading dot
  std::optional<std::string> path;      ///< none: the default of the request
  bool is_secure = false;
  bool is_http_only = false;
  SameSite same_site = SameSite::unset;
};

/// `now` is in seconds since 1970.
///
/// errors    malformed: a control character, or neither name nor value; limit_exceeded: a pair that is too
/// long
/// source    rfc6265bis-22 section 5.6
[[nodiscard]] Result<SetCookie> parse_set_cookie(std::string_view field, std::int64_t now);

}  // namespace bowline::core
