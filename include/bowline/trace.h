#pragma once

#include <bowline/error.h>
#include <bowline/export.h>
#include <bowline/time.h>

#include <optional>
#include <string>
#include <string_view>

namespace BOWLINE_API bowline {

/// One thing that a machine inside the library did or learnt: what logs, waterfalls and transcripts are made
/// of.
///
/// lifetime  the views end with the call that hands it over
struct TraceEvent {
  Instant at;
  std::string_view id;      ///< "C8", "C8.1.2", "R" for the resolver, "L1" for a listener
  std::string_view kind;    ///< "state_changed", "attempt_started" ...: docs/trace.md lists them
  std::string_view detail;  ///< ASCII, safe to print whatever came over the network
  const Error* error;       ///< or null
};

/// One line for people: `    12.345 C8.1.2 attempt_ended refused 192.0.2.1:443`; time counts from `start`.
[[nodiscard]] std::string to_string(const TraceEvent& event, Instant start);

}  // namespace BOWLINE_API bowline
