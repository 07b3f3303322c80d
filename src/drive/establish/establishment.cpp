#include "drive/establish/establishment.h"

#include <algorithm>
#include <cassert>
#include <ranges>

#include "base/flag_scope.h"
#include "drive/establish/usable_network.h"

namespace bowline::drive {

namespace {

core::Patience::Options patience_options(const Parameters& parameters) {
  core::Patience::Options options;
  options.wait = parameters.wait();
  options.within = parameters.connect_within();
  options.delay_min = parameters.retry_delay_min();
  options.delay_max = parameters.retry_delay_max();
  return options;
}

core::Race::Options race_options(const Parameters& parameters, const Tracer& tracer) {
  core::Race::Options options;
  options.resolution_delay = parameters.resolution_delay();
  options.attempt_delay = parameters.attempt_delay();
  options.attempt_timeout = parameters.attempt_timeout();
  options.preferred_family = parameters.prefer();
  options.trace = &tracer.is_on();
  return options;
}

wire::RecordType record_type(core::RaceQuery query) {
  switch (query) {
    case core::RaceQuery::service: return wire::RecordType::https;
    case core::RaceQuery::ipv6: return wire::RecordType::aaaa;
    case core::RaceQuery::ipv4: return wire::RecordType::a;
  }
  return wire::RecordType::a;
}

core::RaceQuery race_query(wire::RecordType type) {
  if (type == wire::RecordType::aaaa) return core::RaceQuery::ipv6;
  if (type == wire::RecordType::a) return core::RaceQuery::ipv4;
  return core::RaceQuery::service;
}

AttemptOutcome outcome_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::refused:
    case ErrorKind::reset: return AttemptOutcome::refused;
    case ErrorKind::unreachable:
    case ErrorKind::address_unavailable:
    case ErrorKind::permission_denied: return AttemptOutcome::unreachable;
    case ErrorKind::timed_out: return AttemptOutcome::timeout;
    case ErrorKind::untrusted: return AttemptOutcome::tls_failed;
    case ErrorKind::cancelled: return AttemptOutcome::cancelled;
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported:
    case ErrorKind::name_not_found:
    case ErrorKind::resolution_failed:
    case ErrorKind::closed:
    case ErrorKind::address_in_use:
    case ErrorKind::resources_exhausted:
    case ErrorKind::message_too_large:
    case ErrorKind::malformed:
    case ErrorKind::protocol_violation:
    case ErrorKind::limit_exceeded:
    case ErrorKind::not_ready:
    case ErrorKind::internal: return AttemptOutcome::failed;
  }
  return AttemptOutcome::failed;
}

/// Whether a failed attempt says something about the address tried, and not about this host or the program.
bool blames_address(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::refused:
    case ErrorKind::unreachable:
    case ErrorKind::timed_out:
    case ErrorKind::reset:
    case ErrorKind::closed:
    case ErrorKind::permission_denied:
    case ErrorKind::malformed:
    case ErrorKind::protocol_violation:
    case ErrorKind::untrusted: return true;
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported:
    case ErrorKind::name_not_found:
    case ErrorKind::resolution_failed:
    case ErrorKind::address_in_use:
    case ErrorKind::address_unavailable:
    case ErrorKind::resources_exhausted:
    case ErrorKind::message_too_large:
    case ErrorKind::limit_exceeded:
    case ErrorKind::not_ready:
    case ErrorKind::cancelled:
    case ErrorKind::internal: return false;
  }
  return false;
}

/// RFC 6298 section 3: what was sent twice is no measure of a round trip.
constexpr Duration syn_repeated_after = std::chrono::seconds(1);

}  // namespace

Establishment::Establishment(Loop& loop, EstablishmentRecord& record, Parameters&& parameters,
                             core::CandidateProtocol protocol, Owner& owner)
    : loop_(loop),
      record_(record),
      parameters_(std::move(parameters)),
      protocol_(protocol),
      owner_(owner),
      patience_(patience_options(parameters_), loop.host().random()) {}

Establishment::~Establishment() { stop_asking(); }

void Establishment::start() {
  loop_.add_network_watcher(*this);
  patience_.start(loop_.now());
  begin_round();
}

void Establishment::hurry() {
  if (race_) return;
  patience_.hurry(loop_.now());
  settle();
}

void Establishment::handle_network_change() {
  patience_.handle_network_change(loop_.now());
  if (race_) {
    lose_sources();
    return pump();
  }
  settle();
}

