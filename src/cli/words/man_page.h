#pragma once

#include <string>

#include "cli/words/table.h"

namespace bowline::cli {

/// bowline(1), in the man(7) macros.
[[nodiscard]] std::string man_page();
/// bowline-connect(1) and its like.
[[nodiscard]] std::string man_page(const Command& command);

}  // namespace bowline::cli
