#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace bowline::cli {

/// Text from outside for a terminal: everything but printable ASCII becomes `\xNN`; what is longer
/// is cut.
[[nodiscard]] std::string safe(std::string_view text, std::size_t bytes_max = 256);
/// The same, in quotes.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace bowline::cli
