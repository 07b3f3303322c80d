#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace bowline::crypto {

/// One line as SSLKEYLOGFILE has them: the label, the client's random and the secret, both in hexadecimal.
[[nodiscard]] std::string key_log_line(std::string_view label,
                                       std::span<const std::byte> client_random,
                                       std::span<const std::byte> secret);

}  // namespace bowline::crypto