/// Attempts from addresses that this host no longer has fail over at once.
void Establishment::lose_sources() {
  if (!network_) return;
  const auto now = loop_.host().network().snapshot();
  if (!now.has_value()) return;
  for (const ports::Interface& interface : network_->interfaces)
    for (const ports::InterfaceAddress& had : interface.addresses)
      if (is_in_use(*network_, had.address) && !is_in_use(**now, had.address))
        inputs_.push_back(
            [this, lost = had.address] { race_->handle_source_lost(lost, loop_.now()); });
  network_ = *now;
}

void Establishment::cancel() noexcept {
  if (!race_) return;
  try {
    race_->cancel(loop_.now());
    while (auto output = race_->poll()) {
      if (const auto* dropped = std::get_if<core::Race::CancelAttempt>(&*output))
        end_attempt(dropped->attempt, AttemptOutcome::cancelled, {});
      else
        std::visit([this](auto& value) { act(value); }, *output);
    }
  } catch (const std::bad_alloc&) {
    // For want of memory the report will lack the rest, but the race ends all the same.
  }
  end_race();
}

void Establishment::begin_round() {
  ++round_number_;
  auto binding = make_binding();
  if (!binding.has_value()) return fail_round(std::move(binding).error());
  binding_ = *binding;
  record_.endpoint.is_address() ? begin_with_address() : begin_with_name();
}

void Establishment::begin_with_address() {
  const auto address = literal_address();
  if (!address.has_value()) return fail_round(address.error());
  const SocketAddress remote(*address, record_.endpoint.port());
  start_ahead({1, remote, protocol_, {}});
  if (winner_) return settle();
  // It takes time, in which the address that it is sent from may go.
  if (auto network = loop_.host().network().snapshot(); network.has_value()) network_ = *network;
  core::Race::Target target;
  target.port = remote.port;
  target.protocols = {protocol_};
  target.addresses = {to_race_address(remote.ip)};
  begin_race(std::move(target));
}

void Establishment::begin_with_name() {
  auto target = named_target();
  if (!target.has_value()) return fail_round(std::move(target).error());
  begin_race(*std::move(target));
}

void Establishment::begin_race(core::Race::Target target) {
  race_.emplace(race_options(parameters_, loop_.tracer()), std::move(target),
                learns() ? &loop_.history() : nullptr, loop_.host().random());
  race_->start(loop_.now());
  pump();
}

/// The first attempt, before there is a race. Towards this host itself it succeeds within its start, and
/// there is nothing to race; else it takes part.
void Establishment::start_ahead(const core::Race::StartAttempt& attempt) {
  Started started = start_candidate(attempt);
  if (!started.progress.has_value() || *started.progress != Candidate::Progress::ready) {
    ahead_ = std::move(started);
    return;
  }
  end_record(record_start(attempt), AttemptOutcome::won, {});
  winner_ = std::move(started.candidate);
  trace_no_contest(attempt);
}

/// What a race over this one address would have told.
void Establishment::trace_no_contest(const core::Race::StartAttempt& attempt) {
  if (!loop_.tracer().is_on()) return;
  const std::string protocol(core::to_string(attempt.protocol));
  const std::string remote = to_string(attempt.remote);
  trace(core::TraceKind::candidates_ordered, 0, "1, " + remote + " " + protocol, {});
  trace(core::TraceKind::attempt_started, attempt.attempt, protocol + " " + remote, {});
  trace(core::TraceKind::race_ended, 0, "won", {});
  trace(core::TraceKind::attempt_ended, attempt.attempt, "won", {});
}

Result<ports::Binding> Establishment::make_binding() {
  ports::Binding binding;
  binding.source = parameters_.source();
  binding.port = parameters_.source_port();
  binding.reuse_address = parameters_.reuse_local_address();
  if (!parameters_.interface().empty()) {
    BOWLINE_TRY(binding.interface_index,
                interface_index(loop_.host().network(), parameters_.interface()));
  }
  return binding;
}

Result<IpAddress> Establishment::literal_address() {
  const Endpoint& endpoint = record_.endpoint;
  IpAddress address = endpoint.address().ip;
  if (!endpoint.zone().empty()) {
    BOWLINE_TRY(const std::uint32_t scope,
                interface_index(loop_.host().network(), endpoint.zone()));
    address = address.with_scope(scope);
  }
  if (only() && *only() != address.family())
    return Error(ErrorKind::invalid_argument, "connect",
                 "an address of the other family than the parameters allow")
        .about(to_string(address));
  return address;
}

