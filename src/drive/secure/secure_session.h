#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drive/establish/candidates/layer.h"
#include "drive/secure/security.h"
#include "ports/byte_stream.h"
#include "ports/tls_engine.h"

namespace bowline::drive {

/// One end of one TLS or DTLS connection, with all that is decided about it whatever carries its
/// records: whom it trusts, by which name, what the policy asks for, and which tickets it takes and
/// keeps. So that no transport can leave a check out.
///
/// Whoever carries the records drives session() and calls finish_handshake() once that is open.
class SecureSession {
 public:
  /// For one attempt, or one accepted connection; names and addresses are those of the context.
  ///
  /// errors    an option that makes no sense, or that the transport or the library does not have
  [[nodiscard]] static Result<SecureSession> make(
      const std::shared_ptr<const SecuritySettings>& settings, const LayerContext& context,
      ports::TlsTransport transport);
  SecureSession(SecureSession&& other) noexcept = default;
  SecureSession& operator=(SecureSession&&) = delete;
  ~SecureSession();

  [[nodiscard]] ports::TlsSession& session() { return *session_; }
  [[nodiscard]] const ports::TlsSession& session() const { return *session_; }
  [[nodiscard]] Security& security() const { return *security_; }
  /// The verifier has not answered yet: `watcher` is told when it has.
  void watch(VerdictWatcher& watcher) { prepared_.verifier->watch(*session_, watcher); }

  /// The session has opened. The policy has the last word: it looks at what both sides agreed on, in
  /// resumed sessions too. Once; later calls do nothing.
  ///
  /// errors    untrusted: the session has failed, and its alert is to be sent
  [[nodiscard]] Result<void> finish_handshake();
  /// The session failed before that: the report tells why the peer was not trusted.
  void note_failure();
  [[nodiscard]] bool is_done() const { return is_done_; }
  /// Keeps what the server gave meanwhile.
  void collect_tickets();

  /// Once the session is open: how much of the context's early data the server has taken.
  [[nodiscard]] std::size_t early_bytes_taken() const {
    return session_->facts().early_data_accepted ? early_bytes_ : 0;
  }

  /// What it says of itself. `layer` is "tls" or "dtls", `protocol` the same for people.
  [[nodiscard]] ports::LayerFacts facts(const char* layer, const char* protocol) const;

 private:
  SecureSession(Loop& loop, Security& security) : loop_(&loop), security_(&security) {}
  void keep_good_ticket();
  [[nodiscard]] bool may_send_early(const LayerContext& context);

  Loop* loop_;
  Security* security_;
  Security::Prepared prepared_;
  std::unique_ptr<ports::TlsSession> session_;  // null once moved from
  std::string peer_name_;   // that the peer's certificate must be for; empty for a server
  std::string ticket_key_;  // empty if tickets are not kept
  std::optional<TicketStore::Kept> ticket_;  // that was offered
  std::size_t early_bytes_ = 0;              // that were sent with the handshake
  TrustReport trust_;
  std::vector<std::string> exceptions_;  // of the policy
  bool is_done_ = false;                 // the handshake
};

}  // namespace bowline::drive
