#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include <bowline/time.h>

namespace bowline::sim {

/// What is going to happen, ordered by time and then by when it was asked for.
class EventQueue {
 public:
  using Action = std::move_only_function<void()>;

  void add(Instant at, Action action) {
    events_.push_back({at, sequence_++, std::move(action)});
    std::ranges::push_heap(events_, later);
  }
  [[nodiscard]] std::optional<Instant> next() const {
    return events_.empty() ? std::nullopt : std::optional(events_.front().at);
  }
  /// The first event; the queue must not be empty.
  [[nodiscard]] Action pop() {
    std::ranges::pop_heap(events_, later);
    Action action = std::move(events_.back().action);
    events_.pop_back();
    return action;
  }

 private:
  struct Event {
    Instant at;
    std::uint64_t sequence;
    Action action;
  };
  static bool later(const Event& a, const Event& b) {
    return std::pair(a.at, a.sequence) > std::pair(b.at, b.sequence);
  }

  std::vector<Event> events_;
  std::uint64_t sequence_ = 0;
};

}  // namespace bowline::sim