Result<core::Race::Target> Establishment::named_target() {
  BOWLINE_TRY(network_, loop_.host().network().snapshot());
  const UsableFamilies usable = usable_families(*network_, binding_.interface_index);
  // Without any usable network the name may still be one of this host's own.
  const bool any = usable.ipv4 || usable.ipv6;
  core::Race::Target target;
  target.name = record_.endpoint.host();
  target.port = record_.endpoint.port();
  target.protocols = {protocol_};
  target.ask_ipv4 = only() ? *only() == Family::ipv4 : usable.ipv4 || !any;
  target.ask_ipv6 = only() ? *only() == Family::ipv6 : usable.ipv6 || !any;
  return target;
}

/// The family that the parameters leave, if only one.
std::optional<Family> Establishment::only() const {
  return binding_.source ? std::optional(binding_.source->family()) : parameters_.only();
}

core::RaceAddress Establishment::to_race_address(const IpAddress& address) {
  const auto source = loop_.host().network().source_for(address, binding_.interface_index);
  if (!source) return {address, std::nullopt, false};
  if (!binding_.source || binding_.source->is_unspecified())
    return {address, source->address, source->deprecated};
  return {address, binding_.source, *binding_.source == source->address && source->deprecated};
}

core::RaceAnswer Establishment::to_race_answer(const core::Answer& answer) {
  core::RaceAnswer result;
  result.query = race_query(answer.type);
  result.stale = answer.stale;
  result.error = answer.error;
  for (const wire::Record& record : answer.records)
    if (const auto* address = std::get_if<IpAddress>(&record.data))
      result.addresses.push_back(to_race_address(*address));
  result.positive = !result.addresses.empty();
  return result;
}

/// Carries out what the race wants until it wants nothing more; then tells the owner of the outcome, last.
void Establishment::pump() {
  if (pumping_) return;
  run_race();
  if (winner_ || round_error_) end_race();
  if (round_error_) {
    const Error error = *std::exchange(round_error_, std::nullopt);
    return fail_round(error);
  }
  settle();
}

void Establishment::run_race() {
  const FlagScope pumping(pumping_);
  while (race_) {
    if (auto output = race_->poll()) {
      std::visit([this](auto& value) { act(value); }, *output);
    } else if (ready_at_once_) {
      race_->handle_ready(*std::exchange(ready_at_once_, std::nullopt), loop_.now());
    } else if (!inputs_.empty()) {
      auto input = std::move(inputs_.front());
      inputs_.pop_front();
      input();
    } else {
      break;
    }
  }
}

void Establishment::end_race() {
  race_.reset();
  inputs_.clear();
  ready_at_once_.reset();
  stop_asking();
}

void Establishment::fail_round(const Error& error) {
  record_.error = error;
  patience_.handle_round_failed(error, loop_.now());
  record_.rounds_failed = patience_.rounds_failed();
  settle();
}

/// Sets the timer and hands on what was decided. Nothing of this may be touched after the owner was told.
/// A winner goes behind whatever else starts in this turn: peers that are asked to accept many connections,
/// and then sent many requests, wake up less often than if they got them in turns.
void Establishment::settle() {
  if (winner_) return loop_.defer(*this);
  std::optional<Instant> deadline = patience_.deadline();
  if (race_) {
    if (const auto race_deadline = race_->deadline())
      deadline = deadline ? std::min(*deadline, *race_deadline) : *race_deadline;
  }
  loop_.timers().set(timer_, deadline);
  auto output = patience_.poll();
  if (!output) return;
  if (const auto* wait = std::get_if<core::Patience::Wait>(&*output)) {
    trace(core::TraceKind::retry_scheduled, 0, "in " + to_string(wait->delay), record_.error);
    owner_.handle_waiting();
  } else if (std::holds_alternative<core::Patience::Retry>(*output)) {
    owner_.handle_retrying();
    begin_round();
  } else {
    give_up(std::get<core::Patience::GiveUp>(*std::move(output)).error);
  }
}

void Establishment::handle_turn_end() {
  if (!winner_) return owner_.handle_due();
  record_.error.reset();
  const std::unique_ptr<Candidate> winner = std::move(winner_);
  owner_.handle_established(*winner);
}

