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
  FramedCandidate(Loop& loop, const std::vector<FramerFactory>& framers, FramedStream::End end,
                  std::unique_ptr<StreamCandidate> below)
      : loop_(loop), framers_(framers), end_(std::move(end)), below_(std::move(below)) {}

  Result<Progress> start(CandidateObserver& observer) override {
    observer_ = &observer;
    BOWLINE_TRY(const Progress progress, below_->start(*this));
    if (progress != Progress::ready) return progress;
    return begin_framing();
  }
  void append_handshakes(std::vector<Handshake::Facts>& done) const override {
    below_->append_handshakes(done);
  }
  [[nodiscard]] std::optional<SecurityReport> security() const override {
    return below_->security();
  }
  std::unique_ptr<FramedStream> take_framed_stream() { return std::move(stream_); }

 private:
  void handle_progress() override { observer_->handle_progress(); }
  void handle_ready() override {
    const auto progress = begin_framing();
    if (!progress.has_value()) {
      observer_->handle_failure(progress.error());
    } else if (*progress == Progress::ready) {
      tell_ready();
    } else {
      observer_->handle_progress();
    }
  }
  void handle_failure(Error error) override { observer_->handle_failure(std::move(error)); }

  Result<Progress> begin_framing() {
    FramedStream::Owner& owner = *this;
    stream_ = std::make_unique<FramedStream>(loop_, below_->take_stream(), framers_, end_, owner);
    const auto started = stream_->start(below_->is_readable());
    if (!started.has_value()) {
      stream_->part(last_words_within);
      return started.error();
    }
    if (!stream_->is_ready()) return Progress::connected;
    is_told_ = true;
    return Progress::ready;
  }
  void tell_ready() {
    is_told_ = true;
    observer_->handle_ready();
  }
  void handle_stream_progress() override {
    if (stream_ && stream_->is_ready() && !is_told_) tell_ready();
  }
  /// Of a stream that is ready the connection hears, once it has it: messages may have come before.
  void handle_stream_failure(Error error) override {
    if (is_told_) return;
    stream_->part(last_words_within);
    observer_->handle_failure(std::move(error));
  }

  static constexpr Duration last_words_within = std::chrono::seconds(10);

  Loop& loop_;
  const std::vector<FramerFactory>& framers_;
  const FramedStream::End end_;
  std::unique_ptr<StreamCandidate> below_;  // a husk once the framers have its stream
  CandidateObserver* observer_ = nullptr;
  std::unique_ptr<FramedStream> stream_;
  bool is_told_ = false;  // the observer, that it is ready
};

}  // namespace

std::optional<SocketAddress> FramedConnection::local_address() const {
  return stream_ ? std::optional(stream_->carrier().local_address()) : std::nullopt;
}

std::optional<SocketAddress> FramedConnection::remote_address() const {
  return stream_ ? std::optional(stream_->carrier().remote_address()) : std::nullopt;
}

std::size_t FramedConnection::message_bytes_max() const {
  return stream_ ? stream_->message_bytes_max() : 0;
}

std::size_t FramedConnection::queued_bytes() const {
  std::size_t bytes = stream_ ? stream_->unwritten_bytes() : 0;
  for (const auto* send = sends_.first(); send != nullptr; send = sends_.after(*send)) {
    const bool is_framed = front_is_framed_ && send == sends_.first();
    if (!is_framed) bytes += send->bytes.size();
  }
  return bytes;
}

std::vector<ports::LayerFacts> FramedConnection::layers() const {
  std::vector<ports::LayerFacts> layers;
  if (stream_) stream_->carrier().append_facts(layers);
  return layers;
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
    FramedStream::Delivered delivered = leftover_->take_front();
    if (leftover_->empty()) leftover_.reset();
    receives_.pop().finish(Message(std::move(delivered.bytes), delivered.message, false));
  }
}

