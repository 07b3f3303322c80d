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

#include "core/lifecycle/states.h"
#include "drive/establishment.h"
#include "drive/loop.h"
#include "drive/pending.h"
#include "drive/stack.h"

namespace bowline::drive {

class Connection;

/// Waits until a connection is ready, or will never be.
class ReadyRequest final : public detail::Request<void> {
 public:
  ReadyRequest(detail::RequestQueue& loop, Connection& connection)
      : Request(loop), connection_(&connection) {}
  ReadyRequest* next_pending = nullptr;

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
  CloseRequest* next_pending = nullptr;

 private:
  void begin() override;
  void withdraw() noexcept override;
  detail::Ref<Connection> connection_;
};

/// What every connection has, whatever it carries: its state, its establishment, and its end.
///
/// lifetime  lives until it is closed and the last handle and request are gone
class Connection : public detail::RefCounted, public Resident, protected Establishment::Owner {
 public:
  using StateHandler = std::function<void(ConnectionState, const Error*)>;

  struct Outbound {
    Endpoint endpoint;
    Parameters parameters;
  };
  /// Towards a peer, in `setup`; starts by itself at the loop's next turn.
  Connection(Loop& loop, std::shared_ptr<const StackPlan> plan, Outbound outbound);
  /// From a listener, and `ready`.
  Connection(Loop& loop, std::shared_ptr<const StackPlan> plan, std::size_t high_water_bytes,
             Duration close_within);

  /// It keeps itself alive until it is closed. Once it is made and somebody holds it.
  void begin_life() { self_ = detail::Ref<Connection>(this); }

  // What handles do.
  void add_handle() { ++handles_; }
  void drop_handle();
  void restart();
  void cancel();
  void abort();
  void set_state_handler(StateHandler handler);
  /// Its listener gave it away.
  virtual void handle_delivered() {}

  [[nodiscard]] ConnectionState state() const { return state_; }
  [[nodiscard]] const Error* error() const { return error_.get(); }
  [[nodiscard]] Report report();
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] virtual std::optional<SocketAddress> local_address() const = 0;
  [[nodiscard]] virtual std::optional<SocketAddress> remote_address() const = 0;
  [[nodiscard]] Loop& loop() { return *loop_; }

 protected:
  ~Connection() override;

  [[nodiscard]] const StackPlan& plan() const { return *plan_; }
  [[nodiscard]] std::size_t high_water_bytes() const { return high_water_bytes_; }
  [[nodiscard]] bool is_closing() const { return close_ != nullptr; }
  /// May operations be queued or carried out? If not, the error they end with.
  [[nodiscard]] std::optional<Error> refusal() const;
  /// The protocol stack broke: everything pending fails with this.
  void fail(Error error);
  /// The last byte was handed to the system; ends a close that waits for it.
  void handle_flushed();

  // What the kinds of connections add.
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
  struct Outgoing;
  struct Watch;
  struct Closing;

  void move_to(core::ConnectionTrigger trigger);
  void start();
  void begin_close();
  void finish_close(Release how);
  void settle_ready_requests();
  void report_states();
  [[nodiscard]] StateHandler forget_states();
  void trace(core::TraceKind kind, std::string detail, const Error* error);
  void trace_change(ConnectionState previous, const Error* error) noexcept;

  void handle_established(Candidate& winner) override;
  void handle_waiting(const Error& error) override;
  void handle_retrying() override;
  void handle_gave_up(Error error) override;
  void handle_loop_gone() override;
  void handle_network_change() override;

  detail::Ref<Loop> loop_;
  std::shared_ptr<const StackPlan> plan_;
  detail::Ref<Connection> self_;        // until cancelled
  std::unique_ptr<Outgoing> outgoing_;  // null if accepted
  std::unique_ptr<Watch> watch_;
  std::unique_ptr<Closing> close_;
  std::unique_ptr<Error> error_;
  PendingQueue<ReadyRequest> ready_requests_;
  std::uint64_t number_;
  std::uint32_t handles_ = 0;
  std::uint32_t high_water_bytes_;
  Duration close_within_;
  ConnectionState state_;
};

/// A connection that lives until it is closed.
template <class Kind, class... Arguments>
[[nodiscard]] detail::Ref<Kind> make_connection(Arguments&&... arguments) {
  detail::Ref<Kind> connection(new Kind(std::forward<Arguments>(arguments)...));
  connection->begin_life();
  return connection;
}

}  // namespace bowline::drive
