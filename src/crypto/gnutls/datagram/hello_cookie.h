#pragma once

#include <bowline/result.h>

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace bowline::crypto {

/// The answer of `TlsEngine::answer_hello`: a HelloVerifyRequest, or nothing if the cookie is right.
///
/// errors    malformed: no whole ClientHello, which a server without memory cannot put together
[[nodiscard]] Result<std::optional<std::vector<std::byte>>> answer_without_memory(
    std::span<const std::byte> datagram, std::span<const std::byte> cookie_key,
    std::span<const std::byte> peer);

}  // namespace bowline::crypto
