#pragma once

#include <deque>
#include <utility>

#include "crypto/gnutls/session/session.h"

namespace bowline::crypto {

/// TLS 1.3 for QUIC (RFC 9001): handshake messages by level, secrets, transport parameters; no records.
class QuicSession final : public Session {
 public:
  static Result<std::unique_ptr<ports::TlsSession>> make(SessionParts parts);
  explicit QuicSession(SessionParts parts) : Session(std::move(parts)) {}

  Result<void> take_crypto(ports::TlsLevel level, std::span<const std::byte> bytes,
                           Instant now) override;
  std::size_t give_crypto(ports::TlsLevel& level, std::span<std::byte> into) override;
  std::optional<ports::TlsSecret> poll_secret() override;
  std::optional<std::span<const std::byte>> peer_quic_parameters() const override;
  Result<void> update_keys(bool both) override;
  void end() override;

  // QUIC has records of its own.
  Result<std::size_t> take_ciphertext(std::span<const std::byte> bytes, Instant now) override;
  std::size_t give_ciphertext(std::span<std::byte>) override { return 0; }
  bool has_ciphertext() const override { return false; }
  Result<void> take_end() override { return {}; }
  Result<std::size_t> read_plaintext(std::span<std::byte> into) override;
  Result<ports::TlsTransfer> write_plaintext(std::span<const std::byte> bytes,
                                             std::span<std::byte> into) override;
  std::size_t ciphertext_bytes_max(std::size_t) const override { return 0; }
  Result<std::size_t> read_early_data(std::span<std::byte> into) override;
  std::optional<Instant> deadline() const override { return std::nullopt; }
  void handle_timeout(Instant) override {}
  void set_datagram_bytes_max(std::size_t) override {}

 private:
  // What is fed is used up at once.
  bool is_starved() const override { return true; }
  void forget_starvation() override {}
  void resume(Instant now) override;

  static int on_message_out(gnutls_session_t session, gnutls_record_encryption_level_t level,
                            gnutls_handshake_description_t kind, const void* data,
                            std::size_t size);
  static int on_secret(gnutls_session_t session, gnutls_record_encryption_level_t level,
                       const void* theirs, const void* ours, std::size_t size);
  static int on_parameters(gnutls_session_t session, const unsigned char* data, std::size_t size);
  static int write_parameters(gnutls_session_t session, gnutls_buffer_t into);

  Result<void> set_up_hooks();
  void keep_secret(gnutls_record_encryption_level_t level, const void* secret, std::size_t size,
                   bool is_ours);
  void feed(ports::TlsLevel level, std::span<const std::byte> bytes);

  struct Message {
    ports::TlsLevel level{};
    std::vector<std::byte> bytes;
  };
  std::deque<Message> out_;
  std::deque<ports::TlsSecret> secrets_;
  std::vector<Message> kept_;  ///< that came while the verifier was thinking
  std::size_t kept_bytes_ = 0;
  std::size_t handshake_bytes_ = 0;
  std::optional<std::vector<std::byte>> peer_parameters_;
};

}  // namespace bowline::crypto
