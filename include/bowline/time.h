#pragma once

#include <bowline/export.h>

#include <chrono>
#include <cstdint>
#include <string>

namespace BOWLINE_API bowline {

/// A clock that can be compared and added to, but never asked for the time: only a loop knows it.
///
/// Instants of one loop are monotonic and do not count time suspended. In `bowline::sim` they are virtual.
struct Clock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<Clock>;
  static constexpr bool is_steady = true;
};

/// A length of time in nanoseconds; any `std::chrono` duration of integers converts to it.
using Duration = Clock::duration;

/// Made safe to add to any instant: from nothing to a hundred years.
[[nodiscard]] constexpr Duration bounded(Duration duration) {
  constexpr Duration most = std::chrono::hours(24 * 365 * 100);
  return duration < Duration::zero() ? Duration::zero() : duration > most ? most : duration;
}

/// A point in a loop's time.
using Instant = Clock::time_point;

/// Milliseconds with three decimals, without a unit: `12.345`.
[[nodiscard]] std::string format_ms(Duration duration);

/// A human form with the unit that fits: `250 ms`, `1.5 s`, `12 us`.
[[nodiscard]] std::string to_string(Duration duration);

}  // namespace BOWLINE_API bowline
