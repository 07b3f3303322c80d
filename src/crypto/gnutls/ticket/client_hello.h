#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bowline::crypto {

/// What a client asks for, as far as tickets are bound to it.
struct ClientHello {
  std::string server_name;        ///< in small letters; empty if none
  std::vector<std::string> alpn;  ///< in the client's order
  std::vector<std::uint16_t>
      versions;  ///< of supported_versions; without it, the one in the message
};

/// Parses the body of a ClientHello (RFC 8446 section 4.1.2; with a cookie, RFC 6347 section 4.2.1); nothing
/// if it is not one.
[[nodiscard]] std::optional<ClientHello> parse_client_hello(std::span<const std::byte> body,
                                                            bool has_cookie);

}  // namespace bowline::crypto
