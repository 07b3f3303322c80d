#include "drive/connection/connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include <bowline/detail/facts.h>
#include "drive/establish/usable_network.h"

namespace bowline::drive {

namespace {

Error closed_error(const char* operation) {
  return Error(ErrorKind::closed, operation, "the connection was closed by its owner");
}

/// Made with the first connection, so that no close has to allocate it.
const Error& cancelled_error() {
  static const Error error(ErrorKind::cancelled, "connection",
                           "closed by its owner before this was done");
  return error;
}

}  // namespace

/// What only a connection that we opened has: its terms, how it came to be, and as long as that goes on, the
/// establishment.
struct Connection::Outgoing final : ConnectionTerms, private Establishment::Owner {
  Outgoing(Connection& connection, Outbound&& outbound)
      : ConnectionTerms(std::move(outbound.plan), outbound.parameters),
        owner(connection),
        record(connection.number_, std::move(outbound.endpoint)) {
    const auto protocol = plan->transport == Transport::tcp ? core::CandidateProtocol::tcp
                                                            : core::CandidateProtocol::udp;
    Establishment::Owner& ear = *this;
    establishment = std::make_unique<Establishment>(*connection.loop_, record,
                                                    std::move(outbound.parameters), protocol, ear);
  }

  Connection& owner;
  EstablishmentRecord record;
  std::unique_ptr<Establishment> establishment;

