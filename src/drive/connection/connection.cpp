#include "drive/connection/connection.h"

#include <algorithm>
#include <cassert>
#include <ranges>
#include <utility>

#include <bowline/detail/facts.h>

#include "drive/connection/connection_parts.h"
#include "drive/establish/host/host_interfaces.h"

namespace bowline::drive {

namespace {

Error closed_error(const char* operation) {
  return Error(ErrorKind::closed, operation, "the connection was closed by its owner");
}

}  // namespace

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
      number_(loop.next_connection_number() & number_max),
      state_(ConnectionState::setup),
      holds_loop_(true) {
  origin_ = detail::Ref<Origin>(new RacedOrigin(*this, std::move(outbound)));
  static_cast<void>(owner_closed());
  origin_->start_soon();
  loop.begin_work();
  loop.add_resident(*this);
}

Connection::Connection(Loop& loop, detail::Ref<Origin> origin, Accepted accepted)
    : loop_(&loop),
      origin_(std::move(origin)),
      number_(loop.next_connection_number() & number_max),
      state_(accepted == Accepted::ready ? ConnectionState::ready : ConnectionState::setup) {
  static_cast<void>(owner_closed());
  loop.add_resident(*this);
}

Connection::~Connection() = default;

void Connection::drop_handle() {
  if (--handles_ != 0) return;
  const std::unique_ptr<StateWatch::Handler> unheard = forget_states();
  const detail::Ref<PathWatch> unseen = forget_path();
  if (state_ == ConnectionState::cancelled) return;
  if (loop_->is_closed()) return abort();  // framers of the user's must not be called any more
  try {
    begin_close();
  } catch (const std::bad_alloc&) {
    // Neither needs memory. What was sent arrives; but half a message must not pass for a whole one.
    has_unsent() ? abort() : cancel();
  }
}

void Connection::restart() {
  if (state_ == ConnectionState::waiting) origin_->hurry();
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
  if (!origin_->close_by || loop_->is_gone()) return origin_->close_within;
  const Duration left = std::max(*origin_->close_by - loop_->now(), Duration::zero());
  return std::min(origin_->close_within, left);
}

void Connection::begin_life() {
  add_ref();
  holds_itself_ = true;
}

void Connection::count_in() {
  if (counted_) return;
  counted_ = true;
  origin_->opened(*this);
}

const Error* Connection::error() const { return rare_ && rare_->error ? &*rare_->error : nullptr; }

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
  if (!origin_->describe(report, layers())) {
    if (report.remote) report.endpoint = Endpoint(*report.remote);
    return Report(std::move(report));
  }
  if (report.local && !loop_->is_gone()) {
    if (const auto snapshot = loop_->host().network().snapshot(); snapshot.has_value())
      report.interface = interface_name_of(**snapshot, report.local->ip);
  }
  return Report(std::move(report));
}

std::optional<SecurityReport> Connection::security() {
  std::vector<ports::LayerFacts> live = layers();
  for (ports::LayerFacts& layer : live | std::views::reverse)
    if (layer.security) return std::move(layer.security);
  // The layers are gone, or never were.
  Report::Facts report;
  if (error() != nullptr) report.error = *error();
  static_cast<void>(origin_->describe(report, {}));
  return Report(std::move(report)).security();
}

detail::Ref<PathWatch> Connection::path_watch(bool wanted) {
  if (loop_->is_closed() || state_ >= ConnectionState::failed || closing_) return {};
  if (wanted && !rare().path) rare_->path = detail::Ref<PathWatch>(new PathWatch(*this));
  return rare_ ? rare_->path : detail::Ref<PathWatch>();
}

detail::Ref<PathWatch> Connection::forget_path() noexcept {
  if (!rare_ || !rare_->path) return {};
  rare_->path->end();
  return std::exchange(rare_->path, {});
}

