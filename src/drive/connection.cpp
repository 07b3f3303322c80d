#include "drive/connection.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "drive/usable_network.h"

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

/// What only a connection that we opened has.
struct Connection::Outgoing {
  /// Needed until it is established, and then only a burden on ten thousand idle connections.
  struct Start {
    Start(Connection& owner, Parameters wanted) : parameters(std::move(wanted)), timer(owner) {}
    const Parameters parameters;
    MemberTimer<Connection, &Connection::start> timer;
  };
  Outgoing(Connection& owner, Outbound outbound)
      : start(std::make_unique<Start>(owner, std::move(outbound.parameters))) {
    record.endpoint = std::move(outbound.endpoint);
  }
  std::unique_ptr<Start> start;
  EstablishmentRecord record;
  std::unique_ptr<Establishment> establishment;
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

/// A close that is under way.
struct Connection::Closing {
  explicit Closing(Connection& owner) : timer(owner) {}
  PendingQueue<CloseRequest> requests;
  bool keeps_loop_running = false;
  MemberTimer<Connection, &Connection::abort> timer;
};

void ReadyRequest::begin() {
  connection_->ready_requests_.push(*this);
  connection_->settle_ready_requests();
}

void ReadyRequest::withdraw() noexcept { connection_->ready_requests_.remove(*this); }

void CloseRequest::begin() {
  if (connection_->state() == ConnectionState::cancelled) return finish({});
  connection_->begin_close();
  // A connection with nothing to flush is closed by now.
  if (connection_->state() == ConnectionState::cancelled) return finish({});
  connection_->close_->requests.push(*this);
}

void CloseRequest::withdraw() noexcept {
  if (connection_->close_) connection_->close_->requests.remove(*this);
}

Connection::Connection(Loop& loop, std::shared_ptr<const StackPlan> plan, Outbound outbound)
    : loop_(&loop),
      plan_(std::move(plan)),
      number_(loop.next_connection_number()),
      high_water_bytes_(static_cast<std::uint32_t>(
          std::min<std::size_t>(outbound.parameters.high_water_bytes(), UINT32_MAX))),
      close_within_(outbound.parameters.close_within()),
      state_(ConnectionState::setup) {
  outgoing_ = std::make_unique<Outgoing>(*this, std::move(outbound));
  outgoing_->record.connection_number = number_;
  static_cast<void>(cancelled_error());
  loop.timers().set(outgoing_->start->timer, loop.now());
  loop.begin_work();
  loop.add_resident(*this);
}

Connection::Connection(Loop& loop, std::shared_ptr<const StackPlan> plan,
                       std::size_t high_water_bytes, Duration close_within)
    : loop_(&loop),
      plan_(std::move(plan)),
      number_(loop.next_connection_number()),
      high_water_bytes_(
          static_cast<std::uint32_t>(std::min<std::size_t>(high_water_bytes, UINT32_MAX))),
      close_within_(close_within),
      state_(ConnectionState::ready) {
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
  if (!watch_) return nullptr;
  if (watch_->timer.is_armed()) loop_->end_work();
  loop_->timers().set(watch_->timer, std::nullopt);
  watch_->unreported.clear();
  return std::exchange(watch_->handler, nullptr);
}

void Connection::restart() {
  if (state_ == ConnectionState::waiting) outgoing_->establishment->hurry();
}

void Connection::cancel() {
  if (state_ == ConnectionState::cancelled) return;
  fail_sends(cancelled_error());
  finish_close(Release::graceful);
}

void Connection::abort() {
  if (state_ == ConnectionState::cancelled) return;
  fail_sends(cancelled_error());
  finish_close(Release::reset);
}

void Connection::set_state_handler(StateHandler handler) {
  if (!watch_) watch_ = std::make_unique<Watch>(*this);
  watch_->unreported.reserve(watch_->unreported.size() + 1);
  watch_->handler = std::move(handler);
}

Report Connection::report() {
  Report report;
  report.id = "C" + std::to_string(number_);
  report.stack = plan_->names;
  report.remote = remote_address();
  report.local = local_address();
  if (error_) report.error = *error_;
  if (!outgoing_) {
    if (report.remote) report.endpoint = Endpoint(*report.remote);
    return report;
  }
  const EstablishmentRecord& record = outgoing_->record;
  report.endpoint = record.endpoint;
  report.total = record.ended ? *record.ended - record.started : Duration::zero();
  report.previous_attempts = record.rounds_failed;
  report.resolutions = record.resolutions;
  if (record.error) report.error = record.error;
  for (const EstablishmentRecord::Attempt& made : record.attempts) {
    Attempt attempt;
    attempt.id = report.id + "." + std::to_string(made.path) + "." + std::to_string(made.number);
    attempt.remote = made.remote;
    attempt.protocol = core::to_string(made.protocol);
    attempt.started = made.started - record.started;
    if (made.ended) attempt.ended = *made.ended - record.started;
    attempt.outcome = made.outcome;
    attempt.error = made.error;
    if (made.outcome == AttemptOutcome::won)
      report.handshakes.push_back({attempt.protocol, *made.ended - made.started, transport_rtt()});
    report.attempts.push_back(std::move(attempt));
  }
  if (report.local && !loop_->is_gone()) {
    if (const auto snapshot = loop_->host().network().snapshot(); snapshot.has_value())
      report.interface = interface_name_of(**snapshot, report.local->ip);
  }
  return report;
}

std::optional<Error> Connection::refusal() const {
  if (state_ == ConnectionState::failed) return *error_;
  if (state_ == ConnectionState::cancelled || close_) return closed_error("connection");
  return std::nullopt;
}

void Connection::fail(Error error) {
  if (state_ == ConnectionState::failed || state_ == ConnectionState::cancelled) return;
  const bool was_ready = state_ == ConnectionState::ready;
  error_ = std::make_unique<Error>(std::move(error));
  fail_receives(*error_);
  fail_sends(*error_);
  release(Release::graceful);
  if (outgoing_) outgoing_->establishment.reset();
  move_to(was_ready ? core::ConnectionTrigger::lost : core::ConnectionTrigger::gave_up);
  settle_ready_requests();
  if (close_ || handles_ == 0) finish_close(Release::graceful);
}

void Connection::handle_flushed() {
  if (close_ && !has_unsent()) finish_close(Release::graceful);
}

void Connection::move_to(core::ConnectionTrigger trigger) {
  const auto next = next_state(core::connection_edges, state_, trigger);
  assert(next && "connection_edges has no such edge");
  const ConnectionState previous = std::exchange(state_, *next);
  const bool was_establishing = previous <= ConnectionState::waiting;
  if (was_establishing && *next > ConnectionState::waiting) loop_->end_work();
  const Error* error = *next == ConnectionState::waiting
                           ? &*outgoing_->record.error
                           : (*next == ConnectionState::failed ? error_.get() : nullptr);
  trace_change(previous, error);
  if (watch_ && watch_->handler) {
    std::vector<Watch::Change>& changes = watch_->unreported;
    // One place is always kept, so that the last change can be told without memory.
    if (*next != ConnectionState::cancelled) changes.reserve(changes.size() + 2);
    changes.push_back({*next, error == nullptr ? std::optional<Error>() : *error});
    if (!watch_->timer.is_armed()) loop_->begin_work();
    loop_->timers().set(watch_->timer, loop_->now());
  }
}

void Connection::trace_change(ConnectionState previous, const Error* error) noexcept {
  if (!loop_->tracer().is_on()) return;
  try {
    trace(core::TraceKind::state_changed,
          std::string(to_string(previous)) + " -> " + std::string(to_string(state_)), error);
  } catch (const std::bad_alloc&) {  // there is no memory for the line
  }
}

void Connection::start() {
  const Result<void>& validity = outgoing_->record.endpoint.validity();
  outgoing_->record.started = loop_->now();
  if (!validity.has_value()) {
    outgoing_->record.ended = loop_->now();
    outgoing_->record.error = validity.error();
    return fail(validity.error());
  }
  move_to(core::ConnectionTrigger::start);
  const auto protocol = plan_->transport == Transport::tcp ? core::CandidateProtocol::tcp
                                                           : core::CandidateProtocol::udp;
  Establishment::Owner& owner = *this;
  outgoing_->establishment = std::make_unique<Establishment>(
      *loop_, outgoing_->record, outgoing_->start->parameters, protocol, owner);
  const detail::Ref<Connection> keep(this);
  outgoing_->establishment->start();
}

void Connection::begin_close() {
  if (close_) return;
  close_ = std::make_unique<Closing>(*this);
  fail_receives(cancelled_error());
  if (state_ == ConnectionState::ready) flush_now();
  if (state_ == ConnectionState::ready && has_unsent()) {
    close_->keeps_loop_running = true;
    loop_->begin_work();
    loop_->timers().set(close_->timer, loop_->now() + close_within_);
  } else {
    fail_sends(cancelled_error());
    finish_close(Release::graceful);
  }
}

/// The one way to `cancelled`: what is pending ends first, then the state, then those who wait for the close.
/// It needs no memory.
void Connection::finish_close(Release how) {
  const detail::Ref<Connection> keep = std::move(self_);
  if (!keep) return;
  if (close_) {
    loop_->timers().set(close_->timer, std::nullopt);
    if (std::exchange(close_->keeps_loop_running, false)) loop_->end_work();
  }
  fail_receives(cancelled_error());
  fail_sends(cancelled_error());
  if (outgoing_ && outgoing_->establishment) {
    outgoing_->establishment->cancel();
    outgoing_->record.ended = outgoing_->record.ended.value_or(loop_->now());
    outgoing_->establishment.reset();
  }
  if (outgoing_) outgoing_->start.reset();
  release(how);
  unlink();
  move_to(core::ConnectionTrigger::closed);
  settle_ready_requests();
  while (close_ && !close_->requests.empty()) close_->requests.pop().finish({});
}

void Connection::settle_ready_requests() {
  if (state_ < ConnectionState::ready) return;
  while (!ready_requests_.empty()) {
    ReadyRequest& request = ready_requests_.pop();
    if (state_ == ConnectionState::ready) {
      request.finish({});
    } else {
      request.finish(error_ ? *error_ : cancelled_error());
    }
  }
}

void Connection::report_states() {
  const detail::Ref<Connection> keep(this);
  std::vector<Watch::Change> changes;
  changes.reserve(1);
  changes.swap(watch_->unreported);
  loop_->end_work();
  for (const Watch::Change& change : changes) {
    // The handler may set another handler, or drop the connection.
    const StateHandler handler = watch_->handler;
    if (handler) handler(change.state, change.error ? &*change.error : nullptr);
  }
  const bool was_last = state_ == ConnectionState::cancelled && watch_->unreported.empty();
  const StateHandler done = was_last ? std::exchange(watch_->handler, nullptr) : nullptr;
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
  const std::unique_ptr<Establishment> done = std::move(outgoing_->establishment);
  outgoing_->start.reset();
  move_to(core::ConnectionTrigger::established);
  settle_ready_requests();
  handle_became_ready();
}

void Connection::handle_waiting(const Error&) {
  move_to(core::ConnectionTrigger::round_failed);
  loop_->watch_network();
}

void Connection::handle_retrying() { move_to(core::ConnectionTrigger::retry); }

void Connection::handle_gave_up(Error error) {
  const detail::Ref<Connection> keep(this);
  const std::unique_ptr<Establishment> done = std::move(outgoing_->establishment);
  fail(std::move(error));
}

void Connection::handle_loop_gone() {
  const detail::Ref<Connection> keep(this);
  abort();
}

void Connection::handle_network_change() { restart(); }

}  // namespace bowline::drive
