#pragma once

#include <compare>
#include <cstdint>

#include <bowline/address.h>
#include <bowline/time.h>

#include "core/eyeballs/attempts/history.h"
#include "core/eyeballs/order/policy_table.h"

namespace bowline::core {

/// Where an address comes in the order of RFC 6724 section 6: the fields are the rules, in order,
/// and smaller is better. Comparing two ranks is comparing by all rules; equal ranks keep the order
/// of the answer (rule 10).
///
/// Rule 4 (home addresses) has no meaning without Mobile IP. Rules 9 and 10 may be superseded, says
/// the RFC: rule 9 counts for IPv6 only and up to the subnet (64 bits), because for IPv4 it undoes
/// the load balancing of servers.
struct DestinationRank {
  bool is_unusable = false;           ///< rule 1: no source, so no route
  bool scope_differs = false;         ///< rule 2
  bool source_is_deprecated = false;  ///< rule 3
  bool label_differs = false;         ///< rule 5
  unsigned precedence_below_top = 0;  ///< rule 6
  bool is_translated = false;         ///< rule 7: through a NAT64
  std::uint8_t scope = 0;             ///< rule 8
  Duration rtt = Duration::max();     ///< Happy Eyeballs, between 8 and 9; unknown comes last
  bool is_unused = true;              ///< Happy Eyeballs, before 9
  bool is_ipv4 = false;  ///< rule 9 compares within a family; this keeps the order total
  std::uint8_t bits_not_shared = 0;  ///< rule 9

  friend auto operator<=>(const DestinationRank&, const DestinationRank&) = default;
};

/// What there is to know of one destination.
struct Destination {
  IpAddress address;  ///< as sorted: the IPv4 address if a NAT64 stands between
  IpAddress remote;   ///< as connected to
  std::optional<IpAddress> source;
  bool source_is_deprecated = false;
  bool is_translated = false;  ///< usable without a source: the network has announced its NAT64
};

/// How destinations are judged in one race.
struct RankingRules {
  const PolicyTable* policy = nullptr;
  const History* history = nullptr;  ///< null = none
  Family preferred_family =
      Family::ipv6;        ///< ipv4 lifts IPv4 above all, as `precedence ::ffff:0:0/96 100` does
  std::uint16_t port = 0;  ///< that the history is asked about
};

[[nodiscard]] DestinationRank rank_destination(const Destination& destination,
                                               const RankingRules& rules, Instant now);

/// RFC 6724 3.1 and 3.2: 2 link-local, 5 site-local, 14 global, or what a multicast address says.
[[nodiscard]] std::uint8_t address_scope(const IpAddress& address);

}  // namespace bowline::core
