#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "base/random.h"

namespace bowline::sim {

/// Counts the sockets on each local port of one protocol, and finds free ones.
class LocalPorts {
 public:
  void add(std::uint16_t port) { ++users_[port]; }
  void remove(std::uint16_t port) {
    if (const auto users = users_.find(port); --users->second == 0) users_.erase(users);
  }
  /// A port that nobody uses, from Linux's range for this; 0 if all are taken.
  [[nodiscard]] std::uint16_t find_free(Random& random) const {
    const std::uint64_t start = random.below(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto port = static_cast<std::uint16_t>(first + (start + i) % count);
      if (!users_.contains(port)) return port;
    }
    return 0;
  }

 private:
  static constexpr std::uint64_t first = 32'768;
  static constexpr std::uint64_t count = 28'232;
  std::map<std::uint16_t, std::size_t> users_;
};

}  // namespace bowline::sim
