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
#include "drive/connection/origin.h"
#include "drive/connection/path_watch.h"
#include "drive/connection/raced_origin.h"
#include "drive/connection/state_watch.h"
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
  /// What one that we open is made of: moved from.
  using Outbound = RacedOrigin::Target;
  /// Towards a peer, in `setup`; starts by itself at the end of the loop's turn.
  Connection(Loop& loop, Outbound&& outbound);
  /// From a listener, or a stream of a session. Without a handshake it is `ready`, else in `setup` until
  /// begin_handshake().
  enum class Accepted : std::uint8_t { ready, shakes_hands };
  Connection(Loop& loop, detail::Ref<Origin> origin, Accepted accepted);

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
  void set_state_handler(StateWatch::Handler handler);
  /// What watches its path for handlers of the owner's; made if that is wanted. Null if there is none, or the
  /// connection has ended.
  [[nodiscard]] detail::Ref<PathWatch> path_watch(bool wanted);
  [[nodiscard]] std::optional<Path> path();
  /// From now on it counts as one that its origin has open; once.
  void count_in();

  // For the listener of a connection that shakes hands: how that goes.
  void begin_handshake() { move_to(core::ConnectionTrigger::start); }
  void handle_established(Candidate& winner);
  void handle_gave_up(Error error);

  [[nodiscard]] ConnectionState state() const { return state_; }
  [[nodiscard]] const Error* error() const;
  [[nodiscard]] Report report();
  [[nodiscard]] std::optional<SecurityReport> security();
  /// Null if it is not secured, or not there.
  [[nodiscard]] virtual ports::SecureChannel* secure_channel() { return nullptr; }
  [[nodiscard]] std::uint64_t number() const { return number_; }
  /// As it was made; null for one that came from a listener.
  [[nodiscard]] const Endpoint* endpoint() const { return origin_->endpoint(); }
  [[nodiscard]] const Parameters* parameters() const { return origin_->parameters(); }
  [[nodiscard]] const std::shared_ptr<const StackPlan>& shared_plan() const {
    return origin_->plan;
  }
  [[nodiscard]] virtual std::optional<SocketAddress> local_address() const = 0;
  [[nodiscard]] virtual std::optional<SocketAddress> remote_address() const = 0;
  [[nodiscard]] Loop& loop() { return *loop_; }
  [[nodiscard]] bool is_closing() const { return closing_; }
  /// Bytes handed over by sends, and not yet taken by the system.
  [[nodiscard]] virtual std::size_t queued_bytes() const { return 0; }
  /// The list of receives that took their results from this connection, if one that is done with a value or
  /// an error did. Of the errors it is why the connection broke: that is the last thing that it gives.
  [[nodiscard]] detail::TakenList* source(bool has_value) {
    return has_value || error() != nullptr ? &taken_ : nullptr;
  }

 protected:
  friend RefCounted;
  virtual ~Connection();

  [[nodiscard]] const StackPlan& plan() const { return *origin_->plan; }
  [[nodiscard]] std::size_t high_water_bytes() const { return origin_->high_water_bytes; }
  /// How long a close may take that begins now.
  [[nodiscard]] Duration close_within() const;
  /// The peer ended it before it sent a byte: its origin counts that, while it counts as open there.
  void note_also_ran() {
    if (counted_) origin_->also_ran();
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
  [[nodiscard]] virtual std::unique_ptr<Candidate> make_candidate(const Approach& approach) = 0;
  virtual void adopt(Candidate& winner) = 0;
  virtual void handle_became_ready() = 0;
  /// A close is about to come: what has to be said before it is said now.
  virtual void prepare_close() {}
  /// A close waits for what is unsent: sends what can be sent now, and from now on drops what comes, as
  /// a peer that cannot send may not read either.
  virtual void hasten_close() {}
  /// A close has to wait until handle_flushed().
  [[nodiscard]] virtual bool has_unsent() const { return false; }
  /// Of one that has unsent: all was sent, but the peer has not answered our goodbye.
  [[nodiscard]] virtual bool awaits_goodbye() const { return false; }
  virtual void fail_receives(const Error& error) = 0;
  virtual void fail_sends(const Error& error) = 0;
  enum class Release : std::uint8_t { graceful, reset };
  virtual void release(Release how) = 0;
  /// What the layers that carry it say of themselves, the lowest first.
  [[nodiscard]] virtual std::vector<ports::LayerFacts> layers() const { return {}; }

 private:
  friend class ReadyRequest;
  friend class CloseRequest;
  friend class Listener;  // which finds it by its AcceptedHook
  friend class RacedOrigin;
  struct Watch;
  struct Closing;
  struct Rare;

  [[nodiscard]] Rare& rare();
  void move_to(core::ConnectionTrigger trigger);
  void begin_close();
  void end_close();
  void cut_off();
  void finish_close(Release how);
  void let_go(Release how);
  void settle_ready_requests();
  void report_states();
  [[nodiscard]] std::unique_ptr<StateWatch::Handler> forget_states();
  [[nodiscard]] detail::Ref<PathWatch> forget_path() noexcept;
  void trace(core::TraceKind kind, std::string detail, const Error* error);
  void trace_change(ConnectionState previous, const Error* error) noexcept;

  void handle_loop_gone() override;
  [[nodiscard]] std::optional<ResidentSnapshot> describe(Instant now) const override;

  // An idle connection is this, its socket and little else; what few have, or not for long, is elsewhere.
  // The order of the members leaves no gaps.
  static constexpr std::uint64_t number_max = (std::uint64_t{1} << 40) - 1;

  std::uint32_t handles_ = 0;
  detail::Ref<Loop> loop_;
  detail::Ref<Origin> origin_;
  std::unique_ptr<Rare> rare_;
  detail::TakenList taken_;
  std::uint64_t number_ : 40;
  ConnectionState state_;
  bool holds_loop_ : 1 = false;  // which runs on until it is ready or given up
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
