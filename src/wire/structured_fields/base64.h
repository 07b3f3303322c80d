#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::wire {

/// With padding, standard alphabet. RFC 4648 section 4.
[[nodiscard]] std::string base64_encode(std::span<const std::byte> bytes);
/// Padding may be missing; nothing else may: no white space, no other alphabet, no single left-over letter.
[[nodiscard]] std::optional<std::vector<std::byte>> base64_decode(std::string_view text);

}  // namespace bowline::wire
