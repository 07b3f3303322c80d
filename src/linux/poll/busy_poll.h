#pragma once

#include <algorithm>

#include <bowline/time.h>

namespace bowline::linux_host {

/// Is it worth looking for a while before sleeping?
///
/// As long as something came within that while the last time. Once nothing did, ever more sleeps pass before
/// it is tried again, so that a loop with nothing to do does not keep a core busy.
class BusyPoll {
 public:
  /// Zero or less: never. More than an hour, which must not overflow the time, counts as an hour.
  void set_longest(Duration longest) { longest_ = std::min(longest, longest_max); }
  [[nodiscard]] Duration longest() const { return longest_; }
  [[nodiscard]] bool is_on() const { return longest_ > Duration::zero(); }

  /// Asked before each sleep.
  [[nodiscard]] bool is_due() {
    if (sleeps_to_pass_ == 0) return true;
    --sleeps_to_pass_;
    return false;
  }
  void note(bool found) {
    pause_ = found ? 0 : std::clamp(pause_ * 2, 1, pause_max);
    sleeps_to_pass_ = pause_;
  }

 private:
  static constexpr Duration longest_max = std::chrono::hours(1);
  static constexpr int pause_max = 64;

  Duration longest_ = Duration::zero();
  int pause_ = 0;
  int sleeps_to_pass_ = 0;
};

}  // namespace bowline::linux_host
