#pragma once

#include <string>

#include <bowline/result.h>

namespace bowline::cli {

/// A whole file, of at most 4 MiB.
///
/// errors    the system's, about the file; limit_exceeded
[[nodiscard]] Result<std::string> read_small_file(const std::string& path);

}  // namespace bowline::cli
