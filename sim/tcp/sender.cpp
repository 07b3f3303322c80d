#include "sim/tcp/sender.h"

#include <algorithm>

namespace bowline::sim {

std::size_t TcpSender::write(std::span<const std::byte> bytes) {
  const std::size_t count = std::min(bytes.size(), room());
  buffer_.push(bytes.first(count));
  end_ += count;
  return count;
}

void TcpSender::set_segment_bytes(std::size_t segment_bytes) {
  if (segment_bytes < segment_bytes_) {
    next_ = acked_;
    timing_.reset();
  }
  segment_bytes_ = segment_bytes;
  congestion_.set_segment_bytes(segment_bytes);
}

bool TcpSender::handle_ack(std::uint64_t ack, std::uint64_t window_bytes, bool carries_data,
                           Instant now) {
  if (ack > sent_) return false;
  if (ack < acked_) return true;
  // Receivers here never take back room they gave, so a smaller edge is an old segment or a rounded scale.
  const bool window_moved = ack + window_bytes > window_edge_;
  window_edge_ = std::max(window_edge_, ack + window_bytes);
  if (ack > acked_) {
    handle_progress(ack, now);
  } else if (acked_ < sent_) {
    // RFC 5681 2: a duplicate carries nothing and moves no window.
    if (!carries_data && !window_moved && congestion_.handle_duplicate_ack(ack, sent_))
      resend_first_ = true;
  } else {
    // An answer to a window probe. It ends no wait for room: a user timeout counts on, as on Linux.
    retries_ = 0;
    if (window_moved) {
      waiting_since_.reset();
      timer_.reset();
      round_trip_.reset_backoff();
    }
  }
  return true;
}

void TcpSender::handle_progress(std::uint64_t ack, Instant now) {
  const std::uint64_t acked_bytes = ack - acked_;
  const auto acknowledged = static_cast<std::size_t>(std::min(ack, end_) - std::min(acked_, end_));
  bytes_acknowledged_ += acknowledged;
  buffer_.drop(acknowledged);
  acked_ = ack;
  next_ = std::max(next_, acked_);
  retries_ = 0;
  round_trip_.reset_backoff();
  if (timing_ && ack >= timing_->until) {
    round_trip_.handle_sample(now - timing_->sent_at);
    timing_.reset();
  }
  resend_first_ = congestion_.handle_ack(ack, acked_bytes) && acked_ < sent_;
  timer_.reset();
  waiting_since_.reset();
  if (acked_ < sent_) arm(now);
}

void TcpSender::handle_timeout(Instant now) {
  if (waiting_since_ && options_.user_timeout && now >= *waiting_since_ + *options_.user_timeout)
    gave_up_ = true;
  if (gave_up_ || !timer_ || now < *timer_) return;
  timer_.reset();
  if (++retries_ > options_.retries_max) {
    gave_up_ = true;
    return;
  }
  round_trip_.back_off();
  if (acked_ == sent_) {
    probe_due_ = true;
  } else {
    congestion_.handle_timeout(acked_, sent_);
    next_ = acked_;
    timing_.reset();
    resend_first_ = false;
  }
}

std::optional<Instant> TcpSender::deadline() const {
  if (gave_up_) return std::nullopt;
  if (!waiting_since_ || !options_.user_timeout) return timer_;
  const Instant limit = *waiting_since_ + *options_.user_timeout;
  return timer_ ? std::min(*timer_, limit) : limit;
}

std::optional<TcpSender::Chunk> TcpSender::poll(Instant now) {
  if (probe_due_) {
    probe_due_ = false;
    arm(now);
    return Chunk{acked_, {}, false, true};
  }
  if (resend_first_) {
    resend_first_ = false;
    return send(acked_, std::min<std::uint64_t>(segment_bytes_, end_ - std::min(acked_, end_)),
                now);
  }
  const std::uint64_t bytes = sendable_bytes();
  const bool end = finishing_ && next_ + bytes == end_;
  if (bytes > 0 || end) return send(next_, bytes, now);
  // Data waits and nothing is in flight that would bring an answer: ask for room by and by.
  if (next_ < stream_end() && acked_ == sent_ && !timer_) arm(now);
  return std::nullopt;
}

std::uint64_t TcpSender::sendable_bytes() const {
  const std::uint64_t waiting = end_ - std::min(next_, end_);
  const std::uint64_t edge = std::min(window_edge_, acked_ + congestion_.window());
  const std::uint64_t bytes =
      std::min({waiting, edge - std::min(next_, edge), static_cast<std::uint64_t>(segment_bytes_)});
  const bool full = bytes == segment_bytes_;
  const bool in_flight = next_ > acked_;
  if (full || !in_flight) return bytes;
  // RFC 1122 4.2.3.4: never cut small pieces off because the window is nearly full; and Nagle.
  if (bytes < waiting || !(options_.no_delay || finishing_)) return 0;
  return bytes;
}

TcpSender::Chunk TcpSender::send(std::uint64_t offset, std::uint64_t bytes, Instant now) {
  Chunk chunk;
  chunk.offset = offset;
  chunk.bytes = buffer_.bytes().subspan(
      static_cast<std::size_t>(std::min(offset, end_) - std::min(acked_, end_)),
      static_cast<std::size_t>(bytes));
  chunk.end = finishing_ && offset + bytes == end_;
  const std::uint64_t until = offset + bytes + (chunk.end ? 1 : 0);
  if (offset < sent_) {
    bytes_retransmitted_ += bytes;
    timing_.reset();
  } else if (!timing_) {
    timing_ = Timing{until, now};
  }
  next_ = std::max(next_, until);
  sent_ = std::max(sent_, until);
  if (!timer_) arm(now);
  return chunk;
}

void TcpSender::arm(Instant now) {
  timer_ = now + round_trip_.timeout();
  if (!waiting_since_) waiting_since_ = now;
}

}  // namespace bowline::sim
