#pragma once

#include <string>
#include <vector>

namespace bowline::cli {

/// Says warnings on standard error before anything happens; as JSON Lines for a program that reads events
/// there.
void say_warnings(const std::vector<std::string>& warnings, bool as_json_lines);

}  // namespace bowline::cli