void FramedConnection::take_back(Result<Message>&& received, MessageReceiveRequest& request,
                                 detail::Undone how) noexcept {
  if (how == detail::Undone::waits) receives_.push_front(request);
  try {
    if (received.has_value() && !received->end_of_stream()) {
      if (!stream_ && !leftover_) leftover_ = std::make_unique<Fifo<FramedStream::Delivered>>();
      Fifo<FramedStream::Delivered>& queue = stream_ ? stream_->delivered() : *leftover_;
      queue.push_front({received->buffer(), received->context()});
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

void FramedConnection::start_ping(PingRequest& request) {
  if (refuses()) return request.finish(refusal());
  if (!stream_ || !stream_->is_ready())
    return request.finish(Error(ErrorKind::not_ready, "ping", "the connection is not ready"));
  request.number = ++last_ping_;
  request.sent_at = loop().now();
  // Ahead of what waits to be sent: a ping may stand between any two frames.
  const auto sent =
      stream_->send({}, MessageContext().kind(MessageKind::ping).number(request.number));
  if (!sent.has_value()) {
    request.finish(sent.error());
    return handle_stream_failure(sent.error());
  }
  if (*sent) return request.finish(**sent);
  pings_.push(request);
  advance();
}

void FramedConnection::settle_pings() {
  while (!pings_.empty() && pings_.front().number <= stream_->answered_ping()) {
    PingRequest& answered = pings_.pop();
    answered.finish(loop().now() - answered.sent_at);
  }
  if (!stream_->goodbye()) return;
  while (!pings_.empty())
    pings_.pop().finish(Error(ErrorKind::closed, "ping", "the peer ended its side"));
}

void FramedConnection::advance() {
  if (!stream_ || advancing_) return;
  // A close waits for framers that are not ready only as long as there is something to send.
  if (!stream_->is_ready()) return handle_flushed();
  const detail::Ref<FramedConnection> keep(this);
  const Result<void> result = exchange_all();
  settle_pings();
  note_also_ran();
  if (!result.has_value()) return handle_stream_failure(result.error());
  handle_flushed();
}

Result<void> FramedConnection::exchange_all() {
  const FlagScope advancing(advancing_);
  BOWLINE_TRY_VOID(send_all());
  return is_closing() ? close_stream() : receive_all();
}

Result<void> FramedConnection::receive_all() {
  auto& messages = stream_->delivered();
  // A pong is waited for, too; what comes before it stays for who receives.
  if (receives_.empty() && !pings_.empty() && messages.empty() && !stream_->goodbye())
    BOWLINE_TRY_VOID(read());
  while (!receives_.empty()) {
    if (messages.empty() && !stream_->goodbye()) BOWLINE_TRY_VOID(read());
    if (!messages.empty()) {
      FramedStream::Delivered delivered = messages.take_front();
      receives_.pop().finish(Message(std::move(delivered.bytes), delivered.message, false));
    } else if (stream_->goodbye()) {
      MessageContext goodbye = *stream_->goodbye();
      receives_.pop().finish(Message({}, goodbye.complete(false), true));
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
  if (result.has_value() || stream_->delivered().empty()) return result;
  broken_ = std::make_unique<Error>(result.error());
  return {};
}

/// A message is framed while there is room under the high-water mark, and has been taken once there is again.
Result<void> FramedConnection::send_all() {
  BOWLINE_TRY_VOID(stream_->flush());
  if (broken_ && !sends_.empty()) return *broken_;
  while (!sends_.empty() && stream_->unwritten_bytes() <= high_water_bytes()) {
    if (std::exchange(front_is_framed_, false)) {
      sends_.pop().finish({});
      continue;
    }
    const MessageSendRequest& front = sends_.front();
    BOWLINE_TRY(const std::optional<Error> refused, stream_->send(front.bytes, front.context));
    if (refused) {
      sends_.pop().finish(*refused);
    } else {
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
  if (stream_ && !stream_->delivered().empty())
    leftover_ = std::make_unique<Fifo<FramedStream::Delivered>>(std::move(stream_->delivered()));
  fail(std::move(error));
}

std::unique_ptr<Candidate> FramedConnection::make_candidate(const Approach& approach) {
  return std::make_unique<FramedCandidate>(
      loop(), plan().framers,
      FramedStream::End{FramerRole::client, std::make_shared<const Endpoint>(approach.endpoint)},
      make_stream_candidate(approach, stream_options(plan().tcp)));
}

std::unique_ptr<Candidate> FramedConnection::make_accepted_candidate(
    std::unique_ptr<ports::ByteStream> stream) {
  return std::make_unique<FramedCandidate>(
      loop(), plan().framers, FramedStream::End{FramerRole::server, nullptr},
      make_accepted_stream_candidate(loop(), plan().alternatives.front(), std::move(stream)));
}

void FramedConnection::adopt(Candidate& winner) {
  stream_ = static_cast<FramedCandidate&>(winner).take_framed_stream();
  stream_->set_owner(*this);
  facts_ = stream_->facts();
}

/// A connection that is not ready yet has nobody to say goodbye to.
void FramedConnection::prepare_close() {
  if (!stream_ || !stream_->is_ready() || advancing_) return;
  const auto result = close_stream();
  if (!result.has_value()) handle_stream_failure(result.error());
}

void FramedConnection::hasten_close() { advance(); }

/// The goodbye comes behind the last message, and before that one is written: the peer may have to be read
/// from until it reads.
Result<void> FramedConnection::close_stream() {
  const bool all_framed =
      sends_.empty() || (front_is_framed_ && sends_.after(sends_.front()) == nullptr);
  return stream_->close(all_framed ? FramedStream::Goodbye::now : FramedStream::Goodbye::later);
}

bool FramedConnection::has_unsent() const {
  return !sends_.empty() ||
         (stream_ && (stream_->unwritten_bytes() > 0 || stream_->owes_goodbye()));
}

bool FramedConnection::awaits_goodbye() const {
  return sends_.empty() && stream_ && stream_->unwritten_bytes() == 0;
}

void FramedConnection::fail_receives(const Error& error) {
  while (!receives_.empty()) receives_.pop().finish(error);
  while (!pings_.empty()) pings_.pop().finish(error);
}

void FramedConnection::fail_sends(const Error& error) {
  front_is_framed_ = false;
  while (!sends_.empty()) sends_.pop().finish(error);
}

void FramedConnection::release(Release how) {
  if (!stream_) return;
  const std::unique_ptr<FramedStream> stream = std::move(stream_);
  if (how == Release::reset) {
    stream->carrier().abort();
  } else {
    stream->part(close_within());
  }
}

}  // namespace bowline::drive
