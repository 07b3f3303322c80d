#include "linux/netlink/change_socket.h"

#include <linux/rtnetlink.h>

#include <array>
#include <utility>

namespace bowline::linux_host {

std::unique_ptr<ChangeSocket> ChangeSocket::open(EpollPoller& poller,
                                                 ports::SocketObserver& observer) {
  Descriptor descriptor(poller.system().socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  if (!descriptor.is_open()) return nullptr;
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups =
      RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  const auto* address = reinterpret_cast<const sockaddr*>(&groups);
  if (poller.system().bind(descriptor.number(), address, sizeof groups) < 0) return nullptr;
  std::unique_ptr<ChangeSocket> socket(new ChangeSocket(poller, std::move(descriptor), &observer));
  if (!socket->watch_arrivals().has_value()) return nullptr;
  return socket;
}

bool ChangeSocket::change_is_announced() const {
  std::array<std::byte, 1> start;
  iovec bytes{start.data(), start.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  return system().receive_message(fd(), message, MSG_PEEK) >= 0 || errno != EAGAIN;
}

void ChangeSocket::drop_announcements() {
  std::array<std::byte, 16 * 1024> announcement;
  ssize_t received = 0;
  do {
    received = system().receive(fd(), announcement);
  } while (received >= 0 || errno == ENOBUFS);
  note_read_blocked();
}

}  // namespace bowline::linux_host
