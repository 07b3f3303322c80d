#pragma once

#include <string>
#include <string_view>

namespace bowline::crypto {

// Hashes of an octet string in lower-case hex; empty if the library failed. For what HTTP's Digest scheme
// needs, and no more: MD5 protects nothing.
[[nodiscard]] std::string hex_md5(std::string_view text);
[[nodiscard]] std::string hex_sha256(std::string_view text);
/// GnuTLS does not offer it; nettle, which it stands on, does (FIPS 180-4 5.3.6.2).
[[nodiscard]] std::string hex_sha512_256(std::string_view text);

}  // namespace bowline::crypto
