#include "linux/kernel_network.h"

#include <linux/rtnetlink.h>

#include <array>

#include "linux/route_probe.h"
#include "linux/tcp_listener.h"
#include "linux/tcp_stream.h"

namespace bowline::linux_host {

using ports::NetworkSnapshot;
using ports::SocketObserver;

namespace {

struct Owner {
  const ports::Interface* interface = nullptr;
  const ports::InterfaceAddress* address = nullptr;
};

Owner owner_of(const IpAddress& address, std::uint32_t interface_index,
               const NetworkSnapshot& network);

}  // namespace

KernelNetwork::~KernelNetwork() {
  if (changes_.is_open()) poller_.remove(changes_.number());
}

Result<std::shared_ptr<const NetworkSnapshot>> KernelNetwork::snapshot() {
  if (!changes_.is_open()) watch_changes();
  if (!stale_ && changes_.is_open() && !change_is_announced()) return snapshot_;
  BOWLINE_TRY(NetworkSnapshot network, reader_.read());
  stale_ = false;
  // The same object for the same state, which makes "did it change" one comparison of pointers above us.
  if (snapshot_ == nullptr || *snapshot_ != network)
    snapshot_ = std::make_shared<const NetworkSnapshot>(std::move(network));
  return snapshot_;
}

void KernelNetwork::observe(ports::NetworkObserver* observer) {
  observer_ = observer;
  if (!changes_.is_open()) watch_changes();
}

/// Where it fails, every snapshot is read anew and tries this again.
void KernelNetwork::watch_changes() {
  Descriptor socket(poller_.system().socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
  if (!socket.is_open()) return;
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups =
      RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
  const auto* address = reinterpret_cast<const sockaddr*>(&groups);
  if (poller_.system().bind(socket.number(), address, sizeof groups) < 0) return;
  poller_.enroll(socket.number(), *this);
  if (poller_.watch(socket.number(), EPOLLIN) != 0) return poller_.remove(socket.number());
  changes_ = std::move(socket);
  stale_ = true;
}

/// Leaves the announcement where it is, so that the observer will be told of it too.
bool KernelNetwork::change_is_announced() const {
  std::array<std::byte, 1> start;
  iovec bytes{start.data(), start.size()};
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  return poller_.system().receive_message(changes_.number(), message, MSG_PEEK) >= 0 ||
         errno != EAGAIN;
}

void KernelNetwork::handle_events(std::uint32_t /*events*/) {
  // What the announcements say does not matter; and where some were lost (ENOBUFS) the others do not suffice.
  std::array<std::byte, 16 * 1024> announcement;
  ssize_t received = 0;
  do {
    received = poller_.system().receive(changes_.number(), announcement);
  } while (received >= 0 || errno == ENOBUFS);
  stale_ = true;
  if (observer_ != nullptr) observer_->handle_network_change();
}

std::optional<ports::SourceAddress> KernelNetwork::source_for(const IpAddress& destination,
                                                              std::uint32_t interface_index) {
  const auto probe = RouteProbe::open(poller_.system(), destination, interface_index);
  if (!probe.has_value()) return std::nullopt;
  ports::SourceAddress source{probe->source(), interface_index, false};
  if (source.address.is_unspecified()) return std::nullopt;
  const auto network = snapshot();
  if (!network.has_value()) return source;
  const auto [interface, address] = owner_of(source.address, interface_index, **network);
  if (interface != nullptr) source.interface_index = interface->index;
  if (address != nullptr) source.deprecated = address->deprecated;
  return source;
}

Result<ports::Connecting> KernelNetwork::connect(const SocketAddress& remote,
                                                 const ports::Binding& binding,
                                                 const ports::StreamOptions& options,
                                                 SocketObserver& observer) {
  return TcpStream::connect(poller_, remote, binding, options, observer);
}

Result<std::unique_ptr<ports::StreamListener>> KernelNetwork::listen(
    const SocketAddress& local, const ports::ListenOptions& options, SocketObserver& observer) {
  return TcpListener::listen(poller_, local, options, observer);
}

Result<std::unique_ptr<ports::DatagramSocket>> KernelNetwork::open_datagram(
    const ports::DatagramOptions& options, SocketObserver& observer) {
  return UdpSocket::open(poller_, pool_, options, observer);
}

namespace {

Owner owner_of(const IpAddress& address, std::uint32_t interface_index,
               const NetworkSnapshot& network) {
  for (const auto& interface : network.interfaces) {
    if (interface_index != 0 && interface.index != interface_index) continue;
    for (const auto& candidate : interface.addresses)
      if (candidate.address == address) return {&interface, &candidate};
  }
  return {};
}

}  // namespace

}  // namespace bowline::linux_host
