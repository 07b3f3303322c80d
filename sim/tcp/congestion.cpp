#include "sim/tcp/congestion.h"

#include <algorithm>

namespace bowline::sim {

void Congestion::set_segment_bytes(std::uint64_t segment_bytes) {
  segment_bytes_ = segment_bytes;
  window_ = std::max(window_,
                     threshold_ == UINT64_MAX ? initial_segments * segment_bytes : segment_bytes);
}

bool Congestion::handle_ack(std::uint64_t ack, std::uint64_t acked_bytes) {
  duplicates_ = 0;
  if (recovering_ && ack < recover_) {
    // RFC 6582 3.2 step 3: a partial acknowledgement shows the next hole.
    window_ = std::max(window_ - std::min(window_, acked_bytes), segment_bytes_) + segment_bytes_;
    return true;
  }
  if (recovering_) {
    recovering_ = false;
    window_ = threshold_;
  } else if (window_ < threshold_) {
    window_ += std::min(acked_bytes, 2 * segment_bytes_);
  } else {
    window_ += std::max<std::uint64_t>(1, segment_bytes_ * segment_bytes_ / window_);
  }
  return false;
}

bool Congestion::handle_duplicate_ack(std::uint64_t ack, std::uint64_t sent) {
  ++duplicates_;
  if (recovering_) {
    window_ += segment_bytes_;
    return false;
  }
  // RFC 6582 3.2 step 1: duplicates of what a timeout sent again say nothing about a new loss.
  if (duplicates_ < duplicates_for_loss || ack < recover_) return false;
  halve(sent - ack);
  window_ = threshold_ + duplicates_for_loss * segment_bytes_;
  recover_ = sent;
  recovering_ = true;
  return true;
}

void Congestion::handle_timeout(std::uint64_t ack, std::uint64_t sent) {
  halve(sent - ack);
  window_ = segment_bytes_;
  recover_ = sent;
  recovering_ = false;
  duplicates_ = 0;
}

void Congestion::halve(std::uint64_t flight) {
  threshold_ = std::max(flight / 2, 2 * segment_bytes_);
}

}  // namespace bowline::sim
