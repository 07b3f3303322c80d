#include "drive/establish/host/host_path.h"

#include <utility>

#include "drive/establish/host/usable_families.h"

namespace bowline::drive {

namespace {

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