std::optional<Path> Connection::path() {
  const auto local = local_address();
  const auto remote = remote_address();
  if (state_ != ConnectionState::ready || !local || !remote || loop_->is_gone())
    return std::nullopt;
  PathService& paths = loop_->service<PathService>();
  return paths.path_over(judge_path(paths, *local, *remote, nullptr).link_index);
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
  origin_->abandon();
  move_to(was_ready ? core::ConnectionTrigger::lost : core::ConnectionTrigger::gave_up);
  settle_ready_requests();
  if (closing_ || handles_ == 0) finish_close(Release::graceful);
}

void Connection::end_receives() { fail_receives(error() != nullptr ? *error() : owner_closed()); }

void Connection::begin_close() {
  if (closing_ || state_ == ConnectionState::cancelled) return;
  prepare_close();
  if (!has_unsent()) return finish_close(Release::graceful);
  rare().close = std::make_unique<Closing>(*this, loop_->now() + close_within());
  loop_->begin_work();
  closing_ = true;
  fail_receives(owner_closed());
  loop_->timers().set(rare_->close->timer, rare_->close->until);
  if (state_ == ConnectionState::ready) hasten_close();
  end_close();
}

/// The time for closing is over, and not everything is sent.
void Connection::cut_off() {
  const bool unanswered = awaits_goodbye();
  rare().error.emplace(ErrorKind::timed_out, "close",
                       unanswered
                           ? "the peer did not say goodbye in the time that a close may take"
                           : "not everything could be sent in the time that a close may take");
  finish_close(unanswered ? Release::graceful : Release::reset);
}

void Connection::end_close() {
  if (!has_unsent()) finish_close(Release::graceful);
}

/// The one way to `cancelled`: what is pending ends first, then the state, then those who wait for the
/// close. It needs no memory.
void Connection::finish_close(Release how) {
  if (!holds_itself_) return;
  const detail::Ref<Connection> keep(this);
  holds_itself_ = false;
  drop_ref();
  closing_ = true;
  const detail::Ref<PathWatch> unseen = forget_path();
  const std::unique_ptr<Closing> close = rare_ ? std::move(rare_->close) : nullptr;
  if (close) loop_->end_work();
  const bool cut_short = close && has_unsent();
  fail_receives(owner_closed());
  fail_sends(owner_closed());
  origin_->abandon();
  let_go(how);
  Resident::unlink();
  move_to(core::ConnectionTrigger::closed);
  settle_ready_requests();
  const Error* const why = error() != nullptr ? error() : cut_short ? &owner_closed() : nullptr;
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
  if (!counted_) return;
  counted_ = false;
  origin_->closed(*this);
}

void Connection::handle_established(Candidate& winner) {
  adopt(winner);
  move_to(core::ConnectionTrigger::established);
  if (rare_ && rare_->path) rare_->path->begin();
  settle_ready_requests();
  handle_became_ready();
  if (closing_ && state_ == ConnectionState::ready) hasten_close();
}

void Connection::handle_gave_up(Error error) {
  const detail::Ref<Connection> keep(this);
  fail(std::move(error));
}

std::optional<ResidentSnapshot> Connection::describe(Instant now) const {
  ResidentSnapshot::Facts facts;
  facts.id = "C" + std::to_string(number_);
  facts.kind = ResidentKind::connection;
  facts.state = closing_ ? "closing" : to_string(state_);
  if (const Endpoint* const endpoint = origin_->endpoint()) {
    facts.endpoint = to_string(*endpoint);
  } else if (const auto remote = remote_address()) {
    facts.endpoint = to_string(*remote);
  }
  facts.stack = plan().names;
  facts.age = now - resident_since();
  return ResidentSnapshot(std::move(facts));
}

void Connection::handle_loop_gone() {
  const detail::Ref<Connection> keep(this);
  const std::unique_ptr<StateWatch::Handler> unheard = forget_states();
  abort();
}

}  // namespace bowline::drive
