#pragma once

#include <bowline/path.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::core {

/// What an evaluation asks about one link.
struct PathLink {
  std::uint32_t index = 0;
  std::string name;
  InterfaceType type = InterfaceType::other;
  bool up = false;
  bool running = false;
  bool expensive = false;
  bool constrained = false;
  bool ultra_constrained = false;
  std::vector<IpAddress> addresses;  ///< that can be sent from: tentative ones are not among them
};

struct PathRoute {
  IpPrefix destination;
  std::uint32_t interface_index = 0;
  std::uint32_t metric = 0;
  bool has_gateway = false;
};

/// The host's network, laid out so that the way to an address is found without a look at every route.
class NetworkView {
 public:
  NetworkView() = default;
  /// Routes of links that are not there are left out. O(n log n).
  NetworkView(std::vector<PathLink> links, std::vector<PathRoute> routes);

  [[nodiscard]] const std::vector<PathLink>& links() const { return links_; }
  /// Null if there is none.
  [[nodiscard]] const PathLink* find(std::uint32_t index) const;
  [[nodiscard]] const PathLink* find(std::string_view name) const;
  /// The link that has this address; null if none has.
  [[nodiscard]] const PathLink* owner_of(const IpAddress& address) const;

  /// The best route over each link that leads to `address`, best first: the longest prefix, then the
  /// least metric. Logarithmic in the routes, for each length of prefix that occurs.
  [[nodiscard]] std::vector<const PathRoute*> routes_to(const IpAddress& address) const;
  /// The link has a route of this family that leads further than to the link's own addresses and groups.
  [[nodiscard]] bool has_route(std::uint32_t index, Family family) const;
  /// Those of the link's default route of this family; none if it has none.
  [[nodiscard]] std::optional<std::uint32_t> default_metric(std::uint32_t index,
                                                            Family family) const;

 private:
  /// The routes whose prefixes have one length.
  struct Length {
    unsigned bits;
    std::size_t first;
    std::size_t end;
  };
  /// What the routes say of one link, by families.
  struct LinkRoutes {
    bool any[2] = {false, false};
    std::optional<std::uint32_t> metric[2];
  };

  std::vector<PathLink> links_;    // by index
  std::vector<PathRoute> routes_;  // by family, length (longest first), address, metric
  std::vector<Length> lengths_[2];
  std::vector<LinkRoutes> link_routes_;                   // as links_
  std::vector<std::pair<IpAddress, std::size_t>> owned_;  // sorted, without scopes
  std::vector<std::size_t> by_name_;
  [[nodiscard]] std::optional<std::size_t> position_of(std::uint32_t index) const;
};

}  // namespace bowline::core
