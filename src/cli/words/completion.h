#pragma once

#include <string>

namespace bowline::cli {

// Completion scripts for three shells. None needs anything beside its shell.
[[nodiscard]] std::string bash_completion();
[[nodiscard]] std::string zsh_completion();
[[nodiscard]] std::string fish_completion();

}  // namespace bowline::cli
