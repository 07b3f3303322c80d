#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <bowline/time.h>

namespace bowline::core {

/// A body has to come at a least rate, once a grace is over; time in which we do not read does not count.
class PaceGuard {
 public:
  PaceGuard(std::size_t octets_per_second_min, Duration grace)
      : rate_min_(octets_per_second_min), grace_(grace) {}

  void start(Instant now) {
    since_ = now;
    received_ = 0;
    paused_ = false;
  }
  void stop() { since_.reset(); }
  void handle_octets(std::size_t count) { received_ += count; }
  /// Reading stops, or goes on.
  void set_paused(bool is_paused, Instant now) {
    if (is_paused == paused_ || !since_) return;
    paused_ = is_paused;
    if (is_paused)
      paused_at_ = now;
    else
      *since_ += now - paused_at_;
  }
  /// When what has come until now will have been too little.
  [[nodiscard]] std::optional<Instant> deadline() const {
    if (!since_ || paused_ || rate_min_ == 0) return std::nullopt;
    // In milliseconds, so that no body that can be sent overflows it.
    const auto earned = std::chrono::milliseconds(received_ / rate_min_ * 1000);
    return *since_ + grace_ + bounded(earned) + std::chrono::seconds(1);
  }

 private:
  std::size_t rate_min_;
  Duration grace_;
  std::optional<Instant> since_;
  std::uint64_t received_ = 0;
  bool paused_ = false;
  Instant paused_at_{};
};

}  // namespace bowline::core
