#pragma once

#include <memory>
#include <span>
#include <vector>

#include "linux/poll/observed_socket.h"
#include "ports/process.h"

namespace bowline::linux_host {

/// The signals that one loop waits for. A handler notes what came and wakes the loop through an eventfd.
///
/// A signal has one handler in the whole process, so one loop can have it; the first that asks.
class SignalWatch final : public ObservedSocket, private ports::SocketObserver {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SignalWatch>> open(EpollPoller& poller,
                                                                 ports::SignalObserver& observer);
  /// Signals get back the handlers that they had, unless somebody has set others meanwhile.
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

  [[nodiscard]] Result<void> add(std::span<const int> signals);

 private:
  SignalWatch(EpollPoller& poller, Descriptor wake, ports::SignalObserver& told)
      : ObservedSocket(poller, std::move(wake), this), told_(told) {}
  [[nodiscard]] Result<void> claim(int signal);
  void give_up(int signal);
  void give_up_from(std::size_t first);
  void handle_readiness(ports::Readiness readiness) override;

  ports::SignalObserver& told_;
  std::vector<int> signals_;
};

}  // namespace bowline::linux_host
