#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <bowline/connection_state.h>
#include <bowline/detail/request.h>
#include <bowline/endpoint.h>
#include <bowline/parameters.h>
#include <bowline/report.h>
#include <bowline/resident.h>

#include "core/lifecycle/states.h"
#include "drive/connection/terms.h"
#include "drive/establish/establishment.h"
#include "drive/listening/accept_tally.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

class Connection;

/// Waits until a connection is ready, or will never be.
class ReadyRequest final : public detail::Request<void> {
 public:
  ReadyRequest(detail::RequestQueue& loop, Connection& connection)
      : Request(loop), connection_(&connection) {}

 private:
  void begin() override;
  void withdraw() noexcept override;
  detail::Ref<Connection> connection_;
};

/// Flushes and closes a connection.
class CloseRequest final : public detail::Request<void> {
 public:
  CloseRequest(detail::RequestQueue& loop, Connection& connection)
      : Request(loop), connection_(&connection) {}

 private:
  void begin() override;
  void withdraw() noexcept override;
  detail::Ref<Connection> connection_;
};

/// What every connection has, whatever it carries: its state, its establishment, and its end.
///
/// lifetime  lives until it is closed and the last handle and request are gone
class Connection : public detail::RefCounted<Connection>, public Resident, private AcceptedHook {
 public:
  using StateHandler = std::function<void(ConnectionState, const Error*)>;

  /// What one is made of: moved from.
  struct Outbound {
    std::shared_ptr<const StackPlan>&& plan;
    Endpoint&& endpoint;
    Parameters&& parameters;
  };
  /// Towards a peer, in `setup`; starts by itself at the end of the loop's turn.
  Connection(Loop& loop, Outbound&& outbound);
  /// From a listener, and `ready`.
  Connection(Loop& loop, const detail::Ref<AcceptTally>& tally);

  /// It keeps itself alive until it is closed. Once it is made and somebody holds it.
  void begin_life();

  // What handles do.
  void add_handle() { ++handles_; }
  void drop_handle();
  void restart();
  void cancel();
  void abort();
  /// Flushes and closes; what is not done by then is aborted.
  void close_by(Instant at);
  void set_state_handler(StateHandler handler);
  /// From now on it counts as one that its listener has open.
  void count_in();
  /// Its listener has handed it out; it may go on by itself.
  virtual void handle_delivered() {}

  [[nodiscard]] ConnectionState state() const { return state_; }
  [[nodiscard]] const Error* error() const;
  [[nodiscard]] Report report();
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] virtual std::optional<SocketAddress> local_address() const = 0;
  [[nodiscard]] virtual std::optional<SocketAddress> remote_address() const = 0;
  [[nodiscard]] Loop& loop() { return *loop_; }
  [[nodiscard]] bool is_closing() const { return closing_; }
  /// Where a receive that is done took its result from. Why a connection broke is the last that it gives.
  [[nodiscard]] const void* source(bool has_value) const {
    return has_value || state_ == ConnectionState::failed ? this : nullptr;
  }

 protected:
  friend RefCounted;
  virtual ~Connection();

  [[nodiscard]] const StackPlan& plan() const { return *terms_->plan; }
  [[nodiscard]] std::size_t high_water_bytes() const { return terms_->high_water_bytes; }
  /// How long a close may take that begins now.
  [[nodiscard]] Duration close_within() const;
  /// Its listener's; null unless it counts as open there.
  [[nodiscard]] AcceptTally* tally() const {
    return counted_ ? static_cast<AcceptTally*>(terms_.get()) : nullptr;
  }
  /// Operations are neither queued nor carried out any more, and end with refusal().
  [[nodiscard]] bool refuses() const { return state_ >= ConnectionState::failed || closing_; }
  [[nodiscard]] Error refusal() const;
  /// The protocol stack broke: everything pending fails with this.
  void fail(Error error);
  /// Of a connection that refuses: those that wait again will not be served.
  void end_receives();
  /// The last byte was handed to the system; ends a close that waits for it.
  void handle_flushed() {
    if (closing_) end_close();
  }

  // What the kinds of connections add.
  [[nodiscard]] virtual std::unique_ptr<Candidate> make_candidate(
      const core::Race::StartAttempt& attempt, const ports::Binding& binding,
      CandidateObserver& observer) = 0;
  virtual void adopt(Candidate& winner) = 0;
  virtual void handle_became_ready() = 0;
  /// Sends what can be sent now, because a close is about to come.
  virtual void flush_now() {}
  /// A close has to wait until handle_flushed().
  [[nodiscard]] virtual bool has_unsent() const { return false; }
  virtual void fail_receives(const Error& error) = 0;
  virtual void fail_sends(const Error& error) = 0;
  enum class Release : std::uint8_t { graceful, reset };
  virtual void release(Release how) = 0;
  virtual std::optional<Duration> transport_rtt() const { return std::nullopt; }

 private:
  friend class ReadyRequest;
  friend class CloseRequest;
  friend class Listener;  // which finds it by its AcceptedHook
  struct Outgoing;
  struct Watch;
  struct Closing;
  struct Rare;

  [[nodiscard]] Outgoing* outgoing() const;
  [[nodiscard]] Rare& rare();
  void move_to(core::ConnectionTrigger trigger);
  void start();
  void begin_close();
  void end_close();
  void cut_off();
  void finish_close(Release how);
  void let_go(Release how);
  void settle_ready_requests();
  void report_states();
  [[nodiscard]] StateHandler forget_states();
  void trace(core::TraceKind kind, std::string detail, const Error* error);
  void trace_change(ConnectionState previous, const Error* error) noexcept;
  void handle_established(Candidate& winner);
  void handle_gave_up(Error error);

  void handle_loop_gone() override;
  [[nodiscard]] std::optional<ResidentSnapshot> describe(Instant now) const override;

  // An idle connection is this, its socket and little else; what few have, or not for long, is elsewhere.
  detail::Ref<Loop> loop_;
  detail::Ref<ConnectionTerms> terms_;  // an Outgoing if we opened it, else its listener's tally
  std::unique_ptr<Rare> rare_;
  std::uint64_t number_;
  std::uint32_t handles_ = 0;
  ConnectionState state_;
  bool opened_by_us_ : 1;
  bool counted_ : 1 = false;
  bool closing_ : 1 = false;
  bool holds_itself_ : 1 = false;  // until cancelled
};

/// A connection that lives until it is closed.
template <class Kind, class... Arguments>
[[nodiscard]] detail::Ref<Kind> make_connection(Arguments&&... arguments) {
  detail::Ref<Kind> connection(new Kind(std::forward<Arguments>(arguments)...));
  connection->begin_life();
  return connection;
}

}  // namespace bowline::drive
