#pragma once

#include <optional>
#include <set>
#include <unordered_map>
#include <utility>

#include <bowline/time.h>

namespace bowline::core {

/// One deadline per key, and the least of all of them; each call costs the logarithm of their number.
template <class Key>
class TimerSet {
 public:
  void set(Key key, std::optional<Instant> when) {
    if (const auto known = by_key_.find(key); known != by_key_.end()) {
      if (known->second == when) return;
      by_time_.erase({known->second, key});
      by_key_.erase(known);
    }
    if (!when.has_value()) return;
    by_key_.emplace(key, *when);
    by_time_.emplace(*when, key);
  }

  [[nodiscard]] std::optional<Instant> next() const {
    if (by_time_.empty()) return std::nullopt;
    return by_time_.begin()->first;
  }

  /// Removes and gives one key whose deadline is reached.
  [[nodiscard]] std::optional<Key> take_due(Instant now) {
    if (by_time_.empty() || by_time_.begin()->first > now) return std::nullopt;
    const Key key = by_time_.begin()->second;
    set(key, std::nullopt);
    return key;
  }

 private:
  std::set<std::pair<Instant, Key>> by_time_;
  std::unordered_map<Key, Instant> by_key_;
};

}  // namespace bowline::core
