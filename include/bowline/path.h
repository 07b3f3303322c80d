#pragma once

#include <bowline/address.h>
#include <bowline/export.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace BOWLINE_API bowline {

enum class InterfaceType : std::uint8_t { other, wifi, cellular, wired, loopback, tunnel };
[[nodiscard]] std::string to_string(InterfaceType type);

// Each class here is a handle on shared facts, so that it can learn to tell more without breaking programs
// that were compiled against less. Copies are cheap. A moved-from value tells what a new one does: nothing.

/// An address on an interface.
class InterfaceAddress {
 public:
  struct Facts;  ///< the library's own; may grow
  InterfaceAddress() = default;
  explicit InterfaceAddress(Facts&& facts);

  /// What is on link; shorter than the address.
  [[nodiscard]] const IpPrefix& prefix() const;
  [[nodiscard]] const IpAddress& address() const;
  /// Still valid, not for new connections.
  [[nodiscard]] bool is_deprecated() const;
  /// RFC 8981
  [[nodiscard]] bool is_temporary() const;
  /// Not usable yet.
  [[nodiscard]] bool is_tentative() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// One network interface of the host.
class Interface {
 public:
  struct Facts;  ///< the library's own; may grow
  Interface() = default;
  explicit Interface(Facts&& facts);

  [[nodiscard]] std::uint32_t index() const;
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] InterfaceType type() const;
  /// Administratively up.
  [[nodiscard]] bool is_up() const;
  /// It has a carrier.
  [[nodiscard]] bool is_running() const;
  [[nodiscard]] std::uint32_t mtu() const;
  [[nodiscard]] const std::vector<InterfaceAddress>& addresses() const&;
  [[nodiscard]] std::vector<InterfaceAddress> addresses() &&;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// One unicast route of the main table.
class Route {
 public:
  struct Facts;  ///< the library's own; may grow
  Route() = default;
  explicit Route(Facts&& facts);

  /// Length 0 is a default route.
  [[nodiscard]] const IpPrefix& destination() const;
  /// None: on link.
  [[nodiscard]] const std::optional<IpAddress>& gateway() const;
  [[nodiscard]] std::uint32_t interface_index() const;
  [[nodiscard]] std::uint32_t metric() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// What the host's network offers at one moment. A value: it never changes.
class Path {
 public:
  struct Facts;  ///< the library's own; may grow
  Path() = default;
  explicit Path(Facts&& facts);

  /// Some interface beyond loopback has a usable address and a route.
  [[nodiscard]] bool is_satisfied() const;
  /// IPv4 can be used beyond the host.
  [[nodiscard]] bool supports_ipv4() const;
  [[nodiscard]] bool supports_ipv6() const;
  /// A DNS server is configured; without one, 127.0.0.1 is asked.
  [[nodiscard]] bool supports_dns() const;
  [[nodiscard]] const std::vector<Interface>& interfaces() const&;
  [[nodiscard]] std::vector<Interface> interfaces() &&;
  [[nodiscard]] const std::vector<Route>& routes() const&;
  [[nodiscard]] std::vector<Route> routes() &&;
  [[nodiscard]] const std::vector<SocketAddress>& dns_servers() const&;
  [[nodiscard]] std::vector<SocketAddress> dns_servers() &&;
  [[nodiscard]] const std::vector<std::string>& search_domains() const&;
  [[nodiscard]] std::vector<std::string> search_domains() &&;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

// One line for people each, safe to print.

/// `192.0.2.10/24`, with its flags behind it
[[nodiscard]] std::string to_string(const InterfaceAddress& address);
/// `eth0 (wired): up, mtu 1500, 192.0.2.10/24 2001:db8::10/64`
[[nodiscard]] std::string to_string(const Interface& interface);
/// `0.0.0.0/0 via 192.0.2.1 on interface 2, metric 100`
[[nodiscard]] std::string to_string(const Route& route);
/// `satisfied: ipv4, ipv6, dns`, or `not satisfied`
[[nodiscard]] std::string to_string(const Path& path);

}  // namespace BOWLINE_API bowline
