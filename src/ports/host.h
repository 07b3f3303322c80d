#pragma once

#include "base/random.h"
#include "ports/clock.h"
#include "ports/file_store.h"
#include "ports/files.h"
#include "ports/network.h"
#include "ports/poller.h"
#include "ports/process.h"
#include "ports/record_store.h"
#include "ports/wall_clock.h"

namespace bowline {
class BufferPool;
}

namespace bowline::ports {

/// One loop's view of the host it runs on: the whole shelf. The loop owns it, and nothing in it outlives the
/// loop.
///
/// thread    the loop's, but for Poller::wake
class Host {
 public:
  virtual ~Host() = default;
  [[nodiscard]] virtual MonotonicClock& clock() = 0;
  [[nodiscard]] virtual WallClock& wall_clock() = 0;
  /// Fit for keys, nonces and identifiers that nobody may guess: the kernel's own on Linux. The simulator's
  /// is seeded, so that runs can be repeated, and protects nothing.
  [[nodiscard]] virtual Random& random() = 0;
  [[nodiscard]] virtual Poller& poller() = 0;
  [[nodiscard]] virtual Network& network() = 0;
  [[nodiscard]] virtual Files& files() = 0;
  [[nodiscard]] virtual Process& process() = 0;
  [[nodiscard]] virtual FileStores& file_stores() = 0;
  /// Null: the host has none of its own, and real files serve.
  [[nodiscard]] virtual RecordStores* record_stores() { return nullptr; }
  /// Where received bytes land.
  [[nodiscard]] virtual BufferPool& buffers() = 0;
};

}  // namespace bowline::ports
