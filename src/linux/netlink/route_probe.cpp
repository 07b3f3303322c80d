#include "linux/netlink/route_probe.h"

#include <algorithm>

#include "linux/socket/socket_options.h"
#include "ports/datagram_socket.h"

namespace bowline::linux_host {

std::size_t datagram_bytes_max_of(const System& system, int fd, Family family) {
  const bool v4 = family == Family::ipv4;
  int mtu = 0;
  socklen_t size = sizeof mtu;
  const int got = v4 ? system.getsockopt(fd, IPPROTO_IP, IP_MTU, &mtu, &size)
                     : system.getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &size);
  const int headers = v4 ? 20 + 8 : 40 + 8;
  if (got < 0 || mtu <= headers) return datagram_bytes_min;
  return std::min(static_cast<std::size_t>(mtu - headers), ports::DatagramSocket::run_bytes_max);
}

Result<RouteProbe> RouteProbe::open(const System& system, const IpAddress& destination,
                                    std::uint32_t interface_index) {
  constexpr std::uint16_t any_port = 9;
  const SocketAddress remote(destination.unmapped(), any_port);
  const Family family = remote.ip.family();
  BOWLINE_TRY(Descriptor descriptor, open_socket(system, family, SOCK_DGRAM, "find route"));
  const SocketSetup setup{system, descriptor.number(), family, "find route"};
  if (interface_index != 0)
    BOWLINE_TRY_VOID(setup.use_interface(interface_index, SocketRole::client));
  RawAddress raw;
  const socklen_t size = to_raw(remote, family, raw);
  if (system.connect(setup.fd, &raw.any, size) < 0)
    return Error::from_errno(errno, "find route").about(to_string(destination));
  return RouteProbe(system, std::move(descriptor), family);
}

IpAddress RouteProbe::source() const { return local_address_of(*system_, descriptor_.number()).ip; }

std::size_t RouteProbe::datagram_bytes_max() const {
  return datagram_bytes_max_of(*system_, descriptor_.number(), family_);
}

}  // namespace bowline::linux_host
