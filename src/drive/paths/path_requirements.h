#pragma once

#include <bowline/error.h>
#include <bowline/parameters.h>

#include "core/path/path_evaluation.h"
#include "ports/stream_socket.h"

namespace bowline::drive {

/// What the parameters say about the way.
[[nodiscard]] core::PathRequirements requirements_of(const Parameters& parameters);

/// RFC 8325 figure 1 for the DSCP, and section 4 for the priority, which is that of Wi-Fi's 802.1D.
[[nodiscard]] ports::PacketMarks marks_of(ServiceClass service_class);

/// Why a path is not satisfied, with every reason.
[[nodiscard]] Error unsatisfied(const core::PathEvaluation& path);

/// An obstacle as users see it.
[[nodiscard]] UnsatisfiedReason to_reason(const core::PathObstacle& obstacle);

}  // namespace bowline::drive
