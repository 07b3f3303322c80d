#pragma once

#include <string>

#include <bowline/result.h>

namespace bowline::cli {

/// A whole file, of at most 4 MiB.
///
/// errors    the system's, about the file; limit_exceeded
[[nodiscard]] Result<std::string> read_small_file(const std::string& path);

/// Whether its mode lets others than its owner read it: for secrets. No for a file that is not there.
[[nodiscard]] bool others_may_read(const std::string& path);

}  // namespace bowline::cli
