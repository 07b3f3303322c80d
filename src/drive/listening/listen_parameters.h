#pragma once

#include <bowline/parameters.h>
#include <bowline/result.h>

namespace bowline::drive {

/// Refuses parameters that a listener cannot honour, rather than ignore them.
///
/// errors    unsupported, about the name of the first one that was set
[[nodiscard]] Result<void> check_listen_parameters(const Parameters& parameters);

}  // namespace bowline::drive
