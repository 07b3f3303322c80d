#include "crypto/gnutls/stream/stream_session.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "crypto/gnutls/library/failure.h"

namespace bowline::crypto {

namespace {

using ports::TlsState;

constexpr std::size_t record_bytes_max = 16'384;
/// A key update of ours that the library slips in between.
constexpr std::size_t key_update_bytes_max = 64;
/// Messages of a handshake are limited one by one; all of them together by so many times that.
constexpr std::uint64_t handshake_share_max = 4;
/// A record smaller than this is not worth its overhead while a larger one can follow.
constexpr std::size_t worthwhile_bytes = 1024;

}  // namespace

Result<std::unique_ptr<ports::TlsSession>> StreamSession::make(SessionParts parts) {
  auto made = std::make_unique<StreamSession>(std::move(parts));
  BOWLINE_TRY_VOID(made->set_up(0));
  gnutls_session_t session = made->handle();
  gnutls_transport_set_ptr(session, made.get());
  gnutls_transport_set_pull_function(session, on_pull);
  gnutls_transport_set_vec_push_function(session, on_push);
  gnutls_transport_set_pull_timeout_function(session, [](gnutls_transport_ptr_t self, unsigned) {
    return static_cast<StreamSession*>(self)->has_input() ? 1 : 0;
  });
  return made;
}

Result<std::size_t> StreamSession::take_ciphertext(std::span<const std::byte> bytes, Instant now) {
  if (error() != nullptr) return *error();
  // After close_notify nothing that comes counts (RFC 8446 section 6.1).
  if (state() == TlsState::ended || state() == TlsState::peer_ended) return bytes.size();
  set_now(now);
  lent_ = bytes;
  pump();
  keep_rest();
  const std::size_t rest = std::exchange(lent_, {}).size();
  if (error() != nullptr && !has_packet()) return *error();
  if (state() == TlsState::ended || state() == TlsState::peer_ended) return bytes.size();
  return bytes.size() - rest;
}

void StreamSession::pump() {
  const ClockScope clock = clock_scope();
  if (state() == TlsState::handshaking && has_input()) {
    advance(now());
    check_handshake_bytes();
  }
  while (state() == TlsState::open && !has_packet() &&
         (has_input() || gnutls_record_check_pending(handle()) > 0))
    receive();
}

void StreamSession::check_handshake_bytes() {
  const std::uint64_t most = handshake_share_max * configuration().handshake_bytes_max +
                             2 * std::uint64_t{configuration().early_bytes_max};
  if (state() != TlsState::handshaking || handshake_bytes_ <= most) return;
  give_up(Error(ErrorKind::limit_exceeded, ErrorDomain::tls, alert_unexpected_message,
                "tls handshake", "the handshake has no end"),
          alert_unexpected_message);
}

void StreamSession::keep_rest() {
  if (state() != TlsState::verifying) return;
  const std::size_t room = configuration().handshake_bytes_max -
                           std::min(configuration().handshake_bytes_max, kept_.size());
  const std::size_t count = std::min(room, lent_.size());
  kept_.append(lent_.first(count));
  lent_ = lent_.subspan(count);
}

void StreamSession::resume(Instant now) {
  set_now(now);
  pump();
}

std::size_t StreamSession::give_ciphertext(std::span<std::byte> into) {
  return has_ciphertext() ? out_.take(into) : 0;
}

// What was said before the verdict is held back: it may be a certificate of ours, or the last word of a
// handshake.
bool StreamSession::has_ciphertext() const {
  return !out_.empty() && state() != TlsState::verifying;
}

Result<std::size_t> StreamSession::read_plaintext(std::span<std::byte> into) {
  std::size_t done = 0;
  while (done < into.size()) {
    if (!has_packet()) pump();
    if (!has_packet()) break;
    done += take_from_packet(into.subspan(done));
  }
  if (done == 0 && error() != nullptr) return *error();
  return done;
}

Result<ports::TlsTransfer> StreamSession::write_plaintext(std::span<const std::byte> bytes,
                                                          std::span<std::byte> into) {
  if (error() != nullptr) return *error();
  if (we_ended() || state() == TlsState::ended)
    return Error(ErrorKind::closed, "tls write", "our side has ended");
  ports::TlsTransfer moved;
  moved.produced = give_ciphertext(into);
  if (!is_open() || !out_.empty()) return moved;
  const std::span<std::byte> room = into.subspan(moved.produced);
  direct_ = room;
  moved.consumed = write_records(bytes);
  moved.produced += room.size() - std::exchange(direct_, {}).size();
  if (error() != nullptr) return *error();
  return moved;
}

std::size_t StreamSession::write_records(std::span<const std::byte> bytes) {
  const ClockScope clock = clock_scope();
  const std::size_t each = overhead();
  std::size_t done = 0;
  while (done < bytes.size() && direct_.size() > each) {
    const std::size_t left = bytes.size() - done;
    const std::size_t size = std::min({left, direct_.size() - each, record_bytes_max});
    if (size < left && size < worthwhile_bytes && done > 0) break;
    const auto code = gnutls_record_send(handle(), bytes.data() + done, size);
    if (code < 0) {
      give_up(static_cast<int>(code));
      break;
    }
    done += static_cast<std::size_t>(code);
  }
  return done;
}

std::size_t StreamSession::ciphertext_bytes_max(std::size_t plaintext_bytes) const {
  const std::size_t most =
      std::clamp<std::size_t>(gnutls_record_get_max_size(handle()), 1, record_bytes_max);
  const std::size_t records = (plaintext_bytes + most - 1) / most;
  return out_.size() + plaintext_bytes + records * overhead() + key_update_bytes_max;
}

ssize_t StreamSession::on_pull(gnutls_transport_ptr_t self, void* into, std::size_t size) {
  auto& session = *static_cast<StreamSession*>(self);
  const std::size_t count = session.pull({static_cast<std::byte*>(into), size});
  if (count > 0) return static_cast<ssize_t>(count);
  session.is_starved_ = true;
  gnutls_transport_set_errno(session.handle(), EAGAIN);
  return -1;
}

std::size_t StreamSession::pull(std::span<std::byte> into) {
  std::size_t count = kept_.take(into);
  if (count == 0) {
    count = std::min(into.size(), lent_.size());
    if (count > 0) std::memcpy(into.data(), lent_.data(), count);
    lent_ = lent_.subspan(count);
  }
  if (state() == TlsState::open) {
    records_.pass(into.first(count));
  } else {
    handshake_bytes_ += count;
  }
  return count;
}

ssize_t StreamSession::on_push(gnutls_transport_ptr_t self, const giovec_t* pieces, int count) {
  auto& session = *static_cast<StreamSession*>(self);
  ssize_t total = 0;
  for (int i = 0; i < count; ++i) {
    session.push({static_cast<const std::byte*>(pieces[i].iov_base), pieces[i].iov_len});
    total += static_cast<ssize_t>(pieces[i].iov_len);
  }
  return total;
}

void StreamSession::push(std::span<const std::byte> bytes) {
  const std::size_t count = out_.empty() ? std::min(bytes.size(), direct_.size()) : 0;
  if (count > 0) std::memcpy(direct_.data(), bytes.data(), count);
  direct_ = direct_.subspan(count);
  if (count < bytes.size()) out_.append(bytes.subspan(count));
}

}  // namespace bowline::crypto
