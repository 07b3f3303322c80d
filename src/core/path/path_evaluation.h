#pragma once

#include <bowline/path.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/path/network_view.h"

namespace bowline::core {

/// What somebody will use and what not.
struct PathRequirements {
  std::string interface = {};  ///< this one only; empty = any
  std::optional<InterfaceType> type = {};
  std::vector<std::string> prohibited_interfaces = {};
  std::vector<InterfaceType> prohibited_types = {};
  bool prohibit_expensive = false;
  bool prohibit_constrained = false;
  bool allow_ultra_constrained = false;
  bool local_only = false;  ///< nothing beyond a router
  std::optional<Family> only = {};
  std::optional<IpAddress> source = {};  ///< the address to send from; unspecified counts as none

  /// Some interfaces of the host may not do, beside the one that is named.
  [[nodiscard]] bool is_choosy() const {
    return type || !prohibited_interfaces.empty() || !prohibited_types.empty() ||
           prohibit_expensive || prohibit_constrained;
  }
  friend bool operator==(const PathRequirements&, const PathRequirements&) = default;
};

/// Where the path shall lead.
struct PathTarget {
  /// Empty: anywhere beyond this host.
  std::optional<IpAddress> address = {};
  /// It is a name, which somebody has to be asked for, and nobody can be.
  bool lacks_resolver = false;
};

/// Why a link cannot be used; index 0 is about none.
struct PathObstacle {
  PathProblem problem{};
  std::uint32_t link_index = 0;
  std::string link_name = {};
  friend bool operator==(const PathObstacle&, const PathObstacle&) = default;
};

struct PathEvaluation {
  std::vector<std::uint32_t> links;  ///< that can be used, best first
  bool ipv4 = false;                 ///< over one of them
  bool ipv6 = false;
  std::vector<PathObstacle> obstacles;  ///< all of them; empty if satisfied
  static constexpr std::size_t obstacles_max = 256;

  [[nodiscard]] bool is_satisfied() const { return obstacles.empty(); }
  friend bool operator==(const PathEvaluation&, const PathEvaluation&) = default;
};

/// Which links of the host do for a target. Towards an address of this host the loopback link does. The
/// order of links is that of the routes that lead there; anywhere, that of the default routes.
[[nodiscard]] PathEvaluation evaluate_path(const NetworkView& network,
                                           const PathRequirements& requirements,
                                           const PathTarget& target);

/// Which links do for groups of a family: multicast needs no route, but an address to send from, and of IPv6
/// a link-local one does. Loopback does only where it is named.
[[nodiscard]] PathEvaluation evaluate_group_links(const NetworkView& network,
                                                  const PathRequirements& requirements,
                                                  Family family);

}  // namespace bowline::core
