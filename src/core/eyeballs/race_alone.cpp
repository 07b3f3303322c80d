#include "core/eyeballs/race_alone.h"

#include <utility>

#include "core/eyeballs/attempts.h"

namespace bowline::core {

bool Race::Alone::suits(const Options& options, const Target& target) {
  return target.addresses.size() == 1 && target.protocols.size() == 1 && !target.query_service &&
         !target.require_ech && !target.nat64_prefix && options.candidates_max > 0 &&
         !options.race_timeout;
}

void Race::Alone::start(Instant now) {
  started_ = now;
  move_to(RaceTrigger::start);
  move_to(RaceTrigger::move_on);
  const CandidateProtocol protocol = target_.protocols.front();
  if (traces()) note(TraceKind::candidates_ordered, "1, " + describe(remote(), protocol));
  put(StartAttempt{only, remote(), protocol, target_.name});
}

void Race::Alone::cancel() {
  if (runs()) put(CancelAttempt{only});
  if (runs() || phase() == RacePhase::idle) end_by(RaceTrigger::cancel);
}

void Race::Alone::handle_ready(AttemptId id) {
  if (!runs() || id != only) return;
  end_by(RaceTrigger::ready);
  put(Won{only});
}

void Race::Alone::handle_attempt_failure(AttemptId id, Error error, Instant) {
  if (runs() && id == only) fail(std::move(error));
}

void Race::Alone::handle_source_lost(const IpAddress& source, Instant) {
  if (runs() && address().source == source) drop(source_lost());
}

void Race::Alone::handle_timeout(Instant now) {
  if (const auto limit = deadline(); limit && now >= *limit)
    drop(timed_out(*options_.attempt_timeout));
}

std::optional<Instant> Race::Alone::deadline() const {
  if (!runs() || !options_.attempt_timeout) return std::nullopt;
  return started_ + *options_.attempt_timeout;
}

/// Fails the attempt, which does not know it yet.
void Race::Alone::drop(const Error& error) {
  put(CancelAttempt{only, error.about(to_string(remote()))});
  fail(error);
}

void Race::Alone::fail(Error error) {
  Attempts attempts;
  const AttemptId id = attempts.start({.remote = remote(),
                                       .protocol = target_.protocols.front(),
                                       .source = address().source,
                                       .started = started_,
                                       .error = std::nullopt});
  attempts.fail(*attempts.find_running(id), std::move(error));
  end_by(RaceTrigger::nothing_left);
  put(Failed{race_error(attempts, target_)});
}

}  // namespace bowline::core
