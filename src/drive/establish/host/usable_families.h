#pragma once

#include <cstdint>

#include "ports/network.h"

namespace bowline::drive {

struct UsableFamilies {
  bool ipv4 = false;
  bool ipv6 = false;
};

/// Which families reach beyond this host: a source address that is neither loopback nor link-local, and a
/// route (draft-ietf-happy-happyeyeballs-v3, "which queries"). `interface_index` 0 = over any interface.
[[nodiscard]] UsableFamilies usable_families(const ports::NetworkSnapshot& snapshot,
                                             std::uint32_t interface_index);

}  // namespace bowline::drive
