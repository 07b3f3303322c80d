#pragma once

#include <bowline/result.h>

#include <cstddef>
#include <string>

#include "linux/system/system.h"

namespace bowline::linux_host {

/// The first `bytes_max` bytes of a file that is open, or all that it has. Sizes that stat() tells are
/// not to be trusted in /sys, so it reads until nothing comes.
///
/// errors    the system's, of `operation`
[[nodiscard]] Result<std::string> read_open_file(const System& system, int descriptor,
                                                 std::size_t bytes_max, const char* operation);

}  // namespace bowline::linux_host
