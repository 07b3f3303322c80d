#pragma once

#include <bowline/error.h>
#include <bowline/export.h>
#include <bowline/time.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace bowline::drive {
class Loop;
}

namespace BOWLINE_API bowline {

/// One thing that a machine inside the library did or learnt: what logs, waterfalls and transcripts are made
/// of.
///
/// lifetime  the views end with the call that hands it over
struct TraceEvent {
  Instant at;
  std::string_view
      id;  ///< "C8", "C8.1.2", "R" for the resolver, "L1" for a listener: docs/trace.md
  std::string_view kind;    ///< "state_changed", "attempt_started" ...: docs/trace.md lists them
  std::string_view detail;  ///< ASCII, safe to print whatever came over the network
  const Error* error;       ///< or null
};

/// One sink that listens to a loop's trace events, as `Loop::trace` gives it: the sink is removed when this
/// is dropped, or with the loop.
///
/// thread    its loop's
class [[nodiscard]] Tracing {
 public:
  Tracing() = default;
  Tracing(Tracing&& other) noexcept;
  Tracing& operator=(Tracing&& other) noexcept;
  ~Tracing();

  /// Removes the sink now; from inside of the sink too, which is destroyed once it returns.
  void stop();
  /// Lets the sink listen for as long as the loop lives.
  void detach();

 private:
  friend class Loop;
  Tracing(drive::Loop& loop, std::uint64_t number);

  drive::Loop* loop_ = nullptr;  // counted
  std::uint64_t number_ = 0;
};

/// One line for people: `    12.345 C8.1.2 attempt_ended refused 192.0.2.1:443`; time counts from `start`.
[[nodiscard]] std::string to_string(const TraceEvent& event, Instant start);

}  // namespace BOWLINE_API bowline
