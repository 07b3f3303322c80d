#pragma once

#include <memory>

#include "linux/poll/observed_socket.h"

namespace bowline::linux_host {

/// The kernel's word that files of ports::NetworkSettings may have changed (inotify). It says so too often
/// rather than too seldom: whoever hears of it looks for himself.
class SettingsWatch final : public ObservedSocket {
 public:
  /// Null where it cannot be had: a user has 128 of them, unless the administrator says otherwise.
  [[nodiscard]] static std::unique_ptr<SettingsWatch> open(EpollPoller& poller,
                                                           ports::SocketObserver& observer);

  /// Empties the queue, and looks again for folders that are new.
  void take_news();

 private:
  using ObservedSocket::ObservedSocket;
  void add_places();
};

}  // namespace bowline::linux_host