void Establishment::give_up(Error error) {
  std::vector<Error> attempts = error.attempts();
  for (const Running& running : running_)
    attempts.push_back(Error(ErrorKind::timed_out, "connect", "still trying at the deadline")
                           .about(to_string(running.remote)));
  if (attempts.empty() && !asked_.empty()) attempts.push_back(dns_silence());
  error = std::move(error).with_attempts(std::move(attempts));
  cancel();
  record_.ended = loop_.host().clock().now();
  record_.error = error;
  owner_.handle_gave_up(std::move(error));
}

/// The time was up, and nothing was tried for want of an address.
Error Establishment::dns_silence() const {
  const auto& resolver = parameters_.resolver();
  std::string servers = resolver ? to_string(*resolver) : std::string();
  if (!resolver)
    for (const SocketAddress& server : loop_.names().servers_of(binding_.interface_index))
      servers += (servers.empty() ? "" : ", ") + to_string(server);
  return Error(ErrorKind::resolution_failed, "resolve", "no answer yet from " + servers)
      .about(record_.endpoint.host());
}

void Establishment::act(core::Race::Ask& output) {
  core::Resolver::Lookup lookup;
  lookup.name = output.name;
  for (const core::RaceQuery query : output.queries) lookup.types.push_back(record_type(query));
  lookup.scope = binding_.interface_index;
  lookup.allow_stale = parameters_.expired_answers();
  lookup.server = parameters_.resolver();
  const std::vector<core::RaceQuery> queries = output.queries;
  asked_.reserve(asked_.size() + 1);  // what was started must be known here
  const auto started = loop_.names().start_lookup(std::move(lookup), *this);
  if (started.has_value()) {
    asked_.push_back({*started, std::move(output.name)});
    return;
  }
  for (const core::RaceQuery query : queries) {
    core::RaceAnswer negative;
    negative.name = output.name;
    negative.query = query;
    negative.error = started.error();
    inputs_.push_back([this, negative] { race_->handle_answer(negative, loop_.now()); });
  }
}

void Establishment::act(core::Race::StartAttempt& output) {
  record_start(output);
  if (loop_.tracer().is_on())
    trace(core::TraceKind::attempt_started, output.attempt,
          std::string(core::to_string(output.protocol)) + " " + to_string(output.remote), {});
  Started started = ahead_ ? *std::exchange(ahead_, std::nullopt) : start_candidate(output);
  running_.push_back({output.attempt, output.remote, std::move(started.candidate)});
  const auto& progress = started.progress;
  if (!progress.has_value()) {
    handle_failure(output.attempt, progress.error().about(to_string(output.remote)));
  } else if (*progress == Candidate::Progress::connected) {
    inputs_.push_back([this, attempt = output.attempt] { handle_progress(attempt); });
  } else if (*progress == Candidate::Progress::ready && !ready_at_once_) {
    ready_at_once_ = output.attempt;  // a later one would lose
  }
}

Establishment::Started Establishment::start_candidate(const core::Race::StartAttempt& attempt) {
  auto candidate = owner_.make_candidate(attempt, binding_, *this);
  auto progress = candidate->start();
  return {std::move(candidate), std::move(progress)};
}

EstablishmentRecord::Attempt& Establishment::record_start(const core::Race::StartAttempt& attempt) {
  auto& attempts = record_.attempts;
  // A race runs far fewer at a time, so that one of them has ended.
  if (attempts.size() == EstablishmentRecord::attempts_max)
    attempts.erase(std::ranges::find_if(
        attempts, [](const auto& record) { return record.outcome != AttemptOutcome::running; }));
  return attempts.emplace_back(round_number_, attempt.attempt, attempt.remote, attempt.protocol,
                               loop_.now());
}

/// Of one that runs, in this round.
EstablishmentRecord::Attempt& Establishment::record_of(core::Race::AttemptId attempt) {
  const auto newest_first = std::views::reverse(record_.attempts);
  return *std::ranges::find(newest_first, attempt, &EstablishmentRecord::Attempt::number);
}

void Establishment::end_record(EstablishmentRecord::Attempt& record, AttemptOutcome outcome,
                               const std::optional<Error>& error) {
  const bool at_once = record.started == loop_.now();
  // The loop's time stands still during a turn, in which all of it may have happened.
  record.ended = at_once ? loop_.host().clock().now() : loop_.now();
  if (outcome == AttemptOutcome::won) record_.ended = record.ended;
  record.outcome = outcome;
  record.error = error;
  if (!learns()) return;
  if (error && outcome == AttemptOutcome::refused) {
    loop_.history().record_refusal(record.remote, *record.ended);
  } else if (error && blames_address(*error)) {
    loop_.history().record_failure(record.remote.ip, *record.ended);
  }
  // What was ready at once, a datagram's socket or a peer on this host, says nothing of a way.
  if (outcome != AttemptOutcome::won || at_once) return;
  const Duration handshake = record.connected.value_or(*record.ended) - record.started;
  const bool sent_once = handshake < syn_repeated_after;
  loop_.history().record_success(record.remote, sent_once ? std::optional(handshake) : std::nullopt,
                                 *record.ended);
}

