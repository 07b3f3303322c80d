#include "sim/tcp/connection.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <utility>

namespace bowline::sim {

namespace {

constexpr std::size_t segment_bytes_default = 536;  // RFC 9293 3.7.1
constexpr std::uint8_t window_scale_max = 14;       // RFC 7323 2.3

std::uint8_t window_scale_for(std::size_t buffer_bytes) {
  std::uint8_t scale = 0;
  while (buffer_bytes >> scale > 65'535 && scale < window_scale_max) ++scale;
  return scale;
}

/// How far a sequence number lies behind (or before) a known one.
std::int64_t distance(std::uint32_t from, std::uint32_t to) {
  return static_cast<std::int32_t>(to - from);
}

}  // namespace

bool opens_connection(const wire::TcpSegment& segment) {
  return segment.syn && !segment.ack && !segment.rst;
}

TcpConnection::TcpConnection(const TcpOptions& options, std::uint32_t initial_sequence,
                             TcpState state)
    : options_(options),
      state_(state),
      sequence_base_(initial_sequence + 1),
      sender_(options.sending, options.segment_bytes_max),
      receiver_(options.receive_buffer_bytes_max),
      our_window_scale_(window_scale_for(options.receive_buffer_bytes_max)) {}

TcpConnection TcpConnection::open(const TcpOptions& options, std::uint32_t initial_sequence,
                                  Instant now) {
  TcpConnection connection(options, initial_sequence, TcpState::syn_sent);
  if (options.sending.user_timeout)
    connection.handshake_until_ = now + *options.sending.user_timeout;
  connection.restart_handshake_timer(now);
  return connection;
}

TcpConnection TcpConnection::answer(const TcpOptions& options, std::uint32_t initial_sequence,
                                    const wire::TcpSegment& syn, Instant now) {
  TcpConnection connection(options, initial_sequence, TcpState::syn_received);
  connection.learn_options(syn);
  connection.restart_handshake_timer(now);
  return connection;
}

void TcpConnection::move_to(TcpTrigger trigger) {
  const auto next = next_state(tcp_edges, state_, trigger);
  assert(next.has_value());
  state_ = *next;
}

void TcpConnection::fail(Error error) {
  failure_ = std::move(error);
  move_to(TcpTrigger::failed);
}

// ---- handshake

void TcpConnection::restart_handshake_timer(Instant now) {
  handshake_due_ = true;
  handshake_sent_at_ = now;
  const std::int64_t factor = std::int64_t{1} << std::min(handshake_retries_, 7u);
  timer_ = std::min(handshake_until_, now + RoundTrip::timeout_initial * factor);
}

void TcpConnection::learn_options(const wire::TcpSegment& syn) {
  peer_base_ = syn.sequence + 1;
  peer_segment_bytes_max_ = syn.segment_bytes_max.value_or(segment_bytes_default);
  sender_.set_segment_bytes(std::min(options_.segment_bytes_max, peer_segment_bytes_max_));
  scales_windows_ = syn.window_scale.has_value();
  peer_window_scale_ = std::min(syn.window_scale.value_or(0), window_scale_max);
  if (!scales_windows_) our_window_scale_ = 0;
}

void TcpConnection::handle_in_syn_sent(const wire::TcpSegment& segment, Instant now) {
  const bool acknowledges = segment.ack && segment.acknowledgement == sequence_base_;
  if (segment.ack && !acknowledges) {
    if (segment.rst) return;
    reset_due_ = wire::TcpSegment{};
    reset_due_->rst = true;
    reset_due_->sequence = segment.acknowledgement;
    return;
  }
  if (segment.rst && acknowledges) return fail(Error::from_errno(ECONNREFUSED, "connect"));
  if (segment.rst || !segment.syn || !acknowledges) return;
  learn_options(segment);
  finish_handshake(segment, now);
  acknowledgement_due_ = true;
}

void TcpConnection::handle_in_syn_received(const wire::TcpSegment& segment, Instant now) {
  if (segment.rst) {
    if (segment.sequence == peer_base_) fail(Error::from_errno(ECONNRESET, "accept"));
    return;
  }
  if (segment.syn) {
    handshake_due_ = true;
    return;
  }
  if (!segment.ack || segment.acknowledgement != sequence_base_) return;
  finish_handshake(segment, now);
  handle(segment, now);
}

void TcpConnection::finish_handshake(const wire::TcpSegment& segment, Instant now) {
  move_to(TcpTrigger::handshake_done);
  timer_.reset();
  handshake_due_ = false;
  heard_at_ = now;
  sender_.set_window(segment.syn ? segment.window : peer_window_bytes(segment));
  // Karn: an answer to a repeated SYN may belong to either.
  if (handshake_retries_ == 0) sender_.handle_round_trip(now - handshake_sent_at_);
}

// ---- segments

void TcpConnection::handle(const wire::TcpSegment& segment, Instant now) {
  if (state_ == TcpState::closed) return;
  if (state_ == TcpState::syn_sent) return handle_in_syn_sent(segment, now);
  if (state_ == TcpState::syn_received) return handle_in_syn_received(segment, now);

  heard_at_ = now;
  keep_alives_unanswered_ = 0;
  const std::int64_t offset =
      static_cast<std::int64_t>(receiver_.next()) +
      distance(peer_base_ + static_cast<std::uint32_t>(receiver_.next()), segment.sequence);
  if (!accept_sequence(segment, offset)) return;
  if (segment.ack) handle_acknowledgement(segment, now);
  if (state_ == TcpState::closed || !segment.ack) return;
  if (segment.sequence_length() == 0) return;
  // What lies before our stream's start was trimmed here, so that the receiver sees true offsets only.
  const auto known = static_cast<std::size_t>(
      std::clamp<std::int64_t>(-offset, 0, static_cast<std::int64_t>(segment.payload.size())));
  wire::TcpSegment rest = segment;
  rest.payload = segment.payload.subspan(known);
  handle_data(rest, static_cast<std::uint64_t>(std::max<std::int64_t>(offset, 0)), now);
}

bool TcpConnection::accept_sequence(const wire::TcpSegment& segment, std::int64_t offset) {
  const auto next = static_cast<std::int64_t>(receiver_.next());
  const auto edge = std::max(next, static_cast<std::int64_t>(receiver_.edge()));
  if (segment.rst) {
    // RFC 5961 3.2: only the exact number resets; one near it is asked about.
    if (offset == next) {
      if (state_ == TcpState::time_wait)
        move_to(TcpTrigger::failed);
      else
        fail(Error::from_errno(ECONNRESET, "read"));
    } else if (offset > next && offset <= edge) {
      acknowledgement_due_ = true;
    }
    return false;
  }
  if (segment.syn) {  // RFC 5961 4.2
    acknowledgement_due_ = true;
    return false;
  }
  const std::int64_t end = offset + segment.sequence_length();
  const bool old = segment.sequence_length() == 0 ? offset < next : end <= next;
  if (!old && offset <= edge) return true;
  acknowledgement_due_ = true;
  // The peer did not hear the acknowledgement of its end: wait a whole time-wait more.
  if (old && segment.fin && state_ == TcpState::time_wait && timer_)
    timer_ = heard_at_ + options_.time_wait;
  return false;
}

bool TcpConnection::gives_way_to(const wire::TcpSegment& segment) const {
  const std::uint32_t next = peer_base_ + static_cast<std::uint32_t>(receiver_.next());
  return state_ == TcpState::time_wait && opens_connection(segment) &&
         distance(next, segment.sequence) > 0;
}

void TcpConnection::handle_acknowledgement(const wire::TcpSegment& segment, Instant now) {
  const std::int64_t ack = static_cast<std::int64_t>(sender_.next()) +
                           distance(sequence_of(sender_.next()), segment.acknowledgement);
  if (ack < 0) return;
  if (!sender_.handle_ack(static_cast<std::uint64_t>(ack), peer_window_bytes(segment),
                          segment.sequence_length() > 0, now)) {
    acknowledgement_due_ = true;
    return;
  }
  if (!sender_.is_finished()) return;
  if (state_ == TcpState::fin_wait_1) {
    move_to(TcpTrigger::fin_acknowledged);
    if (orphaned_) timer_ = now + options_.orphan_wait;
  } else if (state_ == TcpState::closing) {
    move_to(TcpTrigger::fin_acknowledged);
    timer_ = now + options_.time_wait;
  } else if (state_ == TcpState::last_ack) {
    move_to(TcpTrigger::fin_acknowledged);
  }
}

void TcpConnection::handle_data(const wire::TcpSegment& segment, std::uint64_t offset,
                                Instant now) {
  acknowledgement_due_ = true;
  if (!takes_data()) return;
  if (orphaned_ && !segment.payload.empty()) return abort();
  receiver_.handle(offset, segment.payload, segment.fin);
  if (!receiver_.is_ended()) return;
  move_to(TcpTrigger::fin_received);
  if (state_ == TcpState::time_wait) timer_ = now + options_.time_wait;
}

bool TcpConnection::takes_data() const {
  return state_ == TcpState::established || state_ == TcpState::fin_wait_1 ||
         state_ == TcpState::fin_wait_2;
}

void TcpConnection::handle_unreachable(Error error, Instant) {
  if (is_connecting()) fail(std::move(error));
}

void TcpConnection::handle_path_segment_bytes(std::size_t segment_bytes, Instant) {
  options_.segment_bytes_max = std::min(options_.segment_bytes_max, segment_bytes);
  sender_.set_segment_bytes(std::min(options_.segment_bytes_max, peer_segment_bytes_max_));
}

std::uint64_t TcpConnection::peer_window_bytes(const wire::TcpSegment& segment) const {
  return std::uint64_t{segment.window} << peer_window_scale_;
}

// ---- time

std::optional<Instant> TcpConnection::deadline() const {
  if (state_ == TcpState::closed) return std::nullopt;
  std::optional<Instant> earliest = timer_;
  const auto consider = [&](std::optional<Instant> at) {
    if (at && (!earliest || *at < *earliest)) earliest = at;
  };
  if (is_connecting()) return earliest;
  consider(sender_.deadline());
  consider(keep_alive_deadline());
  return earliest;
}

void TcpConnection::handle_timeout(Instant now) {
  if (state_ == TcpState::closed) return;
  if (timer_ && now >= *timer_) {
    timer_.reset();
    if (state_ == TcpState::time_wait) return move_to(TcpTrigger::time_wait_over);
    if (!is_connecting()) return fail(Error::from_errno(ETIMEDOUT, "close"));
    if (++handshake_retries_ > options_.syn_retries_max || now >= handshake_until_)
      return fail(Error::from_errno(ETIMEDOUT, "connect"));
    restart_handshake_timer(now);
  }
  if (is_connecting()) return;
  sender_.handle_timeout(now);
  if (sender_.gave_up()) return fail(Error::from_errno(ETIMEDOUT, "write"));
  handle_keep_alive_timeout(now);
}

std::optional<Instant> TcpConnection::keep_alive_deadline() const {
  if (!options_.keep_alive || !sender_.is_idle() || state_ == TcpState::time_wait)
    return std::nullopt;
  return heard_at_ + options_.keep_alive_idle +
         keep_alives_unanswered_ * options_.keep_alive_interval;
}

void TcpConnection::handle_keep_alive_timeout(Instant now) {
  const auto due = keep_alive_deadline();
  if (!due || now < *due) return;
  // As on Linux, a user timeout decides instead of the count.
  const auto& limit = options_.sending.user_timeout;
  const bool over = limit ? keep_alives_unanswered_ > 0 && now >= heard_at_ + *limit
                          : keep_alives_unanswered_ >= options_.keep_alive_count;
  if (over) return fail(Error::from_errno(ETIMEDOUT, "read"));
  ++keep_alives_unanswered_;
  keep_alive_due_ = true;
}

// ---- segments out

std::optional<wire::TcpSegment> TcpConnection::poll(Instant now) {
  if (reset_due_) return std::exchange(reset_due_, std::nullopt);
  if (state_ == TcpState::closed) return std::nullopt;
  if (is_connecting()) {
    if (!std::exchange(handshake_due_, false)) return std::nullopt;
    return handshake_segment();
  }
  if (const auto chunk = sender_.poll(now)) return data_segment(*chunk);
  if (std::exchange(keep_alive_due_, false)) return acknowledgement_segment(sender_.next() - 1);
  if (acknowledgement_due_) return acknowledgement_segment(sender_.next());
  return std::nullopt;
}

wire::TcpSegment TcpConnection::handshake_segment() {
  wire::TcpSegment segment;
  segment.syn = true;
  segment.sequence = sequence_base_ - 1;
  segment.segment_bytes_max =
      static_cast<std::uint16_t>(std::min<std::size_t>(options_.segment_bytes_max, 65'535));
  if (scales_windows_) segment.window_scale = our_window_scale_;
  segment.window = static_cast<std::uint16_t>(std::min<std::uint64_t>(receiver_.window(), 65'535));
  if (state_ == TcpState::syn_received) {
    segment.ack = true;
    segment.acknowledgement = peer_base_;
  }
  return segment;
}

wire::TcpSegment TcpConnection::reset_segment() const {
  wire::TcpSegment segment;
  segment.rst = segment.ack = true;
  segment.sequence = sequence_of(sender_.next());
  segment.acknowledgement = peer_base_ + static_cast<std::uint32_t>(receiver_.next());
  return segment;
}

wire::TcpSegment TcpConnection::acknowledgement_segment(std::uint64_t offset) {
  acknowledgement_due_ = false;
  wire::TcpSegment segment;
  segment.ack = true;
  segment.sequence = sequence_of(offset);
  segment.acknowledgement = peer_base_ + static_cast<std::uint32_t>(receiver_.next());
  segment.window = static_cast<std::uint16_t>(
      std::min<std::uint64_t>(receiver_.window() >> our_window_scale_, 65'535));
  return segment;
}

wire::TcpSegment TcpConnection::data_segment(const TcpSender::Chunk& chunk) {
  wire::TcpSegment segment = acknowledgement_segment(chunk.probe ? chunk.offset - 1 : chunk.offset);
  segment.payload = chunk.bytes;
  segment.psh = !chunk.bytes.empty();
  segment.fin = chunk.end;
  const bool first_end =
      chunk.end && (state_ == TcpState::established || state_ == TcpState::close_wait);
  if (first_end) move_to(TcpTrigger::fin_sent);
  return segment;
}

std::uint32_t TcpConnection::sequence_of(std::uint64_t offset) const {
  return sequence_base_ + static_cast<std::uint32_t>(offset);
}

// ---- the owner's side

Result<std::size_t> TcpConnection::read(std::span<std::byte> into) {
  const std::size_t count = receiver_.read(into);
  if (count > 0) {
    if (takes_data() && receiver_.has_news_for_peer()) acknowledgement_due_ = true;
    return count;
  }
  if (failure_) return *failure_;
  return 0;
}

Result<std::size_t> TcpConnection::write(std::span<const std::byte> bytes) {
  if (failure_) return *failure_;
  if (finishing_) return Error::from_errno(EPIPE, "write");
  return sender_.write(bytes);
}

void TcpConnection::shutdown_write() {
  if (finishing_ || state_ == TcpState::closed) return;
  finishing_ = true;
  sender_.finish();
}

void TcpConnection::close(Instant now) {
  orphaned_ = true;
  // RFC 1122 4.2.2.13: bytes that nobody will read must not look delivered; and who never connected just
  // goes.
  if (receiver_.readable_bytes() > 0 || state_ == TcpState::syn_sent) return abort();
  shutdown_write();
  if (state_ == TcpState::fin_wait_2) timer_ = now + options_.orphan_wait;
}

void TcpConnection::abort() {
  if (state_ == TcpState::closed) return;
  if (state_ != TcpState::syn_sent && state_ != TcpState::time_wait) reset_due_ = reset_segment();
  fail(Error(ErrorKind::cancelled, "connection", "aborted here"));
}

bool TcpConnection::readable() const {
  return failure_.has_value() || receiver_.readable_bytes() > 0 || receiver_.is_ended();
}

bool TcpConnection::writable() const {
  if (failure_) return true;
  // As Linux: a third of the buffer must be free, or every acknowledgement would wake the writer.
  return !is_connecting() && 3 * sender_.room() >= options_.sending.buffer_bytes_max;
}

}  // namespace bowline::sim
