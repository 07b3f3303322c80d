#include "core/eyeballs/attempts/pacing.h"

#include <algorithm>
#include <cmath>

namespace bowline::core {

void AttemptPacing::note_start(Race::AttemptId attempt, std::optional<Duration> rtt,
                               std::size_t earlier_running, Instant now) {
  newest_ = attempt;
  extended_by_.reset();
  floor_ = now + attempt_spacing(options_);
  next_start_ = now + attempt_delay(options_, rtt, earlier_running);
}

void AttemptPacing::note_progress(Race::AttemptId attempt, Instant now) {
  const Instant expected = now + options_.security_extension;
  if (extended_by_ || next_start_ <= now || expected <= next_start_) return;
  extended_by_ = attempt;
  unextended_ = next_start_;
  next_start_ = expected;
}

void AttemptPacing::note_failure(Race::AttemptId attempt, bool others_running) {
  if (attempt == newest_ || !others_running) {
    next_start_ = floor_;
  } else if (attempt == extended_by_) {
    // What was waited for will not come.
    next_start_ = unextended_;
  }
}

Duration attempt_delay(const Race::Options& options, std::optional<Duration> rtt,
                       std::size_t earlier_running) {
  constexpr int round_trips_to_retransmission = 3;
  const Duration shortest = attempt_spacing(options);
  const Duration longest = std::max(options.attempt_delay_max, shortest);
  // The draft lets a base below the recommended minimum stand if it grows.
  const bool grows = options.attempt_delay_growth > 1.0;
  const Duration recommended = std::clamp(options.attempt_delay_min, shortest, longest);

  const Duration base =
      rtt ? std::clamp(*rtt, Duration::zero(), longest) * round_trips_to_retransmission
          : options.attempt_delay;
  const Duration bounded = std::clamp(base, grows && !rtt ? shortest : recommended, longest);
  if (!grows) return bounded;
  const double factor =
      std::pow(options.attempt_delay_growth, static_cast<double>(earlier_running));
  const double grown = static_cast<double>(bounded.count()) * factor;
  return grown >= static_cast<double>(longest.count())
             ? longest
             : Duration(static_cast<Duration::rep>(grown));
}

Duration attempt_spacing(const Race::Options& options) {
  return std::max<Duration>(options.attempt_spacing_min, std::chrono::milliseconds(10));
}

}  // namespace bowline::core
