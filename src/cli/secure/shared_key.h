#pragma once

#include <string>
#include <vector>

#include <bowline/result.h>
#include <bowline/security.h>

#include "cli/words/arguments.h"

namespace bowline::cli {

/// Adds the keys of --psk and --psk-phrase to `options`, and to `warnings` what others can see of them.
///
/// errors    invalid_argument for what does not parse or is too short; those of the files that are named
[[nodiscard]] Result<void> read_shared_keys(const Invocation& invocation, SecurityOptions& options,
                                            std::vector<std::string>& warnings);

}  // namespace bowline::cli
