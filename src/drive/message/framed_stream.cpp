#include "drive/message/framed_stream.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/buffer_pool.h"
#include "drive/carrier/discard.h"
#include "drive/loop/shortage.h"
#include "drive/message/last_words.h"

namespace bowline::drive {

namespace {

std::vector<std::unique_ptr<Framer>> make_framers(const std::vector<FramerFactory>& factories) {
  std::vector<std::unique_ptr<Framer>> framers;
  framers.reserve(factories.size());
  for (const FramerFactory& make : factories) framers.push_back(make());
  return framers;
}

core::FramerChain::Options chain_options(Loop& loop, FramedStream::End end,
                                         const SocketAddress& remote) {
  core::FramerChain::Options options;
  options.role = end.role;
  options.remote_address = remote;
  options.random = &loop.host().random();
  options.remote_endpoint = std::move(end.remote);
  return options;
}

}  // namespace

/// One call that works on the chain. If memory runs out inside of it, what it had begun stays half
/// done: from then on every call gives that error, and what was received or framed so far is not taken
/// for a whole.
class FramedStream::Step {
 public:
  explicit Step(FramedStream& stream) : stream_(stream) {}
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;
  ~Step() {
    if (std::uncaught_exceptions() > exceptions_) stream_.half_done_ = stream_.broken_ = true;
  }
  /// errors    an earlier step was left half done
  [[nodiscard]] Result<void> begin() const {
    return stream_.half_done_ ? Result<void>(shortage("framer")) : Result<void>();
  }

