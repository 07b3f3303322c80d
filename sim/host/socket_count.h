#pragma once

#include <cerrno>
#include <cstddef>

#include <bowline/result.h>

namespace bowline::sim {

/// How many sockets the programs on a host have and may have: not what was closed and lingers, nor what
/// nobody has accepted yet.
class SocketCount {
 public:
  explicit SocketCount(std::size_t count_max) : left_(count_max) {}
  /// errors    resources_exhausted
  [[nodiscard]] Result<void> check(const char* operation) const {
    if (left_ == 0) return Error::from_errno(EMFILE, operation);
    return {};
  }
  void add() { --left_; }
  void remove() { ++left_; }

 private:
  std::size_t left_;
};

}  // namespace bowline::sim
