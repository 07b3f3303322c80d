#pragma once

#include <bowline/detail/facts.h>

#include "ports/network.h"

namespace bowline::drive {

/// The user's view of the host's network, but for DNS.
[[nodiscard]] Path::Facts to_path(const ports::NetworkSnapshot& snapshot);

}  // namespace bowline::drive
