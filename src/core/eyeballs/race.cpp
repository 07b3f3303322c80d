#include "core/eyeballs/race.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/edge_table.h"
#include "core/eyeballs/attempts.h"
#include "core/eyeballs/candidate_list.h"
#include "core/eyeballs/lookups.h"
#include "core/eyeballs/move_on.h"
#include "core/eyeballs/pacing.h"
#include "core/eyeballs/race_address.h"
#include "core/eyeballs/race_phase.h"
#include "core/eyeballs/service_order.h"

namespace bowline::core {

namespace {

// One race in so many looks at fresh addresses as if nothing were known, so that clients with
// different pasts come to the same choices (draft, sorting destination endpoints).
constexpr std::uint64_t races_per_fresh_look = 16;

Family preferred_family(const Race::Options& options, const Race::Target& target) {
  if (target.ask_ipv6 && target.ask_ipv4) return options.preferred_family;
  return target.ask_ipv4 ? Family::ipv4 : Family::ipv6;
}

AddressRanker make_ranker(const Race::Options& options, const Race::Target& target,
                          const History* history) {
  const RankingRules rules{
      .policy = options.policy != nullptr ? options.policy : &PolicyTable::rfc6724(),
      .history = history,
      .preferred_family = options.preferred_family};
  return AddressRanker(rules, target.nat64_prefix, options.candidates_max);
}

/// What makes a race pointless before it starts.
std::optional<Error> unfit(const Race::Target& target) {
  if (target.protocols.empty())
    return Error(ErrorKind::invalid_argument, "race", "no protocol to race with");
  if (!target.addresses.empty()) return std::nullopt;
  if (target.name.empty())
    return Error(ErrorKind::invalid_argument, "race", "neither a name nor an address");
  if (target.ask_ipv6 || target.ask_ipv4) return std::nullopt;
  return Error(ErrorKind::unreachable, "race", "the network has neither IPv6 nor IPv4")
      .about(target.name);
}

/// RFC 9460 3.1: with protected DNS a failed service query may be an attempt at a downgrade.
bool breaks_security(const RaceAnswer& answer, const Race::Target& target) {
  if (answer.query != RaceQuery::service || answer.positive || answer.stale) return false;
  const bool failed = answer.error && answer.error->kind() != ErrorKind::name_not_found;
  return answer.secure_failure || (target.dns_protected && failed);
}

Error timed_out(Duration limit) {
  return Error(ErrorKind::timed_out, "connect", "no answer in " + bowline::to_string(limit));
}

std::string describe(const SocketAddress& remote, CandidateProtocol protocol) {
  return to_string(remote) + " " + std::string(to_string(protocol));
}

}  // namespace

std::string_view to_string(CandidateProtocol protocol) {
  switch (protocol) {
    case CandidateProtocol::tcp: return "tcp";
    case CandidateProtocol::udp: return "udp";
    case CandidateProtocol::tls: return "tls";
    case CandidateProtocol::quic: return "quic";
  }
  return "unknown";
}

/// Routes inputs to the parts that answer one question each, and turns their answers into outputs.
struct Race::State {
  State(Options options_, Target target_, const History* history_, Random& random_)
      : options(std::move(options_)),
        target(std::move(target_)),
        history(history_),
        random(random_),
        ranker(make_ranker(options, target, history)),
        lookups(options, target),
        move_on(options.resolution_delay),
        pacing(options) {
    outputs.reserve(8);
  }

  void start(Instant now);
  void take_answer(RaceAnswer answer, Instant now);
  void win(AttemptId id);
  void lose_source(const IpAddress& source, Instant now);
  void fail_attempt(AttemptId id, Attempt& attempt, Error error);
  void drop_attempt(AttemptId id, Attempt& attempt, const Error& error);
  /// Does all that is due; every input ends here.
  void advance(Instant now);
  void fail(Error error);
  /// The only way out: drops what still runs, and says so. Won and Failed are put after it.
  void end(RaceTrigger trigger);
  [[nodiscard]] std::optional<Instant> deadline() const;

  [[nodiscard]] bool is_on() const {
    return phase == RacePhase::resolving || phase == RacePhase::racing;
  }
  void move_to(RaceTrigger trigger);
  void regroup();
  void give_up();
  void expire_attempts(Instant now);
  void start_due(Instant now);
  void start_attempt(const Candidate& candidate, Instant now);
  [[nodiscard]] bool has_nothing_left() const;
  [[nodiscard]] Error failure() const;
  template <class T>
  void put(T output) {
    outputs.emplace_back(std::in_place_type<T>, std::move(output));
  }
  [[nodiscard]] bool traces() const { return options.trace != nullptr && *options.trace; }
  void note(TraceKind kind, std::string detail) {
    put(TraceNote{kind, std::move(detail), std::nullopt});
  }
  void note_order();

