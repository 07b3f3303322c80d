#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace bowline::core {

/// SHA-1, for the one question that WebSocket asks of it; it protects nothing. RFC 3174.
[[nodiscard]] std::array<std::byte, 20> sha1(std::span<const std::byte> bytes);

/// What a server answers to a client's Sec-WebSocket-Key, to show that it speaks WebSocket: RFC 6455 4.2.2.
[[nodiscard]] std::string accept_key(std::string_view key);

}  // namespace bowline::core
