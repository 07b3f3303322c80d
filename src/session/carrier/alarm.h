#pragma once

#include <bowline/detail/loop_ground.h>
#include <bowline/operation.h>
#include <bowline/time.h>

#include <optional>
#include <utility>

#include "session/carrier/quiet.h"

namespace bowline::session {

/// A timer of its owner's, which it never outlives: calls `(owner.*ring)()` once the instant that was set
/// last has come. An owner that has a handle_loop_gone() is told so.
template <class Owner, void (Owner::*ring)()>
class Alarm {
 public:
  explicit Alarm(Owner& owner) : owner_(owner) {}

  /// `keeps_running`: Loop::run waits for it.
  void set(const detail::LoopGround& ground, std::optional<Instant> when, bool keeps_running) {
    if (when == when_ && keeps_running == keeps_running_) return;
    quiet_ = {};
    sleep_ = {};
    when_ = when;
    keeps_running_ = keeps_running;
    if (!when || ground.is_gone()) return;
    const Instant now = ground.now();
    sleep_ = ground.sleep(*when > now ? *when - now : Duration::zero());
    sleep_.start(Ring{this});
    if (!keeps_running) quiet_ = Quiet(ground.queue());
  }
  void clear() {
    quiet_ = {};
    sleep_ = {};
    when_.reset();
  }
  [[nodiscard]] std::optional<Instant> when() const { return when_; }

 private:
  struct Ring {
    Alarm* alarm;
    void operator()(Result<void>&& /*slept*/) const {
      alarm->quiet_ = {};
      alarm->when_.reset();
      (alarm->owner_.*ring)();
    }
    void dropped() const noexcept {
      alarm->quiet_ = {};
      alarm->when_.reset();
      if constexpr (requires(Owner& it) { it.handle_loop_gone(); })
        alarm->owner_.handle_loop_gone();
    }
  };

  Owner& owner_;
  std::optional<Instant> when_;
  bool keeps_running_ = false;
  Operation<void> sleep_;
  Quiet quiet_;
};

}  // namespace bowline::session
