#include "drive/establish/establishment_record.h"

#include <algorithm>
#include <string>

#include "core/eyeballs/attempts/history.h"
#include "drive/establish/error_policy.h"
#include "drive/establish/handshakes.h"

namespace bowline::drive {

namespace {

/// RFC 6298 section 3: what was sent twice is no measure of a round trip.
constexpr Duration syn_repeated_after = std::chrono::seconds(1);

std::string transport_name(core::CandidateProtocol protocol) {
  const bool stands_on_tcp = protocol == core::CandidateProtocol::tls;
  return std::string(core::to_string(stands_on_tcp ? core::CandidateProtocol::tcp : protocol));
}

bowline::Attempt to_attempt(const EstablishmentRecord::Attempt& made, const std::string& connection,
                            Instant origin) {
  bowline::Attempt::Facts attempt;
  attempt.id = connection + "." + std::to_string(made.round) + "." + std::to_string(made.number);
  attempt.remote = made.remote;
  attempt.protocol = core::to_string(made.protocol);
  attempt.started = made.started - origin;
  if (made.ended) attempt.ended = *made.ended - origin;
  attempt.outcome = made.outcome;
  attempt.error = made.error;
  attempt.security = made.security;
  return bowline::Attempt(std::move(attempt));
}

}  // namespace

EstablishmentRecord::Attempt& EstablishmentRecord::add_attempt(
    std::uint32_t round, const core::Race::StartAttempt& attempt, Instant now) {
  // A race runs far fewer at a time, so that one of them has ended.
  if (attempts.size() == attempts_max)
    attempts.erase(std::ranges::find_if(
        attempts, [](const Attempt& made) { return made.outcome != AttemptOutcome::running; }));
  return attempts.emplace_back(round, attempt.attempt, attempt.remote, attempt.protocol, now);
}

void EstablishmentRecord::add_resolution(Resolution&& resolution) {
  if (resolutions.size() == resolutions_max) resolutions.erase(resolutions.begin());
  resolutions.push_back(std::move(resolution));
}

void EstablishmentRecord::add_security(core::Race::AttemptId attempt, SecurityReport&& security) {
  Attempt* const made = find(attempt);
  if (made == nullptr) return;
  const auto has_one = [](const Attempt& one) { return one.security.has_value(); };
  if (std::ranges::count_if(attempts, has_one) == std::ptrdiff_t{securities_max})
    std::ranges::find_if(attempts, has_one)->security.reset();
  made->security = std::move(security);
}

EstablishmentRecord::Attempt* EstablishmentRecord::find(core::Race::AttemptId attempt) {
  const auto found = std::find_if(attempts.rbegin(), attempts.rend(), [&](const Attempt& made) {
    return made.number == attempt && made.outcome == AttemptOutcome::running;
  });
  return found == attempts.rend() ? nullptr : &*found;
}

std::vector<Error> EstablishmentRecord::errors_of(std::uint32_t round) const {
  std::vector<Error> errors;
  for (const Attempt& made : attempts)
    if (made.round == round && made.error) errors.push_back(*made.error);
  return errors;
}

void EstablishmentRecord::fill(Report::Facts& report, std::vector<ports::LayerFacts> live) const {
  report.endpoint = endpoint;
  report.total = ended ? *ended - started : Duration::zero();
  report.previous_attempts = rounds_failed;
  report.resolutions = resolutions;
  if (error) report.error = error;
  std::vector<Handshake::Facts> done;
  for (const Attempt& made : attempts) {
    report.attempts.push_back(to_attempt(made, report.id, started));
    if (made.outcome != AttemptOutcome::won) continue;
    const Duration duration = made.connected.value_or(*made.ended) - made.started;
    done.push_back({transport_name(made.protocol), duration, std::nullopt, {}});
  }
  done.insert(done.end(), handshakes.begin(), handshakes.end());
  add_layer_facts(done, layers);
  add_layer_facts(done, std::move(live));
  for (Handshake::Facts& handshake : done) report.handshakes.emplace_back(std::move(handshake));
}

void teach(core::History& history, const EstablishmentRecord::Attempt& ended, bool at_once) {
  if (ended.error && ended.outcome == AttemptOutcome::refused) {
    history.record_refusal(ended.remote, *ended.ended);
  } else if (ended.error && blames_address(*ended.error)) {
    history.record_failure(ended.remote.ip, *ended.ended);
  }
  // What was ready at once, a datagram's socket or a peer on this host, says nothing of a way.
  if (ended.outcome != AttemptOutcome::won || at_once) return;
  const Duration handshake = ended.connected.value_or(*ended.ended) - ended.started;
  const bool sent_once = handshake < syn_repeated_after;
  history.record_success(ended.remote, sent_once ? std::optional(handshake) : std::nullopt,
                         *ended.ended);
}

}  // namespace bowline::drive
