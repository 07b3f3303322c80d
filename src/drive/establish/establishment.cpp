#include "drive/establish/establishment.h"

#include <algorithm>
#include <utility>

#include "base/flag_scope.h"
#include "drive/establish/error_policy.h"
#include "drive/establish/race_options.h"

namespace bowline::drive {

Establishment::Establishment(Loop& loop, EstablishmentRecord& record, Parameters&& parameters,
                             const std::vector<StackAlternative>& alternatives, Owner& owner)
    : loop_(loop),
      record_(record),
      parameters_(std::move(parameters)),
      alternatives_(alternatives),
      towards_(alternatives.front().towards ? *alternatives.front().towards : record.endpoint),
      owner_(owner),
      local_(loop, parameters_),
      log_(loop, record, local_),
      questions_({.loop = loop,
                  .parameters = parameters_,
                  .local = local_,
                  .record = record,
                  .towards = towards_,
                  .understands_ech = understands_ech(alternatives)},
                 *this),
      attempts_(loop, *this),
      patience_(patience_options(parameters_), loop.host().random()) {}

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

/// Attempts from addresses that this host no longer has fail over at once.
void Establishment::handle_network_change() {
  patience_.handle_network_change(loop_.now());
  if (!race_) return settle();
  for (const IpAddress& lost : local_.lost_addresses())
    inputs_.push_back([this, lost] { race_->handle_source_lost(lost, loop_.now()); });
  pump();
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
  const auto bound = local_.bind(towards_);
  if (bound.has_value()) return begin_over_path();
  log_.begin_round();
  fail_round(bound.error());
}

/// Over one of the interfaces that do. While others are left, it has a while to show that somebody is there.
void Establishment::begin_over_path() {
  log_.begin_round();
  path_until_.reset();
  if (local_.has_next()) path_until_ = loop_.now() + path_patience;
  towards_.is_address() ? begin_with_address() : begin_with_name();
}

/// Nobody was heard over this interface, and there are others.
void Establishment::leave_path() {
  Error error(ErrorKind::timed_out, "connect", "nobody answered over the preferred interface");
  cancel();
  fail_round(error.about(to_string(record_.endpoint)));
}

void Establishment::begin_with_address() {
  const auto address = local_.literal_address(towards_);
  if (!address.has_value()) return fail_round(address.error());
  core::Race::Target target = race_target(alternatives_, towards_.port());
  start_ahead({1, SocketAddress(*address, target.port), target.protocols.front(), {}});
  if (attempts_.winner() != nullptr) return settle();
  // It takes time, in which the address that it is sent from may go.
  local_.note_addresses();
  target.addresses = {local_.reach(*address)};
  begin_race(std::move(target));
}

void Establishment::begin_with_name() {
  const auto families = local_.families_to_ask();
  if (!families.has_value()) return fail_round(families.error());
  auto target = race_target(alternatives_, towards_.port());
  target.name = towards_.host();
  target.ask_ipv4 = families->ipv4;
  target.ask_ipv6 = families->ipv6;
  begin_race(std::move(target));
}

void Establishment::begin_race(core::Race::Target target) {
  race_.emplace(race_options(parameters_, loop_.tracer()), std::move(target),
                local_.is_chosen() ? nullptr : &loop_.history(), loop_.host().random());
  race_->start(loop_.now());
  pump();
}

/// The first attempt, before there is a race. Towards this host itself it succeeds within its start, and
/// there is nothing to race; else it takes part.
void Establishment::start_ahead(const core::Race::StartAttempt& attempt) {
  ahead_ = start_attempt(attempt);
  if (!ahead_->has_value() || **ahead_ != Candidate::Progress::ready) return;
  ahead_.reset();
  log_.won_uncontested(attempt);
  attempts_.win(attempt.attempt);
}

/// Carries out what the race wants until it wants nothing more; then tells the owner of the outcome, last.
void Establishment::pump() {
  if (pumping_) return;
  run_race();
  if (attempts_.winner() != nullptr || round_error_) end_race();
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
  questions_.stop();
}

void Establishment::fail_round(const Error& error) {
  record_.error = error;
  if (core::may_lack_path(error) && local_.bind_next()) return begin_over_path();
  // Who was answered has a path; only for the others it is worth the system calls to find out.
  const bool has_path = !core::may_lack_path(error) || local_.has_path_to(towards_);
  patience_.handle_round_failed(error, has_path, loop_.now());
  record_.rounds_failed = patience_.rounds_failed();
  settle();
}

/// Sets the timer and hands on what was decided. Nothing of this may be touched after the owner was told.
/// A winner goes behind whatever else starts in this turn: peers that are asked to accept many connections,
/// and then sent many requests, wake up less often than if they got them in turns.
void Establishment::settle() {
  if (attempts_.winner() != nullptr) return loop_.defer(*this);
  std::optional<Instant> deadline = patience_.deadline();
  if (race_) {
    for (const auto& other : {race_->deadline(), path_until_})
      if (other) deadline = deadline ? std::min(*deadline, *other) : *other;
  }
  loop_.timers().set(timer_, deadline);
  if (auto output = patience_.poll()) carry_out(*std::move(output));
}

void Establishment::carry_out(core::Patience::Output&& output) {
  if (const auto* wait = std::get_if<core::Patience::Wait>(&output)) {
    loop_.host().network().watch_settings();  // another DNS server may be what it waits for
    log_.trace(core::TraceKind::retry_scheduled, 0,
               wait->delay ? "in " + to_string(*wait->delay) : "when the network changes",
               record_.error);
    owner_.handle_waiting();
  } else if (std::holds_alternative<core::Patience::Retry>(output)) {
    owner_.handle_retrying();
    begin_round();
  } else {
    give_up(std::get<core::Patience::GiveUp>(std::move(output)).error);
  }
}

void Establishment::handle_turn_end() {
  Candidate* const winner = attempts_.winner();
  if (winner == nullptr) return owner_.handle_due();
  record_.error.reset();
  winner->append_handshakes(record_.handshakes);
  owner_.handle_established(*winner);
}

void Establishment::give_up(Error error) {
  if (race_) error = with_what_goes_on(std::move(error));
  cancel();
  record_.ended = loop_.host().clock().now();
  record_.error = error;
  owner_.handle_gave_up(std::move(error));
}

/// The time was up during a round: what it came to so far belongs to the error, too.
Error Establishment::with_what_goes_on(Error error) const {
  std::vector<Error> attempts = error.attempts();
  const std::vector<Error> failed = log_.errors();
  if (!failed.empty()) error = std::move(error).with_reason(failed.back().kind());
  for (const auto& more : {failed, attempts_.unfinished()})
    attempts.insert(attempts.end(), more.begin(), more.end());
  if (attempts.empty() && !questions_.is_empty()) attempts.push_back(questions_.silence());
  return std::move(error).with_attempts(std::move(attempts));
}

void Establishment::act(core::Race::Ask& output) {
  for (core::RaceAnswer& negative : questions_.ask(output))
    inputs_.push_back([this, answer = std::move(negative)]() mutable {
      race_->handle_answer(std::move(answer), loop_.now());
    });
}

void Establishment::act(core::Race::StartAttempt& output) {
  log_.attempt_started(output);
  const auto progress = ahead_ ? *std::exchange(ahead_, std::nullopt) : start_attempt(output);
  if (!progress.has_value()) {
    const Error& error = progress.error();
    handle_failure(output.attempt,
                   error.subject().empty() ? error.about(to_string(output.remote)) : error);
  } else if (*progress == Candidate::Progress::connected) {
    inputs_.push_back([this, attempt = output.attempt] { handle_progress(attempt); });
  } else if (*progress == Candidate::Progress::ready && !ready_at_once_) {
    ready_at_once_ = output.attempt;  // a later one would lose
  }
}

Result<Candidate::Progress> Establishment::start_attempt(const core::Race::StartAttempt& attempt) {
  const Approach approach{.loop = loop_,
                          .alternative = *std::ranges::find(alternatives_, attempt.protocol,
                                                            &StackAlternative::protocol),
                          .remote = attempt.remote,
                          .binding = local_.binding(),
                          .endpoint = record_.endpoint,
                          .target = attempt.target,
                          .service = attempt.service.get()};
  return attempts_.start(attempt.attempt, attempt.remote, owner_.make_candidate(approach));
}

void Establishment::act(core::Race::CancelAttempt& output) {
  end_attempt(output.attempt, output.error ? outcome_of(*output.error) : AttemptOutcome::lost,
              output.error);
}

void Establishment::act(core::Race::Won& output) {
  log_.attempt_ended(output.attempt, AttemptOutcome::won, {});
  attempts_.win(output.attempt);
}

void Establishment::act(core::Race::Failed& output) {
  const auto& source = parameters_.source();
  const bool wrong_source = source && output.error.kind() == ErrorKind::address_unavailable;
  round_error_ =
      output.error.about(wrong_source ? to_string(*source) : to_string(record_.endpoint));
}

void Establishment::end_attempt(core::Race::AttemptId attempt, AttemptOutcome outcome,
                                const std::optional<Error>& error) {
  if (!attempts_.has(attempt)) return;
  if (error) {
    if (auto security = attempts_.security(attempt))
      record_.add_security(attempt, *std::move(security));
  }
  log_.attempt_ended(attempt, outcome, error);
  attempts_.end(attempt);
}

void Establishment::handle_race_answer(core::RaceAnswer answer) {
  if (race_) race_->handle_answer(std::move(answer), loop_.now());
  pump();
}

void Establishment::handle_progress(core::Race::AttemptId attempt) {
  if (attempts_.has(attempt)) log_.attempt_progressed(attempt);
  path_until_.reset();  // somebody is there
  if (race_) race_->handle_progress(attempt, loop_.now());
  pump();
}

void Establishment::handle_ready(core::Race::AttemptId attempt) {
  if (race_) race_->handle_ready(attempt, loop_.now());
  pump();
}

void Establishment::handle_failure(core::Race::AttemptId attempt, Error error) {
  end_attempt(attempt, outcome_of(error), error);
  inputs_.push_back([this, attempt, error = std::move(error)]() mutable {
    race_->handle_attempt_failure(attempt, std::move(error), loop_.now());
  });
  pump();
}

void Establishment::handle_timer() {
  patience_.handle_timeout(loop_.now());
  // The time is up, or a pause is over: then there is nothing to race for, or no race yet.
  if (auto decided = patience_.poll()) return carry_out(*std::move(decided));
  if (race_ && path_until_ && loop_.now() >= *path_until_) return leave_path();
  if (race_) race_->handle_timeout(loop_.now());
  pump();
}

}  // namespace bowline::drive
