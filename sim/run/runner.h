#pragma once

#include <functional>
#include <optional>
#include <vector>

#include <bowline/time.h>

#include "sim/net/world.h"
#include "sim/ports.h"

namespace bowline::sim {

/// Moves time on, and runs the loops.
///
/// Ends the program when one instant never ends: events or loops that go on making each other work
/// without any delay.
class Runner {
 public:
  /// A loop's place in the order of running; owned by whoever made it.
  struct Entry {
    Runnable* runnable = nullptr;
    bool busy = false;  ///< it runs, or waits, further up the stack
  };

  explicit Runner(World& world) : world_(world) {}
  void add(Entry& entry) { entries_.push_back(&entry); }
  void remove(Entry& entry);

  /// Runs until `condition` holds (true) or `until` has come (false). Without an instant it is given up,
  /// as false, when nothing can happen any more.
  [[nodiscard]] bool run(const std::function<bool()>& condition, std::optional<Instant> until);
  /// True if something is going to happen by itself.
  [[nodiscard]] bool has_next() const { return next().has_value(); }

 private:
  void settle();
  bool run_due_events();
  bool run_loops();
  [[nodiscard]] std::optional<Instant> next() const;

  World& world_;
  std::vector<Entry*> entries_;  ///< null where one left during a turn
  int depth_ = 0;
};

}  // namespace bowline::sim
