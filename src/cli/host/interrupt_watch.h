#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include <bowline/loop.h>

namespace bowline::cli {

/// Waits for SIGINT, SIGTERM and SIGHUP on a thread of its own, and tells the loop: nothing but a
/// post is safe from there. A signal that was ignored when the program started stays ignored.
///
/// lifetime  within the loop's; until it ends, the signals do nothing else
class InterruptWatch {
 public:
  /// `interrupted` runs on the loop's thread, for each signal.
  InterruptWatch(Loop& loop, std::function<void()> interrupted);
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

 private:
  void watch(Loop& loop, const std::function<void()>& interrupted);

  sigset_t watched_{};
  sigset_t before_{};
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

}  // namespace bowline::cli
