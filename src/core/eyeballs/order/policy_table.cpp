#include "core/eyeballs/order/policy_table.h"

#include <algorithm>
#include <array>
#include <utility>

namespace bowline::core {

namespace {

constexpr IpAddress v6(std::uint16_t first, std::uint16_t second = 0) {
  const auto high = [](std::uint16_t word) { return static_cast<std::uint8_t>(word >> 8); };
  const auto low = [](std::uint16_t word) { return static_cast<std::uint8_t>(word & 0xff); };
  return IpAddress::v6({high(first), low(first), high(second), low(second)});
}

constexpr IpAddress loopback = IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
constexpr IpAddress v4_mapped = IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff});

// RFC 6724 section 2.1.
std::vector<PolicyEntry> rfc6724_rows() {
  return {
      {IpPrefix(loopback, 128), 50, 0},  {IpPrefix(v6(0), 0), 40, 1},
      {IpPrefix(v4_mapped, 96), 35, 4},  {IpPrefix(v6(0x2002), 16), 30, 2},  // 6to4
      {IpPrefix(v6(0x2001), 32), 5, 5},                                      // Teredo
      {IpPrefix(v6(0xfc00), 7), 3, 13},                                      // unique local
      {IpPrefix(v6(0), 96), 1, 3},                                           // v4-compatible
      {IpPrefix(v6(0xfec0), 10), 1, 11},                                     // site-local
      {IpPrefix(v6(0x3ffe), 16), 1, 12},                                     // 6bone
  };
}

// draft-ietf-6man-rfc6724-update: IPv4 goes below unique local addresses, 6to4 to the end.
std::vector<PolicyEntry> updated_rows() {
  return {
      {IpPrefix(loopback, 128), 50, 0},  {IpPrefix(v6(0), 0), 40, 1},
      {IpPrefix(v6(0xfc00), 7), 30, 13}, {IpPrefix(v4_mapped, 96), 20, 4},
      {IpPrefix(v6(0x2002), 16), 5, 2},  {IpPrefix(v6(0x2001), 32), 5, 5},
      {IpPrefix(v6(0), 96), 1, 3},       {IpPrefix(v6(0xfec0), 10), 1, 11},
      {IpPrefix(v6(0x3ffe), 16), 1, 12},
  };
}

}  // namespace

PolicyTable::PolicyTable(std::vector<PolicyEntry> entries) : entries_(std::move(entries)) {
  std::ranges::stable_sort(entries_, std::ranges::greater{},
                           [](const PolicyEntry& entry) { return entry.prefix.length(); });
  // A lookup must find something: RFC 6724's own row for everything else.
  if (entries_.empty() || entries_.back().prefix.length() != 0)
    entries_.push_back({IpPrefix(v6(0), 0), 40, 1});
}

const PolicyTable& PolicyTable::rfc6724() {
  static const PolicyTable table(rfc6724_rows());
  return table;
}

PolicyTable PolicyTable::rfc6724_update(std::span<const IpPrefix> own_unique_local) {
  std::vector<PolicyEntry> rows = updated_rows();
  for (const IpPrefix& prefix : own_unique_local) rows.push_back({prefix, 45, 14});
  return PolicyTable(std::move(rows));
}

const PolicyEntry& PolicyTable::lookup(const IpAddress& address) const {
  const IpAddress mapped = address.mapped();
  const auto found = std::ranges::find_if(
      entries_, [&](const PolicyEntry& entry) { return entry.prefix.contains(mapped); });
  return found == entries_.end() ? entries_.back() : *found;
}

}  // namespace bowline::core
