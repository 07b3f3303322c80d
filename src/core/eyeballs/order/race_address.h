#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include <bowline/address.h>
#include <bowline/time.h>

#include "core/eyeballs/order/destination_rank.h"
#include "core/eyeballs/race.h"

namespace bowline::core {

/// An address of an answer, made ready for sorting and connecting.
struct RankedAddress {
  IpAddress remote;  ///< to connect to
  std::optional<IpAddress> source;
  Family family = Family::ipv6;  ///< the side on which it races: ipv4 for what a NAT64 translates
  DestinationRank rank;
};

/// What one query gave; best first.
using RankedAddresses = std::vector<RankedAddress>;

/// Turns answers into sorted lists: translates for a NAT64 (RFC 6052), ranks (RFC 6724), sorts and
/// caps.
class AddressRanker {
 public:
  AddressRanker(RankingRules rules, std::optional<IpPrefix> nat64_prefix, std::size_t addresses_max)
      : rules_(rules), nat64_prefix_(nat64_prefix), addresses_max_(addresses_max) {}

  void ignore_history() { rules_.history = nullptr; }
  /// For the only address there is: without a rank.
  [[nodiscard]] RankedAddress take_alone(const RaceAddress& address) const;
  [[nodiscard]] RankedAddresses rank(const std::vector<RaceAddress>& addresses, Instant now) const;

 private:
  [[nodiscard]] Destination destination_of(const RaceAddress& address) const;

  RankingRules rules_;
  std::optional<IpPrefix> nat64_prefix_;
  std::size_t addresses_max_;
};

}  // namespace bowline::core
