#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace bowline::cli {

/// The service on this TCP port speaks TLS from its first byte, by IANA's registry or by long habit. Ports
/// whose services begin in plain text and switch (STARTTLS: 21, 25, 110, 143, 389, 587 ...) are not among
/// them.
[[nodiscard]] bool means_tls(std::uint16_t port);

/// Whether a URL of this scheme asks for TLS, or for plain text; nothing if the scheme is not known.
[[nodiscard]] std::optional<bool> scheme_means_tls(std::string_view scheme);

}  // namespace bowline::cli
