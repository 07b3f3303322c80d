#include "drive/loop/network_change.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>

#include "base/escape.h"

namespace bowline::drive {

namespace {

using ports::Interface;
using ports::InterfaceAddress;
using ports::NetworkSnapshot;
using ports::Route;

/// How packets leave for an address.
struct Way {
  std::uint32_t interface_index = 0;
  std::optional<IpAddress> gateway;
  bool up = false;
  bool running = false;
  friend bool operator==(const Way&, const Way&) = default;
};

std::optional<Way> way_to(const NetworkSnapshot& network, const IpAddress& remote,
                          std::uint32_t interface_index) {
  const Route* best = nullptr;
  for (const Route& route : network.routes) {
    if (interface_index != 0 && route.interface_index != interface_index) continue;
    if (!route.destination.contains(remote)) continue;
    const auto rank = [](const Route& r) {
      return std::pair(-static_cast<int>(r.destination.length()), r.metric);
    };
    if (best == nullptr || rank(route) < rank(*best)) best = &route;
  }
  if (best == nullptr) return std::nullopt;
  const Interface* interface = network.find(best->interface_index);
  if (interface == nullptr) return std::nullopt;
  return Way{best->interface_index, best->gateway, interface->up, interface->running};
}

/// The addresses of one family that packets to elsewhere may come from.
std::set<IpAddress> sources_on(const Interface* interface, Family family) {
  std::set<IpAddress> sources;
  if (interface == nullptr) return sources;
  for (const InterfaceAddress& one : interface->addresses)
    if (one.address.family() == family && !one.tentative && !one.address.is_link_local())
      sources.insert(one.address);
  return sources;
}

/// One that was in use may have gone, or the family can be used for the first time.
bool sources_changed(const Interface* before, const Interface* after, Family family) {
  const std::set<IpAddress> had = sources_on(before, family);
  const std::set<IpAddress> has = sources_on(after, family);
  return had.empty() != has.empty() || !std::ranges::includes(has, had);
}

bool is_own(const NetworkSnapshot& network, const IpAddress& address) {
  if (address.is_loopback() || address.is_unspecified()) return true;
  return std::ranges::any_of(network.interfaces, [&](const Interface& interface) {
    return std::ranges::any_of(interface.addresses, [&](const InterfaceAddress& one) {
      return one.address.with_scope(0) == address.with_scope(0);
    });
  });
}

auto link_of(const Interface& interface) {
  return std::tie(interface.name, interface.type, interface.up, interface.running, interface.mtu,
                  interface.expensive, interface.constrained);
}

bool same_addresses(const Interface& a, const Interface& b) {
  const auto fields = [](const InterfaceAddress& one) {
    return std::tie(one.prefix, one.address, one.deprecated, one.temporary, one.tentative);
  };
  return std::ranges::equal(a.addresses, b.addresses,
                            [&](const auto& x, const auto& y) { return fields(x) == fields(y); });
}

template <class Concerned>
bool same_routes_of(const NetworkSnapshot& a, const NetworkSnapshot& b, Concerned concerned) {
  using Fields = std::tuple<IpPrefix, std::optional<IpAddress>, std::uint32_t, std::uint32_t>;
  const auto routes_of = [&](const NetworkSnapshot& network) {
    std::multiset<Fields> routes;
    for (const Route& route : network.routes)
      if (concerned(route))
        routes.emplace(route.destination, route.gateway, route.interface_index, route.metric);
    return routes;
  };
  return routes_of(a) == routes_of(b);
}

bool same_routes(const NetworkSnapshot& a, const NetworkSnapshot& b, std::uint32_t index) {
  return same_routes_of(a, b, [&](const Route& route) { return route.interface_index == index; });
}

bool same_routes(const NetworkSnapshot& a, const NetworkSnapshot& b, Family family) {
  return same_routes_of(
      a, b, [&](const Route& route) { return route.destination.address().family() == family; });
}

}  // namespace

bool NetworkChange::is_any() const {
  if (before_ == nullptr || after_ == nullptr) return true;
  return before_ != after_ && *before_ != *after_;
}

std::vector<NetworkChange::InterfaceChange> NetworkChange::interfaces() const {
  std::vector<InterfaceChange> changes;
  if (before_ == nullptr || after_ == nullptr) return changes;
  std::set<std::uint32_t> indexes;
  for (const auto& network : {before_, after_})
    for (const Interface& interface : network->interfaces) indexes.insert(interface.index);
  for (const std::uint32_t index : indexes) {
    const Interface* const had = before_->find(index);
    const Interface* const has = after_->find(index);
    const Interface none;
    const Interface& a = had != nullptr ? *had : none;
    const Interface& b = has != nullptr ? *has : none;
    const InterfaceChange change{index, has != nullptr ? b.name : a.name, link_of(a) != link_of(b),
                                 !same_addresses(a, b), !same_routes(*before_, *after_, index)};
    if (change.link || change.addresses || change.routes) changes.push_back(change);
  }
  return changes;
}

std::string NetworkChange::describe() const {
  std::string text;
  for (const InterfaceChange& one : interfaces()) {
    std::string what;
    if (one.link) what += ", link";
    if (one.addresses) what += ", addresses";
    if (one.routes) what += ", routes";
    text += (text.empty() ? "" : "; ") + escape(one.name, 64) + ":" + what.substr(1);
  }
  if (before_ != nullptr && after_ != nullptr &&
      before_->settings_version != after_->settings_version)
    text += text.empty() ? "settings" : "; settings";
  return text.empty() ? "details are not known" : text;
}

bool NetworkChange::affects(const IpAddress& remote, std::uint32_t interface_index) const {
  if (before_ == nullptr || after_ == nullptr) return true;
  if (before_ == after_) return false;
  const IpAddress address = remote.unmapped();
  if (is_own(*before_, address) || is_own(*after_, address)) return affects_defaults();
  const std::uint32_t scope = address.scope_id();
  return changes_way(address, scope != 0 ? scope : interface_index);
}

bool NetworkChange::affects_defaults() const {
  if (before_ == nullptr || after_ == nullptr) return true;
  return changes_outlook(Family::ipv4) || changes_outlook(Family::ipv6);
}

bool NetworkChange::changes_way(const IpAddress& remote, std::uint32_t interface_index) const {
  const auto had = way_to(*before_, remote, interface_index);
  const auto has = way_to(*after_, remote, interface_index);
  if (had != has) return true;
  const Family family = remote.family();
  if (has && sources_changed(before_->find(has->interface_index),
                             after_->find(has->interface_index), family))
    return true;
  return interface_index == 0 && tunnels_changed(family);
}

/// The way to the rest of the world is another one. Only default routes lead to the unspecified address;
/// without any, every route of the family counts.
bool NetworkChange::changes_outlook(Family family) const {
  const IpAddress anywhere = IpAddress::any(family);
  if (changes_way(anywhere, 0)) return true;
  return !way_to(*after_, anywhere, 0) && !same_routes(*before_, *after_, family);
}

bool NetworkChange::tunnels_changed(Family family) const {
  const auto usable = [family](const NetworkSnapshot& network) {
    std::set<std::uint32_t> indexes;
    for (const Interface& interface : network.interfaces)
      if (interface.type == ports::InterfaceType::tunnel && interface.up &&
          !sources_on(&interface, family).empty())
        indexes.insert(interface.index);
    return indexes;
  };
  return usable(*before_) != usable(*after_);
}

}  // namespace bowline::drive
