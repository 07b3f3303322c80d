#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <bowline/detail/facts.h>
#include <bowline/result.h>

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

/// errors    address_unavailable, naming the interface
[[nodiscard]] Result<std::uint32_t> interface_index(ports::Network& network, std::string_view name);

/// The interface that has this address; empty if none has.
[[nodiscard]] std::string interface_name_of(const ports::NetworkSnapshot& snapshot,
                                            const IpAddress& address);

/// An interface with this address is up and has a carrier.
[[nodiscard]] bool is_in_use(const ports::NetworkSnapshot& snapshot, const IpAddress& address);

/// The user's view of the host's network, but for DNS.
[[nodiscard]] Path::Facts to_path(const ports::NetworkSnapshot& snapshot);

}  // namespace bowline::drive
