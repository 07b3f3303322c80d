#include "core/eyeballs/race.h"
#include "core/driver_contract.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "base/edge_table.h"
#include "core/eyeballs/attempts/attempts.h"
#include "core/eyeballs/attempts/pacing.h"
#include "core/eyeballs/names/lookups.h"
#include "core/eyeballs/names/move_on.h"
#include "core/eyeballs/order/candidate_list.h"
#include "core/eyeballs/order/race_address.h"
#include "core/eyeballs/order/service_order.h"
#include "core/eyeballs/race_phase.h"

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
      .preferred_family = options.preferred_family,
      .port = target.port};
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

/// The error of an attempt that got no answer within its limit.
Error timed_out(Duration limit) {
  return Error(ErrorKind::timed_out, "connect", "no answer in " + bowline::to_string(limit));
}

/// The error of an attempt from an address that this host no longer has.
Error source_lost() {
  return Error(ErrorKind::unreachable, "connect", "the local address is gone");
}

/// For the trace.
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
class Race::Machine {
 public:
  Machine(Options options, Target target, const History* history, Random& random)
      : options_(std::move(options)),
        target_(std::move(target)),
        history_(history),
        random_(random),
        ranker_(make_ranker(options_, target_, history)),
        lookups_(options_, target_),
        move_on_(options_.resolution_delay),
        pacing_(options_) {
    outputs_.reserve(4);  // as many as there nearly always are
  }

  /// For each command and input.
  [[nodiscard]] Machine& checked(Instant now) {
    contract_.check(!has_output(), now);
    return *this;
  }
  [[nodiscard]] Machine& checked_time(Instant now) {
    contract_.check(true, now);
    return *this;
  }
  [[nodiscard]] bool has_output() const { return next_output_ < outputs_.size(); }
  void start(Instant now);
  void cancel();
  void handle_answer(RaceAnswer answer, Instant now);
  void handle_progress(AttemptId id, Instant now);
  void handle_ready(AttemptId id);
  void handle_attempt_failure(AttemptId id, Error error, Instant now);
  void handle_source_lost(const IpAddress& source, Instant now);
  void handle_timeout(Instant now) { advance(now); }
  [[nodiscard]] std::optional<Instant> deadline() const;
  [[nodiscard]] std::optional<Output> poll();

 private:
  void fail_attempt(AttemptId id, Attempt& attempt, Error error);
  void drop_attempt(AttemptId id, Attempt& attempt, const Error& error);
  /// Does all that is due; every input ends here.
  void advance(Instant now);
  void fail(Error error);
  /// The only way out: drops what still runs, and says so. Won and Failed are put after it.
  void end(RaceTrigger trigger);

  [[nodiscard]] bool is_on() const {
    return phase_ == RacePhase::resolving || phase_ == RacePhase::racing;
  }
  void move_to(RaceTrigger trigger) { phase_ = next_state(race_edges, phase_, trigger).value(); }
  template <class T>
  void put(T output) {
    outputs_.emplace_back(std::in_place_type<T>, std::move(output));
  }
  [[nodiscard]] bool traces() const { return options_.trace != nullptr && *options_.trace; }
  void note(TraceKind kind, std::string detail) {
    put(TraceNote{kind, std::move(detail), std::nullopt});
  }
  void regroup();
  void give_up();
  void expire_attempts(Instant now);
  void start_due(Instant now);
  void start_attempt(const Candidate& candidate, Instant now);
  [[nodiscard]] bool has_nothing_left() const;
  [[nodiscard]] Error failure() const;
  void note_order();

  const Options options_;
  const Target target_;
  const History* history_;
  Random& random_;
  AddressRanker ranker_;
  Lookups lookups_;
  std::vector<ServiceGroup> groups_;
  MoveOnTest move_on_;
  CandidateList candidates_;
  Attempts attempts_;
  AttemptPacing pacing_;
  std::vector<Output> outputs_;
  std::size_t next_output_ = 0;
  DriverContract contract_;
  RacePhase phase_ = RacePhase::idle;
  Instant started_{};
  std::uint64_t shuffle_seed_ = 0;
  std::size_t dropped_noted_ = 0;
  bool is_list_old_ = true;
  bool is_delay_noted_ = false;
  bool is_held_ = false;  ///< a start is due, but too many attempts run
};

Race::Race(Options options, Target target, const History* history, Random& random)
    : machine_(std::make_unique<Machine>(std::move(options), std::move(target), history, random)) {}
Race::~Race() = default;

