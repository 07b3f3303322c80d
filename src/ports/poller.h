#pragma once

#include <bowline/result.h>
#include <bowline/time.h>

#include <optional>

namespace bowline::ports {

/// Where one loop waits. Sockets opened on the same host report readiness to their observers from inside
/// `wait` and from nowhere else.
///
/// thread    the loop's; only `wake` may be called from others
class Poller {
 public:
  virtual ~Poller() = default;

  /// Delivers what is ready; if nothing is, blocks until something is, somebody calls `wake`, or `until` has
  /// come. No `until` means no deadline; one that has passed means "do not block". May return early.
  virtual void wait(std::optional<Instant> until) = 0;

  /// From now on `wait` looks for up to `longest` whether something is ready before it blocks. Zero, as at
  /// first, means never; where waiting costs nothing (in the simulator) it makes no difference.
  virtual void set_busy_poll(Duration longest) = 0;

  /// Makes the present or the next `wait` return soon; wakes add up to one.
  virtual void wake() noexcept = 0;

  /// One descriptor that is readable whenever `wait(past)` would deliver something, `wake` was called or the
  /// instant given to `arm` has come; -1 where there is none (in the simulator).
  [[nodiscard]] virtual int descriptor() const = 0;

  /// Lets `descriptor()` become readable at `at`; replaces the instant armed before. For embedded loops.
  virtual void arm(std::optional<Instant> at) = 0;
};

}  // namespace bowline::ports
