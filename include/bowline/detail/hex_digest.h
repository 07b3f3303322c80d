#pragma once

#include <bowline/export.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace bowline {
namespace BOWLINE_API detail {

enum class HexDigest : std::uint8_t { md5, sha256, sha512_256 };

/// The hash in lower-case hex; empty if the library failed. For HTTP's Digest scheme; the library's own.
[[nodiscard]] std::string hex_digest(HexDigest kind, std::string_view text);

}  // namespace BOWLINE_API detail
}  // namespace bowline
