#pragma once

#include <span>
#include <vector>

#include <bowline/address.h>

namespace bowline::core {

/// RFC 6724 2.1: prefixes with a precedence (higher is preferred) and a label (source and
/// destination should match).
struct PolicyEntry {
  IpPrefix prefix;
  unsigned precedence;
  unsigned label;
};

/// A policy table: data, not code. The longest matching prefix counts; IPv4 is looked up v4-mapped.
class PolicyTable {
 public:
  explicit PolicyTable(std::vector<PolicyEntry> entries);
  /// RFC 6724 2.1.
  [[nodiscard]] static const PolicyTable& rfc6724();
  /// draft-ietf-6man-rfc6724-update, with the unique local /48s that the host itself has (may be
  /// empty).
  [[nodiscard]] static PolicyTable rfc6724_update(std::span<const IpPrefix> own_unique_local);

  [[nodiscard]] const PolicyEntry& lookup(const IpAddress& address) const;

 private:
  std::vector<PolicyEntry> entries_;  // longest prefix first
};

}  // namespace bowline::core
