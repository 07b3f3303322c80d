#pragma once

#include <atomic>
#include <optional>

#include "base/intrusive_list.h"
#include "ports/network.h"
#include "ports/poller.h"
#include "sim/host/host_body.h"
#include "sim/run/runner.h"

namespace bowline::sim {

/// A socket that may have something to report; destroying it takes it off the list.
class ReadySource : public ListHook<> {
 public:
  virtual void report() = 0;

 protected:
  ~ReadySource() = default;
};

/// Where one loop waits: a list of sockets with news, in the order the news came.
class SimPoller final : public ports::Poller, private HostWatcher {
 public:
  explicit SimPoller(Host::Body& host);
  ~SimPoller() override;

  void mark(ReadySource& source) {
    if (!source.is_linked()) ready_.push_back(source);
  }
  void observe(ports::NetworkObserver* observer) { observer_ = observer; }
  void drive(Runnable* runnable) { entry_.runnable = runnable; }

  void wait(std::optional<Instant> until) override;
  void set_busy_poll(Duration) override {}
  void wake() noexcept override { woken_ = true; }
  [[nodiscard]] int descriptor() const override { return -1; }
  void arm(std::optional<Instant>) override {}

 private:
  void handle_host_change() override { network_changed_ = observer_ != nullptr; }
  [[nodiscard]] bool has_news() const { return woken_ || network_changed_ || !ready_.empty(); }
  void block(std::optional<Instant> until);
  void deliver();

  Host::Body& host_;
  Runner::Entry entry_;
  IntrusiveList<ReadySource> ready_;
  ports::NetworkObserver* observer_ = nullptr;
  bool network_changed_ = false;
  std::atomic<bool> woken_ = false;
};

}  // namespace bowline::sim
