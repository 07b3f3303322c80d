#pragma once

#include <memory>
#include <optional>

#include <bowline/sim/host.h>
#include <bowline/time.h>

#include "ports/host.h"

namespace bowline::sim {

/// A loop as the simulation sees it: something that runs when it has work.
class Runnable {
 public:
  /// Runs everything that is ready now, without waiting; true if anything ran.
  virtual bool run_ready() = 0;
  /// When it next has something to do by itself.
  [[nodiscard]] virtual std::optional<Instant> deadline() const = 0;

 protected:
  ~Runnable() = default;
};

/// The ports shelf for one loop on a simulated host.
///
/// Poller::wait with an instant that has passed, or with something ready, only delivers. Otherwise it
/// runs the whole simulation, with every other loop, until something is ready for this loop or the
/// instant has come. If nothing can ever happen again, a wait without an instant ends the program:
/// nobody could end it.
///
/// lifetime  destroyed before the simulation, and after all sockets opened on it
class LoopPorts : public ports::Host {
 public:
  /// From now on the simulation runs this loop when there may be work for it; null stops.
  virtual void drive(Runnable* runnable) = 0;
};

/// Loops of one simulation run in the order in which their ports were made.
[[nodiscard]] std::unique_ptr<LoopPorts> make_ports(Host& host);

}  // namespace bowline::sim
