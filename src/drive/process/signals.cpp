#include "drive/process/signals.h"

#include <algorithm>

#include "drive/loop/ended.h"

namespace bowline::drive {

namespace {

/// The ports let pass only numbers from 1 to 64.
std::uint64_t bit_of(int signal) { return std::uint64_t{1} << (signal - 1); }

}  // namespace

void SignalRequest::begin() {
  if (loop_.is_gone()) return finish(loop_ended("signal"));
  loop_.signals().start(*this);
}

void SignalRequest::give_back(Result<int>&& signal, detail::Undone how) noexcept {
  if (how != detail::Undone::abandoned || !signal.has_value() || !heard_alone_) return;
  loop_.signals().keep(*signal);
}

void Signals::start(SignalRequest& request) {
  if (request.signals_.empty())
    return request.finish(
        Error(ErrorKind::invalid_argument, "signal", "no signal is named to wait for"));
  const auto watched = loop_.host().process().watch_signals(request.signals_, *this);
  if (!watched.has_value()) return request.finish(watched.error());
  for (const int signal : request.signals_) {
    if (!take_kept(signal)) continue;
    request.heard_alone_ = true;
    return request.finish(signal);
  }
  waiting_.push_back(request);
}

bool Signals::take_kept(int signal) {
  const bool had = (kept_ & bit_of(signal)) != 0;
  kept_ &= ~bit_of(signal);
  return had;
}

/// Nobody has heard of it. Somebody may wait for it by now.
void Signals::keep(int signal) noexcept {
  if (loop_.is_gone()) return;
  handle_signal(signal);
}

void Signals::handle_signal(int signal) {
  IntrusiveList<SignalRequest, SignalRequest> told;
  std::size_t count = 0;
  waiting_.for_each([&](SignalRequest& request) {
    if (std::ranges::find(request.signals_, signal) == request.signals_.end()) return;
    request.unlink();
    told.push_back(request);
    ++count;
  });
  if (count == 0) kept_ |= bit_of(signal);
  while (!told.empty()) {
    SignalRequest& request = told.pop_front();
    request.heard_alone_ = count == 1;
    request.finish(signal);
  }
}

void Signals::handle_loop_gone() {
  while (!waiting_.empty()) waiting_.pop_front().finish(loop_ended("signal"));
}

}  // namespace bowline::drive
