#include "sim/host/addressing.h"

#include <cerrno>
#include <string_view>

namespace bowline::sim {

bool address_takes(const IpAddress& local, bool dual_stack, const IpAddress& destination) {
  if (!local.is_unspecified()) return local.with_scope(0) == destination.with_scope(0);
  return local.family() == destination.family() || (dual_stack && local.is_v6());
}

bool addresses_overlap(const IpAddress& a, bool a_dual_stack, const IpAddress& b,
                       bool b_dual_stack) {
  return address_takes(a, a_dual_stack, b) || address_takes(b, b_dual_stack, a);
}

IpAddress with_zone(const IpAddress& address, std::uint32_t interface_index) {
  const bool needs_one = address.is_v6() && address.is_link_local() && address.scope_id() == 0;
  return needs_one ? address.with_scope(interface_index) : address;
}

std::uint32_t zone_or(const std::optional<IpAddress>& address, std::uint32_t interface_index) {
  return address && address->scope_id() != 0 ? address->scope_id() : interface_index;
}

Result<void> check_zone(const SocketAddress& address, std::uint32_t interface_index,
                        const char* operation) {
  if (interface_index != 0 || with_zone(address.ip, 1) == address.ip) return {};
  return Error::from_errno(EINVAL, operation).about(to_string(address));
}

Result<std::uint32_t> bound_interface(const ports::Binding& binding, const char* operation) {
  const std::uint32_t index = zone_or(binding.source, binding.interface_index);
  if (binding.source)
    BOWLINE_TRY_VOID(check_zone({*binding.source, binding.port}, index, operation));
  return index;
}

std::size_t flow_hash(const SocketAddress& remote, const SocketAddress& local) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&](std::uint64_t value) { hash = (hash ^ value) * 0x100000001b3; };
  for (const SocketAddress& end : {remote, local}) {
    for (const std::uint8_t octet : end.ip.octets()) mix(octet);
    mix(end.port);
  }
  return static_cast<std::size_t>(hash ^ hash >> 32);
}

int errno_of(wire::IcmpErrorKind kind, Family family) {
  switch (kind) {
    case wire::IcmpErrorKind::net_unreachable: return ENETUNREACH;
    case wire::IcmpErrorKind::host_unreachable: return EHOSTUNREACH;
    case wire::IcmpErrorKind::port_unreachable: return ECONNREFUSED;
    case wire::IcmpErrorKind::prohibited: return family == Family::ipv4 ? EHOSTUNREACH : EACCES;
    case wire::IcmpErrorKind::packet_too_big: return EMSGSIZE;
  }
  return EHOSTUNREACH;
}

}  // namespace bowline::sim
