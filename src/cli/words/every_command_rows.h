#pragma once

#include "cli/words/table.h"

namespace bowline::cli {

// Options that nearly every command has.

inline constexpr Option help_option{'h', "help", "", "show this help and exit"};
inline constexpr Option json_option{0, "json", "",
                                    "print JSON instead of text, errors too (see docs/cli)"};
inline constexpr Option ipv4_option{'4', "", "", "use IPv4 only"};
inline constexpr Option ipv6_option{'6', "", "", "use IPv6 only"};

}  // namespace bowline::cli
