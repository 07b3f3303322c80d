#include "sim/host/ip_layer.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <tuple>

#include "sim/host/addressing.h"

namespace bowline::sim {

namespace {

/// Even a process that talks to itself takes some time.
constexpr Duration loopback_delay = std::chrono::microseconds(10);
constexpr std::uint32_t loopback_index = 1;
constexpr std::uint32_t loopback_mtu = 65'535;
/// RFC 8200 5 and RFC 1191 3: smaller reports are not believed.
constexpr std::size_t path_mtu_min_v6 = 1280;
constexpr std::size_t path_mtu_min_v4 = 576;

ports::InterfaceType type_of(Medium medium) {
  switch (medium) {
    case Medium::wired: return ports::InterfaceType::wired;
    case Medium::wifi: return ports::InterfaceType::wifi;
    case Medium::cellular: return ports::InterfaceType::cellular;
    case Medium::tunnel: return ports::InterfaceType::tunnel;
    case Medium::other: return ports::InterfaceType::other;
  }
  return ports::InterfaceType::other;
}

/// RFC 6724 3.1: how far an address reaches; IPv4 by 3.2.
int scope_of(const IpAddress& address) {
  if (address.is_v6() && address.is_multicast()) return address.octets()[1] & 0x0f;
  return address.is_link_local() || address.is_loopback() ? 2 : 14;
}

/// RFC 6724 5: the better source for a destination. Rules 2, 3 and 8; the other rules need facts that a
/// simulated host does not have.
bool is_better_source(const ports::InterfaceAddress& a, const ports::InterfaceAddress& b,
                      const IpAddress& destination) {
  const int wanted = scope_of(destination);
  const auto rank = [&](const ports::InterfaceAddress& entry) {
    return std::tuple(
        scope_of(entry.address) == wanted, !entry.deprecated,
        std::min(common_prefix_length(entry.address, destination), entry.prefix.length()));
  };
  return rank(a) > rank(b);
}

/// The first address behind the network's own, as routers usually have; only for show in the list of
/// routes.
std::optional<IpAddress> usual_gateway(const ports::InterfaceAddress& entry) {
  if (entry.address.is_v6())
    return IpAddress::v6({0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
  if (entry.prefix.length() > 30) return std::nullopt;
  std::array<std::uint8_t, 4> octets;
  std::ranges::copy(entry.prefix.address().octets(), octets.begin());
  octets[3] = static_cast<std::uint8_t>(octets[3] | 1);
  return IpAddress::v4(octets);
}

}  // namespace

IpLayer::IpLayer(World& world, std::string host_name, Receiver receiver)
    : world_(world), host_name_(std::move(host_name)), receiver_(std::move(receiver)) {
  ports::Interface facts;
  facts.name = "lo";
  facts.type = ports::InterfaceType::loopback;
  facts.mtu = loopback_mtu;
  Interface& loopback = add_interface(
      std::move(facts), nullptr, AttachOptions().link(LinkOptions().delay(loopback_delay), {}));
  loopback.body().add_address(IpAddress::loopback(Family::ipv4), 8);
  loopback.body().add_address(IpAddress::loopback(Family::ipv6), 128);
}

Interface& IpLayer::attach(Network::Body& network, std::string name, const AttachOptions& options) {
  ports::Interface facts;
  facts.name = std::move(name);
  facts.type = type_of(options.medium());
  facts.mtu = static_cast<std::uint32_t>(options.mtu());
  facts.expensive = options.expensive();
  facts.constrained = options.constrained();
  return add_interface(std::move(facts), &network, options);
}

Interface& IpLayer::add_interface(ports::Interface facts, Network::Body* network,
                                  const AttachOptions& options) {
  assert(find_interface(facts.name) == nullptr);
  facts.index = static_cast<std::uint32_t>(interfaces_.size() + 1);
  facts.up = facts.running = true;
  interfaces_.push_back(std::make_unique<Interface>(std::make_unique<Interface::Body>(
      world_, *this, host_name_, std::move(facts), network, options)));
  return *interfaces_.back();
}

Interface* IpLayer::find_interface(std::string_view name) {
  const auto found =
      std::ranges::find_if(interfaces_, [&](const auto& entry) { return entry->name() == name; });
  return found == interfaces_.end() ? nullptr : found->get();
}

// ---- routes

void IpLayer::add_default_routes(const Interface::Body& interface, const AttachOptions& options) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto entry = std::ranges::find(interface.facts().addresses, family,
                                         [](const auto& each) { return each.address.family(); });
    if (entry == interface.facts().addresses.end()) continue;
    ports::Route route;
    route.destination = IpPrefix(IpAddress::any(family), 0);
    route.gateway = usual_gateway(*entry);
    route.interface_index = interface.facts().index;
    route.metric =
        options.metric() != 0 ? options.metric() : 100 * (route.interface_index - loopback_index);
    add_route(route);
  }
}

void IpLayer::add_route(const IpPrefix& prefix, std::uint32_t interface_index,
                        std::uint32_t metric) {
  ports::Route route;
  route.destination = prefix;
  route.interface_index = interface_index;
  route.metric = metric;
  add_route(route);
}

void IpLayer::add_route(ports::Route route) {
  const std::string text =
      to_string(route.destination) + " by " + interfaces_[route.interface_index - 1]->name();
  routes_.push_back(std::move(route));
  changed(host_name_, "adds route " + text);
}

void IpLayer::remove_route(const IpPrefix& prefix, std::uint32_t interface_index) {
  std::erase_if(routes_, [&](const ports::Route& route) {
    return route.destination == prefix && route.interface_index == interface_index;
  });
  changed(host_name_,
          "removes route " + to_string(prefix) + " by " + interfaces_[interface_index - 1]->name());
}

void IpLayer::add_on_link_route(const Interface::Body& interface, const IpPrefix& prefix) {
  const std::uint32_t index = interface.facts().index;
  const bool known = std::ranges::any_of(routes_, [&](const ports::Route& route) {
    return route.destination == prefix && route.interface_index == index;
  });
  // The kernel keeps loopback routes in a table of their own.
  if (known || index == loopback_index) return;
  ports::Route route;
  route.destination = prefix;
  route.interface_index = index;
  routes_.push_back(route);
}

void IpLayer::remove_on_link_route(const Interface::Body& interface, const IpPrefix& prefix) {
  std::erase_if(routes_, [&](const ports::Route& route) {
    return route.destination == prefix && route.interface_index == interface.facts().index &&
           !route.gateway;
  });
}

Interface::Body* IpLayer::find_route(const IpAddress& destination,
                                     std::uint32_t interface_index) const {
  if (destination.scope_id() != 0) interface_index = destination.scope_id();
  // Every link has every group.
  if (destination.is_multicast() && interface_index != 0) {
    const bool is_there =
        interface_index <= interfaces_.size() && interfaces_[interface_index - 1]->is_usable();
    return is_there ? &interfaces_[interface_index - 1]->body() : nullptr;
  }
  const auto rank = [](const ports::Route& route) {
    return std::tuple(route.destination.length(), ~route.metric, ~route.interface_index);
  };
  const ports::Route* best = nullptr;
  for (const ports::Route& route : routes_) {
    if (interface_index != 0 && route.interface_index != interface_index) continue;
    if (!route.destination.contains(destination)) continue;
    if (!interfaces_[route.interface_index - 1]->is_usable()) continue;
    if (best == nullptr || rank(route) > rank(*best)) best = &route;
  }
  return best == nullptr ? nullptr : &interfaces_[best->interface_index - 1]->body();
}

// ---- addresses

bool IpLayer::has_address(const IpAddress& address) const {
  if (address.is_loopback()) return interfaces_.front()->is_usable();  // all of 127.0.0.0/8
  return owner_of(address) != nullptr;
}

const Interface* IpLayer::owner_of(const IpAddress& address) const {
  const auto found = std::ranges::find_if(interfaces_, [&](const auto& entry) {
    const bool in_zone = address.scope_id() == 0 || address.scope_id() == entry->index();
    return in_zone && entry->is_usable() && entry->body().find_address(address) != nullptr;
  });
  return found == interfaces_.end() ? nullptr : found->get();
}

/// What goes to an own address passes the loopback, and yet counts as going out and coming in by the
/// interface of that address, as IPv6 on Linux has it.
std::uint32_t IpLayer::interface_beyond(std::uint32_t interface_index,
                                        const IpAddress& destination) const {
  const Interface* owner = interface_index == loopback_index ? owner_of(destination) : nullptr;
  return owner == nullptr ? interface_index : owner->index();
}

std::optional<ports::SourceAddress> IpLayer::source_for(const IpAddress& destination,
                                                        std::uint32_t interface_index) const {
  if (has_address(destination) && (interface_index == 0 || interface_index == loopback_index))
    return ports::SourceAddress{destination.is_loopback()
                                    ? IpAddress::loopback(destination.family())
                                    : destination.with_scope(0),
                                loopback_index, false};
  const Interface::Body* interface = find_route(destination, interface_index);
  if (interface == nullptr) return std::nullopt;
  const ports::InterfaceAddress* best = nullptr;
  for (const ports::InterfaceAddress& entry : interface->facts().addresses) {
    if (entry.address.family() != destination.family() || entry.tentative) continue;
    if (best == nullptr || is_better_source(entry, *best, destination)) best = &entry;
  }
  if (best == nullptr) return std::nullopt;
  return ports::SourceAddress{best->address, interface->facts().index, best->deprecated};
}

Result<IpAddress> IpLayer::choose_source(const std::optional<IpAddress>& wanted,
                                         const IpAddress& destination,
                                         std::uint32_t interface_index,
                                         const char* operation) const {
  const auto source = source_for(destination, interface_index);
  if (!source) return Error::from_errno(ENETUNREACH, operation).about(to_string(destination));
  const std::uint32_t zone = interface_beyond(source->interface_index, destination);
  if (!wanted || wanted->is_unspecified()) return with_zone(source->address, zone);
  if (!has_address(*wanted) || wanted->family() != destination.family())
    return Error::from_errno(EADDRNOTAVAIL, operation).about(to_string(*wanted));
  return with_zone(*wanted, zone);
}

std::size_t IpLayer::packet_bytes_max(const IpAddress& destination,
                                      std::uint32_t interface_index) const {
  std::size_t bytes = interface_packet_bytes_max(destination, interface_index);
  if (has_address(destination)) return bytes;
  if (const auto known = path_mtus_.find(destination.with_scope(0)); known != path_mtus_.end())
    bytes = std::min(bytes, known->second);
  return bytes;
}

std::size_t IpLayer::interface_packet_bytes_max(const IpAddress& destination,
                                                std::uint32_t interface_index) const {
  if (has_address(destination)) return loopback_mtu;
  const Interface::Body* interface = find_route(destination, interface_index);
  return interface == nullptr ? path_mtu_min_v6 : interface->facts().mtu;
}

void IpLayer::handle_path_mtu(const IpAddress& destination, std::size_t mtu) {
  path_mtus_[destination.with_scope(0)] =
      std::max(mtu, destination.is_v6() ? path_mtu_min_v6 : path_mtu_min_v4);
}

// ---- packets

Result<void> IpLayer::send(const wire::IpPacket& packet, std::uint32_t interface_index) {
  if (has_address(packet.destination)) {
    interfaces_.front()->body().send(packet.encode());
    return {};
  }
  Interface::Body* interface = find_route(packet.destination, interface_index);
  if (interface == nullptr) {
    world_.note(host_name_, "drops (no route) " + describe(packet.encode()));
    return Error::from_errno(ENETUNREACH, "send").about(to_string(packet.destination));
  }
  interface->send(packet.encode());
  return {};
}

void IpLayer::handle_packet(Packet bytes, Interface::Body& from) {
  const auto packet = wire::IpPacket::parse(bytes);
  if (!packet.has_value() || packet->is_fragment())
    return world_.note(host_name_, "drops (damaged) " + describe(bytes));
  if (!has_address(packet->destination) && !has_joined(from, packet->destination.with_scope(0)))
    return world_.note(host_name_, "drops (not ours) " + describe(bytes));
  receiver_(*packet, interface_beyond(from.facts().index, packet->destination));
}

// ---- groups

Result<void> IpLayer::send_to_group(const wire::IpPacket& packet, std::uint32_t interface_index,
                                    bool loop) {
  const std::uint32_t index = interface_of_group(packet.destination, interface_index);
  if (index == 0) {
    world_.note(host_name_, "drops (no route) " + describe(packet.encode()));
    return Error::from_errno(ENETUNREACH, "send").about(to_string(packet.destination));
  }
  Interface::Body& interface = interfaces_[index - 1]->body();
  if (loop && has_joined(interface, packet.destination.with_scope(0)))
    world_.after(loopback_delay, [this, index, copy = packet.encode()] {
      const auto parsed = wire::IpPacket::parse(copy);
      if (parsed.has_value()) receiver_(*parsed, index);
    });
  // What the loopback interface sends comes back by itself.
  if (index != loopback_index) interface.send(packet.encode());
  return {};
}

std::uint32_t IpLayer::interface_of_group(const IpAddress& group,
                                          std::uint32_t interface_index) const {
  const Interface::Body* interface = find_route(group, interface_index);
  return interface == nullptr ? 0 : interface->facts().index;
}

void IpLayer::join(const IpAddress& group, std::uint32_t interface_index) {
  if (groups_[{group.with_scope(0), interface_index}]++ == 0)
    world_.note(interfaces_[interface_index - 1]->body().full_name(), "joins " + to_string(group));
}

void IpLayer::leave(const IpAddress& group, std::uint32_t interface_index) {
  const auto found = groups_.find({group.with_scope(0), interface_index});
  assert(found != groups_.end());
  if (--found->second > 0) return;
  groups_.erase(found);
  world_.note(interfaces_[interface_index - 1]->body().full_name(), "leaves " + to_string(group));
}

bool IpLayer::has_joined(const Interface::Body& interface, const IpAddress& group) const {
  return groups_.contains({group, interface.facts().index});
}

// ---- changes

std::shared_ptr<const ports::NetworkSnapshot> IpLayer::snapshot() {
  if (snapshot_ != nullptr) return snapshot_;
  auto snapshot = std::make_shared<ports::NetworkSnapshot>();
  for (const auto& interface : interfaces_)
    snapshot->interfaces.push_back(interface->body().facts());
  // As the kernel does, routes of an interface that cannot be used are not listed.
  std::ranges::copy_if(routes_, std::back_inserter(snapshot->routes),
                       [this](const ports::Route& route) {
                         return interfaces_[route.interface_index - 1]->is_usable();
                       });
  snapshot->settings_version = settings_version_;
  return snapshot_ = std::move(snapshot);
}

void IpLayer::handle_interface_change(Interface::Body& interface, std::string_view what) {
  changed(host_name_ + "." + interface.facts().name, what);
}

void IpLayer::handle_settings_change(std::string_view path) {
  ++settings_version_;
  changed(host_name_, "has another " + std::string(path));
}

void IpLayer::changed(std::string_view where, std::string_view what) {
  world_.note(where, what);
  snapshot_.reset();
  for (HostWatcher* watcher : watchers_) watcher->handle_host_change();
}

}  // namespace bowline::sim
