#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <bowline/time.h>

#include "base/random.h"
#include "sim/net/event_queue.h"
#include "sim/net/record.h"

namespace bowline::sim {

/// The bytes of one IP packet on its way.
using Packet = std::vector<std::byte>;

/// What everything in a simulation shares: time, what is to come, chance, and the record of what was.
struct World {
  static constexpr Instant beginning{std::chrono::microseconds(1)};

  explicit World(std::uint64_t seed_) : seed(seed_) {}
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void after(Duration delay, EventQueue::Action action) {
    events.add(now + delay, std::move(action));
  }
  void note(std::string_view where, std::string_view what) { transcript.add(now, where, what); }
  /// Chance of its own for what bears that name, the same whatever else there is.
  [[nodiscard]] SeededRandom random_for(std::string_view name) const {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : name)
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;  // FNV-1a
    return SeededRandom(SeededRandom(seed ^ hash).next());
  }

  std::uint64_t seed;
  Instant now = beginning;
  EventQueue events;
  Transcript transcript;
  Capture capture;
};

}  // namespace bowline::sim
