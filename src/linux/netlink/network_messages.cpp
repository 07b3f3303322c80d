#include "linux/netlink/network_messages.h"

#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

namespace bowline::linux_host {

using ports::Interface;
using ports::InterfaceAddress;
using ports::InterfaceType;
using ports::NetworkSnapshot;
using ports::Route;

namespace {

/// The attributes of a message by type; the last one counts where a type comes twice.
template <std::size_t Size>
class Attributes {
 public:
  Attributes(const void* bytes, std::size_t size) {
    const char* end = static_cast<const char*>(bytes) + size;
    const auto* attribute = static_cast<const nlattr*>(bytes);
    while (
        mnl_attr_ok(attribute, static_cast<int>(end - reinterpret_cast<const char*>(attribute)))) {
      if (const std::size_t type = mnl_attr_get_type(attribute); type < Size)
        found_[type] = attribute;
      attribute = mnl_attr_next(attribute);
    }
  }
  Attributes(const nlmsghdr& message, std::size_t header_bytes)
      : Attributes(mnl_nlmsg_get_payload_offset(&message, header_bytes),
                   mnl_nlmsg_get_payload_len(&message) - MNL_ALIGN(header_bytes)) {}
  explicit Attributes(const nlattr& nest)
      : Attributes(mnl_attr_get_payload(&nest), mnl_attr_get_payload_len(&nest)) {}

  [[nodiscard]] const nlattr* find(std::size_t type) const {
    return type < Size ? found_[type] : nullptr;
  }
  [[nodiscard]] std::uint32_t number_or(std::size_t type, std::uint32_t otherwise) const {
    const nlattr* attribute = find(type);
    if (attribute == nullptr || mnl_attr_get_payload_len(attribute) < sizeof otherwise)
      return otherwise;
    return mnl_attr_get_u32(attribute);
  }
  [[nodiscard]] std::string_view text(std::size_t type) const {
    const nlattr* attribute = find(type);
    if (attribute == nullptr) return {};
    const auto* start = static_cast<const char*>(mnl_attr_get_payload(attribute));
    return {start, ::strnlen(start, mnl_attr_get_payload_len(attribute))};
  }

