#pragma once

#include <bowline/time.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "crypto/gnutls/ticket/client_hello.h"
#include "ports/tls_engine.h"

namespace bowline::crypto {

inline constexpr std::size_t ticket_key_bytes = 64;

/// The key that GnuTLS makes and opens tickets with for this client. The library itself binds a ticket to
/// nearly nothing: so the key is derived from the master, the policy and what the client asks for, and a
/// ticket that came with another name, protocol or range of versions does not open.
///
/// `configuration` has ticket_keys
[[nodiscard]] std::array<std::byte, ticket_key_bytes> derive_ticket_key(
    const ports::TlsConfiguration& configuration, const ClientHello& hello);

/// What a NewSessionTicket says for itself (RFC 8446 section 4.6.1, RFC 5077 section 3.3).
struct TicketOffer {
  Duration lifetime{};
  std::size_t early_bytes_max = 0;
};

/// From the message's body; nothing if it does not parse.
[[nodiscard]] std::optional<TicketOffer> parse_ticket_offer(std::span<const std::byte> body,
                                                            bool is_tls_1_3);

/// A client's session as it can be stored: with a digest, because GnuTLS crashes on a session that was cut
/// short, and with the library's version in it, whose forms differ.
[[nodiscard]] std::vector<std::byte> sealed(std::span<const std::byte> state);
/// The session again; nothing if it is damaged or of another version of the library.
[[nodiscard]] std::optional<std::span<const std::byte>> unsealed(std::span<const std::byte> stored);

}  // namespace bowline::crypto