void Race::start(Instant now) { machine_->checked(now).start(now); }
// The one command that may come before everything was drained: it is the way out for want of memory.
void Race::cancel(Instant now) { machine_->checked_time(now).cancel(); }
void Race::handle_answer(RaceAnswer answer, Instant now) {
  machine_->checked(now).handle_answer(std::move(answer), now);
}
void Race::handle_progress(AttemptId id, Instant now) {
  machine_->checked(now).handle_progress(id, now);
}
void Race::handle_ready(AttemptId id, Instant now) { machine_->checked(now).handle_ready(id); }
void Race::handle_attempt_failure(AttemptId id, Error error, Instant now) {
  machine_->checked(now).handle_attempt_failure(id, std::move(error), now);
}
void Race::handle_source_lost(const IpAddress& source, Instant now) {
  machine_->checked(now).handle_source_lost(source, now);
}
void Race::handle_timeout(Instant now) { machine_->checked(now).handle_timeout(now); }
bool Race::has_output() const { return machine_->has_output(); }
std::optional<Instant> Race::deadline() const { return machine_->deadline(); }
std::optional<Race::Output> Race::poll() { return machine_->poll(); }

std::optional<Race::Output> Race::Machine::poll() {
  if (has_output()) return std::move(outputs_[next_output_++]);
  outputs_.clear();
  next_output_ = 0;
  return std::nullopt;
}

void Race::Machine::start(Instant now) {
  move_to(RaceTrigger::start);
  started_ = now;
  if (auto error = unfit(target_)) return fail(*std::move(error));
  const bool has_history = history_ != nullptr && history_->size() > 0;
  if (has_history && random_.below(races_per_fresh_look) == 0) ranker_.ignore_history();
  if (target_.query_service) shuffle_seed_ = random_.next();
  lookups_.start(ranker_, now);
  regroup();
  advance(now);
}

void Race::Machine::cancel() {
  if (is_on() || phase_ == RacePhase::idle) end(RaceTrigger::cancel);
}

void Race::Machine::handle_answer(RaceAnswer answer, Instant now) {
  if (!is_on()) return;
  const bool insecure = breaks_security(answer, target_);
  std::optional<Error> cause = insecure ? answer.error : std::nullopt;
  if (!lookups_.take(std::move(answer), ranker_, now)) return;
  if (insecure) {
    const Error error =
        cause.value_or(Error(ErrorKind::resolution_failed, "resolve", "no service records came"));
    return fail(as_resolution_failure(error).about(target_.name));
  }
  regroup();
  advance(now);
}

void Race::Machine::handle_progress(AttemptId id, Instant now) {
  Attempt* attempt = attempts_.find_running(id);
  if (attempt == nullptr || attempt->has_progressed) return;
  attempt->has_progressed = true;
  pacing_.note_progress(id, now);
  advance(now);
}

void Race::Machine::handle_ready(AttemptId id) {
  Attempt* attempt = attempts_.find_running(id);
  if (attempt == nullptr) return;
  attempts_.end(*attempt, AttemptState::won);
  end(RaceTrigger::ready);
  put(Won{id});
}

void Race::Machine::handle_attempt_failure(AttemptId id, Error error, Instant now) {
  Attempt* attempt = attempts_.find_running(id);
  if (attempt == nullptr) return;
  fail_attempt(id, *attempt, std::move(error));
  advance(now);
}

void Race::Machine::handle_source_lost(const IpAddress& source, Instant now) {
  if (!is_on()) return;
  for (AttemptId id = 1; id <= attempts_.all().size(); ++id) {
    Attempt* attempt = attempts_.find_running(id);
    if (attempt == nullptr || attempt->source != source) continue;
    drop_attempt(id, *attempt, source_lost());
  }
  lookups_.forget_source(source);
  regroup();
  advance(now);
}

void Race::Machine::fail_attempt(AttemptId id, Attempt& attempt, Error error) {
  attempts_.fail(attempt, std::move(error));
  pacing_.note_failure(id, attempts_.running_count() > 0);
  is_held_ = false;
}

/// Fails an attempt that does not know it yet.
void Race::Machine::drop_attempt(AttemptId id, Attempt& attempt, const Error& error) {
  fail_attempt(id, attempt, error);
  put(CancelAttempt{id, attempt.error});
}

/// Takes over what the lookups know now.
void Race::Machine::regroup() {
  while (auto ask = lookups_.poll_ask()) put(*std::move(ask));
  order_services(target_, preferred_family(options_, target_), lookups_, shuffle_seed_, groups_);
  is_list_old_ = true;
}

void Race::Machine::advance(Instant now) {
  if (!is_on()) return;
  if (options_.race_timeout && now - started_ >= *options_.race_timeout) return give_up();
  expire_attempts(now);
  if (phase_ == RacePhase::resolving) {
    if (move_on_.may_start(groups_, lookups_.is_service_settled(), now))
      move_to(RaceTrigger::move_on);
    if (traces() && move_on_.deadline() && !std::exchange(is_delay_noted_, true))
      note(TraceKind::resolution_delayed, format_ms(*move_on_.deadline() - now) + " ms");
  }
  if (phase_ == RacePhase::racing) start_due(now);
  if (has_nothing_left()) fail(failure());
}

