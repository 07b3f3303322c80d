#pragma once

#include <cstddef>
#include <optional>

#include <bowline/time.h>

#include "core/eyeballs/race.h"

namespace bowline::core {

/// When may the next attempt start? The Next Connection Attempt Timer of the draft.
///
/// After each start it is a connection attempt delay away; a failure of the newest attempt brings
/// it to the floor between two starts; progress of an attempt (TCP is up, TLS goes on) moves it
/// once to where that attempt should be done. New answers do not move it.
///
/// source    draft-ietf-happy-happyeyeballs-v3, connection attempts; successful establishment
class AttemptPacing {
 public:
  explicit AttemptPacing(const Race::Options& options) : options_(options) {}

  /// `rtt` of the address just tried, if known; `earlier_running` attempts are still in progress.
  void note_start(Race::AttemptId attempt, std::optional<Duration> rtt, std::size_t earlier_running,
                  Instant now);
  void note_progress(Race::AttemptId attempt, Instant now);
  void note_failure(Race::AttemptId attempt, bool others_running);
  /// The earliest instant for the next start.
  [[nodiscard]] Instant next_start() const { return next_start_; }

 private:
  const Race::Options& options_;
  Instant next_start_ = Instant::min();
  Instant floor_ = Instant::min();
  Instant unextended_ = Instant::min();
  Race::AttemptId newest_ = 0;
  std::optional<Race::AttemptId> extended_by_;
};

/// The connection attempt delay after an attempt whose round-trip time is `rtt`: the time of its
/// first retransmission, which is three round trips (RFC 6298 2.2: SRTT + 4 * SRTT/2), within the
/// configured bounds.
[[nodiscard]] Duration attempt_delay(const Race::Options& options, std::optional<Duration> rtt,
                                     std::size_t earlier_running);

/// At least this lies between two starts, whatever the options say (draft: MUST NOT be less than 10
/// ms).
[[nodiscard]] Duration attempt_spacing(const Race::Options& options);

}  // namespace bowline::core