 private:
  std::unique_ptr<Candidate> make_candidate(const core::Race::StartAttempt& attempt,
                                            const ports::Binding& binding,
                                            CandidateObserver& observer) override {
    return owner.make_candidate(attempt, binding, observer);
  }
  void handle_due() override { owner.start(); }
  void handle_established(Candidate& winner) override { owner.handle_established(winner); }
  void handle_waiting() override { owner.move_to(core::ConnectionTrigger::round_failed); }
  void handle_retrying() override { owner.move_to(core::ConnectionTrigger::retry); }
  void handle_gave_up(Error error) override { owner.handle_gave_up(std::move(error)); }
};

/// The owner's ear for changes of state.
struct Connection::Watch {
  explicit Watch(Connection& owner) : timer(owner) {}
  struct Change {
    ConnectionState state;
    std::optional<Error> error;
  };
  StateHandler handler;
  std::vector<Change> unreported;
  MemberTimer<Connection, &Connection::report_states> timer;
};

/// A close that takes its time: the loop runs on for it.
struct Connection::Closing {
  Closing(Connection& owner, Instant at) : until(at), timer(owner) {}
  detail::RequestList<CloseRequest> requests;
  Instant until;
  MemberTimer<Connection, &Connection::cut_off> timer;
};

/// What few connections have.
struct Connection::Rare {
  std::unique_ptr<Watch> watch;
  std::unique_ptr<Closing> close;
  std::optional<Error> error;  // why it failed
  detail::RequestList<ReadyRequest> ready_requests;
};

void ReadyRequest::begin() {
  connection_->rare().ready_requests.push(*this);
  connection_->settle_ready_requests();
}

/// A request that found no memory to begin with is nowhere.
void ReadyRequest::withdraw() noexcept {
  if (connection_->rare_) connection_->rare_->ready_requests.remove(*this);
}

void CloseRequest::begin() {
  connection_->begin_close();
  // A connection with nothing to flush is closed by now.
  if (connection_->state() == ConnectionState::cancelled)
    return connection_->error() == nullptr ? finish({}) : finish(*connection_->error());
  connection_->rare_->close->requests.push(*this);
}

void CloseRequest::withdraw() noexcept {
  if (connection_->rare_ && connection_->rare_->close)
    connection_->rare_->close->requests.remove(*this);
}

Connection::Connection(Loop& loop, Outbound&& outbound)
    : loop_(&loop),
      number_(loop.next_connection_number()),
      state_(ConnectionState::setup),
      opened_by_us_(true) {
  terms_ = detail::Ref<ConnectionTerms>(new Outgoing(*this, std::move(outbound)));
  static_cast<void>(cancelled_error());
  outgoing()->establishment->start_soon();
  loop.begin_work();
  loop.add_resident(*this);
}

Connection::Connection(Loop& loop, const detail::Ref<AcceptTally>& tally)
    : loop_(&loop),
      terms_(tally),
      number_(loop.next_connection_number()),
      state_(ConnectionState::ready),
      opened_by_us_(false) {
  static_cast<void>(cancelled_error());
  loop.add_resident(*this);
}

Connection::~Connection() = default;

void Connection::drop_handle() {
  if (--handles_ != 0) return;
  const StateHandler unheard = forget_states();
  if (state_ == ConnectionState::cancelled) return;
  try {
    begin_close();
  } catch (const std::bad_alloc&) {
    // Neither needs memory. What was sent arrives; but half a message must not pass for a whole one.
    has_unsent() ? abort() : cancel();
  }
}

/// Nobody holds the connection any more, so nobody is told what becomes of it.
Connection::StateHandler Connection::forget_states() {
  if (!rare_ || !rare_->watch) return nullptr;
  Watch& watch = *rare_->watch;
  if (watch.timer.is_armed()) loop_->end_work();
  loop_->timers().set(watch.timer, std::nullopt);
  watch.unreported.clear();
  return std::exchange(watch.handler, nullptr);
}

void Connection::restart() {
  if (state_ == ConnectionState::waiting) outgoing()->establishment->hurry();
}

void Connection::cancel() {
  if (state_ == ConnectionState::cancelled) return;
  finish_close(Release::graceful);
}

void Connection::abort() {
  if (state_ == ConnectionState::cancelled) return;
  finish_close(Release::reset);
}

void Connection::close_by(Instant at) {
  const detail::Ref<Connection> keep(this);
  if (at <= loop_->now()) return abort();
  begin_close();
  if (!rare_ || !rare_->close || rare_->close->until <= at) return;
  rare_->close->until = at;
  loop_->timers().set(rare_->close->timer, at);
}

Duration Connection::close_within() const {
  if (!terms_->close_by || loop_->is_gone()) return terms_->close_within;
  const Duration left = std::max(*terms_->close_by - loop_->now(), Duration::zero());
  return std::min(terms_->close_within, left);
}

void Connection::set_state_handler(StateHandler handler) {
  auto& watch = rare().watch;
  if (!watch) watch = std::make_unique<Watch>(*this);
  watch->unreported.reserve(watch->unreported.size() + 1);
  watch->handler = std::move(handler);
}

void Connection::begin_life() {
  add_ref();
  holds_itself_ = true;
}

void Connection::count_in() {
  counted_ = true;
  tally()->opened(*this);
}

const Error* Connection::error() const { return rare_ && rare_->error ? &*rare_->error : nullptr; }

Connection::Outgoing* Connection::outgoing() const {
  return opened_by_us_ ? static_cast<Outgoing*>(terms_.get()) : nullptr;
}

Connection::Rare& Connection::rare() {
  if (!rare_) rare_ = std::make_unique<Rare>();
  return *rare_;
}

Report Connection::report() {
  Report::Facts report;
  report.id = "C" + std::to_string(number_);
  report.stack = plan().names;
  report.remote = remote_address();
  report.local = local_address();
  if (error() != nullptr) report.error = *error();
  if (!opened_by_us_) {
    if (report.remote) report.endpoint = Endpoint(*report.remote);
    return Report(std::move(report));
  }
  const EstablishmentRecord& record = outgoing()->record;
  report.endpoint = record.endpoint;
  report.total = record.ended ? *record.ended - record.started : Duration::zero();
  report.previous_attempts = record.rounds_failed;
  report.resolutions = record.resolutions;
  if (record.error) report.error = record.error;
  for (const EstablishmentRecord::Attempt& made : record.attempts) {
    Attempt::Facts attempt;
    attempt.id = report.id + "." + std::to_string(made.round) + "." + std::to_string(made.number);
    attempt.remote = made.remote;
    attempt.protocol = core::to_string(made.protocol);
    attempt.started = made.started - record.started;
    if (made.ended) attempt.ended = *made.ended - record.started;
    attempt.outcome = made.outcome;
    attempt.error = made.error;
    if (made.outcome == AttemptOutcome::won)
      report.handshakes.emplace_back(
          Handshake::Facts{attempt.protocol, *made.ended - made.started, transport_rtt()});
    report.attempts.emplace_back(std::move(attempt));
  }
  if (report.local && !loop_->is_gone()) {
    if (const auto snapshot = loop_->host().network().snapshot(); snapshot.has_value())
      report.interface = interface_name_of(**snapshot, report.local->ip);
  }
  return Report(std::move(report));
}

Error Connection::refusal() const {
  return state_ == ConnectionState::failed ? *error() : closed_error("connection");
}

void Connection::fail(Error error) {
  if (state_ == ConnectionState::failed || state_ == ConnectionState::cancelled) return;
  const bool was_ready = state_ == ConnectionState::ready;
  const Error& kept = rare().error.emplace(std::move(error));
  fail_receives(kept);
  fail_sends(kept);
  let_go(Release::graceful);
  if (opened_by_us_) outgoing()->establishment.reset();
  move_to(was_ready ? core::ConnectionTrigger::lost : core::ConnectionTrigger::gave_up);
  settle_ready_requests();
  if (closing_ || handles_ == 0) finish_close(Release::graceful);
}

void Connection::end_receives() {
  fail_receives(error() != nullptr ? *error() : cancelled_error());
}

void Connection::move_to(core::ConnectionTrigger trigger) {
  const auto next = next_state(core::connection_edges, state_, trigger);
  assert(next && "connection_edges has no such edge");
  const ConnectionState previous = std::exchange(state_, *next);
  const bool was_establishing = previous <= ConnectionState::waiting;
  if (was_establishing && *next > ConnectionState::waiting) loop_->end_work();
  const Error* why = nullptr;
  if (*next == ConnectionState::waiting) why = &*outgoing()->record.error;
  if (*next == ConnectionState::failed) why = error();
  trace_change(previous, why);
  if (!rare_ || !rare_->watch || !rare_->watch->handler) return;
  Watch& watch = *rare_->watch;
  // One place is always kept, so that the last change can be told without memory.
  if (*next != ConnectionState::cancelled) watch.unreported.reserve(watch.unreported.size() + 2);
  watch.unreported.push_back({*next, why == nullptr ? std::optional<Error>() : *why});
  if (!watch.timer.is_armed()) loop_->begin_work();
  loop_->timers().set(watch.timer, loop_->now());
}

void Connection::trace_change(ConnectionState previous, const Error* error) noexcept {
  if (!loop_->tracer().is_on()) return;
  try {
    trace(core::TraceKind::state_changed, to_string(previous) + " -> " + to_string(state_), error);
  } catch (const std::bad_alloc&) {  // there is no memory for the line
  }
}

void Connection::start() {
  EstablishmentRecord& record = outgoing()->record;
  const Result<void>& validity = record.endpoint.validity();
  record.started = loop_->now();
  if (!validity.has_value()) {
    record.ended = loop_->now();
    record.error = validity.error();
    return fail(validity.error());
  }
  move_to(core::ConnectionTrigger::start);
  const detail::Ref<Connection> keep(this);
  outgoing()->establishment->start();
}

void Connection::begin_close() {
  if (closing_ || state_ == ConnectionState::cancelled) return;
  if (!has_unsent()) return finish_close(Release::graceful);
  rare().close = std::make_unique<Closing>(*this, loop_->now() + close_within());
  loop_->begin_work();
  closing_ = true;
  fail_receives(cancelled_error());
  loop_->timers().set(rare_->close->timer, rare_->close->until);
  if (state_ == ConnectionState::ready) flush_now();
  end_close();
}

/// The time for closing is over, and not everything is sent.
void Connection::cut_off() {
  rare().error.emplace(ErrorKind::timed_out, "close",
                       "not everything could be sent in the time that a close may take");
  abort();
}

void Connection::end_close() {
  if (!has_unsent()) finish_close(Release::graceful);
}

/// The one way to `cancelled`: what is pending ends first, then the state, then those who wait for the close.
/// It needs no memory.
void Connection::finish_close(Release how) {
  if (!holds_itself_) return;
  const detail::Ref<Connection> keep(this);
  holds_itself_ = false;
  drop_ref();
  closing_ = true;
  const std::unique_ptr<Closing> close = rare_ ? std::move(rare_->close) : nullptr;
  if (close) loop_->end_work();
  const bool cut_short = close && has_unsent();
  fail_receives(cancelled_error());
  fail_sends(cancelled_error());
  if (Outgoing* const out = outgoing(); out != nullptr && out->establishment) {
    if (state_ == ConnectionState::setup) out->record.started = loop_->now();
    out->establishment->cancel();
    out->record.ended = out->record.ended.value_or(loop_->host().clock().now());
    out->establishment.reset();
  }
  let_go(how);
  Resident::unlink();
  move_to(core::ConnectionTrigger::closed);
  settle_ready_requests();
  const Error* const why = error() != nullptr ? error() : cut_short ? &cancelled_error() : nullptr;
  while (close && !close->requests.empty()) {
    if (why != nullptr) {
      close->requests.pop().finish(*why);
    } else {
      close->requests.pop().finish({});
    }
  }
}

void Connection::let_go(Release how) {
  release(how);
  if (AcceptTally* const listener = tally(); listener != nullptr) {
    counted_ = false;
    listener->closed(*this);
  }
}

void Connection::settle_ready_requests() {
  if (state_ < ConnectionState::ready || !rare_) return;
  const Error& why = rare_->error ? *rare_->error : cancelled_error();
  while (!rare_->ready_requests.empty()) {
    ReadyRequest& request = rare_->ready_requests.pop();
    if (state_ == ConnectionState::ready) {
      request.finish({});
    } else {
      request.finish(why);
    }
  }
}

void Connection::report_states() {
  const detail::Ref<Connection> keep(this);
  Watch& watch = *rare_->watch;
  const Watch::Change change = std::move(watch.unreported.front());
  watch.unreported.erase(watch.unreported.begin());
  // The others have their own turn, whatever the handler throws.
  if (watch.unreported.empty()) {
    loop_->end_work();
  } else {
    loop_->timers().set(watch.timer, loop_->now());
  }
  // The handler may set another handler, or drop the connection.
  const StateHandler handler = change.state == ConnectionState::cancelled
                                   ? std::exchange(watch.handler, nullptr)
                                   : watch.handler;
  if (handler) handler(change.state, change.error ? &*change.error : nullptr);
}

void Connection::trace(core::TraceKind kind, std::string detail, const Error* error) {
  if (loop_->is_gone()) return;
  core::TraceNote note{kind, std::move(detail), {}};
  if (error != nullptr) note.error = *error;
  loop_->tracer().emit(loop_->now(), "C" + std::to_string(number_), note);
}

void Connection::handle_established(Candidate& winner) {
  const detail::Ref<Connection> keep(this);
  adopt(winner);
  const std::unique_ptr<Establishment> done = std::move(outgoing()->establishment);
  move_to(core::ConnectionTrigger::established);
  settle_ready_requests();
  handle_became_ready();
  if (closing_ && state_ == ConnectionState::ready) flush_now();
}

void Connection::handle_gave_up(Error error) {
  const detail::Ref<Connection> keep(this);
  const std::unique_ptr<Establishment> done = std::move(outgoing()->establishment);
  fail(std::move(error));
}

std::optional<ResidentSnapshot> Connection::describe(Instant now) const {
  ResidentSnapshot::Facts facts;
  facts.id = "C" + std::to_string(number_);
  facts.kind = ResidentKind::connection;
  facts.state = closing_ ? "closing" : to_string(state_);
  if (opened_by_us_)
    facts.endpoint = to_string(outgoing()->record.endpoint);
  else if (const auto remote = remote_address())
    facts.endpoint = to_string(*remote);
  facts.stack = plan().names;
  facts.age = now - resident_since();
  return ResidentSnapshot(std::move(facts));
}

void Connection::handle_loop_gone() {
  const detail::Ref<Connection> keep(this);
  abort();
}

}  // namespace bowline::drive