  const Options options;
  const Target target;
  const History* history;
  Random& random;
  RacePhase phase = RacePhase::idle;
  AddressRanker ranker;
  Lookups lookups;
  std::vector<ServiceGroup> groups;
  MoveOnTest move_on;
  CandidateList candidates;
  Attempts attempts;
  AttemptPacing pacing;
  Instant started{};
  std::uint64_t shuffle_seed = 0;
  std::size_t dropped_noted = 0;
  bool is_list_old = true;
  bool is_delay_noted = false;
  bool is_held = false;  ///< a start is due, but too many attempts run
  std::vector<Output> outputs;
  std::size_t next_output = 0;
};

Race::Race(Options options, Target target, const History* history, Random& random)
    : state_(std::make_unique<State>(std::move(options), std::move(target), history, random)) {}

Race::~Race() = default;

void Race::start(Instant now) { state_->start(now); }

void Race::cancel(Instant) {
  if (state_->is_on() || state_->phase == RacePhase::idle) state_->end(RaceTrigger::cancel);
}

void Race::handle_answer(RaceAnswer answer, Instant now) {
  if (state_->is_on()) state_->take_answer(std::move(answer), now);
}

void Race::handle_progress(AttemptId id, Instant now) {
  Attempt* attempt = state_->attempts.find_running(id);
  if (attempt == nullptr || attempt->has_progressed) return;
  attempt->has_progressed = true;
  state_->pacing.note_progress(id, now);
  state_->advance(now);
}

void Race::handle_ready(AttemptId id, Instant) {
  if (state_->attempts.find_running(id) != nullptr) state_->win(id);
}

void Race::handle_attempt_failure(AttemptId id, Error error, Instant now) {
  Attempt* attempt = state_->attempts.find_running(id);
  if (attempt == nullptr) return;
  state_->fail_attempt(id, *attempt, std::move(error));
  state_->advance(now);
}

void Race::handle_source_lost(const IpAddress& source, Instant now) {
  if (state_->is_on()) state_->lose_source(source, now);
}

void Race::handle_timeout(Instant now) { state_->advance(now); }

std::optional<Instant> Race::deadline() const { return state_->deadline(); }

std::optional<Race::Output> Race::poll() {
  State& state = *state_;
  if (state.next_output == state.outputs.size()) {
    state.outputs.clear();
    state.next_output = 0;
    return std::nullopt;
  }
  return std::move(state.outputs[state.next_output++]);
}

void Race::State::start(Instant now) {
  move_to(RaceTrigger::start);
  started = now;
  if (auto error = unfit(target)) return fail(*std::move(error));
  const bool has_history = history != nullptr && history->size() > 0;
  if (has_history && random.below(races_per_fresh_look) == 0) ranker.ignore_history();
  if (target.query_service) shuffle_seed = random.next();
  lookups.start(ranker, now);
  regroup();
  advance(now);
}

void Race::State::take_answer(RaceAnswer answer, Instant now) {
  const bool insecure = breaks_security(answer, target);
  std::optional<Error> cause = insecure ? answer.error : std::nullopt;
  if (!lookups.take(std::move(answer), ranker, now)) return;
  if (insecure) {
    const Error error =
        cause.value_or(Error(ErrorKind::resolution_failed, "resolve", "no service records came"));
    return fail(as_resolution_failure(error).about(target.name));
  }
  regroup();
  advance(now);
}

void Race::State::win(AttemptId id) {
  attempts.end(*attempts.find_running(id), AttemptState::won);
  end(RaceTrigger::ready);
  put(Won{id});
}

void Race::State::lose_source(const IpAddress& source, Instant now) {
  for (AttemptId id = 1; id <= attempts.all().size(); ++id) {
    Attempt* attempt = attempts.find_running(id);
    if (attempt == nullptr || attempt->source != source) continue;
    drop_attempt(id, *attempt,
                 Error(ErrorKind::unreachable, "connect", "the local address is gone"));
  }
  lookups.forget_source(source);
  regroup();
  advance(now);
}

void Race::State::fail_attempt(AttemptId id, Attempt& attempt, Error error) {
  attempts.fail(attempt, std::move(error));
  pacing.note_failure(id, attempts.running_count() > 0);
  is_held = false;
}

/// Fails an attempt that does not know it yet.
void Race::State::drop_attempt(AttemptId id, Attempt& attempt, const Error& error) {
  fail_attempt(id, attempt, error);
  put(CancelAttempt{id, attempt.error});
}

/// Takes over what the lookups know now.
void Race::State::regroup() {
  while (auto ask = lookups.poll_ask()) put(*std::move(ask));
  order_services(target, preferred_family(options, target), lookups, shuffle_seed, groups);
  is_list_old = true;
}

void Race::State::advance(Instant now) {
  if (!is_on()) return;
  if (options.race_timeout && now - started >= *options.race_timeout) return give_up();
  expire_attempts(now);
  if (phase == RacePhase::resolving) {
    if (move_on.may_start(groups, lookups.is_service_settled(), now)) move_to(RaceTrigger::move_on);
    if (traces() && move_on.deadline() && !std::exchange(is_delay_noted, true))
      note(TraceKind::resolution_delayed, format_ms(*move_on.deadline() - now) + " ms");
  }
  if (phase == RacePhase::racing) start_due(now);
  if (has_nothing_left()) fail(failure());
}

void Race::State::give_up() {
  const Error error = timed_out(*options.race_timeout);
  for (AttemptId id = 1; id <= attempts.all().size(); ++id) {
    Attempt* attempt = attempts.find_running(id);
    if (attempt == nullptr) continue;
    drop_attempt(id, *attempt, error);
  }
  const bool was_tried = !attempts.all().empty();
  fail(was_tried ? failure() : error.about(target.name));
}

void Race::State::expire_attempts(Instant now) {
  if (!options.attempt_timeout) return;
  for (AttemptId id = 1; id <= attempts.all().size(); ++id) {
    Attempt* attempt = attempts.find_running(id);
    if (attempt == nullptr || now - attempt->started < *options.attempt_timeout) continue;
    drop_attempt(id, *attempt, timed_out(*options.attempt_timeout));
  }
}

void Race::State::start_due(Instant now) {
  if (std::exchange(is_list_old, false)) {
    candidates.rebuild(groups, target, options, attempts);
    if (traces()) note_order();
  }
  const Candidate* candidate = candidates.next();
  if (candidate == nullptr || now < pacing.next_start()) return;
  if (attempts.running_count() < std::max<std::size_t>(1, options.concurrent_max))
    return start_attempt(*candidate, now);
  if (!std::exchange(is_held, true) && traces())
    note(TraceKind::attempt_blocked, std::to_string(attempts.running_count()) + " are running");
}

void Race::State::start_attempt(const Candidate& candidate, Instant now) {
  const std::size_t earlier = attempts.running_count();
  const AttemptId id = attempts.start({.remote = candidate.remote,
                                       .protocol = candidate.protocol,
                                       .source = candidate.source,
                                       .started = now,
                                       .error = std::nullopt});
  const auto rtt = history != nullptr ? history->rtt(candidate.remote.ip, now) : std::nullopt;
  pacing.note_start(id, rtt, earlier, now);
  put(StartAttempt{id, candidate.remote, candidate.protocol, lookups.names()[candidate.name].name});
  candidates.mark_next_tried();
}

bool Race::State::has_nothing_left() const {
  if (attempts.running_count() > 0 || lookups.is_pending()) return false;
  return phase == RacePhase::resolving || candidates.next() == nullptr;
}

Error Race::State::failure() const {
  if (!attempts.all().empty()) return race_error(attempts, target);
  if (!lookups.has_addresses()) return lookups.error();
  if (auto error = lookups.service_failure(); error && target.require_ech) return *std::move(error);
  const char* reason =
      target.require_ech ? "no endpoint offers ECH" : "no endpoint speaks a protocol asked for";
  return Error(ErrorKind::unsupported, "race", reason).about(target.name);
}

void Race::State::fail(Error error) {
  end(RaceTrigger::nothing_left);
  put(Failed{std::move(error)});
}

void Race::State::end(RaceTrigger trigger) {
  for (AttemptId id = 1; id <= attempts.all().size(); ++id) {
    Attempt* attempt = attempts.find_running(id);
    if (attempt == nullptr) continue;
    attempts.end(*attempt, AttemptState::lost);
    put(CancelAttempt{id});
  }
  if (lookups.is_pending()) put(StopAsking{});
  move_to(trigger);
  if (traces()) note(TraceKind::race_ended, std::string(to_string(phase)));
}

void Race::State::move_to(RaceTrigger trigger) {
  phase = next_state(race_edges, phase, trigger).value();
}

std::optional<Instant> Race::State::deadline() const {
  if (!is_on()) return std::nullopt;
  std::optional<Instant> least = move_on.deadline();
  const auto consider = [&](Instant at) { least = std::min(least.value_or(at), at); };
  if (phase == RacePhase::racing && candidates.next() != nullptr && !is_held)
    consider(pacing.next_start());
  if (options.race_timeout) consider(started + *options.race_timeout);
  if (options.attempt_timeout)
    if (const auto oldest = attempts.oldest_running_start())
      consider(*oldest + *options.attempt_timeout);
  return least;
}

void Race::State::note_order() {
  std::string detail = std::to_string(candidates.all().size());
  for (const Candidate& candidate : candidates.all())
    detail += ", " + describe(candidate.remote, candidate.protocol) +
              (candidate.is_tried ? " (tried)" : "");
  note(TraceKind::candidates_ordered, std::move(detail));
  const std::size_t dropped = lookups.dropped() + candidates.dropped();
  if (dropped > std::exchange(dropped_noted, dropped))
    note(TraceKind::candidates_capped, std::to_string(dropped) + " dropped");
}

}  // namespace bowline::core
