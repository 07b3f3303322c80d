#include "ports/network.h"

#include <algorithm>
#include <cerrno>
#include <tuple>

namespace bowline::ports {

namespace {

auto fields(const InterfaceAddress& address) {
  return std::tie(address.prefix, address.address, address.deprecated, address.temporary,
                  address.tentative);
}

auto fields(const Route& route) {
  return std::tie(route.destination, route.gateway, route.interface_index, route.metric);
}

bool same(const InterfaceAddress& a, const InterfaceAddress& b) { return fields(a) == fields(b); }

bool same(const Route& a, const Route& b) { return fields(a) == fields(b); }

bool same(const Interface& a, const Interface& b) {
  return std::tie(a.index, a.name, a.type, a.up, a.running, a.mtu) ==
             std::tie(b.index, b.name, b.type, b.up, b.running, b.mtu) &&
         std::ranges::equal(a.addresses, b.addresses,
                            [](const auto& x, const auto& y) { return same(x, y); });
}

}  // namespace

const Interface* NetworkSnapshot::find(std::string_view name) const {
  const auto found = std::ranges::find(interfaces, name, &Interface::name);
  return found != interfaces.end() ? &*found : nullptr;
}

const Interface* NetworkSnapshot::find(std::uint32_t index) const {
  const auto found = std::ranges::find(interfaces, index, &Interface::index);
  return found != interfaces.end() ? &*found : nullptr;
}

bool operator==(const NetworkSnapshot& a, const NetworkSnapshot& b) {
  return std::ranges::equal(a.interfaces, b.interfaces,
                            [](const auto& x, const auto& y) { return same(x, y); }) &&
         std::ranges::equal(a.routes, b.routes,
                            [](const auto& x, const auto& y) { return same(x, y); });
}

Error network_error(int code) {
  if (code != EACCES) return Error::from_errno(code, "connect");
  return {ErrorKind::unreachable, ErrorDomain::posix, code, "connect"};
}

}  // namespace bowline::ports
