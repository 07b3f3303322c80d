#include "drive/establish/usable_network.h"

#include <algorithm>
#include <utility>

#include "base/escape.h"

namespace bowline::drive {

namespace {

bool has_usable_address(const ports::Interface& interface, Family family) {
  if (!interface.up || interface.type == ports::InterfaceType::loopback) return false;
  return std::ranges::any_of(interface.addresses, [&](const ports::InterfaceAddress& address) {
    return address.address.family() == family && !address.tentative &&
           !address.address.is_loopback() && !address.address.is_link_local();
  });
}

bool is_usable(const ports::NetworkSnapshot& snapshot, Family family,
               std::uint32_t interface_index) {
  return std::ranges::any_of(snapshot.routes, [&](const ports::Route& route) {
    if (route.destination.address().family() != family) return false;
    if (interface_index != 0 && route.interface_index != interface_index) return false;
    if (route.destination.address().is_link_local() || route.destination.address().is_multicast())
      return false;
    const ports::Interface* interface = snapshot.find(route.interface_index);
    return interface != nullptr && has_usable_address(*interface, family);
  });
}

bool has_address(const ports::Interface& interface, const IpAddress& address) {
  return std::ranges::any_of(interface.addresses, [&](const ports::InterfaceAddress& candidate) {
    return candidate.address.octets().size() == address.octets().size() &&
           common_prefix_length(candidate.address, address) == 8 * address.octets().size();
  });
}

Interface to_public(const ports::Interface& interface) {
  Interface::Facts facts{interface.index,
                         interface.name,
                         interface.type,
                         interface.up,
                         interface.running,
                         interface.mtu,
                         {}};
  for (const ports::InterfaceAddress& one : interface.addresses)
    facts.addresses.emplace_back(InterfaceAddress::Facts{one.prefix, one.address, one.deprecated,
                                                         one.temporary, one.tentative});
  return Interface(std::move(facts));
}

}  // namespace

UsableFamilies usable_families(const ports::NetworkSnapshot& snapshot,
                               std::uint32_t interface_index) {
  return {is_usable(snapshot, Family::ipv4, interface_index),
          is_usable(snapshot, Family::ipv6, interface_index)};
}

Result<std::uint32_t> interface_index(ports::Network& network, std::string_view name) {
  BOWLINE_TRY(const auto snapshot, network.snapshot());
  if (const ports::Interface* interface = snapshot->find(name)) return interface->index;
  return Error(ErrorKind::address_unavailable, "interface", "this host has no such interface")
      .about(escape(name, 64));
}

std::string interface_name_of(const ports::NetworkSnapshot& snapshot, const IpAddress& address) {
  for (const ports::Interface& interface : snapshot.interfaces)
    if (has_address(interface, address)) return interface.name;
  return {};
}

bool is_in_use(const ports::NetworkSnapshot& snapshot, const IpAddress& address) {
  return std::ranges::any_of(snapshot.interfaces, [&](const ports::Interface& interface) {
    return interface.up && interface.running && has_address(interface, address);
  });
}

Path::Facts to_path(const ports::NetworkSnapshot& snapshot) {
  Path::Facts path;
  const UsableFamilies usable = usable_families(snapshot, 0);
  path.supports_ipv4 = usable.ipv4;
  path.supports_ipv6 = usable.ipv6;
  path.satisfied = usable.ipv4 || usable.ipv6;
  for (const ports::Interface& interface : snapshot.interfaces)
    path.interfaces.push_back(to_public(interface));
  for (const ports::Route& route : snapshot.routes)
    path.routes.emplace_back(
        Route::Facts{route.destination, route.gateway, route.interface_index, route.metric});
  return path;
}

}  // namespace bowline::drive
