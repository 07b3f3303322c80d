#pragma once

#include <cstddef>
#include <string_view>

namespace bowline::cli {

/// How many slips lie between two words: letters missing, added, exchanged, or swapped with their
/// neighbour.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace bowline::cli
