#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <bowline/detail/request.h>

#include "base/intrusive_list.h"
#include "drive/loop/loop.h"
#include "ports/process.h"

namespace bowline::drive {

/// Waits for one of some signals.
class SignalRequest final : public detail::Request<int>, private ListHook<SignalRequest> {
 public:
  SignalRequest(detail::RequestQueue& queue, Loop& loop, std::vector<int> signals)
      : Request(queue), loop_(loop), signals_(std::move(signals)) {}

 private:
  friend class Signals;
  friend class IntrusiveList<SignalRequest, SignalRequest>;
  void begin() override;
  void withdraw() noexcept override { unlink(); }
  void give_back(Result<int>&& signal, detail::Undone how) noexcept override;

  Loop& loop_;
  const std::vector<int> signals_;
  bool heard_alone_ = false;  // nobody else was told of the signal that this one has
};

/// Who on a loop waits for signals, and which came while nobody did.
///
/// A signal is told to everyone who waits for it then. If nobody does, it is kept for the next one who asks,
/// once however often it came: a program that looks away for a moment is not ended by it.
class Signals final : private Resident, private ports::SignalObserver {
 public:
  explicit Signals(Loop& loop) : loop_(loop) { loop.add_resident(*this); }

 private:
  friend class SignalRequest;
  void start(SignalRequest& request);
  void keep(int signal) noexcept;
  [[nodiscard]] bool take_kept(int signal);
  void handle_signal(int signal) override;
  void handle_loop_gone() override;

  Loop& loop_;
  IntrusiveList<SignalRequest, SignalRequest> waiting_;
  std::uint64_t kept_ = 0;  // a bit for each signal
};

}  // namespace bowline::drive
