#include "drive/stream/stream_connection.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "base/buffer_pool.h"
#include "drive/carrier/discard.h"
#include "drive/loop/shortage.h"

namespace bowline::drive {

namespace {

constexpr std::size_t unread_at_failure_max = 1024 * 1024;
constexpr std::size_t copied_at_once_max = 4096;
constexpr Duration stalled_after = std::chrono::milliseconds(2);

}  // namespace

/// Of a socket that had no room: the bytes taken over from sends, and the end of the patience with it.
struct StreamConnection::Stall {
  explicit Stall(StreamConnection& owner) : timer(owner) {}
  std::vector<std::byte> backlog;
  std::size_t written = 0;  // of the backlog
  MemberTimer<StreamConnection, &StreamConnection::handle_stall> timer;
};

void ReceiveRequest::begin() { connection_->start_receive(*this); }
void ReceiveRequest::withdraw() noexcept { connection_->withdraw_receive(*this); }

const void* ReceiveRequest::source() const noexcept { return connection_->source(has_value()); }
void ReceiveRequest::give_back(Result<Message>&& received, detail::Undone how) noexcept {
  if (how == detail::Undone::waits) connection_->receives_.push_front(*this);
  if (received.has_value()) connection_->take_back(received->bytes());
  if (how == detail::Undone::abandoned) connection_->serve_again();
}

void ReceiveIntoRequest::begin() { connection_->start_receive(*this); }
void ReceiveIntoRequest::withdraw() noexcept { connection_->withdraw_receive(*this); }

const void* ReceiveIntoRequest::source() const noexcept { return connection_->source(has_value()); }
void ReceiveIntoRequest::give_back(Result<std::size_t>&& received, detail::Undone how) noexcept {
  if (how == detail::Undone::waits) connection_->receives_.push_front(*this);
  received_ = 0;
  if (received.has_value()) connection_->take_back(into_.first(*received));
  if (how == detail::Undone::abandoned) connection_->serve_again();
}

void SendRequest::begin() { connection_->start_send(*this); }
void SendRequest::withdraw() noexcept { connection_->withdraw_send(*this); }

StreamConnection::StreamConnection(Loop& loop, Outbound&& outbound)
    : Connection(loop, std::move(outbound)) {}

StreamConnection::StreamConnection(Loop& loop, detail::Ref<Origin> origin,
                                   std::unique_ptr<ports::ByteStream> socket)
    : Connection(loop, std::move(origin)), socket_(std::move(socket)) {
  socket_->observe(*this);
}

StreamConnection::~StreamConnection() = default;

std::optional<SocketAddress> StreamConnection::local_address() const {
  return socket_ ? std::optional(socket_->local_address()) : std::nullopt;
}

std::optional<SocketAddress> StreamConnection::remote_address() const {
  return socket_ ? std::optional(socket_->remote_address()) : std::nullopt;
}

ports::StreamStatistics StreamConnection::statistics() const {
  return socket_ ? socket_->statistics() : ports::StreamStatistics{};
}

std::optional<Duration> StreamConnection::transport_rtt() const {
  return statistics().smoothed_rtt;
}

void StreamConnection::start_receive(ReceiveRequest& request) {
  if (refuses() && !can_serve_leftover()) return request.finish(refusal());
  if (request.max_ == 0 || request.min_ > request.max_)
    return request.finish(
        Error(ErrorKind::invalid_argument, "receive", "min is over max or 4 GiB, or max is 0"));
  receives_.push(request);
  if (&receives_.front() == &request) receive_all();
}

void StreamConnection::start_receive(ReceiveIntoRequest& request) {
  if (refuses() && !can_serve_leftover()) return request.finish(refusal());
  if (request.into_.empty() || request.min_ > request.into_.size())
    return request.finish(
        Error(ErrorKind::invalid_argument, "receive", "the buffer is smaller than min"));
  if (!receives_.empty())
    return request.finish(
        Error(ErrorKind::invalid_argument, "receive", "another receive is still running"));
  receives_.push(request);
  receive_all();
}

void StreamConnection::receive_all() {
  while ((socket_ || leftover_) && !receives_.empty()) {
    if (!readable_ && !ended_ && !leftover_) return;
    if (receive_next() != Progress::done) return;
  }
}

StreamConnection::Progress StreamConnection::receive_next() {
  detail::RequestBase& next = receives_.front();
  return next.kind() == ReceiveRequest::kind ? receive(static_cast<ReceiveRequest&>(next))
                                             : receive(static_cast<ReceiveIntoRequest&>(next));
}

StreamConnection::Progress StreamConnection::receive(ReceiveRequest& request) {
  for (;;) {
    const std::size_t kept = leftover_ ? leftover_->size() : 0;
    if (kept >= request.min_ || ended_) {
      if (kept > 0) {
        finish_with_leftover(request, ended_ && state() == ConnectionState::ready);
        return Progress::done;
      }
      if (ended_) {
        receives_.pop();
        request.finish(Message({}, true, true));
        return Progress::done;
      }
    }
    if (!readable_) return Progress::blocked;
    const std::size_t wanted = std::min(request.max_ - kept, BufferPool::read_bytes_max);
    BufferPool& pool = loop().buffers();
    const auto got = read(pool.prepare(wanted).first(wanted));
    if (!got.has_value()) return fail_receiving(got.error());
    Buffer bytes = pool.commit(got->bytes);
    if (kept == 0 && bytes.size() >= request.min_ && !bytes.empty()) {
      receives_.pop();
      request.finish(Message(std::move(bytes), ended_, ended_));
      return Progress::done;
    }
    keep(bytes.bytes());
  }
}

StreamConnection::Progress StreamConnection::receive(ReceiveIntoRequest& request) {
  if (leftover_ && receive_leftover(request) == Progress::done) return Progress::done;
  while (!ended_) {
    if (!readable_) return Progress::blocked;
    const auto got = read(request.into_.subspan(request.received_));
    if (!got.has_value()) return fail_receiving(got.error());
    request.received_ += got->bytes;
    if (request.received_ >= request.min_ && request.received_ > 0) break;
  }
  receives_.pop();
  request.finish(request.received_);
  return Progress::done;
}

Result<ports::Transfer> StreamConnection::read(std::span<std::byte> into) {
  const auto got = socket_->read(into);
  readable_ = got.has_value() && !got->blocked;
  if (got.has_value() && got->bytes > 0) {
    received_any_ = true;
    loop().count_read(got->bytes);
  }
  // A peer that resets before it said a byte is an also-ran like one that ends.
  const bool over = !got.has_value() || got->end;
  if (!over || ended_) return got;
  ended_ = true;
  if (is_also_ran()) Connection::note_also_ran();
  return got;
}

StreamConnection::Progress StreamConnection::fail_receiving(const Error& error) {
  fail(error.about(to_string(socket_->remote_address())));
  return Progress::failed;
}

/// A broken connection still hands out what came before it broke.
bool StreamConnection::can_serve_leftover() const {
  return leftover_ && state() == ConnectionState::failed;
}

void StreamConnection::keep(std::span<const std::byte> bytes, Place place) {
  if (bytes.empty()) return;
  try {
    if (!leftover_) leftover_ = std::make_unique<std::vector<std::byte>>();
    leftover_->insert(place == Place::ahead ? leftover_->begin() : leftover_->end(), bytes.begin(),
                      bytes.end());
  } catch (const std::bad_alloc&) {
    leave_a_gap();
    throw;
  }
}

/// For want of memory bytes of the stream are lost, which must not pass unnoticed.
void StreamConnection::leave_a_gap() {
  leftover_.reset();
  fail_receives(shortage("receive"));
  abort();
}

void StreamConnection::drop_leftover(std::size_t bytes) {
  leftover_->erase(leftover_->begin(), leftover_->begin() + static_cast<std::ptrdiff_t>(bytes));
  if (leftover_->empty()) leftover_.reset();
}

void StreamConnection::finish_with_leftover(ReceiveRequest& request, bool ended) {
  const std::size_t given = std::min<std::size_t>(leftover_->size(), request.max_);
  Buffer bytes = Buffer::copy_of(std::span(*leftover_).first(given));
  drop_leftover(given);
  receives_.pop();
  const bool end = ended && !leftover_;
  request.finish(Message(std::move(bytes), end, end));
}

StreamConnection::Progress StreamConnection::receive_leftover(ReceiveIntoRequest& request) {
  request.received_ = std::min(leftover_->size(), request.into_.size());
  std::ranges::copy(std::span(*leftover_).first(request.received_), request.into_.begin());
  drop_leftover(request.received_);
  if (request.received_ < request.min_ && !ended_) return Progress::blocked;
  receives_.pop();
  request.finish(request.received_);
  return Progress::done;
}

/// What came for a cancelled receive stays for the next one: nothing of a stream may be lost on the way.
void StreamConnection::withdraw_receive(ReceiveRequest& request) noexcept {
  receives_.remove(request);
  serve_leftover();
}

void StreamConnection::withdraw_receive(ReceiveIntoRequest& request) noexcept {
  receives_.remove(request);
  try {
    keep(request.into_.first(request.received_));
  } catch (const std::bad_alloc&) {
    return;  // the connection is aborted, and its receives know
  }
  serve_leftover();
}

/// For want of memory it stays where it is, and those that wait for it are told.
void StreamConnection::serve_leftover() noexcept {
  while (leftover_) {
    try {
      return receive_all();
    } catch (const std::bad_alloc&) {
      if (receives_.empty()) return;
      fail_next_receive(shortage("receive"), false);
    }
  }
}

/// Taken, and never told: it goes ahead of all that came behind it, also of what a receive has gathered.
void StreamConnection::take_back(std::span<const std::byte> bytes) noexcept {
  try {
    for (auto* at = receives_.first(); at != nullptr; at = receives_.after(*at)) {
      if (at->kind() != ReceiveIntoRequest::kind) continue;
      auto& into = static_cast<ReceiveIntoRequest&>(*at);
      keep(into.into_.first(std::exchange(into.received_, 0)), Place::ahead);
    }
    keep(bytes, Place::ahead);
  } catch (const std::bad_alloc&) {
    // For want of memory; the receives know.
  }
}

/// All is back: those that took what came behind it get what there is now.
void StreamConnection::serve_again() noexcept {
  serve_leftover();
  if (!refuses() || receives_.empty()) return;
  leftover_.reset();
  end_receives();
}

void StreamConnection::start_send(SendRequest& request) {
  if (refuses()) return request.finish(refusal());
  if (fin_wanted_)
    return request.finish(
        Error(ErrorKind::closed, "send", "our sending side was ended by an earlier send"));
  fin_wanted_ = request.last_;
  const bool idle = sends_.empty() && !has_backlog();
  sends_.push(request);
  if (socket_ && writable_ && idle) {
    flush();
  } else if (socket_ && !writable_) {
    hold_back();
  }
}

void StreamConnection::withdraw_send(SendRequest& request) {
  sends_.remove(request);
  if (request.last_) fin_wanted_ = false;
  // Half a message is on its way and the rest will never come: the peer must not take it for a whole one.
  if (request.touched_) return abort();
  handle_flushed();
}

void StreamConnection::flush() {
  while (socket_ && has_unsent()) {
    if (sends_.empty() && !has_backlog()) {
      end_sending();
      break;
    }
    const Progress progress = write_queued();
    if (progress == Progress::failed) return;
    if (progress == Progress::blocked) return hold_back();
  }
  handle_flushed();
}

StreamConnection::Progress StreamConnection::write_queued() {
  // Nearly always one send waits, and nothing else.
  const bool single =
      !has_backlog() && sends_.after(sends_.front()) == nullptr && !sends_.front().bytes_.empty();
  const auto written =
      single ? socket_->write(std::span(&sends_.front().bytes_, 1)) : write_pieces();
  if (!written.has_value()) {
    fail_sending(written.error().about(to_string(socket_->remote_address())));
    return Progress::failed;
  }
  writable_ = !written->blocked;
  take_written(written->bytes);
  return writable_ ? Progress::done : Progress::blocked;
}

Result<ports::Transfer> StreamConnection::write_pieces() {
  std::array<std::span<const std::byte>, pieces_max> pieces;
  std::size_t count = 0;
  if (has_backlog()) pieces[count++] = std::span(stall_->backlog).subspan(stall_->written);
  for (auto* send = sends_.first(); send != nullptr && count < pieces_max;
       send = sends_.after(*send))
    pieces[count++] = send->bytes_;
  const bool nothing_but_empty_sends = std::ranges::all_of(
      std::span(pieces).first(count), [](const auto& piece) { return piece.empty(); });
  if (nothing_but_empty_sends) return ports::Transfer{};
  return socket_->write(std::span(pieces).first(count));
}

void StreamConnection::take_written(std::size_t bytes) {
  if (has_backlog()) {
    const std::size_t from_backlog = std::min(bytes, backlog_bytes());
    stall_->written += from_backlog;
    bytes -= from_backlog;
    if (backlog_bytes() > 0) return;
    stall_->backlog = {};
    stall_->written = 0;
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

/// The system has no room. A small send is copied at once; a large one is about to be written from where it
/// lies, and copying it is only worth while when the peer has stopped reading.
void StreamConnection::hold_back() {
  if (sends_.empty()) return;
  if (!stall_) stall_ = std::make_unique<Stall>(*this);
  if (sends_.front().bytes_.size() <= copied_at_once_max) take_over();
  if (sends_.empty() || stall_->timer.is_armed()) return;
  loop().timers().set(stall_->timer, loop().now() + stalled_after);
}

/// Copies what waits, as far as the high-water mark allows, and completes those sends.
void StreamConnection::take_over() {
  while (!sends_.empty()) {
    SendRequest& send = sends_.front();
    if (backlog_bytes() + send.bytes_.size() > high_water_bytes()) return;
    std::vector<std::byte>& backlog = stall_->backlog;
    if (stall_->written > backlog.size() / 2) {
      backlog.erase(backlog.begin(),
                    backlog.begin() + static_cast<std::ptrdiff_t>(stall_->written));
      stall_->written = 0;
    }
    backlog.insert(backlog.end(), send.bytes_.begin(), send.bytes_.end());
    sends_.pop().finish({});
  }
}

void StreamConnection::end_sending() {
  const auto ended = socket_->finish();
  if (!ended.has_value()) {
    fin_sent_ = true;
    return fail_sending(ended.error());
  }
  writable_ = !ended->blocked;
  fin_sent_ = writable_;
}

/// What the peer said before it hung up may say why: it is read before the connection counts as broken.
void StreamConnection::fail_sending(const Error& error) {
  readable_ = !ended_;
  receive_all();
  while (socket_ && readable_ && !ended_ &&
         (!leftover_ || leftover_->size() < unread_at_failure_max)) {
    BufferPool& pool = loop().buffers();
    const auto room = pool.prepare(BufferPool::read_bytes_max);
    const auto got = read(room);
    if (!got.has_value()) break;
    keep(room.first(got->bytes));
  }
  ended_ = true;
  fail(error);
}

bool StreamConnection::has_backlog() const { return stall_ && !stall_->backlog.empty(); }

std::size_t StreamConnection::backlog_bytes() const {
  return stall_ ? stall_->backlog.size() - stall_->written : 0;
}

bool StreamConnection::has_unsent() const {
  return !sends_.empty() || has_backlog() || (fin_wanted_ && !fin_sent_);
}

void StreamConnection::handle_stall() {
  take_over();
  if (is_closing()) drop_input();
}

/// A peer that ended its side may still break off, and no read would tell.
void StreamConnection::check() {
  const auto whole = socket_->check();
  if (!whole.has_value()) fail(whole.error());
}

/// While a close flushes: a peer that cannot send may not read either.
void StreamConnection::drop_input() {
  if (!socket_ || !readable_ || ended_ || !stall_) return;
  const Left left = discard(*socket_);
  readable_ = left == Left::unread;
  ended_ = left == Left::nothing;
  if (readable_) loop().timers().set(stall_->timer, loop().now() + Duration(1));
}

void StreamConnection::handle_readiness(ports::Readiness readiness) {
  const detail::Ref<StreamConnection> keep(this);
  if (readiness.readable) {
    readable_ = true;
    if (!is_closing()) receive_all();
  }
  if (readiness.writable) {
    writable_ = true;
    if (stall_) loop().timers().set(stall_->timer, std::nullopt);
    if (has_unsent()) flush();
    if (ended_ && socket_) check();
  }
  if (is_closing()) drop_input();  // last: room to write has disarmed the timer
  loop().deliver_much();
}

std::unique_ptr<Candidate> StreamConnection::make_candidate(const Approach& approach) {
  ports::StreamOptions options = stream_options(plan().tcp);
  // A layer's handshake comes first, and who speaks first in it is the layer's business.
  options.speaks_first =
      approach.alternative.layers.empty() && !sends_.empty() && !sends_.front().bytes_.empty();
  return make_stream_candidate(approach, options);
}

void StreamConnection::adopt(Candidate& winner) {
  auto& candidate = static_cast<StreamCandidate&>(winner);
  readable_ = candidate.is_readable();
  socket_ = candidate.take_stream();
  socket_->observe(*this);
}

void StreamConnection::handle_became_ready() {
  if (has_unsent()) flush();
  if (readable_) receive_all();
}

/// Bytes that came before an error are delivered first; the next receive has the error.
void StreamConnection::fail_receives(const Error& error) {
  const bool broke = error.kind() != ErrorKind::cancelled;
  while (!receives_.empty()) fail_next_receive(error, broke);
}

void StreamConnection::fail_next_receive(const Error& error, bool broke) {
  detail::RequestBase& next = receives_.front();
  if (next.kind() == ReceiveRequest::kind) {
    auto& request = static_cast<ReceiveRequest&>(next);
    if (broke && leftover_) return finish_with_leftover(request, false);
    receives_.pop();
    return request.finish(error);
  }
  receives_.pop();
  auto& request = static_cast<ReceiveIntoRequest&>(next);
  if (broke && request.received_ > 0) {
    request.finish(request.received_);
  } else {
    request.finish(error);
  }
}

void StreamConnection::fail_sends(const Error& error) {
  stall_.reset();
  fin_wanted_ = false;
  while (!sends_.empty()) sends_.pop().finish(error);
}

void StreamConnection::release(Release how) {
  if (!socket_) return;
  auto socket = std::move(socket_);
  if (how == Release::reset) {
    socket->abort();
  } else if (!ended_) {
    loop().lingering().close(std::move(socket), readable_, close_within());
  }
}

}  // namespace bowline::drive
