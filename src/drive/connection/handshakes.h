#pragma once

#include <string>
#include <vector>

#include <bowline/report.h>

#include "ports/byte_stream.h"

namespace bowline::drive {

/// The handshakes of an attempt that won, the lowest layer first. The transport's began with the attempt, and
/// ended when the next layer's began or, if there is none, with the attempt.
///
/// protocol  of the transport, where its layers say nothing
[[nodiscard]] std::vector<Handshake> handshakes_of(std::vector<ports::LayerFacts> layers,
                                                   const std::string& protocol, Instant started,
                                                   Instant ended);

}  // namespace bowline::drive