/// What is learnt is of the ways that the system chooses; a binding leads over others.
bool Establishment::learns() const { return binding_.interface_index == 0 && !binding_.source; }

void Establishment::act(core::Race::CancelAttempt& output) {
  const AttemptOutcome outcome = output.error ? outcome_of(*output.error) : AttemptOutcome::lost;
  end_attempt(output.attempt, outcome, std::move(output.error));
}

void Establishment::act(core::Race::StopAsking&) { stop_asking(); }

void Establishment::act(core::Race::Won& output) {
  const auto found = std::ranges::find(running_, output.attempt, &Running::attempt);
  assert(found != running_.end());
  winner_ = std::move(found->candidate);
  end_attempt(output.attempt, AttemptOutcome::won, {});
}

void Establishment::act(core::Race::Failed& output) {
  const auto& source = parameters_.source();
  const bool wrong_source = source && output.error.kind() == ErrorKind::address_unavailable;
  round_error_ =
      output.error.about(wrong_source ? to_string(*source) : to_string(record_.endpoint));
}

void Establishment::act(core::TraceNote& output) {
  trace(output.kind, 0, output.detail, output.error);
}

void Establishment::end_attempt(core::Race::AttemptId attempt, AttemptOutcome outcome,
                                std::optional<Error> error) {
  const auto found = std::ranges::find(running_, attempt, &Running::attempt);
  if (found == running_.end()) return;
  end_record(record_of(attempt), outcome, error);
  trace(core::TraceKind::attempt_ended, attempt, to_string(outcome), std::move(error));
  if (found->candidate) {
    ended_.push_back(std::move(found->candidate));
    loop_.timers().set(burial_timer_, loop_.now());
  }
  running_.erase(found);
}

void Establishment::trace(core::TraceKind kind, core::Race::AttemptId attempt, std::string detail,
                          std::optional<Error> error) {
  if (!loop_.tracer().is_on()) return;
  std::string id =
      "C" + std::to_string(record_.connection_number) + "." + std::to_string(round_number_);
  if (attempt != 0) id += "." + std::to_string(attempt);
  loop_.tracer().emit(loop_.now(), id, {kind, std::move(detail), std::move(error)});
}

void Establishment::stop_asking() {
  for (const Asked& asked : asked_) loop_.names().cancel_lookup(asked.lookup);
  asked_.clear();
}

void Establishment::handle_answer(core::Resolver::LookupId lookup, const core::Answer& answer) {
  const auto found = std::ranges::find(asked_, lookup, &Asked::lookup);
  if (found == asked_.end() || !race_) return;
  auto& resolutions = record_.resolutions;
  if (resolutions.size() == EstablishmentRecord::resolutions_max)
    resolutions.erase(resolutions.begin());
  resolutions.push_back(to_resolution(answer, record_.started));
  core::RaceAnswer race_answer = to_race_answer(answer);
  race_answer.name = found->name;
  race_->handle_answer(std::move(race_answer), loop_.now());
  pump();
}

void Establishment::handle_progress(core::Race::AttemptId attempt) {
  trace(core::TraceKind::attempt_progressed, attempt, "", {});
  const auto found = std::ranges::find(running_, attempt, &Running::attempt);
  if (found != running_.end()) record_of(attempt).connected = loop_.now();
  if (race_) race_->handle_progress(attempt, loop_.now());
  pump();
}

void Establishment::handle_ready(core::Race::AttemptId attempt) {
  if (race_) race_->handle_ready(attempt, loop_.now());
  pump();
}

void Establishment::handle_failure(core::Race::AttemptId attempt, Error error) {
  end_attempt(attempt, outcome_of(error), error);
  inputs_.push_back(
      [this, attempt, error] { race_->handle_attempt_failure(attempt, error, loop_.now()); });
  pump();
}

void Establishment::handle_timer() {
  patience_.handle_timeout(loop_.now());
  if (race_) race_->handle_timeout(loop_.now());
  pump();
}

void Establishment::bury() { ended_.clear(); }

}  // namespace bowline::drive
