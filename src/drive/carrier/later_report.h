#pragma once

#include "drive/loop/loop.h"
#include "ports/byte_stream.h"

namespace bowline::drive {

/// For a layer that finds out inside a call of its observer's that more is possible: reports that to the
/// observer in the next turn, from a timer.
class LaterReport {
 public:
  explicit LaterReport(Loop& loop) : loop_(loop) {}

  void observe(ports::SocketObserver& observer) { observer_ = &observer; }
  void report(ports::Readiness readiness) {
    pending_.readable = pending_.readable || readiness.readable;
    pending_.writable = pending_.writable || readiness.writable;
    if (!timer_.is_armed()) loop_.timers().set(timer_, loop_.now());
  }

 private:
  /// The observer may destroy this.
  void deliver() {
    if (observer_ != nullptr) observer_->handle_readiness(std::exchange(pending_, {}));
  }

  Loop& loop_;
  ports::SocketObserver* observer_ = nullptr;
  ports::Readiness pending_;
  MemberTimer<LaterReport, &LaterReport::deliver> timer_{*this};
};

}  // namespace bowline::drive
