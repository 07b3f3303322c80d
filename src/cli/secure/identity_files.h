#pragma once

#include <optional>
#include <string>
#include <vector>

#include <bowline/result.h>
#include <bowline/security.h>

#include "cli/words/arguments.h"

namespace bowline::cli {

/// Who --cert, --key and --key-phrase say that this end is; nothing without --cert. A key that is encrypted,
/// and for which no phrase was given, is asked for on the terminal. `warnings` gets what others can see.
///
/// errors    invalid_argument for options that do not fit, and where there is nobody to ask for the phrase;
///           those of the files
[[nodiscard]] Result<std::optional<Identity>> read_identity(const Invocation& invocation,
                                                            std::vector<std::string>& warnings);

}  // namespace bowline::cli
