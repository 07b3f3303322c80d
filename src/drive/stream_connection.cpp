#include "drive/stream_connection.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "base/buffer_pool.h"

namespace bowline::drive {

namespace {

// An unread byte makes the system answer a close with a reset; so that many are read first.
constexpr std::size_t discarded_at_close_max = 1024 * 1024;
constexpr std::size_t unread_at_failure_max = 1024 * 1024;
constexpr std::size_t copied_at_once_max = 4096;
constexpr Duration stalled_after = std::chrono::milliseconds(2);

}  // namespace

/// Ends the patience with a socket that has no room.
struct StreamConnection::Stall {
  explicit Stall(StreamConnection& owner) : timer(owner) {}
  MemberTimer<StreamConnection, &StreamConnection::take_over> timer;
};

void ReceiveRequest::begin() { connection_->start_receive(*this); }
void ReceiveRequest::withdraw() noexcept { connection_->withdraw_receive(*this); }

void ReceiveIntoRequest::begin() { connection_->start_receive(*this); }
void ReceiveIntoRequest::withdraw() noexcept { connection_->withdraw_receive(*this); }

void SendRequest::begin() { connection_->start_send(*this); }
void SendRequest::withdraw() noexcept { connection_->withdraw_send(*this); }

StreamConnection::StreamConnection(Loop& loop, std::shared_ptr<const StackPlan> plan,
                                   Outbound outbound)
    : Connection(loop, std::move(plan), std::move(outbound)) {}

StreamConnection::StreamConnection(Loop& loop, std::shared_ptr<const StackPlan> plan,
                                   std::size_t high_water_bytes, Duration close_within,
                                   std::unique_ptr<ports::StreamSocket> socket,
                                   detail::Ref<AcceptTally> tally)
    : Connection(loop, std::move(plan), high_water_bytes, close_within),
      socket_(std::move(socket)),
      tally_(std::move(tally)) {
  if (tally_) tally_->opened();
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
  if (auto error = refusal(); error && !can_serve_leftover())
    return request.finish(*std::move(error));
  if (request.max_ == 0 || request.min_ > request.max_)
    return request.finish(
        Error(ErrorKind::invalid_argument, "receive", "min is over max, or max is 0"));
  receives_.push(request);
  if (&receives_.front() == &request && receive_into_ == nullptr) receive_all();
}

void StreamConnection::start_receive(ReceiveIntoRequest& request) {
  if (auto error = refusal(); error && !can_serve_leftover())
    return request.finish(*std::move(error));
  if (request.into_.empty() || request.min_ > request.into_.size())
    return request.finish(
        Error(ErrorKind::invalid_argument, "receive", "the buffer is smaller than min"));
  if (receive_into_ != nullptr || !receives_.empty())
    return request.finish(
        Error(ErrorKind::invalid_argument, "receive", "another receive is still running"));
  receive_into_ = &request;
  receive_all();
}

void StreamConnection::receive_all() {
  while ((socket_ || leftover_) && (receive_into_ != nullptr || !receives_.empty())) {
    if (!readable_ && !ended_ && !leftover_) return;
    const Progress progress =
        receive_into_ != nullptr ? receive(*receive_into_) : receive(receives_.front());
    if (progress != Progress::done) return;
  }
}

StreamConnection::Progress StreamConnection::receive(ReceiveRequest& request) {
  if (leftover_ && receive_leftover(request) == Progress::done) return Progress::done;
  while (!ended_) {
    if (!readable_) return Progress::blocked;
    const std::size_t gathered = request.gathered_ ? request.gathered_->size() : 0;
    const std::size_t wanted = std::min(request.max_ - gathered, BufferPool::read_bytes_max);
    BufferPool& pool = loop().host().buffers();
    const auto room = pool.prepare(wanted).first(wanted);
    const auto read = socket_->read(room);
    if (!read.has_value()) {
      note_lost();
      fail(read.error().about(to_string(socket_->remote_address())));
      return Progress::failed;
    }
    note_read(*read);
    Buffer bytes = pool.commit(read->bytes);
    if (gathered + bytes.size() >= request.min_ && !bytes.empty()) {
      receives_.pop();
      finish_receive(request, std::move(bytes));
      return Progress::done;
    }
    if (!bytes.empty()) {
      if (!request.gathered_) request.gathered_ = std::make_unique<std::vector<std::byte>>();
      request.gathered_->insert(request.gathered_->end(), bytes.bytes().begin(),
                                bytes.bytes().end());
    }
  }
  receives_.pop();
  finish_receive(request, {});
  return Progress::done;
}

void StreamConnection::finish_receive(ReceiveRequest& request, Buffer bytes) {
  if (request.gathered_) {
    request.gathered_->insert(request.gathered_->end(), bytes.bytes().begin(), bytes.bytes().end());
    bytes = Buffer::copy_of(*request.gathered_);
  }
  request.finish(Message(std::move(bytes), ended_, ended_));
}

StreamConnection::Progress StreamConnection::receive(ReceiveIntoRequest& request) {
  if (leftover_ && receive_leftover(request) == Progress::done) return Progress::done;
  while (!ended_) {
    if (!readable_) return Progress::blocked;
    const auto read = socket_->read(request.into_.subspan(request.received_));
    if (!read.has_value()) {
      note_lost();
      fail(read.error().about(to_string(socket_->remote_address())));
      return Progress::failed;
    }
    note_read(*read);
    request.received_ += read->bytes;
    if (request.received_ >= request.min_ && request.received_ > 0) break;
  }
  receive_into_ = nullptr;
  request.finish(request.received_);
  return Progress::done;
}

void StreamConnection::note_read(const ports::Transfer& read) {
  readable_ = !read.blocked;
  received_any_ = received_any_ || read.bytes > 0;
  if (!read.end) return;
  ended_ = true;
  if (tally_ && is_also_ran()) tally_->also_ran();
}

/// A peer that resets before it said a byte is an also-ran like one that ends.
void StreamConnection::note_lost() {
  readable_ = false;
  if (std::exchange(ended_, true)) return;
  if (tally_ && is_also_ran()) tally_->also_ran();
}

/// A broken connection still hands out what came before it broke.
bool StreamConnection::can_serve_leftover() const {
  return leftover_ && state() == ConnectionState::failed;
}

StreamConnection::Progress StreamConnection::receive_leftover(ReceiveRequest& request) {
  const std::unique_ptr<std::vector<std::byte>> bytes = std::move(leftover_);
  if (bytes->size() < request.min_ && !ended_) {
    request.gathered_ = std::make_unique<std::vector<std::byte>>(std::move(*bytes));
    return Progress::blocked;
  }
  const auto given = std::span(*bytes).first(std::min(bytes->size(), request.max_));
  const auto rest = std::span(*bytes).subspan(given.size());
  if (!rest.empty()) leftover_ = std::make_unique<std::vector<std::byte>>(rest.begin(), rest.end());
  receives_.pop();
  const bool end = ended_ && !leftover_ && state() == ConnectionState::ready;
  request.finish(Message(Buffer::copy_of(given), end, end));
  return Progress::done;
}

StreamConnection::Progress StreamConnection::receive_leftover(ReceiveIntoRequest& request) {
  const std::unique_ptr<std::vector<std::byte>> bytes = std::move(leftover_);
  const auto given = std::span(*bytes).first(std::min(bytes->size(), request.into_.size()));
  const auto rest = std::span(*bytes).subspan(given.size());
  std::ranges::copy(given, request.into_.begin());
  request.received_ = given.size();
  if (!rest.empty()) leftover_ = std::make_unique<std::vector<std::byte>>(rest.begin(), rest.end());
  if (request.received_ < request.min_ && !ended_) return Progress::blocked;
  receive_into_ = nullptr;
  request.finish(request.received_);
  return Progress::done;
}

/// What a cancelled receive has gathered goes to the next one: nothing of a stream may be lost on the way.
void StreamConnection::withdraw_receive(ReceiveRequest& request) noexcept {
  receives_.remove(request);
  if (!request.gathered_) return;
  leftover_ = std::move(request.gathered_);
  receive_all();
}

void StreamConnection::withdraw_receive(ReceiveIntoRequest& request) noexcept {
  receive_into_ = nullptr;
  const auto received = request.into_.first(request.received_);
  if (!received.empty())
    leftover_ = std::make_unique<std::vector<std::byte>>(received.begin(), received.end());
}

void StreamConnection::start_send(SendRequest& request) {
  if (auto error = refusal()) return request.finish(*std::move(error));
  if (fin_wanted_)
    return request.finish(
        Error(ErrorKind::closed, "send", "our sending side was ended by an earlier send"));
  fin_wanted_ = request.last_;
  const bool idle = sends_.empty() && !backlog_;
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
  if (request.touched_) abort();
}

void StreamConnection::flush() {
  while (socket_ && has_unsent()) {
    if (sends_.empty() && !backlog_) {
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
      !backlog_ && sends_.front().next_pending == nullptr && !sends_.front().bytes_.empty();
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
  if (backlog_) pieces[count++] = std::span(backlog_->bytes).subspan(backlog_->written);
  for (SendRequest* send = sends_.first(); send != nullptr && count < pieces_max;
       send = send->next_pending)
    pieces[count++] = send->bytes_;
  const bool nothing_but_empty_sends = std::ranges::all_of(
      std::span(pieces).first(count), [](const auto& piece) { return piece.empty(); });
  if (nothing_but_empty_sends) return ports::Transfer{};
  return socket_->write(std::span(pieces).first(count));
}

void StreamConnection::take_written(std::size_t bytes) {
  if (backlog_) {
    const std::size_t from_backlog = std::min(bytes, backlog_->bytes.size() - backlog_->written);
    backlog_->written += from_backlog;
    bytes -= from_backlog;
    if (backlog_->written < backlog_->bytes.size()) return;
    backlog_.reset();
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
  if (sends_.front().bytes_.size() <= copied_at_once_max) take_over();
  if (sends_.empty()) return;
  if (!stall_) stall_ = std::make_unique<Stall>(*this);
  if (!stall_->timer.is_armed()) loop().timers().set(stall_->timer, loop().now() + stalled_after);
}

/// Copies what waits, as far as the high-water mark allows, and completes those sends.
void StreamConnection::take_over() {
  while (!sends_.empty()) {
    SendRequest& send = sends_.front();
    if (backlog_bytes() + send.bytes_.size() > high_water_bytes()) return;
    if (!send.bytes_.empty()) {
      if (!backlog_) backlog_ = std::make_unique<Backlog>();
      if (backlog_->written > backlog_->bytes.size() / 2) {
        backlog_->bytes.erase(
            backlog_->bytes.begin(),
            backlog_->bytes.begin() + static_cast<std::ptrdiff_t>(backlog_->written));
        backlog_->written = 0;
      }
      backlog_->bytes.insert(backlog_->bytes.end(), send.bytes_.begin(), send.bytes_.end());
    }
    sends_.pop().finish({});
  }
}

void StreamConnection::end_sending() {
  fin_sent_ = true;
  const auto ended = socket_->shutdown_write();
  if (!ended.has_value()) fail_sending(ended.error());
}

/// What the peer said before it hung up may say why: it is read before the connection counts as broken.
void StreamConnection::fail_sending(const Error& error) {
  readable_ = !ended_;
  receive_all();
  std::unique_ptr<std::vector<std::byte>> unread;
  while (socket_ && readable_ && !ended_ && (!unread || unread->size() < unread_at_failure_max)) {
    BufferPool& pool = loop().host().buffers();
    const auto room = pool.prepare(BufferPool::read_bytes_max);
    const auto read = socket_->read(room);
    if (!read.has_value()) break;
    note_read(*read);
    if (read->bytes == 0) continue;
    if (!unread) unread = std::make_unique<std::vector<std::byte>>();
    unread->insert(unread->end(), room.begin(),
                   room.begin() + static_cast<std::ptrdiff_t>(read->bytes));
  }
  if (unread) leftover_ = std::move(unread);
  ended_ = true;
  fail(error);
}

std::size_t StreamConnection::backlog_bytes() const {
  return backlog_ ? backlog_->bytes.size() - backlog_->written : 0;
}

bool StreamConnection::has_unsent() const {
  return backlog_ != nullptr || !sends_.empty() || (fin_wanted_ && !fin_sent_);
}

void StreamConnection::handle_readiness(ports::Readiness readiness) {
  const detail::Ref<StreamConnection> keep(this);
  if (readiness.readable) {
    readable_ = true;
    receive_all();
  }
  if (readiness.writable) {
    writable_ = true;
    if (stall_) loop().timers().set(stall_->timer, std::nullopt);
    if (has_unsent()) flush();
  }
  loop().deliver_ready();
}

std::unique_ptr<Candidate> StreamConnection::make_candidate(const core::Race::StartAttempt& attempt,
                                                            const ports::Binding& binding,
                                                            CandidateObserver& observer) {
  TcpCandidate::Target target{attempt.attempt, attempt.remote, binding, stream_options(plan().tcp)};
  return std::make_unique<TcpCandidate>(loop().host().network(), std::move(target), observer);
}

void StreamConnection::adopt(Candidate& winner) {
  auto& candidate = static_cast<TcpCandidate&>(winner);
  readable_ = candidate.is_readable();
  socket_ = candidate.take_socket();
  socket_->observe(*this);
}

void StreamConnection::handle_became_ready() {
  if (has_unsent()) flush();
  if (readable_) receive_all();
}

/// Bytes that came before an error are delivered first; the next receive has the error.
void StreamConnection::fail_receives(const Error& error) {
  const bool broke = error.kind() != ErrorKind::cancelled;
  if (receive_into_ != nullptr) {
    ReceiveIntoRequest& request = *std::exchange(receive_into_, nullptr);
    if (broke && request.received_ > 0) {
      request.finish(request.received_);
    } else {
      request.finish(error);
    }
  }
  if (broke && !receives_.empty() && receives_.front().gathered_) {
    Buffer gathered = Buffer::copy_of(*receives_.front().gathered_);
    receives_.pop().finish(Message(std::move(gathered), false, false));
  }
  while (!receives_.empty()) receives_.pop().finish(error);
}

void StreamConnection::fail_sends(const Error& error) {
  backlog_.reset();
  fin_wanted_ = false;
  while (!sends_.empty()) sends_.pop().finish(error);
}

void StreamConnection::release(Release how) {
  if (!socket_) return;
  if (how == Release::reset) {
    socket_->abort();
  } else if (readable_ && !ended_) {
    std::array<std::byte, 16 * 1024> room;  // a pool might have to allocate
    for (std::size_t discarded = 0; discarded < discarded_at_close_max;) {
      const auto read = socket_->read(room);
      if (!read.has_value() || read->blocked || read->end) break;
      discarded += read->bytes;
    }
  }
  socket_.reset();
  if (tally_) std::exchange(tally_, {})->closed();
}

}  // namespace bowline::drive
