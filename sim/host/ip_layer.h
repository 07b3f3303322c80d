#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ports/network.h"
#include "sim/host/interface_body.h"
#include "sim/net/world.h"
#include "wire/ip/packet.h"

namespace bowline::sim {

/// Told that interfaces, addresses or routes of a host changed.
class HostWatcher {
 public:
  virtual void handle_host_change() = 0;

 protected:
  ~HostWatcher() = default;
};

/// A host's interfaces, addresses and routes: which way packets go, and from which address.
class IpLayer final : public InterfaceOwner {
 public:
  /// Takes a packet and the index of the interface it came in by.
  using Receiver = std::function<void(const wire::IpPacket&, std::uint32_t)>;

  IpLayer(World& world, std::string host_name, Receiver receiver);

  Interface& attach(Network::Body& network, std::string name, const AttachOptions& options);
  [[nodiscard]] Interface* find_interface(std::string_view name);
  void add_route(const IpPrefix& prefix, std::uint32_t interface_index, std::uint32_t metric);
  void remove_route(const IpPrefix& prefix, std::uint32_t interface_index);
  void add_default_routes(const Interface::Body& interface, const AttachOptions& options);

  /// Where a packet would leave, and from which address; 0 = any interface.
  [[nodiscard]] std::optional<ports::SourceAddress> source_for(const IpAddress& destination,
                                                               std::uint32_t interface_index) const;
  [[nodiscard]] bool has_address(const IpAddress& address) const;
  /// The source to use, with its zone: the one wanted, if it is ours, or else the host's choice.
  [[nodiscard]] Result<IpAddress> choose_source(const std::optional<IpAddress>& wanted,
                                                const IpAddress& destination,
                                                std::uint32_t interface_index,
                                                const char* operation) const;
  /// The largest packet that gets there by what the host knows.
  [[nodiscard]] std::size_t packet_bytes_max(const IpAddress& destination,
                                             std::uint32_t interface_index) const;
  /// The same by what its interface says alone.
  [[nodiscard]] std::size_t interface_packet_bytes_max(const IpAddress& destination,
                                                       std::uint32_t interface_index) const;
  void handle_path_mtu(const IpAddress& destination, std::size_t mtu);

  /// errors    unreachable: no route
  [[nodiscard]] Result<void> send(const wire::IpPacket& packet, std::uint32_t interface_index);
  /// The same to a group; with `loop`, members on this host get it, too.
  [[nodiscard]] Result<void> send_to_group(const wire::IpPacket& packet,
                                           std::uint32_t interface_index, bool loop);

  /// From now on packets to the group come in by that interface; they count, and each has its leave().
  void join(const IpAddress& group, std::uint32_t interface_index);
  void leave(const IpAddress& group, std::uint32_t interface_index);
  /// Where a group is, if nobody says: where packets to it would go out; 0 if nowhere.
  [[nodiscard]] std::uint32_t interface_of_group(const IpAddress& group,
                                                 std::uint32_t interface_index) const;

  [[nodiscard]] std::shared_ptr<const ports::NetworkSnapshot> snapshot();
  /// A file of ports::NetworkSettings is another one.
  void handle_settings_change(std::string_view path);
  void add_watcher(HostWatcher& watcher) { watchers_.push_back(&watcher); }
  void remove_watcher(HostWatcher& watcher) { std::erase(watchers_, &watcher); }

  void handle_packet(Packet packet, Interface::Body& from) override;
  [[nodiscard]] bool has_joined(const Interface::Body& interface,
                                const IpAddress& group) const override;
  void handle_interface_change(Interface::Body& interface, std::string_view what) override;
  void add_on_link_route(const Interface::Body& interface, const IpPrefix& prefix) override;
  void remove_on_link_route(const Interface::Body& interface, const IpPrefix& prefix) override;

 private:
  Interface& add_interface(ports::Interface facts, Network::Body* network,
                           const AttachOptions& options);
  void add_route(ports::Route route);
  void changed(std::string_view where, std::string_view what);
  [[nodiscard]] Interface::Body* find_route(const IpAddress& destination,
                                            std::uint32_t interface_index) const;
  [[nodiscard]] const Interface* owner_of(const IpAddress& address) const;
  [[nodiscard]] std::uint32_t interface_beyond(std::uint32_t interface_index,
                                               const IpAddress& destination) const;

  World& world_;
  std::string host_name_;
  Receiver receiver_;
  std::vector<std::unique_ptr<Interface>> interfaces_;  ///< by index, from 1
  std::vector<ports::Route> routes_;
  std::map<IpAddress, std::size_t> path_mtus_;
  std::map<std::pair<IpAddress, std::uint32_t>, std::size_t> groups_;  ///< how often joined
  std::shared_ptr<const ports::NetworkSnapshot> snapshot_;
  std::uint64_t settings_version_ = 0;
  std::vector<HostWatcher*> watchers_;
};

}  // namespace bowline::sim
