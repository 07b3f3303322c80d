#pragma once

#include <cassert>

#include <bowline/time.h>

namespace bowline::core {

/// What a machine asks of its driver, checked in every build: outputs are drained before the next command or
/// input, and `now` never goes back. Either broken is a mistake in the driver; nothing that a peer sends
/// leads here.
class DriverContract {
 public:
  /// At the beginning of each command and input that takes the time.
  void check(bool is_drained, Instant now) {
    assert(is_drained && "poll() until it gives nothing, before the next command or input");
    assert(now >= latest_ && "now went back");
    latest_ = now;
  }

 private:
  Instant latest_ = Instant::min();
};

}  // namespace bowline::core
