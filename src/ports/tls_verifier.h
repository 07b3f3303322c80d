#pragma once

#include <bowline/result.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ports/wall_clock.h"

namespace bowline::ports {

class TlsSession;

/// What is asked of a verifier. It needs nothing of the session, so that QUIC, DTLS and TLS are judged
/// alike, and so that a verdict can be asked for once more when a session is resumed.
struct TlsQuestion {
  /// In DER, the leaf first, as the peer sent it; one SubjectPublicKeyInfo if `is_raw_key`; empty if a
  /// client sent none.
  std::vector<std::vector<std::byte>> chain;
  std::vector<std::vector<std::byte>> staples;  ///< OCSP responses, by certificate; may be empty
  bool is_raw_key = false;
  bool peer_is_server = true;
  std::string peer_name;  ///< that the certificate must be for; empty for clients
  bool is_resumed =
      false;  ///< the chain is from the first handshake, and trust may have changed since
};

struct TlsVerdict {
  bool trusted = false;
  /// Why not: untrusted, with a sentence for people; set unless trusted.
  std::optional<Error> reason;
  std::uint8_t alert = 42;  ///< bad_certificate, or what fits better (RFC 8446 section 6.2)
};

/// Decides whom to trust, for every transport.
///
/// thread    its loop's
class TlsVerifier {
 public:
  virtual ~TlsVerifier() = default;

  /// Answers now, or gives nothing and answers later by `session.take_verdict()`, as when a person or a
  /// server is asked. The handshake stands still meanwhile; if the session goes first, forget() is called.
  [[nodiscard]] virtual std::optional<TlsVerdict> verify(TlsSession& session,
                                                         const TlsQuestion& question,
                                                         WallTime now) = 0;
  virtual void forget(TlsSession& session) = 0;
};

}  // namespace bowline::ports
