#pragma once

#include <bowline/result.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace bowline::crypto {

/// 32 bytes of PBKDF2 with HMAC-SHA-256 (RFC 8018 section 5.2).
///
/// errors    internal, with the library's code
[[nodiscard]] Result<std::vector<std::byte>> stretch_pass_phrase(std::string_view phrase,
                                                                 std::string_view salt,
                                                                 unsigned rounds);

}  // namespace bowline::crypto
