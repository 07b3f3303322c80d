#pragma once

#include <functional>

#include <bowline/loop.h>

namespace bowline::cli {

/// Waits for SIGINT, SIGTERM and SIGHUP. A signal that was ignored when the program started stays ignored.
///
/// lifetime  within the loop's; it keeps the loop running
class InterruptWatch {
 public:
  /// `interrupted` runs on the loop's thread, for each signal.
  InterruptWatch(Loop& loop, std::function<void()> interrupted);
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;
  ~InterruptWatch() = default;

 private:
  void wait();

  Loop& loop_;
  std::function<void()> interrupted_;
  SignalSet watched_;
  Operation<int> next_;
};

}  // namespace bowline::cli
