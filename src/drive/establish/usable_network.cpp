#include "drive/establish/usable_network.h"

#include <algorithm>

#include "base/escape.h"

namespace bowline::drive {

namespace {

bool has_usable_address(const Interface& interface, Family family) {
  if (!interface.up || interface.type == InterfaceType::loopback) return false;
  return std::ranges::any_of(interface.addresses, [&](const InterfaceAddress& address) {
    return address.address.family() == family && !address.tentative &&
           !address.address.is_loopback() && !address.address.is_link_local();
  });
}

bool is_usable(const ports::NetworkSnapshot& snapshot, Family family,
               std::uint32_t interface_index) {
  return std::ranges::any_of(snapshot.routes, [&](const Route& route) {
    if (route.destination.address().family() != family) return false;
    if (interface_index != 0 && route.interface_index != interface_index) return false;
    if (route.destination.address().is_link_local() || route.destination.address().is_multicast())
      return false;
    const Interface* interface = snapshot.find(route.interface_index);
    return interface != nullptr && has_usable_address(*interface, family);
  });
}

bool has_address(const Interface& interface, const IpAddress& address) {
  return std::ranges::any_of(interface.addresses, [&](const InterfaceAddress& candidate) {
    return candidate.address.octets().size() == address.octets().size() &&
           common_prefix_length(candidate.address, address) == 8 * address.octets().size();
  });
}

}  // namespace

UsableFamilies usable_families(const ports::NetworkSnapshot& snapshot,
                               std::uint32_t interface_index) {
  return {is_usable(snapshot, Family::ipv4, interface_index),
          is_usable(snapshot, Family::ipv6, interface_index)};
}

Result<std::uint32_t> interface_index(ports::Network& network, std::string_view name) {
  BOWLINE_TRY(const auto snapshot, network.snapshot());
  if (const Interface* interface = snapshot->find(name)) return interface->index;
  return Error(ErrorKind::address_unavailable, "interface", "this host has no such interface")
      .about(escape(name, 64));
}

std::string interface_name_of(const ports::NetworkSnapshot& snapshot, const IpAddress& address) {
  for (const Interface& interface : snapshot.interfaces)
    if (has_address(interface, address)) return interface.name;
  return {};
}

bool is_in_use(const ports::NetworkSnapshot& snapshot, const IpAddress& address) {
  return std::ranges::any_of(snapshot.interfaces, [&](const Interface& interface) {
    return interface.up && interface.running && has_address(interface, address);
  });
}

Path to_path(const ports::NetworkSnapshot& snapshot) {
  Path path;
  const UsableFamilies usable = usable_families(snapshot, 0);
  path.supports_ipv4 = usable.ipv4;
  path.supports_ipv6 = usable.ipv6;
  path.satisfied = usable.ipv4 || usable.ipv6;
  path.interfaces = snapshot.interfaces;
  path.routes = snapshot.routes;
  return path;
}

}  // namespace bowline::drive
