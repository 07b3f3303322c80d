#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include <bowline/address.h>
#include <bowline/result.h>

#include "ports/stream_socket.h"
#include "wire/ip/icmp.h"

/// What addresses, zones and interfaces mean to sockets, as on Linux.
namespace bowline::sim {

/// True if two local addresses on one port would get the same packets.
[[nodiscard]] bool addresses_overlap(const IpAddress& a, bool a_dual_stack, const IpAddress& b,
                                     bool b_dual_stack);
/// True if a packet to `destination` belongs to a socket bound to `local`.
[[nodiscard]] bool address_takes(const IpAddress& local, bool dual_stack,
                                 const IpAddress& destination);
/// The same for the interfaces that they are bound to; 0 is any.
[[nodiscard]] constexpr bool interfaces_overlap(std::uint32_t a, std::uint32_t b) {
  return a == 0 || b == 0 || a == b;
}
/// A link-local IPv6 address with the interface on whose link it is known; others as they are.
[[nodiscard]] IpAddress with_zone(const IpAddress& address, std::uint32_t interface_index);
/// The interface that an address names by its zone, or else `interface_index`.
[[nodiscard]] std::uint32_t zone_or(const std::optional<IpAddress>& address,
                                    std::uint32_t interface_index);
/// As Linux, which neither binds nor connects to a link-local address without an interface.
[[nodiscard]] Result<void> check_zone(const SocketAddress& address, std::uint32_t interface_index,
                                      const char* operation);
/// The interface that a socket is bound to, by its source's zone or else by its index; 0 is any.
[[nodiscard]] Result<std::uint32_t> bound_interface(const ports::Binding& binding,
                                                    const char* operation);
/// Spreads flows over sockets that share a port; the same flow always goes to the same one.
[[nodiscard]] std::size_t flow_hash(const SocketAddress& remote, const SocketAddress& local);
/// The errno that Linux gives a socket for an ICMP error.
[[nodiscard]] int errno_of(wire::IcmpErrorKind kind, Family family);

}  // namespace bowline::sim
