#pragma once

#include <cerrno>
#include <cstddef>

#include <bowline/result.h>

namespace bowline::sim {

/// How many sockets a host has and may have.
class SocketCount {
 public:
  explicit SocketCount(std::size_t count_max) : left_(count_max) {}
  [[nodiscard]] bool is_exhausted() const { return left_ == 0; }
  /// errors    resources_exhausted
  [[nodiscard]] Result<void> check(const char* operation) const {
    if (is_exhausted()) return Error::from_errno(EMFILE, operation);
    return {};
  }
  void add() { --left_; }
  void remove() { ++left_; }

 private:
  std::size_t left_;
};

}  // namespace bowline::sim
