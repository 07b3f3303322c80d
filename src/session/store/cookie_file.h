#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/http/cookies/cookie.h"

namespace bowline::session {

/// Cookies as curl and browsers of old keep them: a line each, seven parts with tabs between. What the form
/// has no place for, SameSite and partitions, is left out: cookies of a partition are not written.
[[nodiscard]] std::string write_cookie_file(const std::vector<core::Cookie>& cookies);

/// The reverse; lines that are none, or hold what no cookie may have, are left out. At most 10,000.
[[nodiscard]] std::vector<core::Cookie> read_cookie_file(std::string_view text, std::int64_t now);

}  // namespace bowline::session
