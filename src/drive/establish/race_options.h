#pragma once

#include <vector>

#include <bowline/parameters.h>

#include "core/eyeballs/race.h"
#include "core/lifecycle/patience.h"
#include "drive/establish/approach.h"
#include "drive/loop/tracer.h"

namespace bowline::drive {

/// What the user's parameters and the stack's alternatives mean to the machines.
[[nodiscard]] core::Race::Options race_options(const Parameters& parameters, const Tracer& tracer);
[[nodiscard]] core::Patience::Options patience_options(const Parameters& parameters);

/// HTTPS records say where and how an HTTP origin is reached: they are asked for if an alternative speaks HTTP.
///
/// source    RFC 9460 9
[[nodiscard]] bool has_use_for_service_records(const std::vector<StackAlternative>& alternatives);
[[nodiscard]] bool understands_ech(const std::vector<StackAlternative>& alternatives);

}  // namespace bowline::drive
