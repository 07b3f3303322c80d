#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

namespace bowline::core {

/// Which streams of a client are no more, so that a server can tell a frame that comes too late from one
/// that never may come. nghttp2 drops both without a word once it has forgotten the stream.
///
/// What is remembered is bounded: of the latest 256 streams that the client itself has ended, and of 64 gaps
/// between the numbers that it used. What we have reset is not in it, since frames may be on their way.
///
/// source    RFC 9113 sections 5.1 and 5.1.1
class ClosedStreams {
 public:
  enum class Verdict : std::uint8_t { may_be_late, is_closed, was_skipped };

  /// A request begins; numbers below it that were not used never may be.
  void note_opened(std::int32_t id) {
    if (id <= last_) return;
    if (id > last_ + step && gaps_.size() < gaps_max) gaps_.emplace_back(last_ + step, id - step);
    last_ = id;
  }
  /// The client has ended its side, or reset it, and the stream is gone.
  void note_ended_by_client(std::int32_t id) {
    ended_.push_back(id);
    if (ended_.size() > ended_max) ended_.pop_front();
  }
  /// A request or a part of a body came for a stream that is not there.
  [[nodiscard]] Verdict judge(std::int32_t id) const {
    for (const std::int32_t ended : ended_)
      if (ended == id) return Verdict::is_closed;
    for (const auto& [first, last] : gaps_)
      if (id >= first && id <= last) return Verdict::was_skipped;
    return Verdict::may_be_late;
  }

 private:
  static constexpr std::int32_t step = 2;  // a client's streams are odd
  static constexpr std::size_t ended_max = 256;
  static constexpr std::size_t gaps_max = 64;

  std::int32_t last_ = -1;
  std::deque<std::int32_t> ended_;
  std::vector<std::pair<std::int32_t, std::int32_t>> gaps_;
};

}  // namespace bowline::core
