#pragma once

#include <bowline/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/cookies/cookie.h"

namespace bowline::session {

/// An array with one object for each cookie, as browsers' tools exchange them: {"name", "value", "domain",
/// "hostOnly", "path", "secure", "httpOnly", "sameSite", "expirationDate", "partition"}. What is no UTF-8 is
/// written as if it were Latin-1.
[[nodiscard]] std::string write_cookie_json(const std::vector<core::Cookie>& cookies);

/// Reads such an array. What has no name or no domain, and what expired before `now`, is left out; members
/// that are not known are ignored.
///
/// errors    malformed: no such array, or not JSON (RFC 8259); limit_exceeded beyond 10,000 cookies
[[nodiscard]] Result<std::vector<core::Cookie>> read_cookie_json(std::string_view text,
                                                                 std::int64_t now);

}  // namespace bowline::session
