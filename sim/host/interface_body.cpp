#include "sim/host/interface_body.h"

#include <algorithm>
#include <cassert>

#include "sim/net/match.h"

namespace bowline::sim {

namespace {

/// An address with the length of its on-link prefix: "192.0.2.10/24"; without one, the whole address.
std::pair<IpAddress, unsigned> split_or_die(std::string_view text) {
  const IpPrefix prefix = prefix_or_die(text);
  return {address_or_die(text.substr(0, text.find('/'))), prefix.length()};
}

}  // namespace

AttachOptions& AttachOptions::medium(Medium medium) {
  medium_ = medium;
  return *this;
}
AttachOptions& AttachOptions::mtu(std::size_t packet_bytes_max) {
  assert(packet_bytes_max >= 1280 && packet_bytes_max <= 65'535);
  mtu_ = packet_bytes_max;
  return *this;
}
AttachOptions& AttachOptions::link(const LinkOptions& both) { return link(both, both); }
AttachOptions& AttachOptions::link(const LinkOptions& outgoing, const LinkOptions& incoming) {
  outgoing_ = outgoing;
  incoming_ = incoming;
  return *this;
}
AttachOptions& AttachOptions::default_route(bool wanted) {
  default_route_ = wanted;
  return *this;
}
AttachOptions& AttachOptions::metric(std::uint32_t metric) {
  metric_ = metric;
  return *this;
}

AttachOptions& AttachOptions::expensive(bool value) {
  expensive_ = value;
  return *this;
}
AttachOptions& AttachOptions::constrained(bool value) {
  constrained_ = value;
  return *this;
}

Interface::Interface(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Interface::~Interface() = default;
const std::string& Interface::name() const { return body_->facts().name; }
std::uint32_t Interface::index() const { return body_->facts().index; }
void Interface::set_up(bool up) { body_->set_up(up); }
void Interface::set_running(bool running) { body_->set_running(running); }
void Interface::set_expensive(bool expensive) { body_->set_expensive(expensive); }
void Interface::set_constrained(bool constrained) { body_->set_constrained(constrained); }
void Interface::roam(Network& network) { body_->roam(network.body()); }
bool Interface::is_usable() const { return body_->is_usable(); }
void Interface::add_address(std::string_view text) {
  const auto [address, prefix_length] = split_or_die(text);
  body_->add_address(address, prefix_length);
}
void Interface::remove_address(std::string_view address) {
  body_->remove_address(address_or_die(address));
}
void Interface::set_deprecated(std::string_view address, bool deprecated) {
  body_->set_deprecated(address_or_die(address), deprecated);
}
void Interface::set_link(const LinkOptions& both) {
  set_outgoing(both);
  set_incoming(both);
}
void Interface::set_outgoing(const LinkOptions& options) { body_->set_outgoing(options); }
void Interface::set_incoming(const LinkOptions& options) { body_->set_incoming(options); }

Interface::Body::Body(World& world, InterfaceOwner& owner, std::string host_name,
                      ports::Interface facts, Network::Body* network, const AttachOptions& options)
    : world_(world),
      owner_(owner),
      host_name_(std::move(host_name)),
      full_name_(host_name_ + "." + facts.name),
      facts_(std::move(facts)),
      network_(network),
      outgoing_(world, full_name_ + " out", options.outgoing(),
                {[this](Packet packet) { leave(std::move(packet)); }, reporter()}),
      incoming_(world, full_name_ + " in", options.incoming(),
                {[this](Packet packet) { receive(std::move(packet)); }, reporter()}) {}

std::function<void(const Packet&, std::size_t)> Interface::Body::reporter() {
  return [this](const Packet& packet, std::size_t mtu) {
    network_->report(packet, wire::IcmpErrorKind::packet_too_big, mtu);
  };
}

const ports::InterfaceAddress* Interface::Body::find_address(const IpAddress& address) const {
  const auto found =
      std::ranges::find(facts_.addresses, address.with_scope(0), &ports::InterfaceAddress::address);
  return found == facts_.addresses.end() ? nullptr : &*found;
}

ports::InterfaceAddress& Interface::Body::known_address(const IpAddress& address) {
  const auto found =
      std::ranges::find(facts_.addresses, address, &ports::InterfaceAddress::address);
  if (found == facts_.addresses.end())
    die("the interface does not have this address", to_string(address));
  return *found;
}

void Interface::Body::set_up(bool up) {
  if (facts_.up == up) return;
  facts_.up = up;
  changed(up ? "up" : "down");
}

void Interface::Body::set_running(bool running) {
  if (facts_.running == running) return;
  facts_.running = running;
  changed(running ? "carrier" : "no carrier");
}

void Interface::Body::add_address(const IpAddress& address, unsigned prefix_length) {
  if (address.scope_id() != 0)
    die("an interface's own address is written without a zone", to_string(address));
  if (find_address(address) != nullptr)
    die("the interface has this address already", to_string(address));
  if (network_ != nullptr) network_->add_address(address, *this);
  ports::InterfaceAddress entry;
  entry.prefix = IpPrefix(address, prefix_length);
  entry.address = address;
  facts_.addresses.push_back(entry);
  owner_.add_on_link_route(*this, entry.prefix);
  changed("adds " + to_string(address) + "/" + std::to_string(prefix_length));
}

void Interface::Body::remove_address(const IpAddress& address) {
  const IpPrefix prefix = known_address(address).prefix;
  std::erase_if(facts_.addresses, [&](const auto& entry) { return entry.address == address; });
  if (network_ != nullptr) network_->remove_address(address);
  const bool shared = std::ranges::any_of(
      facts_.addresses, [&](const auto& entry) { return entry.prefix == prefix; });
  if (!shared) owner_.remove_on_link_route(*this, prefix);
  changed("removes " + to_string(address));
}

void Interface::Body::set_deprecated(const IpAddress& address, bool deprecated) {
  known_address(address).deprecated = deprecated;
  changed((deprecated ? "deprecates " : "prefers ") + to_string(address));
}

void Interface::Body::set_expensive(bool expensive) {
  if (facts_.expensive == expensive) return;
  facts_.expensive = expensive;
  changed(expensive ? "is expensive" : "is not expensive");
}

void Interface::Body::set_constrained(bool constrained) {
  if (facts_.constrained == constrained) return;
  facts_.constrained = constrained;
  changed(constrained ? "is constrained" : "is not constrained");
}

void Interface::Body::roam(Network::Body& network) {
  if (network_ == nullptr) die("the loopback belongs to no network", full_name_);
  for (const auto& entry : facts_.addresses) network_->remove_address(entry.address);
  network_ = &network;
  for (const auto& entry : facts_.addresses) network_->add_address(entry.address, *this);
  changed("roams to " + network.name());
}

void Interface::Body::set_outgoing(const LinkOptions& options) {
  check_mtu(options);
  outgoing_.set_options(options);
}

void Interface::Body::set_incoming(const LinkOptions& options) {
  check_mtu(options);
  incoming_.set_options(options);
}

/// Too large a packet is reported by a router, and the loopback has none.
void Interface::Body::check_mtu(const LinkOptions& options) const {
  if (network_ == nullptr && options.mtu() != 0)
    die("the link of a loopback has no MTU", full_name_);
}

void Interface::Body::send(Packet packet) {
  if (!is_usable()) return world_.note(full_name_, "drops (down) " + describe(packet));
  world_.note(full_name_, "sends " + describe(packet));
  world_.capture.add(world_.now, host_name_, true, packet);
  outgoing_.send(std::move(packet));
}

/// What leaves through the loopback is there.
void Interface::Body::leave(Packet packet) {
  if (network_ != nullptr) return network_->carry(std::move(packet));
  incoming_.send(std::move(packet));
}

void Interface::Body::receive(Packet packet) {
  if (network_ == nullptr) return owner_.handle_packet(std::move(packet), *this);
  if (!is_usable()) return world_.note(full_name_, "drops (down) " + describe(packet));
  world_.note(full_name_, "gets " + describe(packet));
  world_.capture.add(world_.now, host_name_, false, packet);
  owner_.handle_packet(std::move(packet), *this);
}

}  // namespace bowline::sim