void Race::Machine::give_up() {
  const Error error = timed_out(*options_.race_timeout);
  for (AttemptId id = 1; id <= attempts_.all().size(); ++id) {
    Attempt* attempt = attempts_.find_running(id);
    if (attempt == nullptr) continue;
    drop_attempt(id, *attempt, error);
  }
  const bool was_tried = !attempts_.all().empty();
  fail(was_tried ? failure() : error.about(target_.name));
}

void Race::Machine::expire_attempts(Instant now) {
  if (!options_.attempt_timeout) return;
  for (AttemptId id = 1; id <= attempts_.all().size(); ++id) {
    Attempt* attempt = attempts_.find_running(id);
    if (attempt == nullptr || now - attempt->started < *options_.attempt_timeout) continue;
    drop_attempt(id, *attempt, timed_out(*options_.attempt_timeout));
  }
}

void Race::Machine::start_due(Instant now) {
  if (std::exchange(is_list_old_, false)) {
    candidates_.rebuild(groups_, target_, options_, attempts_);
    if (traces()) note_order();
  }
  const Candidate* candidate = candidates_.next();
  if (candidate == nullptr || now < pacing_.next_start()) return;
  if (attempts_.running_count() < std::max<std::size_t>(1, options_.concurrent_max))
    return start_attempt(*candidate, now);
  if (!std::exchange(is_held_, true) && traces())
    note(TraceKind::attempt_blocked, std::to_string(attempts_.running_count()) + " are running");
}

void Race::Machine::start_attempt(const Candidate& candidate, Instant now) {
  const std::size_t earlier = attempts_.running_count();
  const AttemptId id = attempts_.start({.remote = candidate.remote,
                                        .protocol = candidate.protocol,
                                        .source = candidate.source,
                                        .started = now,
                                        .error = std::nullopt});
  const auto rtt = history_ != nullptr ? history_->rtt(candidate.remote.ip, now) : std::nullopt;
  pacing_.note_start(id, rtt, earlier, now);
  put(StartAttempt{id, candidate.remote, candidate.protocol, lookups_.names()[candidate.name].name,
                   candidate.service});
  candidates_.mark_next_tried();
}

bool Race::Machine::has_nothing_left() const {
  if (attempts_.running_count() > 0 || lookups_.is_pending()) return false;
  return phase_ == RacePhase::resolving || candidates_.next() == nullptr;
}

Error Race::Machine::failure() const {
  if (!attempts_.all().empty()) return race_error(attempts_, target_);
  if (!lookups_.has_addresses()) return lookups_.error();
  if (auto error = lookups_.service_failure(); error && target_.require_ech)
    return *std::move(error);
  const char* reason =
      target_.require_ech ? "no endpoint offers ECH" : "no endpoint speaks a protocol asked for";
  return Error(ErrorKind::unsupported, "race", reason).about(target_.name);
}

void Race::Machine::fail(Error error) {
  end(RaceTrigger::nothing_left);
  put(Failed{std::move(error)});
}

void Race::Machine::end(RaceTrigger trigger) {
  for (AttemptId id = 1; id <= attempts_.all().size(); ++id) {
    Attempt* attempt = attempts_.find_running(id);
    if (attempt == nullptr) continue;
    attempts_.end(*attempt, AttemptState::lost);
    put(CancelAttempt{id});
  }
  if (lookups_.is_pending()) put(StopAsking{});
  move_to(trigger);
  if (traces()) note(TraceKind::race_ended, std::string(to_string(phase_)));
}

std::optional<Instant> Race::Machine::deadline() const {
  if (!is_on()) return std::nullopt;
  std::optional<Instant> least = move_on_.deadline();
  const auto consider = [&](Instant at) { least = std::min(least.value_or(at), at); };
  if (phase_ == RacePhase::racing && candidates_.next() != nullptr && !is_held_)
    consider(pacing_.next_start());
  if (options_.race_timeout) consider(started_ + *options_.race_timeout);
  if (options_.attempt_timeout)
    if (const auto oldest = attempts_.oldest_running_start())
      consider(*oldest + *options_.attempt_timeout);
  return least;
}

void Race::Machine::note_order() {
  std::string detail = std::to_string(candidates_.all().size());
  for (const Candidate& candidate : candidates_.all())
    detail += ", " + describe(candidate.remote, candidate.protocol) +
              (candidate.is_tried ? " (tried)" : "");
  note(TraceKind::candidates_ordered, std::move(detail));
  const std::size_t dropped = lookups_.dropped() + candidates_.dropped();
  if (dropped > std::exchange(dropped_noted_, dropped))
    note(TraceKind::candidates_capped, std::to_string(dropped) + " dropped");
}

}  // namespace bowline::core
