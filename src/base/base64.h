#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline {

/// The standard alphabet, with padding (RFC 4648 section 4).
[[nodiscard]] std::string to_base64(std::span<const std::byte> bytes);

/// The reverse. Nothing for any other character (line breaks too), missing padding, and bits that are set
/// behind the last octet: each octet string has exactly one text.
[[nodiscard]] std::optional<std::vector<std::byte>> from_base64(std::string_view text);

}  // namespace bowline
