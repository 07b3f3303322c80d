#pragma once

#include <bowline/address.h>
#include <bowline/export.h>
#include <bowline/result.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace BOWLINE_API bowline {

enum class InterfaceType : std::uint8_t { other, wifi, cellular, wired, loopback, tunnel };
[[nodiscard]] std::string_view to_string(InterfaceType type);

/// An address on an interface.
struct InterfaceAddress {
  IpPrefix prefix;  ///< what is on link; shorter than the address
  IpAddress address;
  bool deprecated = false;  ///< still valid, not for new connections
  bool temporary = false;   ///< RFC 8981
  bool tentative = false;   ///< not usable yet
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
};

struct Route {
  IpPrefix destination;              ///< length 0 = default route
  std::optional<IpAddress> gateway;  ///< none = on link
  std::uint32_t interface_index = 0;
  std::uint32_t metric = 0;
};

/// What the host's network offers at one moment. A value: it never changes.
struct Path {
  bool satisfied = false;      ///< some interface beyond loopback has a usable address and a route
  bool supports_ipv4 = false;  ///< IPv4 can be used beyond the host
  bool supports_ipv6 = false;
  bool supports_dns = false;  ///< a DNS server is configured; without one, 127.0.0.1 is asked
  std::vector<Interface> interfaces;
  std::vector<Route> routes;
  std::vector<SocketAddress> dns_servers;
  std::vector<std::string> search_domains;
};

}  // namespace BOWLINE_API bowline
