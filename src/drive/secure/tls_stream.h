#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "drive/establish/candidates/layer.h"
#include "drive/secure/secure_session.h"
#include "drive/secure/trust/verifier.h"
#include "ports/tls_engine.h"

namespace bowline::drive {

/// TLS on a byte stream: a session, and the stream that carries its records.
///
/// Records pass through memory of the loop. The stream keeps only what the stream below did not take,
/// and what the session could not use before somebody reads its plaintext; both are empty in a
/// connection that is idle.
class TlsStream final : public HandshakingStream,
                        private ports::SecureChannel,
                        private ports::SocketObserver,
                        private VerdictWatcher {
 public:
  TlsStream(Loop& loop, SecureSession secure, std::unique_ptr<ports::ByteStream> below);

  Result<bool> shake_hands() override;
  [[nodiscard]] std::size_t early_bytes_taken() const override {
    return secure_.early_bytes_taken();
  }
  void observe(ports::SocketObserver& observer) override { observer_ = &observer; }
  Result<ports::Transfer> read(std::span<std::byte> into) override;
  Result<ports::Transfer> write(std::span<const std::span<const std::byte>> pieces) override;
  Result<ports::Transfer> finish() override;
  Result<void> check() override;
  [[nodiscard]] bool has_unacknowledged() const override;
  void abort() noexcept override { below_->abort(); }
  [[nodiscard]] SocketAddress local_address() const override { return below_->local_address(); }
  [[nodiscard]] SocketAddress remote_address() const override { return below_->remote_address(); }
  [[nodiscard]] ports::StreamStatistics statistics() const override { return below_->statistics(); }
  void append_facts(std::vector<ports::LayerFacts>& layers) const override;
  [[nodiscard]] ports::SecureChannel* secure_channel() override { return this; }

 private:
  enum class Fed : std::uint8_t { some, blocked, end };

  [[nodiscard]] Result<std::vector<std::byte>> export_key(std::string_view label,
                                                          std::span<const std::byte> context,
                                                          std::size_t bytes) override {
    return session().export_key(label, context, bytes);
  }
  [[nodiscard]] Result<void> update_keys() override;
  void handle_readiness(ports::Readiness readiness) override;
  void handle_verdict(ports::TlsSession& session) override;
  [[nodiscard]] Result<bool> go_on_with_handshake();
  [[nodiscard]] Result<Fed> feed();
  [[nodiscard]] Result<void> take(std::span<const std::byte> ciphertext);
  [[nodiscard]] Result<bool> flush();
  [[nodiscard]] Result<std::size_t> hand_down(std::span<const std::byte> ciphertext);
  [[nodiscard]] Result<std::size_t> encrypt(std::span<const std::byte> plaintext);
  [[nodiscard]] ports::TlsSession& session() { return secure_.session(); }
  /// Memory of the loop that records pass through.
  [[nodiscard]] Security& security() const { return secure_.security(); }

  Loop& loop_;
  SecureSession secure_;
  std::unique_ptr<ports::ByteStream> below_;
  ports::SocketObserver* observer_ = nullptr;
  std::vector<std::byte> unread_;     // ciphertext that the session has no room for
  std::vector<std::byte> unwritten_;  // ciphertext that the stream below has no room for
  bool may_have_early_ = false;       // of a server: early data that nobody has read
  bool input_ended_ = false;          // the stream below ended
  bool below_finished_ = false;
};

/// TLS as a layer of a stack. Names and addresses are those of the layer's context.
[[nodiscard]] Layer tls_layer(std::shared_ptr<const SecuritySettings> settings);

}  // namespace bowline::drive
