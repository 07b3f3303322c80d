#include "drive/secure/tls_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "drive/loop/loop.h"

namespace bowline::drive {

namespace {

constexpr std::size_t record_bytes_max = 16 * 1024;  // RFC 8446 5.1

}  // namespace

TlsStream::TlsStream(Loop& loop, SecureSession secure, std::unique_ptr<ports::ByteStream> below)
    : loop_(loop), secure_(std::move(secure)), below_(std::move(below)) {
  below_->observe(*this);
  session().start(loop_.now());
}

Result<bool> TlsStream::shake_hands() {
  Result<bool> done = go_on_with_handshake();
  if (!done.has_value()) secure_.note_failure();
  return done;
}

Result<bool> TlsStream::go_on_with_handshake() {
  for (;;) {
    const Result<bool> flushed = flush();
    switch (session().state()) {
      case ports::TlsState::open:
      case ports::TlsState::peer_ended: {
        const Result<void> enough = secure_.finish_handshake();
        if (enough.has_value()) {
          secure_.collect_tickets();
          may_have_early_ = session().facts().early_data_accepted;
          return true;
        }
        static_cast<void>(flush());  // the reason is the error to tell
        return enough.error();
      }
      case ports::TlsState::verifying: secure_.watch(*this); return false;
      case ports::TlsState::failed: return *session().error();
      case ports::TlsState::ended:
        return Error(ErrorKind::closed, "tls", "the peer ended during the handshake");
      case ports::TlsState::handshaking: break;
    }
    BOWLINE_TRY_VOID(flushed);
    BOWLINE_TRY(const Fed fed, feed());
    if (fed == Fed::blocked) return false;
  }
}

Result<ports::Transfer> TlsStream::read(std::span<std::byte> into) {
  if (may_have_early_) {
    BOWLINE_TRY(const std::size_t early, session().read_early_data(into));
    if (early > 0) return ports::Transfer{early, false, false};
    may_have_early_ = false;
  }
  for (;;) {
    BOWLINE_TRY(const std::size_t got, session().read_plaintext(into));
    ports::Transfer transfer;
    transfer.bytes = got;
    if (got > 0) return transfer;
    const ports::TlsState state = session().state();
    if (state == ports::TlsState::peer_ended || state == ports::TlsState::ended) {
      transfer.end = true;
      return transfer;
    }
    BOWLINE_TRY(const Fed fed, feed());
    if (fed == Fed::blocked) {
      transfer.blocked = true;
      return transfer;
    }
  }
}

/// Gives the session more ciphertext, and sends what it answers: alerts, acknowledgements of new keys.
Result<TlsStream::Fed> TlsStream::feed() {
  if (!unread_.empty()) {
    const std::vector<std::byte> kept = std::move(unread_);
    unread_.clear();
    BOWLINE_TRY_VOID(take(kept));
    if (unread_.size() < kept.size()) return Fed::some;
    return Fed::blocked;
  }
  if (input_ended_) {
    BOWLINE_TRY_VOID(session().take_end());
    return Fed::end;
  }
  const std::span<std::byte> room = security().incoming();
  BOWLINE_TRY(const ports::Transfer got, below_->read(room));
  input_ended_ = got.end;
  if (got.bytes > 0) {
    BOWLINE_TRY_VOID(take(room.first(got.bytes)));
    return Fed::some;
  }
  return got.end ? Fed::some : Fed::blocked;
}

Result<void> TlsStream::take(std::span<const std::byte> ciphertext) {
  const Result<std::size_t> consumed = session().take_ciphertext(ciphertext, loop_.now());
  if (consumed.has_value() && *consumed < ciphertext.size()) {
    const auto rest = ciphertext.subspan(*consumed);
    unread_.assign(rest.begin(), rest.end());
  }
  const Result<bool> flushed = flush();
  if (!consumed.has_value()) return consumed.error();
  if (secure_.is_done()) secure_.collect_tickets();
  // A peer that does not read is noticed by who writes.
  static_cast<void>(flushed);
  return {};
}

/// True once all ciphertext is handed down.
Result<bool> TlsStream::flush() {
  if (!unwritten_.empty()) {
    const std::vector<std::byte> kept = std::move(unwritten_);
    unwritten_.clear();
    BOWLINE_TRY_VOID(hand_down(kept));
  }
  while (unwritten_.empty() && session().has_ciphertext()) {
    const std::span<std::byte> room = security().outgoing();
    const std::size_t given = session().give_ciphertext(room);
    if (given == 0) break;
    BOWLINE_TRY_VOID(hand_down(room.first(given)));
  }
  return unwritten_.empty();
}

/// What the stream below does not take is kept.
Result<std::size_t> TlsStream::hand_down(std::span<const std::byte> ciphertext) {
  std::size_t written = 0;
  while (written < ciphertext.size()) {
    const std::span<const std::byte> rest = ciphertext.subspan(written);
    BOWLINE_TRY(const ports::Transfer put, below_->write(std::span(&rest, 1)));
    written += put.bytes;
    if (put.blocked) break;
  }
  const auto left = ciphertext.subspan(written);
  unwritten_.insert(unwritten_.end(), left.begin(), left.end());
  return written;
}

/// Small pieces share a record; large ones become full records without a copy.
Result<ports::Transfer> TlsStream::write(std::span<const std::span<const std::byte>> pieces) {
  ports::Transfer transfer;
  BOWLINE_TRY(const bool flushed, flush());
  std::size_t piece = 0;
  std::size_t offset = 0;  // in the piece
  while (flushed && unwritten_.empty() && piece < pieces.size()) {
    std::span<const std::byte> next = pieces[piece].subspan(offset);
    std::size_t last = piece;
    if (next.size() < record_bytes_max && piece + 1 < pieces.size()) {
      const std::span<std::byte> gathered = security().gathered().first(record_bytes_max);
      std::size_t filled = 0;
      std::size_t from = offset;
      for (; last < pieces.size() && filled < gathered.size(); ++last, from = 0) {
        const auto more = pieces[last].subspan(from);
        const std::size_t part = std::min(more.size(), gathered.size() - filled);
        if (part > 0) std::memcpy(gathered.data() + filled, more.data(), part);
        filled += part;
      }
      next = gathered.first(filled);
    }
    if (next.empty()) {
      ++piece;
      offset = 0;
      continue;
    }
    BOWLINE_TRY(std::size_t taken, encrypt(next));
    if (taken == 0) break;
    transfer.bytes += taken;
    for (; piece < pieces.size() && taken > 0;) {
      const std::size_t part = std::min(taken, pieces[piece].size() - offset);
      taken -= part;
      offset += part;
      if (offset < pieces[piece].size()) break;
      ++piece;
      offset = 0;
    }
  }
  transfer.blocked = !unwritten_.empty();
  return transfer;
}

Result<std::size_t> TlsStream::encrypt(std::span<const std::byte> plaintext) {
  const std::span<std::byte> room = security().outgoing();
  BOWLINE_TRY(const ports::TlsTransfer done, session().write_plaintext(plaintext, room));
  BOWLINE_TRY_VOID(hand_down(room.first(done.produced)));
  if (session().has_ciphertext()) BOWLINE_TRY_VOID(flush());
  return done.consumed;
}

/// close_notify first, then the end of the stream below.
Result<ports::Transfer> TlsStream::finish() {
  session().end();
  ports::Transfer transfer;
  BOWLINE_TRY(const bool flushed, flush());
  if (!flushed) {
    transfer.blocked = true;
    return transfer;
  }
  if (below_finished_) return transfer;
  BOWLINE_TRY(transfer, below_->finish());
  below_finished_ = !transfer.blocked;
  return transfer;
}

/// What the stream below does not take goes with what is written next.
Result<void> TlsStream::update_keys() {
  BOWLINE_TRY_VOID(session().update_keys(true));
  BOWLINE_TRY_VOID(flush());
  return {};
}

Result<void> TlsStream::check() {
  if (const Error* error = session().error()) return *error;
  return below_->check();
}

bool TlsStream::has_unacknowledged() const {
  return !unwritten_.empty() || secure_.session().has_ciphertext() || below_->has_unacknowledged();
}

void TlsStream::handle_readiness(ports::Readiness readiness) {
  if (secure_.is_done() && readiness.writable && !unwritten_.empty()) {
    // An error is met again by whoever writes.
    const Result<bool> flushed = flush();
    readiness.writable = !flushed.has_value() || *flushed;
    if (!readiness.writable && !readiness.readable) return;
  }
  if (observer_ != nullptr) observer_->handle_readiness(readiness);
}

void TlsStream::handle_verdict(ports::TlsSession& /*session*/) {
  if (observer_ != nullptr) observer_->handle_readiness({true, true});
}

}  // namespace bowline::drive
