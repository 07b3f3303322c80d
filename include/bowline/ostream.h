#pragma once

// Optional: `std::cout << endpoint`, for every value that has a to_string. Nothing else of Bowline knows
// streams.

#include <bowline/detail/printed.h>

#include <ostream>

namespace bowline {

template <detail::Printed T>
std::ostream& operator<<(std::ostream& stream, const T& value) {
  return stream << to_string(value);
}

}  // namespace bowline
