#pragma once

#include <vector>

#include <bowline/parameters.h>

#include "core/eyeballs/race.h"
#include "core/lifecycle/patience.h"
#include "drive/establish/candidates/approach.h"
#include "drive/loop/tracer.h"

namespace bowline::drive {

/// What the user's parameters and the stack's alternatives mean to the machines.
[[nodiscard]] core::Race::Options race_options(const Parameters& parameters, const Tracer& tracer);
[[nodiscard]] core::Patience::Options patience_options(const Parameters& parameters);

/// A race among the alternatives, without a name or an address so far. HTTPS records say where and how
/// an HTTP origin is reached: they are asked for if an alternative speaks HTTP (RFC 9460 9).
[[nodiscard]] core::Race::Target race_target(const std::vector<StackAlternative>& alternatives,
                                             std::uint16_t port);
[[nodiscard]] bool understands_ech(const std::vector<StackAlternative>& alternatives);

}  // namespace bowline::drive
