#pragma once

#include <bowline/time.h>

#include <chrono>

namespace bowline::ports {

/// The only place time comes from. Monotonic; on Linux it stops while the machine is suspended.
class MonotonicClock {
 public:
  virtual ~MonotonicClock() = default;
  [[nodiscard]] virtual Instant now() const = 0;
};

}  // namespace bowline::ports
