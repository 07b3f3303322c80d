#pragma once

#include <string>
#include <string_view>

#include "cli/words/table.h"

namespace bowline::cli {

/// `bowline --help`: what it is, and the commands.
[[nodiscard]] std::string help_overview();
/// `bowline COMMAND --help`.
[[nodiscard]] std::string help_of(const Command& command);
/// "-h, --help", "    --interface IF"
[[nodiscard]] std::string option_heading(const Option& option);
/// Breaks text at spaces, each line behind `indent` spaces and at most 80 columns wide.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t indent);

}  // namespace bowline::cli
