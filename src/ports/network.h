#pragma once

#include <bowline/address.h>
#include <bowline/path.h>
#include <bowline/result.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ports/datagram_socket.h"
#include "ports/stream_socket.h"

namespace bowline::ports {

using bowline::InterfaceType;

/// An address on an interface.
struct InterfaceAddress {
  IpPrefix prefix;  ///< what is on link; shorter than the address
  IpAddress address;
  bool deprecated = false;  ///< still valid, not for new connections
  bool temporary = false;   ///< RFC 8981
  bool tentative = false;   ///< not usable yet
  friend bool operator==(const InterfaceAddress&, const InterfaceAddress&) = default;
};

/// One network interface of the host.
struct Interface {
  std::uint32_t index = 0;
  std::string name;
  InterfaceType type = InterfaceType::other;
  bool up = false;       ///< administratively up
  bool running = false;  ///< has a carrier
  std::uint32_t mtu = 0;
  std::vector<InterfaceAddress> addresses;
  bool expensive = false;    ///< the host's own system says that it costs
  bool constrained = false;  ///< it says that little shall be sent over it
  friend bool operator==(const Interface&, const Interface&) = default;
};

struct Route {
  IpPrefix destination;              ///< length 0 = default route
  std::optional<IpAddress> gateway;  ///< none = on link
  std::uint32_t interface_index = 0;
  std::uint32_t metric = 0;
  friend bool operator==(const Route&, const Route&) = default;
};

/// What says more about the network than the kernel, in files or in folders of one file for each link. A
/// change of them is a change of the network.
struct NetworkSettings {
  static constexpr const char* interfaces =
      "/etc/bowline/interfaces.conf";  ///< the administrator's
  static constexpr const char* resolver = "/etc/resolv.conf";
  /// One file for each link, called by its index: the DNS that somebody set for it ...
  static constexpr const char* resolved_links = "/run/systemd/resolve/netif";
  static constexpr const char* networkd_links =
      "/run/systemd/netif/links";  ///< ... or that it told of
  static constexpr std::array<const char*, 4> paths{interfaces, resolver, resolved_links,
                                                    networkd_links};
};

/// The host's network at one moment. Never changes; each change makes a new one.
struct NetworkSnapshot {
  std::vector<Interface> interfaces;   ///< by index
  std::vector<Route> routes;           ///< unicast, main table
  std::uint64_t settings_version = 0;  ///< another one once a file of network_settings changed

  [[nodiscard]] const Interface* find(std::string_view name) const;
  [[nodiscard]] const Interface* find(std::uint32_t index) const;
  friend bool operator==(const NetworkSnapshot&, const NetworkSnapshot&) = default;
};

/// The address the host would send from, and what RFC 6724 asks about it.
struct SourceAddress {
  IpAddress address;
  std::uint32_t interface_index = 0;
  bool deprecated = false;
};

/// Told that the snapshot may have changed; from inside `Poller::wait`.
class NetworkObserver {
 public:
  virtual void handle_network_change() = 0;

 protected:
  ~NetworkObserver() = default;
};

/// The host's network: what is there, and sockets on it.
class Network {
 public:
  virtual ~Network() = default;

  /// What is there now; reads the whole state when it has changed.
  [[nodiscard]] virtual Result<std::shared_ptr<const NetworkSnapshot>> snapshot() = 0;
  /// At most one observer; null stops. A host that cannot watch reports nothing.
  virtual void observe(NetworkObserver* observer) = 0;
  /// From now on, changes of the files of NetworkSettings are seen when they happen. Without it, and where
  /// the host cannot do that, they are seen with the next change of the network.
  virtual void watch_settings() = 0;

  /// Which address the host would use towards `destination` now; nothing if it has no route there.
  [[nodiscard]] virtual std::optional<SourceAddress> source_for(const IpAddress& destination,
                                                                std::uint32_t interface_index) = 0;

  /// Starts to connect. Unless that is done at once, the observer is told `writable` when it ended either
  /// way; an error that the system knows at once (no route, no descriptor) is returned here.
  [[nodiscard]] virtual Result<Connecting> connect(const SocketAddress& remote,
                                                   const Binding& binding,
                                                   const StreamOptions& options,
                                                   SocketObserver& observer) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<StreamListener>> listen(
      const SocketAddress& local, const ListenOptions& options, SocketObserver& observer) = 0;
  /// Bound to binding.source (or the wildcard of `family`) and binding.port.
  [[nodiscard]] virtual Result<std::unique_ptr<DatagramSocket>> open_datagram(
      const DatagramOptions& options, SocketObserver& observer) = 0;
};

/// What an errno of the network's means to a connect that has begun. A router that prohibits (EACCES, by
/// ICMPv6) is no refusal of this host's, and may change its mind.
[[nodiscard]] Error network_error(int code);

}  // namespace bowline::ports