 private:
  std::array<const nlattr*, Size> found_{};
};

template <class Header>
const Header* header_of(const nlmsghdr& message) {
  if (mnl_nlmsg_get_payload_len(&message) < sizeof(Header)) return nullptr;
  return static_cast<const Header*>(mnl_nlmsg_get_payload(&message));
}

using LinkInfo = Attributes<IFLA_INFO_MAX + 1>;
using RouteAttributes = Attributes<RTA_MAX + 1>;

InterfaceType type_of(const ifinfomsg& link, std::string_view kind);
std::optional<IpAddress> address_in(const nlattr* attribute, int family, std::uint32_t scope_id);
std::optional<IpAddress> gateway_in(const RouteAttributes& attributes, const Route& route,
                                    int family);
void add_next_hop(Route route, const RouteAttributes& attributes, int family,
                  NetworkSnapshot& into);
void add_next_hops(const Route& route, const nlattr& hops, int family, NetworkSnapshot& into);

}  // namespace

bool add_link(const nlmsghdr& message, NetworkSnapshot& into) {
  const auto* link = header_of<ifinfomsg>(message);
  if (link == nullptr) return false;
  const Attributes<IFLA_MAX + 1> attributes(message, sizeof *link);
  const nlattr* info = attributes.find(IFLA_LINKINFO);
  const std::string_view kind = info != nullptr ? LinkInfo(*info).text(IFLA_INFO_KIND) : "";

  Interface& added = into.interfaces.emplace_back();
  added.index = static_cast<std::uint32_t>(link->ifi_index);
  added.name = attributes.text(IFLA_IFNAME);
  added.type = type_of(*link, kind);
  added.up = (link->ifi_flags & IFF_UP) != 0;
  added.running = (link->ifi_flags & IFF_RUNNING) != 0;
  added.mtu = attributes.number_or(IFLA_MTU, 0);
  return added.type == InterfaceType::wired && kind.empty();
}

void add_address(const nlmsghdr& message, NetworkSnapshot& into) {
  const auto* header = header_of<ifaddrmsg>(message);
  if (header == nullptr) return;
  const auto interface = std::ranges::find(into.interfaces, header->ifa_index, &Interface::index);
  if (interface == into.interfaces.end()) return;
  const Attributes<IFA_MAX + 1> attributes(message, sizeof *header);
  const nlattr* on_link = attributes.find(IFA_ADDRESS);
  // On a point-to-point link IFA_ADDRESS is the other end.
  const nlattr* ours = attributes.find(IFA_LOCAL) != nullptr ? attributes.find(IFA_LOCAL) : on_link;
  const auto address = address_in(ours, header->ifa_family, header->ifa_index);
  const auto prefix = address_in(on_link != nullptr ? on_link : ours, header->ifa_family, 0);
  if (!address.has_value() || !prefix.has_value()) return;

  const std::uint32_t flags = attributes.number_or(IFA_FLAGS, header->ifa_flags);
  InterfaceAddress& added = interface->addresses.emplace_back();
  added.prefix =
      IpPrefix(*prefix, std::min<unsigned>(header->ifa_prefixlen, address->is_v4() ? 32 : 128));
  added.address = *address;
  added.deprecated = (flags & IFA_F_DEPRECATED) != 0;
  added.temporary =
      address->is_v6() && (flags & IFA_F_TEMPORARY) != 0;  // means "secondary" for IPv4
  added.tentative = (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0;
}

void add_route(const nlmsghdr& message, NetworkSnapshot& into) {
  const auto* header = header_of<rtmsg>(message);
  if (header == nullptr || (header->rtm_family != AF_INET && header->rtm_family != AF_INET6))
    return;
  const RouteAttributes attributes(message, sizeof *header);
  if (header->rtm_type != RTN_UNICAST || (header->rtm_flags & RTM_F_CLONED) != 0) return;
  if (attributes.number_or(RTA_TABLE, header->rtm_table) != RT_TABLE_MAIN) return;

  Route route;
  const Family family = header->rtm_family == AF_INET ? Family::ipv4 : Family::ipv6;
  const auto destination = address_in(attributes.find(RTA_DST), header->rtm_family, 0);
  route.destination =
      IpPrefix(destination.value_or(IpAddress::any(family)),
               std::min<unsigned>(header->rtm_dst_len, family == Family::ipv4 ? 32 : 128));
  route.metric = attributes.number_or(RTA_PRIORITY, 0);
  if (const nlattr* hops = attributes.find(RTA_MULTIPATH); hops != nullptr) {
    add_next_hops(route, *hops, header->rtm_family, into);
  } else if ((header->rtm_flags & RTNH_F_DEAD) == 0) {
    route.interface_index = attributes.number_or(RTA_OIF, 0);
    add_next_hop(route, attributes, header->rtm_family, into);
  }
}

namespace {

InterfaceType type_of(const ifinfomsg& link, std::string_view kind) {
  static constexpr std::array<std::string_view, 13> tunnels{
      "tun",       "wireguard", "ipip", "sit",  "gre",  "gretap", "ip6gre",
      "ip6gretap", "ip6tnl",    "vti",  "vti6", "xfrm", "ppp"};
  if ((link.ifi_flags & IFF_LOOPBACK) != 0) return InterfaceType::loopback;
  if (std::ranges::find(tunnels, kind) != tunnels.end()) return InterfaceType::tunnel;
  if (kind == "wwan") return InterfaceType::cellular;
  if (kind == "dummy" || kind == "ifb") return InterfaceType::other;
  switch (link.ifi_type) {
    case ARPHRD_ETHER: return InterfaceType::wired;
    case ARPHRD_RAWIP: return InterfaceType::cellular;
    case ARPHRD_PPP:
    case ARPHRD_TUNNEL:
    case ARPHRD_TUNNEL6:
    case ARPHRD_SIT:
    case ARPHRD_IPGRE:
    case ARPHRD_NONE: return InterfaceType::tunnel;
    default: return InterfaceType::other;
  }
}

std::optional<IpAddress> address_in(const nlattr* attribute, int family, std::uint32_t scope_id) {
  if (attribute == nullptr) return std::nullopt;
  const auto* octets = static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute));
  const std::size_t size = mnl_attr_get_payload_len(attribute);
  if (family == AF_INET && size == 4) {
    std::array<std::uint8_t, 4> v4;
    std::copy_n(octets, v4.size(), v4.begin());
    return IpAddress::v4(v4);
  }
  if (family != AF_INET6 || size != 16) return std::nullopt;
  std::array<std::uint8_t, 16> v6;
  std::copy_n(octets, v6.size(), v6.begin());
  const IpAddress address = IpAddress::v6(v6);
  return address.is_link_local() ? address.with_scope(scope_id) : address;
}

/// RTA_VIA is an IPv6 neighbour that carries IPv4 (RFC 5549): a family, then the address.
std::optional<IpAddress> gateway_in(const RouteAttributes& attributes, const Route& route,
                                    int family) {
  if (const nlattr* gateway = attributes.find(RTA_GATEWAY); gateway != nullptr)
    return address_in(gateway, family, route.interface_index);
  const nlattr* via = attributes.find(RTA_VIA);
  if (via == nullptr || mnl_attr_get_payload_len(via) != sizeof(std::uint16_t) + 16)
    return std::nullopt;
  std::array<std::uint8_t, 16> v6;
  const auto* payload = static_cast<const std::uint8_t*>(mnl_attr_get_payload(via));
  std::copy_n(payload + sizeof(std::uint16_t), v6.size(), v6.begin());
  const IpAddress address = IpAddress::v6(v6);
  return address.is_link_local() ? address.with_scope(route.interface_index) : address;
}

void add_next_hop(Route route, const RouteAttributes& attributes, int family,
                  NetworkSnapshot& into) {
  if (into.routes.size() >= routes_max) return;
  route.gateway = gateway_in(attributes, route, family);
  into.routes.push_back(route);
}

void add_next_hops(const Route& route, const nlattr& hops, int family, NetworkSnapshot& into) {
  std::span rest(static_cast<const std::byte*>(mnl_attr_get_payload(&hops)),
                 mnl_attr_get_payload_len(&hops));
  while (rest.size() >= sizeof(rtnexthop)) {
    const auto* hop = reinterpret_cast<const rtnexthop*>(rest.data());
    if (hop->rtnh_len < sizeof *hop || hop->rtnh_len > rest.size()) return;
    Route through = route;
    through.interface_index = static_cast<std::uint32_t>(hop->rtnh_ifindex);
    if ((hop->rtnh_flags & RTNH_F_DEAD) == 0)
      add_next_hop(through, RouteAttributes(RTNH_DATA(hop), hop->rtnh_len - sizeof *hop), family,
                   into);
    rest = rest.subspan(std::min<std::size_t>(RTNH_ALIGN(hop->rtnh_len), rest.size()));
  }
}

}  // namespace

}  // namespace bowline::linux_host
