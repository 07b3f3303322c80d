#pragma once

#include <memory>
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
};

/// A session for one attempt or one accepted connection, over whatever transport: the one place where
/// trust, names and tickets are put into one. Names and addresses are those of the context.
///
/// errors    an option that makes no sense, or that the transport or the library does not have
[[nodiscard]] Result<MadeSession> make_secure_session(
    const std::shared_ptr<const SecuritySettings>& settings, const LayerContext& context,
    ports::TlsTransport transport);

}  // namespace bowline::drive
