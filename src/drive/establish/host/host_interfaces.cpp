#include "drive/establish/host/host_interfaces.h"

#include <algorithm>

#include "base/escape.h"

namespace bowline::drive {

namespace {

bool has_address(const ports::Interface& interface, const IpAddress& address) {
  return std::ranges::any_of(interface.addresses, [&](const ports::InterfaceAddress& candidate) {
    return candidate.address.octets().size() == address.octets().size() &&
           common_prefix_length(candidate.address, address) == 8 * address.octets().size();
  });
}

}  // namespace

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

}  // namespace bowline::drive
