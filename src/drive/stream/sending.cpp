#include "drive/stream/sending.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace bowline::drive {

bool Sending::push(SendRequest& request) {
  assert(!fin_wanted_);
  const bool is_first = sends_.empty() && !has_backlog();
  fin_wanted_ = request.is_last() ? 1 : 0;
  set_queued(queued_bytes_ + request.bytes_.size());
  sends_.push(request);
  return is_first;
}

bool Sending::withdraw(SendRequest& request) {
  // One that found no memory to begin with is nowhere.
  const SendRequest* at = sends_.first();
  while (at != nullptr && at != &request) at = sends_.after(*at);
  if (at == nullptr) return false;
  sends_.remove(request);
  set_queued(queued_bytes_ - request.bytes_.size());
  if (request.is_last()) fin_wanted_ = 0;
  if (request.offered_) spoiled_ = 1;
  return request.touched_;
}

Result<Sending::Progress> Sending::write(ports::ByteStream& stream) {
  while (!sends_.empty() || has_backlog()) {
    BOWLINE_TRY(const ports::Transfer written, write_queued(stream));
    writable_ = written.blocked ? 0 : 1;
    take_written(written.bytes);
    if (!writable_) return Progress::blocked;
  }
  return fin_wanted_ && !fin_sent_ ? end(stream) : Progress::done;
}

Result<ports::Transfer> Sending::write_queued(ports::ByteStream& stream) {
  // Nearly always one send waits, and nothing else.
  const bool single =
      !has_backlog() && sends_.after(sends_.front()) == nullptr && !sends_.front().bytes_.empty();
  return single ? stream.write(std::span(&sends_.front().bytes_, 1)) : write_pieces(stream);
}

Result<ports::Transfer> Sending::write_pieces(ports::ByteStream& stream) {
  std::array<std::span<const std::byte>, pieces_max> pieces;
  std::size_t count = has_backlog() ? stall_->backlog.fill(pieces) : 0;
  for (auto* send = sends_.first(); send != nullptr && count < pieces_max;
       send = sends_.after(*send))
    pieces[count++] = send->bytes_;
  const bool nothing_but_empty_sends = std::ranges::all_of(
      std::span(pieces).first(count), [](const auto& piece) { return piece.empty(); });
  if (nothing_but_empty_sends) return ports::Transfer{};
  return stream.write(std::span(pieces).first(count));
}

void Sending::take_written(std::size_t bytes) {
  set_queued(queued_bytes_ - bytes);
  if (has_backlog()) {
    const std::size_t from_backlog = std::min(bytes, stall_->backlog.size());
    stall_->backlog.drop(from_backlog);
    bytes -= from_backlog;
    if (has_backlog()) return;
  }
  while (!sends_.empty() && sends_.front().bytes_.size() <= bytes) {
    bytes -= sends_.front().bytes_.size();
    sends_.pop().finish({});
  }
  if (bytes > 0) {
    sends_.front().bytes_ = sends_.front().bytes_.subspan(bytes);
    sends_.front().touched_ = true;
  }
}

Result<Sending::Progress> Sending::end(ports::ByteStream& stream) {
  const auto ended = stream.finish();
  fin_sent_ = !ended.has_value() || !ended->blocked ? 1 : 0;
  if (!ended.has_value()) return ended.error();
  writable_ = ended->blocked ? 0 : 1;
  return writable_ ? Progress::done : Progress::blocked;
}

void Sending::take_over(std::size_t bytes_max) {
  while (!sends_.empty()) {
    SendRequest& send = sends_.front();
    if (stall_->backlog.size() + send.bytes_.size() > bytes_max) return;
    take_over(send);
    sends_.pop().finish({});
  }
}

void Sending::take_over(SendRequest& send) {
  Backlog& backlog = stall_->backlog;
  // The last few bytes of a large buffer are not worth keeping it for.
  if (send.bytes_.size() < std::max(shared_bytes_min, send.owner_.size() / 8) ||
      send.owner_.empty())
    return backlog.copy(send.bytes_);
  const std::size_t written = send.owner_.size() - send.bytes_.size();
  backlog.share(send.owner_.slice(written, send.bytes_.size()));
}

std::vector<std::byte> Sending::offer_early(std::size_t bytes_max) {
  std::vector<std::byte> early;
  for (SendRequest* send = sends_.first(); send != nullptr; send = sends_.after(*send)) {
    if (send->kind_ != SendKind::replayable) break;
    if (early.size() + send->bytes_.size() > bytes_max) break;
    early.insert(early.end(), send->bytes_.begin(), send->bytes_.end());
    send->offered_ = true;
  }
  return early;
}

void Sending::take_early(std::size_t bytes) {
  if (bytes == 0) spoiled_ = 0;
  if (bytes == 0 || spoiled_) return;
  take_written(bytes);
}

void Sending::fail_all(const Error& error) {
  stall_.reset();
  fin_wanted_ = 0;
  queued_bytes_ = 0;
  while (!sends_.empty()) sends_.pop().finish(error);
}

}  // namespace bowline::drive
