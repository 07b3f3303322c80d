#pragma once

#include <deque>

#include "crypto/gnutls/datagram/datagram_records.h"
#include "crypto/gnutls/stream/record_session.h"

namespace bowline::crypto {

/// DTLS 1.2: whole datagrams in and out, and a timer as long as the handshake lasts.
class DatagramSession final : public RecordSession {
 public:
  static Result<std::unique_ptr<ports::TlsSession>> make(SessionParts parts);
  explicit DatagramSession(SessionParts parts) : RecordSession(std::move(parts)) {}

  Result<std::size_t> take_ciphertext(std::span<const std::byte> bytes, Instant now) override;
  std::size_t give_ciphertext(std::span<std::byte> into) override;
  bool has_ciphertext() const override;

  Result<std::size_t> read_plaintext(std::span<std::byte> into) override;
  Result<ports::TlsTransfer> write_plaintext(std::span<const std::byte> bytes,
                                             std::span<std::byte> into) override;
  std::size_t ciphertext_bytes_max(std::size_t plaintext_bytes) const override;

  std::optional<Instant> deadline() const override;
  void handle_timeout(Instant now) override;
  void set_datagram_bytes_max(std::size_t bytes) override;

 private:
  bool is_starved() const override { return is_starved_; }
  void forget_starvation() override { is_starved_ = false; }
  bool runs_on_monotonic_time() const override { return true; }
  // Anybody can forge a datagram: what holds nothing must not end the handshake of those who are honest.
  bool counts_fruitless() const override { return false; }
  void resume(Instant now) override;
  // Whatever a peer repeats or forges costs it a datagram each; the library drops it.
  std::size_t take_record_count() override { return 0; }
  void drop_input() override { lent_ = {}; }

  static ssize_t on_pull(gnutls_transport_ptr_t self, void* into, std::size_t size);
  static ssize_t on_push(gnutls_transport_ptr_t self, const void* data, std::size_t size);
  static int on_pull_timeout(gnutls_transport_ptr_t self, unsigned);

  void feed(std::span<const std::byte> record);
  void run();
  void keep(std::span<const std::byte> record);
  void take_over_cookie(std::span<const std::byte> first);
  void push(std::vector<std::byte> datagram);
  void set_deadline();

  std::span<const std::byte> lent_;  ///< the record that the library may read
  FlightOrder order_;
  std::vector<std::vector<std::byte>> kept_;  ///< that came while the verifier was thinking
  std::size_t kept_bytes_ = 0;
  std::span<std::byte> direct_;  ///< room of the caller's, during write_plaintext
  std::deque<std::vector<std::byte>> out_;
  std::optional<Instant> deadline_;
  int releases_ = 0;
  bool is_starved_ = false;
  bool has_sent_ = false;
  bool has_received_ = false;
};

}  // namespace bowline::crypto
