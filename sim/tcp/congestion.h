#pragma once

#include <cstdint>

namespace bowline::sim {

/// How much may be in flight: slow start, congestion avoidance and NewReno recovery, RFC 5681 and RFC 6582.
///
/// Offsets are positions in the stream; `sent` is one behind the last byte ever sent.
class Congestion {
 public:
  explicit Congestion(std::uint64_t segment_bytes) { set_segment_bytes(segment_bytes); }
  void set_segment_bytes(std::uint64_t segment_bytes);

  /// New bytes were acknowledged. True: the segment at `ack` is lost as well and must be sent again.
  [[nodiscard]] bool handle_ack(std::uint64_t ack, std::uint64_t acked_bytes);
  /// The peer asked for `ack` once more. True: send that segment again now.
  [[nodiscard]] bool handle_duplicate_ack(std::uint64_t ack, std::uint64_t sent);
  void handle_timeout(std::uint64_t ack, std::uint64_t sent);

  [[nodiscard]] std::uint64_t window() const { return window_; }

 private:
  static constexpr std::uint64_t initial_segments = 10;  // RFC 6928
  static constexpr unsigned duplicates_for_loss = 3;

  void halve(std::uint64_t flight);

  std::uint64_t segment_bytes_ = 0;
  std::uint64_t window_ = 0;
  std::uint64_t threshold_ = UINT64_MAX;
  std::uint64_t recover_ = 0;  ///< everything sent before the last loss was seen ends here
  unsigned duplicates_ = 0;
  bool recovering_ = false;
};

}  // namespace bowline::sim
