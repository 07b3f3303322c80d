#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include <bowline/sim/host.h>

#include "ports/network.h"
#include "sim/net/link_direction.h"
#include "sim/net/network_body.h"

namespace bowline::sim {

/// What an interface tells its host.
class InterfaceOwner {
 public:
  virtual void handle_packet(Packet packet, Interface::Body& from) = 0;
  [[nodiscard]] virtual bool has_joined(const Interface::Body& interface,
                                        const IpAddress& group) const = 0;
  virtual void handle_interface_change(Interface::Body& interface, std::string_view what) = 0;
  virtual void add_on_link_route(const Interface::Body& interface, const IpPrefix& prefix) = 0;
  virtual void remove_on_link_route(const Interface::Body& interface, const IpPrefix& prefix) = 0;

 protected:
  ~InterfaceOwner() = default;
};

/// An interface; without a network it is the loopback.
class Interface::Body final : public NetworkEnd {
 public:
  Body(World& world, InterfaceOwner& owner, std::string host_name, ports::Interface facts,
       Network::Body* network, const AttachOptions& options);

  [[nodiscard]] const ports::Interface& facts() const { return facts_; }
  /// "home.eth0"
  [[nodiscard]] const std::string& full_name() const { return full_name_; }
  [[nodiscard]] bool is_usable() const { return facts_.up && facts_.running; }
  [[nodiscard]] const ports::InterfaceAddress* find_address(const IpAddress& address) const;

  void set_up(bool up);
  void set_running(bool running);
  void add_address(const IpAddress& address, unsigned prefix_length);
  void remove_address(const IpAddress& address);
  void set_deprecated(const IpAddress& address, bool deprecated);
  void set_expensive(bool expensive);
  void set_constrained(bool constrained);
  void roam(Network::Body& network);
  void set_outgoing(const LinkOptions& options);
  void set_incoming(const LinkOptions& options);

  /// Sends to the network; an interface that is not usable loses it.
  void send(Packet packet);
  /// A packet for one of the addresses starts into the incoming link.
  void handle_packet_for(Packet packet) override { incoming_.send(std::move(packet)); }
  [[nodiscard]] bool has_joined(const IpAddress& group) const override {
    return owner_.has_joined(*this, group);
  }

 private:
  void leave(Packet packet);
  void receive(Packet packet);
  [[nodiscard]] std::function<void(const Packet&, std::size_t)> reporter();
  void check_mtu(const LinkOptions& options) const;
  void changed(std::string_view what) { owner_.handle_interface_change(*this, what); }
  [[nodiscard]] ports::InterfaceAddress& known_address(const IpAddress& address);

  World& world_;
  InterfaceOwner& owner_;
  std::string host_name_;
  std::string full_name_;  ///< "home.eth0"
  ports::Interface facts_;
  Network::Body* network_;
  LinkDirection outgoing_;
  LinkDirection incoming_;
};

}  // namespace bowline::sim
