#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <bowline/address.h>

namespace bowline::linux_host {

/// The kernel's form of an address and port.
union RawAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

[[nodiscard]] constexpr int to_raw(Family family) {
  return family == Family::ipv4 ? AF_INET : AF_INET6;
}

/// For a socket of `family`: an IPv4 address becomes v4-mapped on a dual-stack one.
///
/// returns   the size of what was written
socklen_t to_raw(const SocketAddress& address, Family family, RawAddress& into);

/// The IPv4 address where it is v4-mapped; 0.0.0.0:0 for any other family.
[[nodiscard]] SocketAddress from_raw(const RawAddress& raw);

[[nodiscard]] IpAddress from_raw(const in_addr& raw);
/// `interface_index` becomes the scope of a link-local address.
[[nodiscard]] IpAddress from_raw(const in6_addr& raw, std::uint32_t interface_index);

[[nodiscard]] in_addr to_in_addr(const IpAddress& address);
[[nodiscard]] in6_addr to_in6_addr(const IpAddress& address);

}  // namespace bowline::linux_host
