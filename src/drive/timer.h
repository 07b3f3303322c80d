#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <bowline/time.h>

namespace bowline::drive {

class TimerQueue;

/// One timer, part of the object that waits; leaves its queue when it is destroyed.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  virtual void handle_timer() = 0;

  [[nodiscard]] bool is_armed() const { return queue_ != nullptr; }

 protected:
  virtual ~Timer();

 private:
  friend class TimerQueue;
  TimerQueue* queue_ = nullptr;
  std::size_t position_ = 0;
  Instant at_;
};

/// A timer whose owner handles it in a method: `MemberTimer<Flow, &Flow::expire> expiry_{*this};`
template <class Owner, void (Owner::*Method)()>
class MemberTimer final : public Timer {
 public:
  explicit MemberTimer(Owner& owner) : owner_(owner) {}
  void handle_timer() override { (owner_.*Method)(); }

 private:
  Owner& owner_;
};

/// A binary heap of timers by instant. Arming, moving and disarming are logarithmic.
class TimerQueue {
 public:
  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;
  ~TimerQueue();

  /// Arms or moves the timer; no instant disarms it.
  void set(Timer& timer, std::optional<Instant> at);
  [[nodiscard]] std::optional<Instant> deadline() const;
  /// Takes out and returns a timer that is due; null if none is.
  [[nodiscard]] Timer* pop_due(Instant now);

 private:
  void place(std::size_t position, Timer& timer);
  void sift_up(std::size_t position);
  void sift_down(std::size_t position);

  std::vector<Timer*> heap_;
};

}  // namespace bowline::drive
