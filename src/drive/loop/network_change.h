#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ports/network.h"

namespace bowline::drive {

/// Two snapshots of the host's network, compared: what changed, and for whom it matters.
class NetworkChange {
 public:
  using Snapshot = std::shared_ptr<const ports::NetworkSnapshot>;

  /// What is different about one interface.
  struct InterfaceChange {
    std::uint32_t index = 0;
    std::string name;
    bool link = false;       ///< it came, went, or its flags or MTU changed
    bool addresses = false;  ///< some came, went, or changed their flags
    bool routes = false;     ///< some that lead over it came, went or changed
  };

  /// Null where a snapshot could not be read: then everything may have changed.
  NetworkChange(Snapshot before, Snapshot after)
      : before_(std::move(before)), after_(std::move(after)) {}

  /// Anything at all is different.
  [[nodiscard]] bool is_any() const;
  /// By index; empty if a snapshot is missing.
  [[nodiscard]] std::vector<InterfaceChange> interfaces() const;
  /// One line for the trace: `eth0: addresses, routes; wlan0: link`, or that it is not known.
  [[nodiscard]] std::string describe() const;

  /// What was learnt about `remote` over this interface (0: over the one that the routes choose) may not be
  /// true any more: another interface or gateway leads there, its link changed, the family's addresses on it
  /// went or are the first, or a tunnel came or went, which may have rules that are not in the main table.
  /// For an address of this host, which may be a proxy such as a local resolver, any such change counts.
  ///
  /// An address that is added to others, another MTU, or another interface's routes do not.
  [[nodiscard]] bool affects(const IpAddress& remote, std::uint32_t interface_index = 0) const;

  /// The default route of a family came, went or leads elsewhere; without any, some route of it changed.
  [[nodiscard]] bool affects_defaults() const;

 private:
  [[nodiscard]] bool changes_way(const IpAddress& remote, std::uint32_t interface_index) const;
  [[nodiscard]] bool changes_outlook(Family family) const;
  [[nodiscard]] bool tunnels_changed(Family family) const;

  Snapshot before_;
  Snapshot after_;
};

}  // namespace bowline::drive
