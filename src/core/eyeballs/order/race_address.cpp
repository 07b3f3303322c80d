#include "core/eyeballs/order/race_address.h"

#include <algorithm>
#include <span>

#include "core/eyeballs/names/nat64.h"

namespace bowline::core {

RankedAddress AddressRanker::take_alone(const RaceAddress& address) const {
  const Destination destination = destination_of(address);
  return {destination.remote, address.source, destination.address.family(), {}};
}

RankedAddresses AddressRanker::rank(const std::vector<RaceAddress>& addresses, Instant now) const {
  RankedAddresses ranked;
  const auto kept = std::span(addresses).first(std::min(addresses.size(), addresses_max_));
  ranked.reserve(kept.size());
  for (const RaceAddress& address : kept) {
    const Destination destination = destination_of(address);
    ranked.push_back({destination.remote, address.source, destination.address.family(),
                      rank_destination(destination, rules_, now)});
  }
  // To sort one it would allocate, too.
  if (ranked.size() > 1) std::ranges::stable_sort(ranked, {}, &RankedAddress::rank);
  return ranked;
}

Destination AddressRanker::destination_of(const RaceAddress& address) const {
  Destination destination{.address = address.address,
                          .remote = address.address,
                          .source = address.source,
                          .source_is_deprecated = address.source_deprecated};
  if (!nat64_prefix_) return destination;
  if (address.address.is_v6()) {
    // Draft, section 8: what a DNS64 made is IPv4 in disguise and is sorted as such.
    if (const auto inside = extract_nat64(*nat64_prefix_, address.address)) {
      destination.address = *inside;
      destination.is_translated = true;
    }
  } else if (!address.source) {
    if (const auto outside = synthesise_nat64(*nat64_prefix_, address.address)) {
      destination.remote = *outside;
      destination.is_translated = true;
    }
  }
  return destination;
}

}  // namespace bowline::core
