#pragma once

#include <bowline/loop.h>
#include <bowline/result.h>

#include <memory>

#include "ports/host.h"

namespace bowline {

/// This machine, as a loop needs it.
[[nodiscard]] Result<std::unique_ptr<ports::Host>> make_this_host();

/// A loop on any host.
[[nodiscard]] Loop make_loop(std::unique_ptr<ports::Host> host);

/// Log lines on standard error if the environment asks for them: BOWLINE_LOG=trace, or the first letters of
/// the ids to show (BOWLINE_LOG=C8).
void trace_as_environment_says(Loop& loop);

}  // namespace bowline
