#pragma once

#include <memory>

#include "linux/process/descriptor_watch.h"
#include "linux/process/signal_watch.h"
#include "ports/process.h"

namespace bowline::linux_host {

/// This process: its signals, its descriptors and its standard input.
class KernelProcess final : public ports::Process {
 public:
  explicit KernelProcess(EpollPoller& poller) : poller_(poller) {}

  Result<void> watch_signals(std::span<const int> signals,
                             ports::SignalObserver& observer) override {
    if (!signals_) {
      BOWLINE_TRY(signals_, SignalWatch::open(poller_, observer));
    }
    return signals_->add(signals);
  }
  Result<std::unique_ptr<ports::DescriptorWatch>> watch(int descriptor, ports::Awaited awaited,
                                                        ports::SocketObserver& observer) override {
    return WatchedDescriptor::open(poller_, descriptor, awaited, observer);
  }
  Result<std::unique_ptr<ports::ByteSource>> open_standard_input(
      ports::SocketObserver& observer) override {
    return KernelInput::open(poller_, observer);
  }

 private:
  EpollPoller& poller_;
  std::unique_ptr<SignalWatch> signals_;  // once one is waited for
};

}  // namespace bowline::linux_host
