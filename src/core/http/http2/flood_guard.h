#pragma once

#include <algorithm>

#include <bowline/time.h>

namespace bowline::core {

/// Counts what is legal once and an attack a thousand times over: a bucket that fills up again with time.
class FloodGuard {
 public:
  constexpr FloodGuard(double capacity, double per_second)
      : capacity_(capacity), per_second_(per_second), level_(capacity) {}

  /// Takes one. False once there is none left: the peer goes too far.
  [[nodiscard]] bool take(Instant now) {
    if (filled_at_ < now && has_begun_) {
      const std::chrono::duration<double> passed = now - filled_at_;
      level_ = std::min(capacity_, level_ + passed.count() * per_second_);
    }
    has_begun_ = true;
    filled_at_ = now;
    if (level_ < 1) return false;
    level_ -= 1;
    return true;
  }

 private:
  double capacity_;
  double per_second_;
  double level_;
  bool has_begun_ = false;
  Instant filled_at_{};
};

}  // namespace bowline::core
