// How a connection's state changes, and who is told of it.

#include <cassert>
#include <utility>

#include "drive/connection/connection_parts.h"

namespace bowline::drive {

const Error& owner_closed() {
  static const Error error(ErrorKind::cancelled, "connection",
                           "closed by its owner before this was done");
  return error;
}

void ReadyRequest::begin() {
  connection_->rare().ready_requests.push(*this);
  connection_->settle_ready_requests();
}

/// A request that found no memory to begin with is nowhere.
void ReadyRequest::withdraw() noexcept {
  if (connection_->rare_) connection_->rare_->ready_requests.remove(*this);
}

void Connection::move_to(core::ConnectionTrigger trigger) {
  const auto next = next_state(core::connection_edges, state_, trigger);
  assert(next && "connection_edges has no such edge");
  const ConnectionState previous = std::exchange(state_, *next);
  // The loop runs on for the handshake of an accepted connection only if somebody waits for one.
  if (holds_loop_ && *next > ConnectionState::waiting) {
    holds_loop_ = false;
    loop_->end_work();
  }
  const Error* why = nullptr;
  if (*next == ConnectionState::waiting) why = origin_->why_waiting();
  if (*next == ConnectionState::failed) why = error();
  trace_change(previous, why);
  if (!rare_ || !rare_->watch || !rare_->watch->states.has_handler()) return;
  Watch& watch = *rare_->watch;
  watch.states.note(*next, why);
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

void Connection::settle_ready_requests() {
  if (state_ < ConnectionState::ready || !rare_) return;
  const Error& why = rare_->error ? *rare_->error : owner_closed();
  while (!rare_->ready_requests.empty()) {
    ReadyRequest& request = rare_->ready_requests.pop();
    if (state_ == ConnectionState::ready) {
      request.finish({});
    } else {
      request.finish(why);
    }
  }
}

void Connection::set_state_handler(StateWatch::Handler handler) {
  if (loop_->is_closed()) return;  // which would never call it
  auto& watch = rare().watch;
  if (!watch) watch = std::make_unique<Watch>(*this);
  watch->states.set_handler(std::move(handler));
}

/// Nobody holds the connection any more, so nobody is told what becomes of it.
std::unique_ptr<StateWatch::Handler> Connection::forget_states() {
  if (!rare_ || !rare_->watch) return nullptr;
  Watch& watch = *rare_->watch;
  if (watch.timer.is_armed()) loop_->end_work();
  loop_->timers().set(watch.timer, std::nullopt);
  return watch.states.forget();
}

void Connection::report_states() {
  const detail::Ref<Connection> keep(this);
  Watch& watch = *rare_->watch;
  struct Next {
    Connection& connection;
    Watch& watch;
    ~Next() {
      // The other changes have their own turn, whatever the handler throws.
      if (!watch.states.has_news() || watch.timer.is_armed()) return;
      connection.loop_->begin_work();
      connection.loop_->timers().set(watch.timer, connection.loop_->now());
    }
  } const next{*this, watch};
  loop_->end_work();
  watch.states.tell();
}

void Connection::trace(core::TraceKind kind, std::string detail, const Error* error) {
  if (loop_->is_gone()) return;
  core::TraceNote note{kind, std::move(detail), {}};
  if (error != nullptr) note.error = *error;
  loop_->tracer().emit(loop_->now(), "C" + std::to_string(number_), note);
}

}  // namespace bowline::drive
