#pragma once

#include <string_view>
#include <vector>

namespace bowline::wire {

/// The members of a comma-separated list, trimmed, empty ones left out; a comma inside quotes separates
/// nothing. RFC 9110 5.6.1.
[[nodiscard]] std::vector<std::string_view> split_http_list(std::string_view value);

}  // namespace bowline::wire
