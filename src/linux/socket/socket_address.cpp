#include "linux/socket/socket_address.h"

#include <arpa/inet.h>

#include <array>
#include <cstring>

namespace bowline::linux_host {

socklen_t to_raw(const SocketAddress& address, Family family, RawAddress& into) {
  std::memset(&into, 0, sizeof into);
  if (family == Family::ipv4 && address.ip.is_v4()) {
    into.v4.sin_family = AF_INET;
    into.v4.sin_port = htons(address.port);
    into.v4.sin_addr = to_in_addr(address.ip);
    return sizeof into.v4;
  }
  // An IPv6 address on an IPv4 socket is left to the kernel to refuse.
  into.v6.sin6_family = AF_INET6;
  into.v6.sin6_port = htons(address.port);
  into.v6.sin6_addr = to_in6_addr(address.ip);
  into.v6.sin6_scope_id = address.ip.scope_id();
  return sizeof into.v6;
}

SocketAddress from_raw(const RawAddress& raw) {
  if (raw.any.sa_family == AF_INET) return {from_raw(raw.v4.sin_addr), ntohs(raw.v4.sin_port)};
  if (raw.any.sa_family == AF_INET6)
    return {from_raw(raw.v6.sin6_addr, raw.v6.sin6_scope_id), ntohs(raw.v6.sin6_port)};
  return {};
}

IpAddress from_raw(const in_addr& raw) {
  std::array<std::uint8_t, 4> octets;
  std::memcpy(octets.data(), &raw, octets.size());
  return IpAddress::v4(octets);
}

IpAddress from_raw(const in6_addr& raw, std::uint32_t interface_index) {
  std::array<std::uint8_t, 16> octets;
  std::memcpy(octets.data(), &raw, octets.size());
  const IpAddress address = IpAddress::v6(octets);
  return address.is_link_local() ? address.with_scope(interface_index) : address.unmapped();
}

in_addr to_in_addr(const IpAddress& address) {
  in_addr raw;
  std::memcpy(&raw, address.octets().data(), sizeof raw);
  return raw;
}

in6_addr to_in6_addr(const IpAddress& address) {
  in6_addr raw;
  const IpAddress mapped = address.mapped();
  std::memcpy(&raw, mapped.octets().data(), sizeof raw);
  return raw;
}

}  // namespace bowline::linux_host
