#pragma once

#include <vector>

#include <bowline/detail/facts.h>

#include "ports/byte_stream.h"

namespace bowline::drive {

/// Adds to each handshake what its layer says of itself: what was agreed on, and the round trip. Both
/// lists have the lowest layer first. A layer without a handshake of its own, such as one that the host
/// puts into every socket, gets one.
void add_layer_facts(std::vector<Handshake::Facts>& handshakes,
                     std::vector<ports::LayerFacts> layers);

}  // namespace bowline::drive
