#pragma once

#include <string>

#include <bowline/result.h>

namespace bowline::cli {

/// Asks on the terminal of this process, whatever standard input and output are, and shows nothing of
/// what is typed.
///
/// errors    unsupported if there is no terminal; cancelled for ctrl-C and for an empty answer; what the
///           system says
[[nodiscard]] Result<std::string> ask_for_pass_phrase(const std::string& question);

}  // namespace bowline::cli
