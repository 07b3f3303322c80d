#pragma once

#include "drive/loop.h"

namespace bowline::drive {

/// Completes when its time has come.
class SleepRequest final : public detail::Request<void> {
 public:
  SleepRequest(detail::RequestQueue& queue, Loop& loop, Duration duration)
      : Request(queue), loop_(loop), duration_(duration) {}

 private:
  void begin() override { loop_.timers().set(timer_, loop_.now() + duration_); }
  void withdraw() noexcept override { loop_.timers().set(timer_, std::nullopt); }
  void handle_timer() { finish({}); }

  Loop& loop_;
  Duration duration_;
  MemberTimer<SleepRequest, &SleepRequest::handle_timer> timer_{*this};
};

}  // namespace bowline::drive
