#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <bowline/result.h>

#include "ports/network.h"

namespace bowline::drive {

/// errors    address_unavailable, naming the interface
[[nodiscard]] Result<std::uint32_t> interface_index(ports::Network& network, std::string_view name);

/// The interface that has this address; empty if none has.
[[nodiscard]] std::string interface_name_of(const ports::NetworkSnapshot& snapshot,
                                            const IpAddress& address);

/// An interface with this address is up and has a carrier.
[[nodiscard]] bool is_in_use(const ports::NetworkSnapshot& snapshot, const IpAddress& address);

}  // namespace bowline::drive
