#pragma once

#include "crypto/gnutls/stream/ciphertext_queue.h"
#include "crypto/gnutls/stream/record_session.h"

namespace bowline::crypto {

/// TLS over a byte stream. The library pulls ciphertext out of the caller's span, record by record, and
/// pushes it either into the caller's span or onto a queue.
class StreamSession final : public RecordSession {
 public:
  static Result<std::unique_ptr<ports::TlsSession>> make(SessionParts parts);
  explicit StreamSession(SessionParts parts) : RecordSession(std::move(parts)) {}

  Result<std::size_t> take_ciphertext(std::span<const std::byte> bytes, Instant now) override;
  std::size_t give_ciphertext(std::span<std::byte> into) override;
  bool has_ciphertext() const override;

  Result<std::size_t> read_plaintext(std::span<std::byte> into) override;
  Result<ports::TlsTransfer> write_plaintext(std::span<const std::byte> bytes,
                                             std::span<std::byte> into) override;
  std::size_t ciphertext_bytes_max(std::size_t plaintext_bytes) const override;

  // Of datagrams.
  std::optional<Instant> deadline() const override { return std::nullopt; }
  void handle_timeout(Instant) override {}
  void set_datagram_bytes_max(std::size_t) override {}

 private:
  bool is_starved() const override { return is_starved_; }
  void forget_starvation() override { is_starved_ = false; }
  void resume(Instant now) override;
  std::size_t take_record_count() override { return records_.take_count(); }
  void drop_input() override {
    lent_ = {};
    kept_.clear();
  }

  static ssize_t on_pull(gnutls_transport_ptr_t self, void* into, std::size_t size);
  static ssize_t on_push(gnutls_transport_ptr_t self, const giovec_t* pieces, int count);

  void pump();
  void check_handshake_bytes();
  void keep_rest();
  [[nodiscard]] bool has_input() const { return !kept_.empty() || !lent_.empty(); }
  std::size_t pull(std::span<std::byte> into);
  void push(std::span<const std::byte> bytes);
  std::size_t write_records(std::span<const std::byte> bytes);

  std::span<const std::byte> lent_;  ///< the caller's, during take_ciphertext
  CiphertextQueue kept_;             ///< that came while the verifier was thinking
  RecordCounter records_;
  std::span<std::byte> direct_;  ///< room of the caller's, during write_plaintext
  CiphertextQueue out_;
  std::uint64_t handshake_bytes_ = 0;
  bool is_starved_ = false;
};

}  // namespace bowline::crypto
