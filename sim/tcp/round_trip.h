#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include <bowline/time.h>

namespace bowline::sim {

/// The retransmission timeout from measured round trips, RFC 6298; the least timeout is 200 ms as on Linux.
class RoundTrip {
 public:
  static constexpr Duration timeout_initial = std::chrono::seconds(1);
  static constexpr Duration timeout_min = std::chrono::milliseconds(200);
  static constexpr Duration timeout_max = std::chrono::seconds(120);

  void handle_sample(Duration sample) {
    backoffs_ = 0;
    minimum_ = std::min(minimum_.value_or(sample), sample);
    if (!smoothed_) {
      smoothed_ = sample;
      variation_ = sample / 2;
      return;
    }
    const Duration error = *smoothed_ > sample ? *smoothed_ - sample : sample - *smoothed_;
    variation_ = (3 * variation_ + error) / 4;
    smoothed_ = (7 * *smoothed_ + sample) / 8;
  }
  void back_off() { ++backoffs_; }
  void reset_backoff() { backoffs_ = 0; }

  [[nodiscard]] Duration timeout() const {
    const Duration base =
        smoothed_ ? std::max(timeout_min, *smoothed_ + 4 * variation_) : timeout_initial;
    return std::min(timeout_max, base * (std::int64_t{1} << std::min(backoffs_, 16u)));
  }
  [[nodiscard]] std::optional<Duration> smoothed() const { return smoothed_; }
  [[nodiscard]] std::optional<Duration> minimum() const { return minimum_; }
  [[nodiscard]] std::optional<Duration> variation() const {
    return smoothed_ ? std::optional(variation_) : std::nullopt;
  }

 private:
  std::optional<Duration> smoothed_;
  std::optional<Duration> minimum_;
  Duration variation_{};
  unsigned backoffs_ = 0;
};

}  // namespace bowline::sim
