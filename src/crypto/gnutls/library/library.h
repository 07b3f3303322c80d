#pragma once

#include <bowline/result.h>
#include <bowline/time.h>

#include <optional>
#include <string>

#include "ports/wall_clock.h"

namespace bowline::crypto {

/// Makes GnuTLS ready, once in the process, and takes over its two clocks. Everything after it may run in
/// any thread.
void prepare_library();

/// "GnuTLS 3.7.9", as loaded and not as compiled for, with the newer abilities that this one has.
[[nodiscard]] const std::string& library_name();

/// Whether the library knows this word of a priority string, such as "GROUP-X25519-MLKEM768".
[[nodiscard]] bool library_knows(const std::string& keyword);

/// While it lives, GnuTLS takes the time from `wall` on this thread. Its second clock, for timers and the
/// ages of tickets, shows `now` if that is given, as datagrams need a time that does not jump.
///
/// Outside of such a scope GnuTLS has the system's clock, as for other users of it in the process.
class ClockScope {
 public:
  ClockScope(const ports::WallClock& wall, std::optional<Instant> now);
  ~ClockScope();
  ClockScope(const ClockScope&) = delete;
  ClockScope& operator=(const ClockScope&) = delete;

 private:
  const ClockScope* outer_;
  const ports::WallClock& wall_;
  std::optional<Instant> now_;
  friend struct ClockReading;
};

/// What GnuTLS takes for the time since 1970 on this thread.
[[nodiscard]] std::chrono::nanoseconds library_wall_time();

}  // namespace bowline::crypto
