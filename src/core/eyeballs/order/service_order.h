#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/eyeballs/names/lookups.h"
#include "core/eyeballs/order/race_address.h"
#include "core/eyeballs/race.h"

namespace bowline::core {

/// One group of the list: addresses that stand for one service, or for the name itself.
struct ServiceGroup {
  NameIndex name = 0;
  std::uint16_t port = 0;
  std::uint32_t priority = 0;                         ///< groups of equal priority are alternatives
  std::uint64_t shuffle = 0;                          ///< their order
  const LookupService* service = nullptr;             ///< null: every protocol may be tried
  std::array<const RankedAddresses*, 2> addresses{};  ///< by Family of the record
  bool is_preferred_settled = false;  ///< the preferred family has answered, or was hinted at
  bool is_pending = false;            ///< addresses may still come

  [[nodiscard]] bool has_addresses() const {
    return !addresses[0]->empty() || !addresses[1]->empty();
  }
};

/// Puts what is known into groups, best first: service records by priority, equal ones in an order
/// that `shuffle_seed` gives, then names without a record. Records that the application cannot or
/// must not use are left out, and so are their names.
///
/// source    draft-ietf-happy-happyeyeballs-v3, grouping and sorting endpoints
void order_services(const Race::Target& target, Family preferred_family, const Lookups& lookups,
                    std::uint64_t shuffle_seed, std::vector<ServiceGroup>& groups);

}  // namespace bowline::core
