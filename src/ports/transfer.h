#pragma once

#include <cstddef>

namespace bowline::ports {

/// What one non-blocking read or write did without an error.
struct Transfer {
  std::size_t bytes = 0;
  /// The socket would have blocked (or has just been drained): wait for readiness before the next try.
  bool blocked = false;
  /// Reads only: the peer ended its stream and everything before was read.
  bool end = false;
};

}  // namespace bowline::ports
