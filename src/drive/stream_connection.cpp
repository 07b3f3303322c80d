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

}  // namespace

void ReceiveRequest::begin() { connection_->start_receive(*this); }
void ReceiveRequest::withdraw() noexcept { connection_->receives_.remove(*this); }

void ReceiveIntoRequest::begin() { connection_->start_receive(*this); }
void ReceiveIntoRequest::withdraw() noexcept {
  if (connection_->receive_into_ == this) connection_->receive_into_ = nullptr;
}

void SendRequest::begin() { connection_->start_send(*this); }
void SendRequest::withdraw() noexcept { connection_->withdraw_send(*this); }

StreamConnection::StreamConnection(Loop& loop, std::shared_ptr<const StackPlan> plan,
                                   std::size_t high_water_bytes, Duration close_within,
                                   std::unique_ptr<ports::StreamSocket> socket, detail::Ref<AcceptTally> tally)
    : Connection(loop, std::move(plan), high_water_bytes, close_within),
      socket_(std::move(socket)),
      tally_(std::move(tally)) {
  if (tally_) tally_->opened();
  socket_->observe(*this);
}

std::optional<SocketAddress> StreamConnection::local_address() const {
  return socket_ ? std::optional(socket_->local_address()) : std::nullopt;
}

std::optional<SocketAddress> StreamConnection::remote_address() const {
  return socket_ ? std::optional(socket_->remote_address()) : std::nullopt;
}

ports::StreamStatistics StreamConnection::statistics() const {
  return socket_ ? socket_->statistics() : ports::StreamStatistics{};
}

std::optional<Duration> StreamConnection::transport_rtt() const { return statistics().smoothed_rtt; }

void StreamConnection::start_receive(ReceiveRequest& request) {
  if (auto error = refusal()) return request.finish(*std::move(error));
  if (request.max_ == 0 || request.min_ > request.max_)
    return request.finish(Error(ErrorKind::invalid_argument, "receive", "min is over max, or max is 0"));
  receives_.push(request);
  if (socket_ && readable_ && &receives_.front() == &request && receive_into_ == nullptr) receive_all();
}

void StreamConnection::start_receive(ReceiveIntoRequest& request) {
  if (auto error = refusal()) return request.finish(*std::move(error));
  if (request.into_.empty() || request.min_ > request.into_.size())
    return request.finish(Error(ErrorKind::invalid_argument, "receive", "the buffer is smaller than min"));
  if (receive_into_ != nullptr || !receives_.empty())
    return request.finish(Error(ErrorKind::invalid_argument, "receive", "another receive is still running"));
  receive_into_ = &request;
  if (socket_ && readable_) receive_all();
}

void StreamConnection::receive_all() {
  while (socket_ && (receive_into_ != nullptr || !receives_.empty())) {
    if (!readable_ && !ended_) return;
    const Progress progress = receive_into_ != nullptr ? receive(*receive_into_) : receive(receives_.front());
    if (progress != Progress::done) return;
  }
}

StreamConnection::Progress StreamConnection::receive(ReceiveRequest& request) {
  while (!ended_) {
    const std::size_t gathered = request.gathered_ ? request.gathered_->size() : 0;
    const std::size_t wanted = std::min(request.max_ - gathered, BufferPool::block_bytes);
    BufferPool& pool = loop().host().buffers();
    const auto room = pool.prepare(wanted).first(wanted);
    const auto read = socket_->read(room);
    if (!read.has_value()) {
      if (gathered > 0) {
        receives_.pop();
        finish_receive(request, {});
      }
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
      request.gathered_->insert(request.gathered_->end(), bytes.bytes().begin(), bytes.bytes().end());
    }
    if (!readable_ && !ended_) return Progress::blocked;
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
  while (!ended_) {
    const auto read = socket_->read(request.into_.subspan(request.received_));
    if (!read.has_value()) {
      // Bytes that came before the error are delivered first; the next receive has the error.
      if (request.received_ > 0) {
        receive_into_ = nullptr;
        request.finish(request.received_);
      }
      fail(read.error().about(to_string(socket_->remote_address())));
      return Progress::failed;
    }
    note_read(*read);
    request.received_ += read->bytes;
    if (request.received_ >= request.min_ && request.received_ > 0) break;
    if (!readable_ && !ended_) return Progress::blocked;
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

void StreamConnection::start_send(SendRequest& request) {
  if (auto error = refusal()) return request.finish(*std::move(error));
  if (fin_wanted_)
    return request.finish(Error(ErrorKind::closed, "send", "our sending side was ended by an earlier send"));
  fin_wanted_ = request.last_;
  const bool idle = sends_.empty() && !backlog_;
  sends_.push(request);
  if (socket_ && writable_ && idle) {
    flush();
  } else if (socket_ && !writable_) {
    take_over();
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
    if (progress == Progress::blocked) {
      take_over();
      return;
    }
  }
  handle_flushed();
}

StreamConnection::Progress StreamConnection::write_queued() {
  std::array<std::span<const std::byte>, pieces_max> pieces;
  std::size_t count = 0;
  if (backlog_) pieces[count++] = std::span(backlog_->bytes).subspan(backlog_->written);
  for (SendRequest* send = sends_.first(); send != nullptr && count < pieces_max; send = send->next_pending)
    pieces[count++] = send->bytes_;
  const bool nothing_but_empty_sends =
      std::ranges::all_of(std::span(pieces).first(count), [](const auto& piece) { return piece.empty(); });
  if (nothing_but_empty_sends) {
    take_written(0);
    return Progress::done;
  }
  const auto written = socket_->write(std::span(pieces).first(count));
  if (!written.has_value()) {
    fail(written.error().about(to_string(socket_->remote_address())));
    return Progress::failed;
  }
  writable_ = !written->blocked;
  take_written(written->bytes);
  return writable_ ? Progress::done : Progress::blocked;
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

/// Copies what waits, as far as the high-water mark allows, and completes those sends.
void StreamConnection::take_over() {
  while (!sends_.empty()) {
    SendRequest& send = sends_.front();
    if (backlog_bytes() + send.bytes_.size() > high_water_bytes()) return;
    if (!send.bytes_.empty()) {
      if (!backlog_) backlog_ = std::make_unique<Backlog>();
      if (backlog_->written > backlog_->bytes.size() / 2) {
        backlog_->bytes.erase(backlog_->bytes.begin(),
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
  if (!ended.has_value()) fail(ended.error());
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

void StreamConnection::fail_receives(const Error& error) {
  if (receive_into_ != nullptr) std::exchange(receive_into_, nullptr)->finish(error);
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
    for (std::size_t discarded = 0; discarded < discarded_at_close_max;) {
      const auto read = socket_->read(loop().host().buffers().prepare(BufferPool::block_bytes));
      if (!read.has_value() || read->blocked || read->end) break;
      discarded += read->bytes;
    }
  }
  socket_.reset();
  if (tally_) std::exchange(tally_, {})->closed();
}

}  // namespace bowline::drive
