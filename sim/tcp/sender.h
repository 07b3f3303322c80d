#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <bowline/time.h>

#include "sim/tcp/byte_queue.h"
#include "sim/tcp/congestion.h"
#include "sim/tcp/round_trip.h"

namespace bowline::sim {

/// The sending half of a connection: what was written, what of it is in flight, and when to send it again.
///
/// Positions are offsets in the stream of bytes; the end of the stream takes one more, behind the last
/// byte.
class TcpSender {
 public:
  struct Options {
    std::size_t buffer_bytes_max = 256 * 1024;
    unsigned retries_max = 15;
    std::optional<Duration> user_timeout;
    bool no_delay = true;
  };
  /// What to put into the next segment; a probe has nothing and stands one before `offset`.
  struct Chunk {
    std::uint64_t offset = 0;
    std::span<const std::byte> bytes;  ///< valid until the next call that changes the sender
    bool end = false;
    bool probe = false;
  };

  TcpSender(const Options& options, std::size_t segment_bytes)
      : options_(options), segment_bytes_(segment_bytes), congestion_(segment_bytes) {}

  /// Takes as much as there is room for.
  [[nodiscard]] std::size_t write(std::span<const std::byte> bytes);
  [[nodiscard]] std::size_t room() const { return options_.buffer_bytes_max - buffer_.size(); }
  void finish() { finishing_ = true; }
  /// A smaller size also sends again what may have been too large.
  void set_segment_bytes(std::size_t segment_bytes);
  void set_window(std::uint64_t window_bytes) { window_edge_ = acked_ + window_bytes; }
  void handle_round_trip(Duration sample) { round_trip_.handle_sample(sample); }

  /// An acknowledgement of everything before `ack`; false if that was never sent.
  [[nodiscard]] bool handle_ack(std::uint64_t ack, std::uint64_t window_bytes, bool carries_data,
                                Instant now);
  void handle_timeout(Instant now);
  [[nodiscard]] std::optional<Instant> deadline() const;
  [[nodiscard]] std::optional<Chunk> poll(Instant now);

  /// Where the next new byte goes.
  [[nodiscard]] std::uint64_t next() const { return sent_; }
  [[nodiscard]] bool is_idle() const { return acked_ == sent_; }
  /// Sent or not.
  [[nodiscard]] bool has_unacknowledged() const { return acked_ < stream_end(); }
  [[nodiscard]] bool is_finished() const { return finishing_ && acked_ == end_ + 1; }
  [[nodiscard]] bool gave_up() const { return gave_up_; }
  [[nodiscard]] const RoundTrip& round_trip() const { return round_trip_; }
  [[nodiscard]] std::uint64_t bytes_retransmitted() const { return bytes_retransmitted_; }
  [[nodiscard]] std::uint64_t bytes_acknowledged() const { return bytes_acknowledged_; }

 private:
  /// A position whose acknowledgement measures a round trip (never one sent twice: Karn).
  struct Timing {
    std::uint64_t until;
    Instant sent_at;
  };

  [[nodiscard]] std::uint64_t stream_end() const { return end_ + (finishing_ ? 1 : 0); }
  [[nodiscard]] std::uint64_t sendable_bytes() const;
  [[nodiscard]] Chunk send(std::uint64_t offset, std::uint64_t bytes, Instant now);
  void handle_progress(std::uint64_t ack, Instant now);
  void arm(Instant now);

  Options options_;
  std::size_t segment_bytes_;
  Congestion congestion_;
  RoundTrip round_trip_;
  ByteQueue buffer_;               ///< from acked_ to end_
  std::uint64_t acked_ = 0;        ///< the peer has everything before
  std::uint64_t next_ = 0;         ///< goes back on a timeout
  std::uint64_t sent_ = 0;         ///< one behind the last ever sent
  std::uint64_t end_ = 0;          ///< one behind the last byte written
  std::uint64_t window_edge_ = 0;  ///< the peer takes everything before
  std::optional<Timing> timing_;
  std::optional<Instant> timer_;  ///< retransmission, or window probe when nothing is in flight
  std::optional<Instant> waiting_since_;  ///< the peer owes an answer, or room, since
  std::uint64_t bytes_retransmitted_ = 0;
  std::uint64_t bytes_acknowledged_ = 0;
  unsigned retries_ = 0;
  bool finishing_ = false;
  bool resend_first_ = false;
  bool probe_due_ = false;
  bool gave_up_ = false;
};

}  // namespace bowline::sim
