#pragma once

#include <bowline/address.h>
#include <bowline/export.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace BOWLINE_API bowline {

enum class InterfaceType : std::uint8_t {
  other,
  wifi,
  cellular,
  wired,
  loopback,
  tunnel,
  peer_to_peer  ///< to a device nearby, without a network between
};
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
  /// What goes over it costs money or counts against a quota: cellular links, hotspots, and what the
  /// administrator says (docs/guides/paths.md).
  [[nodiscard]] bool is_expensive() const;
  /// Its user wants little sent over it.
  [[nodiscard]] bool is_constrained() const;
  /// It carries a few messages at most, as a satellite link; used only by those who allow it.
  [[nodiscard]] bool is_ultra_constrained() const;
  /// The DNS servers that this link's network told of, best first; empty where only the host has some.
  [[nodiscard]] const std::vector<SocketAddress>& dns_servers() const&;
  [[nodiscard]] std::vector<SocketAddress> dns_servers() &&;
  /// The names below these domains belong to this link's network: its servers are asked for them.
  [[nodiscard]] const std::vector<std::string>& dns_domains() const&;
  [[nodiscard]] std::vector<std::string> dns_domains() &&;
  /// Under which this link's network reaches IPv4 from IPv6 (RFC 6052), where that is known.
  [[nodiscard]] const std::optional<IpPrefix>& nat64_prefix() const;
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

/// Why an interface cannot be used for what was asked.
enum class PathProblem : std::uint8_t {
  no_interface,                   ///< there is none beyond loopback
  interface_missing,              ///< the required one is not there
  interface_prohibited,           ///< by its name
  type_required,                  ///< it is of another type
  type_prohibited,                ///< it is of this type
  expensive_prohibited,           ///< it is expensive
  constrained_prohibited,         ///< it is constrained
  ultra_constrained_not_allowed,  ///< it is ultra-constrained
  interface_down,                 ///< administratively
  no_carrier,                     ///< no cable, not associated
  no_address,                     ///< none of a family that counts is usable on it
  source_missing,                 ///< the address to send from is not on it
  no_route,                       ///< nothing leads there
  not_local,    ///< it leads there through a router, and only the link was asked for
  no_resolver,  ///< no DNS server is configured to ask for the name
};
[[nodiscard]] std::string to_string(PathProblem problem);  // "no_route"

/// One reason why a path is not satisfied.
class UnsatisfiedReason {
 public:
  struct Facts;  ///< the library's own; may grow
  UnsatisfiedReason() = default;
  explicit UnsatisfiedReason(Facts&& facts);

  [[nodiscard]] PathProblem problem() const;
  /// The interface that it is about; empty if it is about none.
  [[nodiscard]] const std::string& interface() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};
/// `wwan0: it is expensive, which is prohibited`; safe to print
[[nodiscard]] std::string to_string(const UnsatisfiedReason& reason);

/// What the host's network offers at one moment: to everybody, or to who asked for something. A value: it
/// never changes.
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
  /// Why it is not satisfied: every reason, at most 256; empty if it is.
  [[nodiscard]] const std::vector<UnsatisfiedReason>& unsatisfied_reasons() const&;
  [[nodiscard]] std::vector<UnsatisfiedReason> unsatisfied_reasons() &&;
  /// Of a path towards something: the interfaces that can be used, best first. Of Loop::path: all.
  [[nodiscard]] const std::vector<Interface>& interfaces() const&;
  [[nodiscard]] std::vector<Interface> interfaces() &&;
  [[nodiscard]] const std::vector<Route>& routes() const&;
  [[nodiscard]] std::vector<Route> routes() &&;
  [[nodiscard]] const std::vector<SocketAddress>& dns_servers() const&;
  [[nodiscard]] std::vector<SocketAddress> dns_servers() &&;
  [[nodiscard]] const std::vector<std::string>& search_domains() const&;
  [[nodiscard]] std::vector<std::string> search_domains() &&;
  /// The routers of its default routes, best first.
  [[nodiscard]] std::vector<IpAddress> gateways() const;
  /// Traffic may go over an interface of this type.
  [[nodiscard]] bool uses(InterfaceType type) const;
  /// The interface that is used first is expensive, and so on; false if there is none.
  [[nodiscard]] bool is_expensive() const;
  [[nodiscard]] bool is_constrained() const;
  [[nodiscard]] bool is_ultra_constrained() const;
  /// They say the same. Linear in what they say.
  [[nodiscard]] friend bool operator==(const Path& a, const Path& b) { return a.equals(b); }

 private:
  [[nodiscard]] bool equals(const Path& other) const;
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
/// `satisfied: ipv4, ipv6, dns`, or `not satisfied` and the reasons
[[nodiscard]] std::string to_string(const Path& path);

}  // namespace BOWLINE_API bowline
