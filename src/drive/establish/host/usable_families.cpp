#include "drive/establish/host/usable_families.h"

#include <algorithm>

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

}  // namespace

UsableFamilies usable_families(const ports::NetworkSnapshot& snapshot,
                               std::uint32_t interface_index) {
  return {is_usable(snapshot, Family::ipv4, interface_index),
          is_usable(snapshot, Family::ipv6, interface_index)};
}

}  // namespace bowline::drive
