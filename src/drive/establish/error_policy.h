#pragma once

#include <bowline/error.h>
#include <bowline/report.h>

namespace bowline::drive {

/// How a failed attempt shows in the report.
[[nodiscard]] AttemptOutcome outcome_of(const Error& error);

/// Whether a failed attempt says something about the address tried, and not about this host or the program.
[[nodiscard]] bool blames_address(const Error& error);

}  // namespace bowline::drive