 private:
  FramedStream& stream_;
  const int exceptions_ = std::uncaught_exceptions();
};

FramedStream::FramedStream(Loop& loop, std::unique_ptr<ports::ByteStream> carrier,
                           const std::vector<FramerFactory>& framers, End end, Owner& owner)
    : loop_(loop),
      owner_(&owner),
      carrier_(std::move(carrier)),
      chain_(make_framers(framers),
             chain_options(loop, std::move(end), carrier_->remote_address())) {
  carrier_->observe(*this);
}

FramedStream::~FramedStream() = default;

Result<void> FramedStream::start(bool readable) {
  const Step step(*this);
  chain_.start(loop_.now());
  BOWLINE_TRY_VOID(take_outputs());
  return advance({readable, true});
}

Result<void> FramedStream::read() {
  constexpr std::size_t answers_max = 256 * 1024;
  constexpr int reads_while_closing_max = 64;  // the rest in the next turn: nobody waits for it
  const Step step(*this);
  BOWLINE_TRY_VOID(step.begin());
  if (failure_) return *failure_;
  for (int reads = 0; readable_ && !ended_ && wants_input(); ++reads) {
    if (closing_ && reads == reads_while_closing_max) break;
    // A peer that does not take what framers answer is not read from.
    if (answer_bytes_ > answers_max) BOWLINE_TRY_VOID(flush());
    if (answer_bytes_ > answers_max) return {};
    BOWLINE_TRY_VOID(read_once());
  }
  return flush();
}

Result<std::optional<Error>> FramedStream::send(std::span<const std::byte> bytes,
                                                const MessageContext& message) {
  const Step step(*this);
  BOWLINE_TRY_VOID(step.begin());
  if (failure_) return *failure_;
  const Result<void> framed = chain_.send(bytes, message, loop_.now());
  BOWLINE_TRY_VOID(take_outputs());
  BOWLINE_TRY_VOID(flush());
  return framed.has_value() ? std::nullopt : std::optional(framed.error());
}

Result<void> FramedStream::flush() {
  const Step step(*this);
  BOWLINE_TRY_VOID(step.begin());
  set_timer();
  return write_out();
}

Result<void> FramedStream::close(Goodbye when) {
  closing_ = true;
  delivered_.clear();
  const Step step(*this);
  BOWLINE_TRY_VOID(step.begin());
  if (when == Goodbye::now && !failed_) {
    chain_.close(loop_.now());
    BOWLINE_TRY_VOID(take_outputs());
  }
  return advance({});
}

void FramedStream::part(Duration limit) {
  loop_.timers().set(timer_, std::nullopt);
  if (broken_) return;
  if (failed_ && unwritten_bytes() > 0)
    return LastWords::say(loop_, std::move(carrier_), chain_.take_unwritten(), limit);
  if (!ended_ || !writable_) loop_.lingering().close(std::move(carrier_), true, limit);
}

void FramedStream::handle_readiness(ports::Readiness readiness) {
  const detail::Ref<Loop> loop(&loop_);
  conclude(advance(readiness));
  loop->deliver_much();
}

void FramedStream::handle_timer() { conclude(advance_in_time()); }

Result<void> FramedStream::advance_in_time() {
  const Step step(*this);
  BOWLINE_TRY_VOID(step.begin());
  chain_.handle_timeout(loop_.now());
  BOWLINE_TRY_VOID(take_outputs());
  return advance({});
}

/// Until the framers are ready, and once they say goodbye, we read for them; between the two the owner says
/// when.
Result<void> FramedStream::advance(ports::Readiness readiness) {
  readable_ = readable_ || readiness.readable;
  writable_ = writable_ || readiness.writable;
  if (closed_) {
    if (readable_ && !ended_) readable_ = discard(*carrier_) == Left::unread;
    return flush();
  }
  if (!ready_ || closing_) return read();
  if (ended_ && readiness.writable) {
    const auto checked = carrier_->check();
    broken_ = broken_ || !checked.has_value();
    BOWLINE_TRY_VOID(checked);
  }
  return flush();
}

Result<void> FramedStream::read_once() {
  BufferPool& pool = loop_.buffers();
  auto read = carrier_->read(pool.prepare(BufferPool::read_bytes_max / 4));
  if (!read.has_value()) {
    ended_ = true;
    broken_ = true;
    return std::move(read).error();
  }
  readable_ = !read->blocked;
  loop_.count_read(read->bytes);
  Buffer bytes = pool.commit(read->bytes);
  received_any_ = received_any_ || !bytes.empty();
  if (!bytes.empty()) {
    const std::size_t unwritten_before = unwritten_bytes();
    chain_.handle_input(std::move(bytes), loop_.now());
    answer_bytes_ += unwritten_bytes() - unwritten_before;
    BOWLINE_TRY_VOID(take_outputs());
  }
  if (!read->end) return {};
  ended_ = true;
  chain_.handle_end(loop_.now());
  return take_outputs();
}

bool FramedStream::wants_input() const {
  if (!ready_) return true;
  return closing_ ? !closed_ : delivered_.empty() && !goodbye_;
}

/// What framers say before they fail is written before anybody hears of the failure.
Result<void> FramedStream::take_outputs() {
  std::optional<Error> failure;
  while (auto output = chain_.poll()) {
    if (auto* message = std::get_if<Delivered>(&*output)) {
      const bool answers_ping =
          message->message.kind() == MessageKind::pong && message->message.number() != 0;
      if (answers_ping) {
        answered_ping_ = std::max(answered_ping_, message->message.number());
      } else if (!closing_) {
        delivered_.push_back(std::move(*message));
      }
    } else if (const auto* ended = std::get_if<core::FramerChain::Ended>(&*output)) {
      goodbye_ = ended->goodbye;
    } else if (auto* failed = std::get_if<core::FramerChain::Failed>(&*output)) {
      failure = std::move(failed->error);
    } else if (std::holds_alternative<core::FramerChain::Ready>(*output)) {
      ready_ = true;
    } else {
      closed_ = true;
    }
  }
  if (!failure) return {};
  failed_ = true;
  failure_ = std::make_unique<Error>(*failure);
  if (!broken_) static_cast<void>(write_out());  // the framer's error is the one to tell
  return *std::move(failure);
}

Result<void> FramedStream::write_out() {
  while (writable_ && unwritten_bytes() > 0) {
    const std::span<const std::byte> piece = chain_.unwritten();
    auto written = carrier_->write(std::span(&piece, 1));
    if (!written.has_value()) {
      broken_ = true;
      return std::move(written).error();
    }
    chain_.mark_written(written->bytes);
    writable_ = !written->blocked;
  }
  answer_bytes_ = std::min(answer_bytes_, unwritten_bytes());
  return {};
}

/// The last thing a handler does: the owner may destroy this.
void FramedStream::conclude(const Result<void>& result) {
  if (!result.has_value()) {
    owner_->handle_stream_failure(result.error());
  } else {
    set_timer();
    owner_->handle_stream_progress();
  }
}

/// Nobody reports again what was left unread.
void FramedStream::set_timer() {
  std::optional<Instant> at = chain_.deadline();
  if (ready_ && !has_connection_) at.reset();
  if (closing_ && readable_ && !ended_) at = loop_.now() + Duration(1);
  loop_.timers().set(timer_, at);
}

}  // namespace bowline::drive
