#include "crypto/gnutls/datagram/datagram_session.h"

#include <gnutls/dtls.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "crypto/gnutls/library/failure.h"

namespace bowline::crypto {

namespace {

using ports::TlsState;

/// GnuTLS cuts its messages to fit down to this.
constexpr std::size_t datagram_bytes_least = 200;
/// A flight that nobody sends is sent again by the timer: more than this is dropped.
constexpr std::size_t datagrams_out_max = 64;
constexpr int releases_max = 8;
/// Ours is the patience of whoever drives this; the library's must not run out before it.
constexpr unsigned handshake_ms_max = 3'600'000;

unsigned milliseconds(Duration duration);

}  // namespace

Result<std::unique_ptr<ports::TlsSession>> DatagramSession::make(SessionParts parts) {
  auto made = std::make_unique<DatagramSession>(std::move(parts));
  const ports::TlsParameters& parameters = made->parameters();
  if (!parameters.early_data.empty())
    return Error(ErrorKind::unsupported, "make tls session", "DTLS 1.2 has no early data")
        .about("TlsParameters::early_data");
  if (parameters.datagram_bytes_max < datagram_bytes_least)
    return Error(ErrorKind::invalid_argument, "make tls session",
                 "a datagram holds at least 200 octets")
        .about("TlsParameters::datagram_bytes_max");
  BOWLINE_TRY_VOID(made->set_up(GNUTLS_DATAGRAM));
  gnutls_session_t session = made->handle();
  gnutls_transport_set_ptr(session, made.get());
  gnutls_transport_set_pull_function(session, on_pull);
  gnutls_transport_set_push_function(session, on_push);  // the other one joins records
  gnutls_transport_set_pull_timeout_function(session, on_pull_timeout);
  made->set_datagram_bytes_max(parameters.datagram_bytes_max);
  gnutls_dtls_set_timeouts(session, milliseconds(parameters.retransmit_after), handshake_ms_max);
  return made;
}

Result<std::size_t> DatagramSession::take_ciphertext(std::span<const std::byte> bytes,
                                                     Instant now) {
  if (error() != nullptr && !has_packet()) return *error();
  if (has_packet()) return std::size_t{0};
  const auto records = split_datagram(bytes);
  const bool peer_has_ended = state() == TlsState::ended || state() == TlsState::peer_ended;
  if (peer_has_ended || records.empty()) return bytes.size();
  set_now(now);
  if (!has_received_) take_over_cookie(bytes);
  has_received_ = true;
  // One by one: the library drops all of a datagram that begins with a record of an epoch that is over, and
  // then a last flight that was lost would never be sent again.
  for (const DatagramRecord& record : records) {
    if (is_finished()) break;
    if (is_open()) {
      feed(record.whole);
    } else {
      order_.take(record, [this](std::span<const std::byte> one) { feed(one); });
    }
  }
  if (error() != nullptr && !has_packet()) return *error();
  return bytes.size();
}

// While a message waits for its reader or the verifier thinks, the library must not be asked.
void DatagramSession::feed(std::span<const std::byte> record) {
  if (state() == TlsState::verifying || has_packet()) return keep(record);
  lent_ = record;
  run();
  lent_ = {};
}

void DatagramSession::run() {
  const ClockScope clock = clock_scope();
  if (state() == TlsState::handshaking) advance(now());
  if (is_open()) order_.clear();
  bool is_done = false;
  while (state() == TlsState::open && !has_packet() && !is_done) {
    receive();
    is_done = is_starved();
  }
  set_deadline();
}

void DatagramSession::keep(std::span<const std::byte> record) {
  if (kept_bytes_ + record.size() > configuration().handshake_bytes_max) return;
  kept_bytes_ += record.size();
  kept_.emplace_back(record.begin(), record.end());
}

void DatagramSession::resume(Instant now) {
  set_now(now);
  run();
  auto due = std::exchange(kept_, {});
  kept_bytes_ = 0;
  for (const auto& record : due)
    if (!is_finished() && state() != TlsState::peer_ended) feed(record);
}

// answer_hello() has answered the hello before this one, which the library must count.
void DatagramSession::take_over_cookie(std::span<const std::byte> first) {
  constexpr std::size_t number_low_at = 10;
  constexpr std::size_t message_low_at = 13 + 5;
  if (role() != ports::TlsRole::server || first.size() <= message_low_at) return;
  const auto message = std::to_integer<unsigned>(first[message_low_at]);
  if (message == 0) return;
  gnutls_dtls_prestate_st before{};
  before.record_seq = std::to_integer<unsigned>(first[number_low_at]);
  before.hsk_read_seq = message;
  before.hsk_write_seq = 0;
  gnutls_dtls_prestate_set(handle(), &before);
  order_.begin_at(message);
}

std::size_t DatagramSession::give_ciphertext(std::span<std::byte> into) {
  if (!has_ciphertext()) return 0;
  const std::vector<std::byte> next = std::move(out_.front());
  out_.pop_front();
  assert(next.size() <= into.size());
  std::memcpy(into.data(), next.data(), next.size());
  return next.size();
}

bool DatagramSession::has_ciphertext() const {
  return !out_.empty() && state() != TlsState::verifying;
}

Result<std::size_t> DatagramSession::read_plaintext(std::span<std::byte> into) {
  if (!has_packet() && state() == TlsState::open) resume(now());
  if (has_packet()) {
    if (packet_bytes() > into.size())
      return Error(ErrorKind::message_too_large, "tls read",
                   "there is not room enough for the message that came");
    return take_from_packet(into);
  }
  if (error() != nullptr) return *error();
  return std::size_t{0};
}

Result<ports::TlsTransfer> DatagramSession::write_plaintext(std::span<const std::byte> bytes,
                                                            std::span<std::byte> into) {
  if (error() != nullptr) return *error();
  if (we_ended() || state() == TlsState::ended)
    return Error(ErrorKind::closed, "tls write", "our side has ended");
  if (!is_open()) return ports::TlsTransfer{};
  if (bytes.empty())
    return Error(ErrorKind::invalid_argument, "tls write", "DTLS carries no empty messages");
  if (bytes.size() > gnutls_dtls_get_data_mtu(handle()))
    return Error(ErrorKind::message_too_large, "tls write", "the message fits no datagram");
  if (into.size() < bytes.size() + overhead()) return ports::TlsTransfer{};
  const ClockScope clock = clock_scope();
  direct_ = into;
  const auto code = gnutls_record_send(handle(), bytes.data(), bytes.size());
  const std::size_t produced = into.size() - std::exchange(direct_, {}).size();
  if (code < 0) {
    give_up(static_cast<int>(code));
    return *error();
  }
  return ports::TlsTransfer{.consumed = bytes.size(), .produced = produced};
}

std::size_t DatagramSession::ciphertext_bytes_max(std::size_t plaintext_bytes) const {
  return plaintext_bytes + overhead();
}

std::optional<Instant> DatagramSession::deadline() const {
  return state() == TlsState::handshaking ? deadline_ : std::nullopt;
}

void DatagramSession::handle_timeout(Instant now) {
  if (!deadline().has_value() || now < *deadline_) return;
  set_now(now);
  // The library sends again once it sees what comes too early; but GnuTLS 3.7.9 loses 16 KiB of memory
  // with each change_cipher_spec of that kind, so it sees only so many.
  if (releases_ < releases_max && order_.has_kept()) {
    ++releases_;
    order_.release([this](std::span<const std::byte> record) { feed(record); });
  }
  run();
}

void DatagramSession::set_datagram_bytes_max(std::size_t bytes) {
  gnutls_dtls_set_mtu(handle(), static_cast<unsigned>(std::max(bytes, datagram_bytes_least)));
}

// The library's time left is right only between its first flight and the end of the handshake; it is 0 where
// it waits for the rest of a flight, which the peer sends again. Then ours is for what came too early.
void DatagramSession::set_deadline() {
  deadline_.reset();
  if (state() != TlsState::handshaking || !has_sent_) return;
  const ClockScope clock = clock_scope();
  const std::chrono::milliseconds left(gnutls_dtls_get_timeout(handle()));
  deadline_ = now() + (left.count() > 0 ? Duration(left) : bounded(parameters().retransmit_after));
}

ssize_t DatagramSession::on_pull(gnutls_transport_ptr_t self, void* into, std::size_t size) {
  auto& session = *static_cast<DatagramSession*>(self);
  const auto datagram = std::exchange(session.lent_, {});
  if (datagram.empty()) {
    session.is_starved_ = true;
    gnutls_transport_set_errno(session.handle(), EAGAIN);
    return -1;
  }
  const std::size_t count = std::min(size, datagram.size());
  std::memcpy(into, datagram.data(), count);
  return static_cast<ssize_t>(count);
}

int DatagramSession::on_pull_timeout(gnutls_transport_ptr_t self, unsigned) {
  auto& session = *static_cast<DatagramSession*>(self);
  if (!session.lent_.empty()) return 1;
  session.is_starved_ = true;
  return 0;
}

ssize_t DatagramSession::on_push(gnutls_transport_ptr_t self, const void* data, std::size_t size) {
  const auto* first = static_cast<const std::byte*>(data);
  static_cast<DatagramSession*>(self)->push({first, first + size});
  return static_cast<ssize_t>(size);
}

void DatagramSession::push(std::vector<std::byte> datagram) {
  has_sent_ = true;
  if (datagram.size() <= direct_.size()) {
    std::memcpy(direct_.data(), datagram.data(), datagram.size());
    direct_ = direct_.subspan(datagram.size());
  } else if (out_.size() < datagrams_out_max) {
    out_.push_back(std::move(datagram));
  }
}

namespace {

unsigned milliseconds(Duration duration) {
  const auto count = std::chrono::ceil<std::chrono::milliseconds>(bounded(duration)).count();
  return static_cast<unsigned>(std::clamp<std::int64_t>(count, 1, 60'000));
}

}  // namespace

}  // namespace bowline::crypto
