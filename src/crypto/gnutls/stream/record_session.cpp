#include "crypto/gnutls/stream/record_session.h"

#include <algorithm>
#include <cstring>

#include "crypto/gnutls/library/failure.h"

namespace bowline::crypto {

void RecordSession::receive() {
  forget_starvation();
  gnutls_packet_t fresh = nullptr;
  const auto code = static_cast<int>(gnutls_record_recv_packet(handle(), &fresh));
  const std::size_t records = take_record_count();
  if (code > 0) {
    packet_.reset(fresh);
    packet_read_ = 0;
    return reset_fruitless();
  }
  if (code == 0) {
    drop_input();
    return handle_peer_end();
  }
  if (code == GNUTLS_E_REHANDSHAKE) handle_rehandshake();
  if (gnutls_error_is_fatal(code) != 0) return give_up(code);
  count_fruitless(records);
}

// A client may go on as if nothing had been asked (RFC 5246 section 7.4.1.1).
void RecordSession::handle_rehandshake() {
  if (role() == ports::TlsRole::client) return;
  give_up(Error(ErrorKind::protocol_violation, ErrorDomain::tls, alert_no_renegotiation, "tls",
                "the client wants to shake hands again"),
          alert_no_renegotiation);
}

std::size_t RecordSession::packet_bytes() const {
  if (packet_ == nullptr) return 0;
  gnutls_datum_t data{};
  gnutls_packet_get(packet_.get(), &data, nullptr);
  return data.size - packet_read_;
}

std::size_t RecordSession::take_from_packet(std::span<std::byte> into) {
  gnutls_datum_t data{};
  gnutls_packet_get(packet_.get(), &data, nullptr);
  const auto left = bytes_of(data).subspan(packet_read_);
  const std::size_t count = std::min(left.size(), into.size());
  std::memcpy(into.data(), left.data(), count);
  packet_read_ += count;
  if (count == left.size()) packet_.reset();
  return count;
}

std::size_t RecordSession::overhead() const {
  return is_open() ? gnutls_record_overhead_size(handle()) : 0;
}

Result<void> RecordSession::take_end() {
  using ports::TlsState;
  if (error() != nullptr) return *error();
  if (state() == TlsState::peer_ended || state() == TlsState::ended) return {};
  give_up(Error(ErrorKind::closed, ErrorDomain::tls, 0, "tls",
                state() == TlsState::open
                    ? "the stream ended without close_notify: it may have been cut off"
                    : "the stream ended during the handshake"),
          std::nullopt);
  return *error();
}

Result<std::size_t> RecordSession::read_early_data(std::span<std::byte> into) {
  return take_early_data(into);
}

Result<void> RecordSession::take_crypto(ports::TlsLevel, std::span<const std::byte>, Instant) {
  return Error(ErrorKind::unsupported, "tls handshake", "only QUIC carries bare messages");
}

}  // namespace bowline::crypto
