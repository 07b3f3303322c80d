#pragma once

#include "crypto/gnutls/session/session.h"

namespace bowline::crypto {

/// What streams and datagrams share: decrypted records, one at a time, that wait for their reader.
class RecordSession : public Session {
 public:
  Result<void> take_end() override;
  Result<std::size_t> read_early_data(std::span<std::byte> into) override;

  // Of QUIC, which has no records.
  Result<void> take_crypto(ports::TlsLevel level, std::span<const std::byte> bytes,
                           Instant now) override;
  std::size_t give_crypto(ports::TlsLevel&, std::span<std::byte>) override { return 0; }
  std::optional<ports::TlsSecret> poll_secret() override { return std::nullopt; }
  std::optional<std::span<const std::byte>> peer_quic_parameters() const override {
    return std::nullopt;
  }

 protected:
  using Session::Session;

  /// Decrypts one record, or as much of it as there is.
  void receive();
  [[nodiscard]] bool has_packet() const { return packet_ != nullptr; }
  [[nodiscard]] std::size_t packet_bytes() const;
  std::size_t take_from_packet(std::span<std::byte> into);
  [[nodiscard]] std::size_t overhead() const;

 private:
  /// Records that came in since the last call.
  [[nodiscard]] virtual std::size_t take_record_count() = 0;
  /// Nothing that comes counts any more.
  virtual void drop_input() = 0;
  void handle_rehandshake();

  PacketHandle packet_;  ///< decrypted, and nobody has read all of it
  std::size_t packet_read_ = 0;
};

}  // namespace bowline::crypto
