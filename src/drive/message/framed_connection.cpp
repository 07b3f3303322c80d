#include "drive/message/framed_connection.h"

#include <utility>

#include "base/flag_scope.h"
#include "drive/loop/shortage.h"

namespace bowline::drive {

namespace {

/// A stream first, then the framers' handshake: ready when the top one is.
class FramedCandidate final : public Candidate,
                              private CandidateObserver,
                              private FramedStream::Owner {
 public:
  FramedCandidate(Loop& loop, const std::vector<FramerFactory>& framers,
                  std::unique_ptr<StreamCandidate> below)
      : loop_(loop), framers_(framers), below_(std::move(below)) {}

  Result<Progress> start(CandidateObserver& observer) override {
    observer_ = &observer;
    BOWLINE_TRY(const Progress progress, below_->start(*this));
    if (progress != Progress::ready) return progress;
    return begin_framing();
  }
  void append_handshakes(std::vector<Handshake>& done) const override {
    below_->append_handshakes(done);
  }
  std::unique_ptr<FramedStream> take_framed_stream() { return std::move(stream_); }

 private:
  void handle_progress() override { observer_->handle_progress(); }
  void handle_ready() override {
    const auto progress = begin_framing();
    if (!progress.has_value()) {
      observer_->handle_failure(progress.error());
    } else if (*progress == Progress::ready) {
      observer_->handle_ready();
    } else {
      observer_->handle_progress();
    }
  }
  void handle_failure(Error error) override { observer_->handle_failure(std::move(error)); }

  Result<Progress> begin_framing() {
    FramedStream::Owner& owner = *this;
    stream_ = std::make_unique<FramedStream>(loop_, below_->take_stream(), framers_, owner);
    BOWLINE_TRY_VOID(stream_->start(below_->is_readable()));
    return stream_->is_ready() ? Progress::ready : Progress::connected;
  }
  void handle_stream_progress() override {
    if (stream_ && stream_->is_ready()) observer_->handle_ready();
  }
  void handle_stream_failure(Error error) override { observer_->handle_failure(std::move(error)); }

  Loop& loop_;
  const std::vector<FramerFactory>& framers_;
  std::unique_ptr<StreamCandidate> below_;  // a husk once the framers have its stream
  CandidateObserver* observer_ = nullptr;
  std::unique_ptr<FramedStream> stream_;
};

}  // namespace

FramedConnection::FramedConnection(Loop& loop, detail::Ref<Origin> origin,
                                   std::unique_ptr<ports::ByteStream> socket)
    : MessageConnection(loop, std::move(origin)) {
  FramedStream::Owner& owner = *this;
  stream_ = std::make_unique<FramedStream>(loop, std::move(socket), this->plan().framers, owner);
}

void FramedConnection::handle_delivered() {
  if (!stream_) return;
  const auto started = stream_->start(false);
  if (!started.has_value()) return fail(started.error());
  if (!stream_->is_ready())
    loop().timers().set(handshake_timer_, loop().now() + accepted_handshake_within);
  advance();
}

/// A peer that connects and then says nothing would hold its place under the listener's cap for ever.
void FramedConnection::give_up_handshake() {
  if (!stream_ || stream_->is_ready()) return;
  fail(Error(ErrorKind::timed_out, "framer", "the peer did not finish the handshake")
           .about(to_string(stream_->socket().remote_address())));
}

std::optional<SocketAddress> FramedConnection::local_address() const {
  return stream_ ? std::optional(stream_->socket().local_address()) : std::nullopt;
}

std::optional<SocketAddress> FramedConnection::remote_address() const {
  return stream_ ? std::optional(stream_->socket().remote_address()) : std::nullopt;
}

std::size_t FramedConnection::message_bytes_max() const {
  return stream_ ? stream_->chain().message_bytes_max() : 0;
}

std::optional<Duration> FramedConnection::transport_rtt() const {
  return stream_ ? stream_->socket().statistics().smoothed_rtt : std::nullopt;
}

void FramedConnection::start_receive(MessageReceiveRequest& request) {
  const bool has_leftover = leftover_ && state() == ConnectionState::failed;
  if (refuses() && !has_leftover) return request.finish(refusal());
  receives_.push(request);
  serve_leftover();
  advance();
}

/// A broken connection still hands out what came before it broke.
void FramedConnection::serve_leftover() {
  while (leftover_ && !receives_.empty()) {
    FramerChain::Delivered message = leftover_->take_front();
    if (leftover_->empty()) leftover_.reset();
    receives_.pop().finish(Message(std::move(message.bytes), message.complete, false));
  }
}

void FramedConnection::take_back(Result<Message>&& received, MessageReceiveRequest& request,
                                 detail::Undone how) noexcept {
  if (how == detail::Undone::waits) receives_.push_front(request);
  try {
    if (received.has_value() && !received->end_of_stream()) {
      if (!stream_ && !leftover_) leftover_ = std::make_unique<FramerChain::Queue>();
      FramerChain::Queue& queue = stream_ ? stream_->chain().delivered() : *leftover_;
      queue.push_front({received->buffer(), received->is_complete()});
    }
    if (how != detail::Undone::abandoned) return;
    serve_leftover();
    advance();
  } catch (const std::bad_alloc&) {
    // A message must not go missing unnoticed.
    fail_receives(shortage("receive"));
    abort();
  }
  if (refuses()) end_receives();
}

void FramedConnection::start_send(MessageSendRequest& request) {
  if (refuses()) return request.finish(refusal());
  sends_.push(request);
  advance();
}

void FramedConnection::advance() {
  if (!stream_ || advancing_ || !stream_->is_ready()) return;
  const detail::Ref<FramedConnection> keep(this);
  const Result<void> result = exchange_all();
  note_also_ran();
  if (!result.has_value()) return handle_stream_failure(result.error());
  handle_flushed();
  if (is_closing() && stream_) hasten_close();
}

Result<void> FramedConnection::exchange_all() {
  const FlagScope advancing(advancing_);
  BOWLINE_TRY_VOID(send_all());
  return receive_all();
}

Result<void> FramedConnection::receive_all() {
  auto& delivered = stream_->chain().delivered();
  while (!receives_.empty()) {
    if (delivered.empty()) BOWLINE_TRY_VOID(read());
    if (!delivered.empty()) {
      FramerChain::Delivered message = delivered.take_front();
      receives_.pop().finish(Message(std::move(message.bytes), message.complete, false));
    } else if (stream_->has_ended()) {
      receives_.pop().finish(Message({}, false, true));
    } else {
      break;
    }
  }
  return {};
}

/// Messages that came before an error are delivered first.
Result<void> FramedConnection::read() {
  if (broken_) return *broken_;
  Result<void> result = stream_->read();
  if (result.has_value() || stream_->chain().delivered().empty()) return result;
  broken_ = std::make_unique<Error>(result.error());
  return {};
}

/// A message is framed while there is room under the high-water mark, and has been taken once there is again.
Result<void> FramedConnection::send_all() {
  BOWLINE_TRY_VOID(stream_->flush());
  while (!sends_.empty() && stream_->unwritten_bytes() <= high_water_bytes()) {
    const std::span<const std::byte> message = sends_.front().bytes;
    if (std::exchange(front_is_framed_, false)) {
      sends_.pop().finish({});
    } else if (message.size() > message_bytes_max()) {
      sends_.pop().finish(Error(ErrorKind::message_too_large, "send",
                                "the message is larger than the framer carries"));
    } else {
      BOWLINE_TRY_VOID(stream_->send(message));
      front_is_framed_ = true;
    }
  }
  return {};
}

void FramedConnection::note_also_ran() {
  if (!stream_ || !stream_->is_also_ran() || also_ran_) return;
  also_ran_ = true;
  Connection::note_also_ran();
}

void FramedConnection::handle_stream_failure(Error error) {
  note_also_ran();
  if (stream_ && !stream_->chain().delivered().empty())
    leftover_ = std::make_unique<FramerChain::Queue>(std::move(stream_->chain().delivered()));
  fail(std::move(error));
}

std::unique_ptr<Candidate> FramedConnection::make_candidate(const Approach& approach) {
  return std::make_unique<FramedCandidate>(
      loop(), plan().framers, make_stream_candidate(approach, stream_options(plan().tcp)));
}

void FramedConnection::adopt(Candidate& winner) {
  stream_ = static_cast<FramedCandidate&>(winner).take_framed_stream();
  stream_->set_owner(*this);
}

/// What comes before the framers are ready is theirs: without it nothing could be sent.
void FramedConnection::hasten_close() {
  if (!has_unsent() || !stream_->is_ready()) return;
  const auto result = stream_->drop_input();
  if (!result.has_value()) handle_stream_failure(result.error());
}

bool FramedConnection::has_unsent() const {
  return !sends_.empty() || (stream_ && stream_->unwritten_bytes() > 0);
}

void FramedConnection::fail_receives(const Error& error) {
  while (!receives_.empty()) receives_.pop().finish(error);
}

void FramedConnection::fail_sends(const Error& error) {
  front_is_framed_ = false;
  while (!sends_.empty()) sends_.pop().finish(error);
}

void FramedConnection::release(Release how) {
  if (!stream_) return;
  const std::unique_ptr<FramedStream> stream = std::move(stream_);
  if (how == Release::reset) {
    stream->socket().abort();
  } else if (!stream->has_ended()) {
    loop().lingering().close(stream->take_socket(), true, close_within());
  }
}

}  // namespace bowline::drive
