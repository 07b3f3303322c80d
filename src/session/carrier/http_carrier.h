#pragma once

#include <bowline/connection.h>
#include <bowline/detail/loop_ground.h>
#include <bowline/detail/ref.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/fifo.h"
#include "core/http/connection.h"
#include "session/carrier/alarm.h"

namespace bowline::session {

/// Runs an HTTP machine on a connection that is ready: reads, writes and keeps its deadlines.
///
/// lifetime  by reference count; it does nothing more once it has ended or was abandoned
class HttpCarrier final : public detail::RefCounted<HttpCarrier> {
 public:
  class Observer {
   public:
    /// What the machine tells, in order. It may give commands, and call pump() behind them.
    virtual void handle_told(core::HttpConnection::Output& told) = 0;
    /// All has been told for now: a time to look at what the machine says of itself.
    virtual void handle_pumped() = 0;
    /// The last call: the machine has told Closed, and the connection is being closed.
    virtual void handle_ended() = 0;
    /// Before the first octets are taken; a server chooses its machine by them. Null: the machine stays.
    [[nodiscard]] virtual std::unique_ptr<core::HttpConnection> choose(
        std::span<const std::byte> /*first*/) {
      return nullptr;
    }
    /// The loop goes; nothing of the user's may be called.
    virtual void handle_loop_gone() noexcept = 0;

   protected:
    ~Observer() = default;
  };

  HttpCarrier(detail::LoopGround ground, StreamConnection connection,
              std::unique_ptr<core::HttpConnection> machine, Observer& observer);
  ~HttpCarrier() = default;

  void start();
  /// For questions; commands go by the functions of the same name here, which also take what it says to
  /// them.
  [[nodiscard]] const core::HttpConnection& machine() const { return *machine_; }
  [[nodiscard]] StreamConnection& connection() { return connection_; }
  // As core::HttpConnection; pump() is to follow.
  using StreamId = core::HttpConnection::StreamId;
  [[nodiscard]] Result<StreamId> send_request(const wire::RequestHead& head,
                                              const core::HttpConnection::RequestForm& form);
  Result<void> send_response(StreamId stream, const wire::ResponseHead& head,
                             core::HttpBodySize body);
  Result<std::size_t> send_body(StreamId stream, std::span<const std::byte> bytes);
  Result<void> end_body(StreamId stream, const HttpFields& trailers);
  void cancel(StreamId stream);
  void mark_consumed(StreamId stream, std::size_t count);
  void set_priority(StreamId stream, const core::HttpPriority& priority);
  void shutdown();
  /// Behind commands: tells what the machine says, and writes.
  void pump();
  /// Loop::run need not wait for it: it is idle, or ours is not the side that asks.
  void set_quiet(bool quiet);
  /// When it ends, it is by a reset: the peer need not go on with what nobody waits for.
  void end_by_reset() { is_reset_wanted_ = true; }
  /// Of a server: it reads, a piece at most, also while the machine wants nothing, so that a client that
  /// breaks off is noticed while its request is worked on.
  void watch_peer() { watches_peer_ = true; }
  /// Nobody observes it any more; the connection is closed, gracefully or not.
  void abandon(bool gracefully);

  /// Of the connection, HTTP's own framing included.
  [[nodiscard]] std::uint64_t octets_received() const { return octets_received_; }
  [[nodiscard]] std::uint64_t octets_sent() const { return octets_sent_; }

 private:
  struct Received {
    HttpCarrier* carrier;
    void operator()(Result<Message>&& message) const {
      carrier->handle_received(std::move(message));
    }
    void dropped() const noexcept { carrier->handle_dropped(); }
  };
  struct Sent {
    HttpCarrier* carrier;
    std::size_t count;
    void operator()(Result<void>&& sent) const { carrier->handle_sent(sent, count); }
    void dropped() const noexcept {}
  };

  void handle_received(Result<Message>&& message);
  void handle_sent(const Result<void>& sent, std::size_t count);
  void handle_dropped() noexcept;
  void handle_alarm();
  void feed();
  void collect();
  void drain();
  void read();
  void write();
  void set_alarm();
  void end();

  static constexpr std::size_t write_octets_max = std::size_t{128} * 1024;
  static constexpr Duration closing_max = std::chrono::seconds(30);

  detail::LoopGround ground_;
  StreamConnection connection_;
  std::unique_ptr<core::HttpConnection> machine_;
  Observer* observer_;
  Operation<Message> receive_;
  Operation<void> send_;
  Quiet quiet_receive_;
  Alarm<HttpCarrier, &HttpCarrier::handle_alarm> alarm_{*this};
  Fifo<core::HttpConnection::Output> told_;  // not handed on yet
  Buffer unread_;                            // what the machine did not take
  std::uint64_t octets_received_ = 0;
  std::uint64_t octets_sent_ = 0;
  bool is_chosen_ = false;
  bool is_receiving_ = false;
  bool is_sending_ = false;
  bool is_quiet_ = false;
  bool is_pumping_ = false;
  bool is_pump_wanted_ = false;
  bool is_input_ended_ = false;  // the peer's side, or the connection
  bool has_told_end_ = false;
  std::optional<Error> cut_off_;
  bool is_output_broken_ = false;
  bool is_output_to_end_ = false;
  bool is_output_ended_ = false;
  bool is_closed_ = false;  // the machine said so
  bool has_ended_ = false;
  bool is_reset_wanted_ = false;
  bool watches_peer_ = false;
  std::optional<Instant> closing_until_;
};

}  // namespace bowline::session
