#pragma once

#include <string>
#include <string_view>

namespace bowline::core {

/// How urgent a response is, and whether parts of it are of use. RFC 9218.
struct HttpPriority {
  unsigned urgency = 3;  ///< 0 (first) to 7
  bool is_incremental = false;
  friend bool operator==(const HttpPriority&, const HttpPriority&) = default;
};

/// The value of a Priority field: `u=1, i`; empty for the default, which need not be said.
[[nodiscard]] std::string to_string(const HttpPriority& priority);
/// What is broken, or out of range, reads as the default. RFC 9218 section 4.
[[nodiscard]] HttpPriority parse_http_priority(std::string_view text);
/// The urgency of a task's priority from 0 (last) to 1 (first); 0.5 is the default's.
[[nodiscard]] unsigned urgency_of(double task_priority);

}  // namespace bowline::core
