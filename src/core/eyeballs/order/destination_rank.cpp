#include "core/eyeballs/order/destination_rank.h"

#include <algorithm>

namespace bowline::core {

namespace {

constexpr unsigned precedence_top = 1000;
constexpr unsigned precedence_of_preferred_ipv4 = 100;
constexpr unsigned subnet_bits = 64;

void rank_by_source(DestinationRank& rank, const Destination& destination, unsigned label,
                    const PolicyTable& policy) {
  const IpAddress& source = *destination.source;
  rank.scope_differs = address_scope(source) != rank.scope;
  rank.source_is_deprecated = destination.source_is_deprecated;
  rank.label_differs = policy.lookup(source).label != label;
  if (destination.address.is_v6()) {
    const unsigned shared =
        std::min(common_prefix_length(source, destination.address), subnet_bits);
    rank.bits_not_shared = static_cast<std::uint8_t>(subnet_bits - shared);
  }
}

}  // namespace

DestinationRank rank_destination(const Destination& destination, const RankingRules& rules,
                                 Instant now) {
  const PolicyEntry& policy = rules.policy->lookup(destination.address);
  const bool lifted = destination.address.is_v4() && rules.preferred_family == Family::ipv4;
  const unsigned precedence = lifted ? precedence_of_preferred_ipv4 : policy.precedence;

  DestinationRank rank;
  rank.is_unusable = !destination.source && !destination.is_translated;
  rank.precedence_below_top = precedence_top - std::min(precedence, precedence_top);
  rank.is_translated = destination.is_translated;
  rank.scope = address_scope(destination.address);
  rank.is_ipv4 = destination.address.is_v4();
  // The source of a translated destination is IPv6 and says nothing about the IPv4 address.
  if (destination.source && !destination.is_translated)
    rank_by_source(rank, destination, policy.label, *rules.policy);
  const bool is_known = rules.history != nullptr && rules.history->size() > 0;
  if (is_known && !rules.history->has_refused({destination.remote, rules.port}, now)) {
    rank.rtt = rules.history->rtt(destination.remote, now).value_or(Duration::max());
    rank.is_unused = !rules.history->was_used(destination.remote, now);
  }
  return rank;
}

std::uint8_t address_scope(const IpAddress& address) {
  constexpr std::uint8_t link_local = 2;
  constexpr std::uint8_t site_local = 5;
  constexpr std::uint8_t global = 14;
  const auto octets = address.octets();
  if (address.is_v6() && octets[0] == 0xff) return octets[1] & 0x0f;
  if (address.is_loopback() || address.is_link_local()) return link_local;
  if (address.is_v6() && octets[0] == 0xfe && (octets[1] & 0xc0) == 0xc0) return site_local;
  return global;
}

}  // namespace bowline::core
