#pragma once

#include <algorithm>
#include <vector>

#include "ports/process.h"
#include "sim/ports/poller.h"

namespace bowline::sim {

/// The process of one loop on a simulated host. Tests send it signals; it has no descriptors.
class SimProcess final : public ports::Process, private SignalTarget, private ReadySource {
 public:
  SimProcess(Host::Body& host, SimPoller& poller) : poller_(poller) {
    host.add_signal_target(*this);
  }

  Result<void> watch_signals(std::span<const int> signals,
                             ports::SignalObserver& observer) override {
    constexpr int last_signal = 64;
    for (const int signal : signals)
      if (signal < 1 || signal > last_signal)
        return Error(ErrorKind::invalid_argument, "signal", "this signal cannot be waited for")
            .about(std::to_string(signal));
    for (const int signal : signals)
      if (!watches(signal)) watched_.push_back(signal);
    observer_ = &observer;
    return {};
  }
  Result<std::unique_ptr<ports::DescriptorWatch>> watch(int /*descriptor*/,
                                                        ports::Awaited /*awaited*/,
                                                        ports::SocketObserver& /*told*/) override {
    return Error(ErrorKind::unsupported, "watch descriptor", "the simulator has no descriptors");
  }
  Result<std::unique_ptr<ports::ByteSource>> open_standard_input(
      ports::SocketObserver& /*observer*/) override {
    return Error(ErrorKind::unsupported, "read standard input",
                 "the simulator has no standard input");
  }

 private:
  [[nodiscard]] bool watches(int signal) const {
    return std::ranges::find(watched_, signal) != watched_.end();
  }
  void handle_signal(int signal) override {
    if (!watches(signal) || std::ranges::find(arrived_, signal) != arrived_.end()) return;
    arrived_.push_back(signal);
    poller_.mark(*this);
  }
  void report() override {
    while (!arrived_.empty()) {
      const int signal = arrived_.front();
      arrived_.erase(arrived_.begin());
      observer_->handle_signal(signal);
    }
  }

  SimPoller& poller_;
  ports::SignalObserver* observer_ = nullptr;
  std::vector<int> watched_;
  std::vector<int> arrived_;  // each once
};

}  // namespace bowline::sim
