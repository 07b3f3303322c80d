#pragma once

#include <memory>
#include <optional>
#include <string>

#include "drive/establish/candidates/layer.h"
#include "drive/secure/security.h"
#include "ports/tls_engine.h"

namespace bowline::drive {

/// One session, and what belongs to it.
struct MadeSession {
  Security::Prepared prepared;
  std::unique_ptr<ports::TlsSession> session;
  std::string peer_name;   ///< that the peer's certificate must be for; empty for a server
  std::string ticket_key;  ///< empty if tickets are not kept
  std::optional<ports::TlsTicket> ticket = {};  ///< that was offered
};

/// A session for one attempt or one accepted connection, over whatever transport: the one place where
/// trust, names and tickets are put into one. Names and addresses are those of the context.
///
/// errors    an option that makes no sense, or that the transport or the library does not have
[[nodiscard]] Result<MadeSession> make_secure_session(
    const std::shared_ptr<const SecuritySettings>& settings, const LayerContext& context,
    ports::TlsTransport transport);

/// The handshake is done: a ticket of TLS 1.2 that was good may be used again, as its server gives no
/// other for it (RFC 5077 3.3).
void keep_good_ticket(MadeSession& made, Security& security, Instant now);

}  // namespace bowline::drive
