#pragma once

#include <cstdint>
#include <optional>

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
  [[nodiscard]] bool is_before(const Timer& other) const {
    return at_ != other.at_ ? at_ < other.at_ : order_ < other.order_;
  }

  TimerQueue* queue_ = nullptr;
  Timer* child_ = nullptr;
  Timer* next_ = nullptr;      // the next child of the same parent
  Timer* previous_ = nullptr;  // the child before this one, or the parent
  Instant at_;
  std::uint64_t order_ = 0;
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

/// Timers by instant, and by the order in which they were armed: a pairing heap made of the timers. It never
/// allocates, so that destructors may arm timers too.
///
/// source    M. Fredman, R. Sedgewick, D. Sleator, R. Tarjan: "The pairing heap", 1986; arming takes constant
///           time, disarming logarithmic time on average
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
  [[nodiscard]] static Timer* meld(Timer* a, Timer* b);
  [[nodiscard]] static Timer* meld_row(Timer* first);
  void remove(Timer& timer);

  Timer* root_ = nullptr;
  std::uint64_t armed_count_ = 0;
};

}  // namespace bowline::drive
