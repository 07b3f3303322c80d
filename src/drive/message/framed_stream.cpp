#include "drive/message/framed_stream.h"

#include "base/buffer_pool.h"
#include "drive/carrier/discard.h"

namespace bowline::drive {

FramedStream::FramedStream(Loop& loop, std::unique_ptr<ports::ByteStream> carrier,
                           const std::vector<FramerFactory>& framers, Owner& owner)
    : loop_(loop), owner_(&owner), carrier_(std::move(carrier)), chain_(framers) {
  carrier_->observe(*this);
}

FramedStream::~FramedStream() = default;

Result<void> FramedStream::start(bool readable) {
  readable_ = readable;
  BOWLINE_TRY_VOID(chain_.start(loop_.now()));
  return advance({readable, true});
}

Result<void> FramedStream::read() {
  constexpr std::size_t unwritten_max = 256 * 1024;
  while (readable_ && !ended_ && (!chain_.is_ready() || chain_.delivered().empty())) {
    // A peer that does not take what framers answer is not read from.
    if (unwritten_bytes() > unwritten_max) BOWLINE_TRY_VOID(flush());
    if (unwritten_bytes() > unwritten_max) return {};
    BufferPool& pool = loop_.buffers();
    auto read = carrier_->read(pool.prepare(BufferPool::read_bytes_max / 4));
    if (!read.has_value()) {
      ended_ = true;
      return std::move(read).error();
    }
    readable_ = !read->blocked;
    loop_.count_read(read->bytes);
    Buffer bytes = pool.commit(read->bytes);
    received_any_ = received_any_ || !bytes.empty();
    if (!chain_.is_ready()) handshake_bytes_ += bytes.size();
    if (handshake_bytes_ > handshake_bytes_max && !chain_.is_ready())
      return Error(ErrorKind::protocol_violation, "framer", "no end of the peer's handshake");
    if (!bytes.empty()) BOWLINE_TRY_VOID(chain_.handle_input(std::move(bytes), loop_.now()));
    if (read->end) {
      ended_ = true;
      BOWLINE_TRY_VOID(chain_.handle_end(loop_.now()));
    }
  }
  return flush();
}

Result<void> FramedStream::send(std::span<const std::byte> message) {
  BOWLINE_TRY_VOID(chain_.handle_output(message, loop_.now()));
  return flush();
}

Result<void> FramedStream::flush() {
  set_timer();
  std::vector<std::byte>& unwritten = chain_.unwritten();
  while (writable_ && written_ < unwritten.size()) {
    const std::span<const std::byte> piece = std::span(unwritten).subspan(written_);
    BOWLINE_TRY(const ports::Transfer written, carrier_->write(std::span(&piece, 1)));
    written_ += written.bytes;
    writable_ = !written.blocked;
  }
  if (written_ == unwritten.size()) {
    unwritten.clear();
    if (unwritten.capacity() > BufferPool::read_bytes_max) unwritten.shrink_to_fit();
    written_ = 0;
  } else if (written_ > unwritten.size() / 2) {
    unwritten.erase(unwritten.begin(), unwritten.begin() + static_cast<std::ptrdiff_t>(written_));
    written_ = 0;
  }
  return {};
}

Result<void> FramedStream::drop_input() {
  dropping_ = true;
  return advance({});
}

void FramedStream::set_timer() {
  if (dropping_) {
    loop_.timers().set(timer_, readable_ ? std::optional(loop_.now() + Duration(1)) : std::nullopt);
  } else {
    loop_.timers().set(timer_, chain_.deadline());
  }
}

void FramedStream::handle_readiness(ports::Readiness readiness) {
  const detail::Ref<Loop> loop(&loop_);
  conclude(advance(readiness));
  loop->deliver_much();
}

void FramedStream::handle_timer() {
  if (dropping_) return conclude(advance({}));
  Result<void> result = chain_.handle_timeout(loop_.now());
  if (result.has_value()) result = flush();
  conclude(result);
}

/// Until the framers are ready we read for them; afterwards the owner says when.
Result<void> FramedStream::advance(ports::Readiness readiness) {
  readable_ = readable_ || readiness.readable;
  writable_ = writable_ || readiness.writable;
  if (dropping_) {
    if (readable_) readable_ = discard(*carrier_) == Left::unread;
    return flush();
  }
  if (!chain_.is_ready()) {
    BOWLINE_TRY_VOID(read());
    if (ended_ && !chain_.is_ready())
      return Error(ErrorKind::protocol_violation, "framer",
                   "the peer ended its stream during the handshake");
    return {};
  }
  if (ended_ && readiness.writable) BOWLINE_TRY_VOID(carrier_->check());
  return flush();
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

}  // namespace bowline::drive
