#pragma once

#include "drive/loop/loop.h"

namespace bowline::drive {

/// Completes when its time has come.
class SleepRequest final : public detail::Request<void>, private Resident {
 public:
  SleepRequest(detail::RequestQueue& queue, Loop& loop, Duration duration)
      : Request(queue), loop_(loop), duration_(bounded(duration)) {}

 private:
  void begin() override {
    loop_.add_resident(*this);
    loop_.timers().set(timer_, loop_.now() + duration_);
  }
  void withdraw() noexcept override {
    unlink();
    loop_.timers().set(timer_, std::nullopt);
  }
  void handle_timer() {
    unlink();
    finish({});
  }
  void handle_loop_gone() override {
    loop_.timers().set(timer_, std::nullopt);
    // Without a sentence, which would take memory: a loop goes from inside of a destructor.
    finish(Error(ErrorKind::cancelled, ErrorDomain::bowline, 0, "sleep"));
  }

  Loop& loop_;
  Duration duration_;
  MemberTimer<SleepRequest, &SleepRequest::handle_timer> timer_{*this};
};

}  // namespace bowline::drive
