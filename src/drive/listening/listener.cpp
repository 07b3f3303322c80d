#include "drive/listening/listener.h"

#include <algorithm>
#include <utility>

#include <bowline/detail/facts.h>
#include "drive/loop/shortage.h"

namespace bowline::drive {

namespace {

/// Made with the first listener, so that no close has to allocate it.
const Error& closed_error() {
  static const Error error(ErrorKind::closed, "accept", "the listener was closed by its owner");
  return error;
}

}  // namespace

void CloseAllRequest::begin() {
  listener_->close_all(grace_);
  if (listener_->tally_->open() == 0) return finish({});
  listener_->close_requests_.push(*this);
}

void CloseAllRequest::withdraw() noexcept { listener_->close_requests_.remove(*this); }

Listener::Listener(Loop& loop, std::shared_ptr<const StackPlan> plan, Parameters parameters)
    : loop_(&loop),
      parameters_(std::move(parameters)),
      tally_(new AcceptTally(std::move(plan), parameters_, *this)),
      number_(loop.next_connection_number()) {
  static_cast<void>(closed_error());
  loop.add_resident(*this);
}

void Listener::close() {
  if (closed_) return;
  const detail::Ref<Listener> keep(this);
  closed_ = true;
  unlink();
  if (queue_.has_handler()) loop_->end_work();
  queue_.fail_all(closed_error());
  while (!given_back_.empty()) {
    const detail::Ref<Connection> connection = std::move(given_back_.back());
    given_back_.pop_back();
    connection->drop_handle();
  }
  drop_unaccepted();
  loop_->timers().set(accept_timer_, std::nullopt);
  release();
}

/// Nobody has heard of them, and nobody will.
void Listener::drop_unaccepted() {
  while (!preparing_.empty()) {
    const detail::Ref<Connection> connection = preparing_.front().connection();
    end_handshake(preparing_.front());
    connection->cancel();
  }
  while (!ready_.empty()) {
    const detail::Ref<Connection> connection = std::move(ready_.front());
    ready_.pop_front();
    connection->cancel();
  }
}

void Listener::close_all(Duration grace) {
  const detail::Ref<Listener> keep(this);
  close();
  if (loop_->is_gone()) return;
  const Instant by = loop_->now() + grace;
  if (!tally_->close_by || by < *tally_->close_by) tally_->close_by = by;
  tally_->for_each_open([by](AcceptedHook& hook) { static_cast<Connection&>(hook).close_by(by); });
}

void Listener::handle_connection_ended() {
  if (!closed_) return accept_soon();
  if (tally_->open() > 0) return;
  while (!close_requests_.empty()) close_requests_.pop().finish({});
}

void Listener::start_accept(AcceptWaiter& waiter) {
  if (closed_) return waiter.handle_accept_failed(closed_error());
  if (std::exchange(lost_one_, false)) return waiter.handle_accept_failed(shortage("accept"));
  queue_.add(waiter);
  if (queue_.has_handler()) return accept_soon();
  accept_now();
}

void Listener::set_handler(AcceptQueue::Handler::Function handler) {
  if (closed_) return;
  const bool had = queue_.has_handler();
  const bool has = static_cast<bool>(handler);
  queue_.set_handler(std::move(handler));
  if (has && !had) loop_->begin_work();
  if (had && !has) loop_->end_work();
  accept_soon();
}

/// The handler is called by the loop, and never from inside a call of its owner's, such as dropping a
/// connection.
void Listener::accept_soon() {
  const bool has_something = !given_back_.empty() || !ready_.empty();
  if (wants_more() || (has_something && can_hand_out()))
    loop_->timers().set(accept_timer_, loop_->now());
}

void Listener::accept_now() {
  const detail::Ref<Listener> keep(this);
  while (can_give_again()) give_again();
  hand_out_ready();
  if (wants_more()) accept_all();
}

void Listener::take_back(Connection& connection) noexcept {
  if (closed_) return;
  try {
    given_back_.emplace_back(&connection);
  } catch (const std::bad_alloc&) {
    lost_one_ = true;
    return;
  }
  connection.add_handle();
  queue_.return_credit();
  accept_soon();
}

/// It was counted, and told to go on, when it was handed out for the first time.
void Listener::give_again() {
  const detail::Ref<Connection> connection = std::move(given_back_.front());
  given_back_.erase(given_back_.begin());
  struct End {
    Connection& connection;
    ~End() { connection.drop_handle(); }
  } const end{*connection};
  try {
    queue_.deliver(connection);
  } catch (...) {
    accept_soon();  // the others still wait
    throw;
  }
}

void Listener::deliver(const detail::Ref<Connection>& connection) {
  if (loop_->tracer().is_on())
    trace(core::TraceKind::accepted, "C" + std::to_string(connection->number()), nullptr);
  connection->count_in();
  tally_->handed_out();
  try {
    queue_.deliver(connection);
  } catch (...) {
    accept_soon();  // the others still wait
    throw;
  }
}

void Listener::prepare(const detail::Ref<Connection>& connection,
                       std::unique_ptr<Candidate> candidate, const SocketAddress& remote) {
  // For want of memory it may end in here; nobody else would end the connection then.
  struct End {
    Connection* connection;
    ~End() {
      if (connection != nullptr) connection->cancel();
    }
  } end{connection.get()};
  AcceptedHandshake::Owner& owner = *this;
  auto* const handshake = new AcceptedHandshake(connection, std::move(candidate), remote, owner);
  end.connection = nullptr;
  preparing_.push_back(*handshake);
  ++preparing_count_;
  connection->count_in();
  connection->begin_handshake();
  begin_handshake(*handshake);
}

void Listener::begin_handshake(AcceptedHandshake& handshake) {
  const Result<bool> done = handshake.start(handshake_within_);
  if (!done.has_value()) {
    handle_handshake_failed(handshake, done.error());
  } else if (*done) {
    handle_handshake_done(handshake);
  }
}

/// The candidate may be on the stack; it was told that it may be destroyed there.
void Listener::end_handshake(AcceptedHandshake& handshake) noexcept {
  --preparing_count_;
  delete &handshake;
}

void Listener::handle_handshake_done(AcceptedHandshake& handshake) {
  const detail::Ref<Listener> keep(this);
  const detail::Ref<Connection> connection = handshake.connection();
  ready_.push_back(connection);
  connection->handle_established(handshake.candidate());
  end_handshake(handshake);
  hand_out_ready();
  accept_soon();  // there may be room for the next
}

void Listener::handle_handshake_failed(AcceptedHandshake& handshake, Error error) {
  const detail::Ref<Listener> keep(this);
  const detail::Ref<Connection> connection = handshake.connection();
  ++handshake_failures_;
  if (loop_->tracer().is_on())
    trace(core::TraceKind::handshake_failed, "C" + std::to_string(connection->number()), &error);
  end_handshake(handshake);
  connection->handle_gave_up(std::move(error));
  accept_soon();  // there is room for the next
}

/// One that broke while it waited is not handed out.
void Listener::hand_out_ready() {
  while (!ready_.empty() && can_hand_out()) {
    const detail::Ref<Connection> connection = std::move(ready_.front());
    ready_.pop_front();
    if (connection->state() == ConnectionState::ready) deliver(connection);
  }
}

void Listener::set_preparing_max(std::size_t preparing_max) {
  preparing_max_ = std::max<std::size_t>(preparing_max, 1);
  accept_soon();
}

void Listener::set_open_max(std::size_t open_max) {
  open_max_ = open_max;
  accept_soon();
}

void Listener::set_credits(std::uint64_t credits) {
  queue_.set_credits(credits);
  accept_soon();
}

std::optional<ResidentSnapshot> Listener::describe(Instant now) const {
  ResidentSnapshot::Facts facts;
  facts.id = "L" + std::to_string(number_);
  facts.kind = ResidentKind::listener;
  facts.state = "listening";
  facts.endpoint = to_string(local_address());
  facts.stack = plan().names;
  facts.age = now - resident_since();
  return ResidentSnapshot(std::move(facts));
}

void Listener::trace(core::TraceKind kind, std::string detail, const Error* error) {
  if (!loop_->tracer().is_on()) return;
  core::TraceNote note{kind, std::move(detail), {}};
  if (error != nullptr) note.error = *error;
  loop_->tracer().emit(loop_->now(), "L" + std::to_string(number_), note);
}

}  // namespace bowline::drive
