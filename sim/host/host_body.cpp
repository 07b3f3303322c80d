#include "sim/host/host_body.h"

#include "sim/net/match.h"
#include "wire/ip/icmp.h"

namespace bowline::sim {

namespace {

/// One of the files, or a file in one of the folders.
bool is_network_setting(std::string_view path) {
  return std::ranges::any_of(ports::NetworkSettings::paths, [path](std::string_view setting) {
    return path == setting || (path.starts_with(setting) && path.substr(setting.size())[0] == '/');
  });
}

}  // namespace

HostOptions& HostOptions::syn_retries(unsigned count_max) {
  syn_retries_max_ = count_max;
  return *this;
}
HostOptions& HostOptions::sockets(std::size_t count_max) {
  sockets_max_ = count_max;
  return *this;
}

Host::Host(std::unique_ptr<Body> body) : body_(std::move(body)) {}
Host::~Host() = default;
const std::string& Host::name() const { return body_->name(); }

Interface& Host::attach(Network& network, std::string name,
                        std::initializer_list<std::string_view> addresses,
                        const AttachOptions& options) {
  if (body_->ip().find_interface(name) != nullptr) die("the host has this interface already", name);
  Interface& interface = body_->ip().attach(network.body(), std::move(name), options);
  for (const std::string_view address : addresses) interface.add_address(address);
  if (options.default_route()) body_->ip().add_default_routes(interface.body(), options);
  return interface;
}

Interface& Host::interface(std::string_view name) {
  Interface* found = body_->ip().find_interface(name);
  if (found == nullptr) die("the host has no such interface", name);
  return *found;
}

void Host::add_route(std::string_view prefix, const Interface& out, std::uint32_t metric) {
  body_->check_own(out);
  body_->ip().add_route(prefix_or_die(prefix), out.index(), metric);
}
void Host::remove_route(std::string_view prefix, const Interface& out) {
  body_->check_own(out);
  body_->ip().remove_route(prefix_or_die(prefix), out.index());
}
void Host::set_variable(std::string_view name, std::string_view value) {
  body_->set_variable(name, value);
}
void Host::write_file(std::string_view path, std::string_view text) {
  body_->write_file(path, text);
}
void Host::remove_file(std::string_view path) { body_->remove_file(path); }
void Host::send_signal(int signal) { body_->send_signal(signal); }

void Host::set_store_fault(StoreFault fault) { body_->stored_files().fault = fault; }
void Host::set_wall_time(std::chrono::sys_time<std::chrono::nanoseconds> time) {
  body_->set_wall_time(time);
}

Host::Body::Body(World& world, Runner& runner, std::string name, const HostOptions& options)
    : world_(world),
      runner_(runner),
      name_(std::move(name)),
      random_(world.random_for(name_)),
      sockets_(options.sockets()),
      ip_(world, name_,
          [this](const wire::IpPacket& packet, std::uint32_t by) { handle(packet, by); }),
      tcp_(world, ip_, random_, sockets_, options.syn_retries()),
      udp_(world, ip_, random_, sockets_) {}

SeededRandom Host::Body::random_for_loop() {
  return world_.random_for(name_ + " loop " + std::to_string(++loops_made_));
}

void Host::Body::check_own(const Interface& interface) {
  if (ip_.find_interface(interface.name()) != &interface)
    die("the interface belongs to another host", interface.name());
}

void Host::Body::write_file(std::string_view path, std::string_view text) {
  files_[std::string(path)] = {std::string(text), ++files_written_};
  if (is_network_setting(path)) ip_.handle_settings_change(path);
}

void Host::Body::remove_file(std::string_view path) {
  if (files_.erase(std::string(path)) > 0 && is_network_setting(path))
    ip_.handle_settings_change(path);
}

const Host::Body::File* Host::Body::find_file(std::string_view path) const {
  const auto found = files_.find(path);
  return found == files_.end() ? nullptr : &found->second;
}

void Host::Body::send_signal(int signal) {
  world_.note(name_, "is sent signal " + std::to_string(signal));
  signal_targets_.for_each([signal](SignalTarget& target) { target.handle_signal(signal); });
}

void Host::Body::handle(const wire::IpPacket& packet, std::uint32_t interface_index) {
  switch (packet.protocol) {
    case wire::IpProtocol::tcp: return tcp_.handle(packet, interface_index);
    case wire::IpProtocol::udp: return udp_.handle(packet, interface_index);
    case wire::IpProtocol::icmp:
    case wire::IpProtocol::icmpv6: return handle_icmp(packet, interface_index);
  }
  world_.note(name_, "drops (unknown protocol) packet from " + to_string(packet.source));
}

void Host::Body::handle_icmp(const wire::IpPacket& packet, std::uint32_t interface_index) {
  const auto error = wire::IcmpError::parse(packet);
  if (!error.has_value())
    return world_.note(name_, "drops (no error message) icmp from " + to_string(packet.source));
  auto flow = wire::IpFlow::parse_quoted(error->quoted);
  if (!flow.has_value() || !ip_.has_address(flow->source.ip)) return;
  flow->source.ip = with_zone(flow->source.ip, interface_index);
  flow->destination.ip = with_zone(flow->destination.ip, interface_index);
  if (error->kind == wire::IcmpErrorKind::packet_too_big)
    ip_.handle_path_mtu(flow->destination.ip, error->mtu);
  if (flow->protocol == wire::IpProtocol::tcp) tcp_.handle_icmp(*flow, *error);
  if (flow->protocol == wire::IpProtocol::udp) udp_.handle_icmp(*flow, *error);
}

}  // namespace bowline::sim
