#pragma once

#include <memory>

#include "linux/poll/observed_socket.h"

namespace bowline::linux_host {

/// A netlink socket, on which the kernel announces that links, addresses or routes changed.
class ChangeSocket final : public ObservedSocket {
 public:
  /// Null where it cannot be had.
  [[nodiscard]] static std::unique_ptr<ChangeSocket> open(EpollPoller& poller,
                                                          ports::SocketObserver& observer);

  /// Leaves the announcement where it is, so that the observer will be told of it too.
  [[nodiscard]] bool change_is_announced() const;
  /// What announcements say does not matter; and where some were lost (ENOBUFS) the others do not suffice.
  void drop_announcements();

 private:
  using ObservedSocket::ObservedSocket;
};

}  // namespace bowline::linux_host
