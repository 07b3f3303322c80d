#pragma once

#include <chrono>

namespace bowline::ports {

/// The date and time of the world, in UTC. Not the loop's time.
using WallTime = std::chrono::sys_time<std::chrono::nanoseconds>;

/// What day it is: for the validity of certificates, cookies, caches and tickets, and for nothing else. It
/// may jump either way at any moment, so no timeout and no round trip is measured with it.
class WallClock {
 public:
  virtual ~WallClock() = default;
  [[nodiscard]] virtual WallTime now() const = 0;
};

}  // namespace bowline::ports
