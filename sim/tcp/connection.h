#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <bowline/error.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include "sim/tcp/receiver.h"
#include "sim/tcp/sender.h"
#include "sim/tcp/state.h"
#include "wire/ip/tcp.h"

namespace bowline::sim {

struct TcpOptions {
  TcpSender::Options sending;
  std::size_t receive_buffer_bytes_max = 256 * 1024;
  std::size_t segment_bytes_max = 1460;  ///< what our side takes and gives at most in one segment
  unsigned syn_retries_max = 6;
  Duration time_wait = std::chrono::seconds(1);
  Duration orphan_wait = std::chrono::seconds(60);  ///< for the peer's end, after the owner is gone
  bool keep_alive = false;
  Duration keep_alive_idle = std::chrono::hours(2);
  Duration keep_alive_interval = std::chrono::seconds(75);
  unsigned keep_alive_count = 9;
};

/// A SYN that answers nothing.
[[nodiscard]] bool opens_connection(const wire::TcpSegment& segment);

/// One TCP connection, sans-IO. After any call that takes `now`, the owner drains `poll`, which gives
/// segments without ports.
///
/// source    RFC 9293, RFC 6298, RFC 5681, RFC 6582, RFC 7323 (window scale only), RFC 5961 3 and 4
class TcpConnection {
 public:
  [[nodiscard]] static TcpConnection open(const TcpOptions& options, std::uint32_t initial_sequence,
                                          Instant now);
  [[nodiscard]] static TcpConnection answer(const TcpOptions& options,
                                            std::uint32_t initial_sequence,
                                            const wire::TcpSegment& syn, Instant now);

  void handle(const wire::TcpSegment& segment, Instant now);
  /// An ICMP error: ends a connection that is not established yet, and means nothing later (RFC 5461 4).
  void handle_unreachable(Error error, Instant now);
  void handle_path_segment_bytes(std::size_t segment_bytes, Instant now);
  void handle_timeout(Instant now);
  /// RFC 9293 3.10.7.4: in time-wait, a SYN beyond all that came asks for a new connection in place of this.
  [[nodiscard]] bool gives_way_to(const wire::TcpSegment& segment) const;
  void end_time_wait() { move_to(TcpTrigger::time_wait_over); }
  [[nodiscard]] std::optional<Instant> deadline() const;
  /// The next segment to send; its payload is valid until the next call.
  [[nodiscard]] std::optional<wire::TcpSegment> poll(Instant now);

  /// Gives less than asked, or nothing, when there is less; nothing at the end, too: see at_end().
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> into);
  [[nodiscard]] Result<std::size_t> write(std::span<const std::byte> bytes);
  void shutdown_write();
  /// The owner goes: the rest is sent, the peer's end awaited.
  void close(Instant now);
  void abort();

  [[nodiscard]] TcpState state() const { return state_; }
  [[nodiscard]] bool is_connecting() const {
    return state_ == TcpState::syn_sent || state_ == TcpState::syn_received;
  }
  /// Why the connection ended; nothing if in good order.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] bool readable() const;
  [[nodiscard]] bool writable() const;
  /// The peer ended its stream and everything was read.
  [[nodiscard]] bool at_end() const {
    return receiver_.is_ended() && receiver_.readable_bytes() == 0;
  }
  [[nodiscard]] const TcpSender& sender() const { return sender_; }

 private:
  TcpConnection(const TcpOptions& options, std::uint32_t initial_sequence, TcpState state);

  void move_to(TcpTrigger trigger);
  void fail(Error error);
  void restart_handshake_timer(Instant now);
  void learn_options(const wire::TcpSegment& syn);
  void handle_in_syn_sent(const wire::TcpSegment& segment, Instant now);
  void handle_in_syn_received(const wire::TcpSegment& segment, Instant now);
  void finish_handshake(const wire::TcpSegment& segment, Instant now);
  [[nodiscard]] bool accept_sequence(const wire::TcpSegment& segment, std::int64_t offset);
  void handle_acknowledgement(const wire::TcpSegment& segment, Instant now);
  void handle_data(const wire::TcpSegment& segment, std::uint64_t offset, Instant now);
  void handle_keep_alive_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> keep_alive_deadline() const;
  [[nodiscard]] bool takes_data() const;

  [[nodiscard]] wire::TcpSegment handshake_segment();
  [[nodiscard]] wire::TcpSegment reset_segment() const;
  [[nodiscard]] wire::TcpSegment acknowledgement_segment(std::uint64_t offset);
  [[nodiscard]] wire::TcpSegment data_segment(const TcpSender::Chunk& chunk);
  [[nodiscard]] std::uint32_t sequence_of(std::uint64_t offset) const;
  [[nodiscard]] std::uint64_t peer_window_bytes(const wire::TcpSegment& segment) const;

  TcpOptions options_;
  TcpState state_;
  std::uint32_t sequence_base_;  ///< on the wire, our stream's offset 0
  std::uint32_t peer_base_ = 0;  ///< on the wire, the peer's stream's offset 0
  std::size_t peer_segment_bytes_max_ = SIZE_MAX;
  TcpSender sender_;
  TcpReceiver receiver_;
  std::uint8_t our_window_scale_ = 0;
  std::uint8_t peer_window_scale_ = 0;
  bool scales_windows_ = true;
  std::optional<Error> failure_;
  std::optional<Instant> timer_;  ///< SYN again, or an end of waiting: time-wait, orphan
  Instant handshake_sent_at_{};
  Instant handshake_until_ = Instant::max();  ///< a user timeout bounds our connects, too
  unsigned handshake_retries_ = 0;
  Instant heard_at_{};
  unsigned keep_alives_unanswered_ = 0;
  bool orphaned_ = false;
  bool finishing_ = false;
  bool handshake_due_ = false;
  bool acknowledgement_due_ = false;
  bool keep_alive_due_ = false;
  std::optional<wire::TcpSegment> reset_due_;
};

}  // namespace bowline::sim
