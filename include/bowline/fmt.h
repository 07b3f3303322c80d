#pragma once

// Optional, for those who have {fmt} 9 or later: `fmt::print("{:>24}", endpoint)`, for every value that has a
// to_string, with the format specifications of strings. Nothing else of Bowline knows fmt.

#include <bowline/detail/printed.h>

#include <string_view>

#include <fmt/format.h>

template <bowline::detail::Printed T>
struct fmt::formatter<T> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const T& value, Context& context) const {
    return fmt::formatter<std::string_view>::format(to_string(value), context);
  }
};
