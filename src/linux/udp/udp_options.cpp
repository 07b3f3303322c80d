#include "linux/udp/udp_options.h"

#include <linux/udp.h>
#include <netinet/in.h>

#include <array>
#include <cstring>
#include <string>

#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif

namespace bowline::linux_host {

using ports::DatagramOptions;
using ports::Fragmentation;
using ports::Membership;

namespace {

int discovery_v4(Fragmentation fragmentation);
int discovery_v6(Fragmentation fragmentation);
void put_address(const IpAddress& address, sockaddr_storage& into);

}  // namespace

Family UdpSetup::family_of(const DatagramOptions& options) {
  if (options.connect_to.has_value()) return options.connect_to->ip.unmapped().family();
  if (options.binding.source.has_value()) return options.binding.source->family();
  return options.family;
}

bool UdpSetup::is_dual_stack(const DatagramOptions& options) {
  return options.dual_stack && family_of(options) == Family::ipv6 &&
         !options.connect_to.has_value() && !options.binding.source.has_value();
}

Result<void> UdpSetup::open(const DatagramOptions& options) const {
  if (speaks_v6()) BOWLINE_TRY_VOID(setup_.set(IPPROTO_IPV6, IPV6_V6ONLY, dual_stack_ ? 0 : 1));
  BOWLINE_TRY_VOID(set_packet_options(options));
  BOWLINE_TRY_VOID(set_wanted(options));
  BOWLINE_TRY_VOID(set_multicast(options.multicast));
  BOWLINE_TRY_VOID(set_socket_options(options));
  BOWLINE_TRY_VOID(bind(options));
  if (!options.connect_to.has_value()) return {};
  BOWLINE_TRY_VOID(connect(*options.connect_to));
  if (options.binding.port != 0) drop_early();
  return {};
}

Result<void> UdpSetup::set(const Option& option, int value) const {
  if (speaks_v6()) BOWLINE_TRY_VOID(named(option.name, setup_.set(IPPROTO_IPV6, option.v6, value)));
  if (speaks_v4()) BOWLINE_TRY_VOID(named(option.name, setup_.set(IPPROTO_IP, option.v4, value)));
  return {};
}

Result<void> UdpSetup::set_packet_options(const DatagramOptions& options) const {
  // The two families number the modes alike, but do not promise to.
  if (speaks_v6())
    BOWLINE_TRY_VOID(
        setup_.set(IPPROTO_IPV6, IPV6_MTU_DISCOVER, discovery_v6(options.fragmentation)));
  if (speaks_v4())
    BOWLINE_TRY_VOID(setup_.set(IPPROTO_IP, IP_MTU_DISCOVER, discovery_v4(options.fragmentation)));
  if (options.hop_limit.has_value())
    BOWLINE_TRY_VOID(set({"hop limit", IP_TTL, IPV6_UNICAST_HOPS}, *options.hop_limit));
  return setup_.set_marks(options.binding.marks, options.ecn);
}

Result<void> UdpSetup::set_wanted(const DatagramOptions& options) const {
  const bool connected = options.connect_to.has_value();
  // A connected socket knows our address without asking with each datagram.
  if (!connected || options.receive.interface)
    BOWLINE_TRY_VOID(set({"receive interface", IP_PKTINFO, IPV6_RECVPKTINFO}, 1));
  if (connected || options.receive_failures)
    BOWLINE_TRY_VOID(set({"receive failures", IP_RECVERR, IPV6_RECVERR}, 1));
  if (options.receive.ecn) BOWLINE_TRY_VOID(set({"receive ecn", IP_RECVTOS, IPV6_RECVTCLASS}, 1));
  if (options.receive.hop_limit)
    BOWLINE_TRY_VOID(set({"receive hop limit", IP_RECVTTL, IPV6_RECVHOPLIMIT}, 1));
  return {};
}

Result<void> UdpSetup::set_multicast(const ports::MulticastOptions& options) const {
  if (!options.loop)
    BOWLINE_TRY_VOID(set({"multicast loop", IP_MULTICAST_LOOP, IPV6_MULTICAST_LOOP}, 0));
  if (options.hop_limit.has_value())
    BOWLINE_TRY_VOID(
        set({"multicast hop limit", IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS}, *options.hop_limit));
  if (options.interface_index == 0) return {};
  const char* const name = "multicast interface";
  const int index = static_cast<int>(options.interface_index);
  if (speaks_v6())
    BOWLINE_TRY_VOID(named(name, setup_.set(IPPROTO_IPV6, IPV6_MULTICAST_IF, index)));
  if (!speaks_v4()) return {};
  ip_mreqn interface{};
  interface.imr_ifindex = index;
  return named(name, setup_.set(IPPROTO_IP, IP_MULTICAST_IF, interface));
}

Result<void> UdpSetup::set_socket_options(const DatagramOptions& options) const {
  if (options.reuse_port) BOWLINE_TRY_VOID(setup_.set(SOL_SOCKET, SO_REUSEPORT, 1));
  if (options.receive_buffer_bytes > 0)
    BOWLINE_TRY_VOID(setup_.set_buffer_bytes(SO_RCVBUF, options.receive_buffer_bytes));
  if (options.send_buffer_bytes > 0)
    BOWLINE_TRY_VOID(setup_.set_buffer_bytes(SO_SNDBUF, options.send_buffer_bytes));
  return setup_.set_binding_options(options.binding,
                                    options.connect_to ? SocketRole::client : SocketRole::listener);
}

bool UdpSetup::try_receive_runs() const { return setup_.set(IPPROTO_UDP, UDP_GRO, 1).has_value(); }

bool UdpSetup::can_send_runs() const {
  int segment_bytes = 0;
  socklen_t size = sizeof segment_bytes;
  return setup_.system.getsockopt(setup_.fd, IPPROTO_UDP, UDP_SEGMENT, &segment_bytes, &size) >= 0;
}

/// An unconnected socket is bound at once, so that its port is known and peers can send first.
Result<void> UdpSetup::bind(const DatagramOptions& options) const {
  const auto& source = options.binding.source;
  const std::uint16_t port = options.binding.port;
  if (options.connect_to.has_value() && !source.has_value() && port == 0) return {};
  return setup_.bind({source.value_or(IpAddress::any(setup_.family)), port});
}

Result<void> UdpSetup::connect(const SocketAddress& remote) const {
  RawAddress raw;
  const socklen_t size = to_raw({remote.ip.unmapped(), remote.port}, setup_.family, raw);
  if (setup_.system.connect(setup_.fd, &raw.any, size) < 0)
    return Error::from_errno(errno, setup_.operation).about(to_string(remote));
  return {};
}

/// What came between bind and connect may be from anybody.
void UdpSetup::drop_early() const {
  constexpr int early_max = 10'000;  // the peer's come all the time
  std::array<std::byte, 1> start;
  for (int i = 0; i < early_max && setup_.system.receive(setup_.fd, start) >= 0; ++i) {
  }
}

Result<void> UdpSetup::join(const Membership& membership) const {
  BOWLINE_TRY_VOID(change_membership(membership, MCAST_JOIN_GROUP, MCAST_JOIN_SOURCE_GROUP,
                                     "join multicast group"));
  return hear_own_groups_only(membership.group.family());
}

Result<void> UdpSetup::leave(const Membership& membership) const {
  return change_membership(membership, MCAST_LEAVE_GROUP, MCAST_LEAVE_SOURCE_GROUP,
                           "leave multicast group");
}

/// Otherwise a socket that is bound to no address gets what any socket of the host has joined.
Result<void> UdpSetup::hear_own_groups_only(Family family) const {
  return family == Family::ipv4 ? setup_.set(IPPROTO_IP, IP_MULTICAST_ALL, 0)
                                : setup_.set(IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
}

Result<void> UdpSetup::change_membership(const Membership& membership, int plain, int with_source,
                                         const char* operation) const {
  const Family family = membership.group.family();
  const bool speaks = family == Family::ipv4 ? speaks_v4() : speaks_v6();
  if (!speaks)
    return Error(ErrorKind::unsupported, operation, "the socket does not speak the group's family")
        .about(to_string(membership.group));
  const int level = family == Family::ipv4 ? IPPROTO_IP : IPPROTO_IPV6;
  Result<void> done;
  if (membership.source.has_value()) {
    group_source_req request{};
    request.gsr_interface = membership.interface_index;
    put_address(membership.group, request.gsr_group);
    put_address(*membership.source, request.gsr_source);
    done = setup_.set(level, with_source, request);
  } else {
    group_req request{};
    request.gr_interface = membership.interface_index;
    put_address(membership.group, request.gr_group);
    done = setup_.set(level, plain, request);
  }
  if (done.has_value()) return {};
  return Error::from_errno(static_cast<int>(done.error().code()), operation)
      .about(to_string(membership.group));
}

namespace {

int discovery_v4(Fragmentation fragmentation) {
  switch (fragmentation) {
    case Fragmentation::refuse: return IP_PMTUDISC_DO;
    case Fragmentation::refuse_local: return IP_PMTUDISC_PROBE;
    case Fragmentation::allow: return IP_PMTUDISC_DONT;
  }
  return IP_PMTUDISC_DO;
}

int discovery_v6(Fragmentation fragmentation) {
  switch (fragmentation) {
    case Fragmentation::refuse: return IPV6_PMTUDISC_DO;
    case Fragmentation::refuse_local: return IPV6_PMTUDISC_PROBE;
    case Fragmentation::allow: return IPV6_PMTUDISC_DONT;
  }
  return IPV6_PMTUDISC_DO;
}

void put_address(const IpAddress& address, sockaddr_storage& into) {
  RawAddress raw;
  const socklen_t size = to_raw({address, 0}, address.family(), raw);
  std::memcpy(&into, &raw, size);
}

}  // namespace

}  // namespace bowline::linux_host
