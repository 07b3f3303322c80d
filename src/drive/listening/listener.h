#pragma once

#include <cstdint>
#include <deque>
#include <memory>

#include <bowline/endpoint.h>
#include <bowline/parameters.h>
#include <bowline/resident.h>

#include "drive/listening/accept_queue.h"
#include "drive/listening/accept_tally.h"
#include "drive/listening/accepted_handshake.h"
#include "drive/loop/loop.h"

namespace bowline::drive {

/// What a listener has done so far.
struct ListenerCounts {
  std::uint64_t accepted = 0;
  std::uint64_t also_ran = 0;
  std::uint64_t handshake_failures = 0;
  std::size_t open = 0;
  std::size_t preparing = 0;
};

class Listener;

/// Waits until no connection of a listener is left.
class CloseAllRequest final : public detail::Request<void> {
 public:
  CloseAllRequest(detail::RequestQueue& loop, Listener& listener, Duration grace)
      : Request(loop), listener_(&listener), grace_(bounded(grace)) {}

 private:
  void begin() override;
  void withdraw() noexcept override;
  detail::Ref<Listener> listener_;
  const Duration grace_;
};

/// Accepts connections of one stack on one local address.
///
/// lifetime  until close() or the last handle is gone; connections live on
class Listener : public detail::RefCounted<Listener>,
                 public Resident,
                 private AcceptTally::Owner,
                 private AcceptedHandshake::Owner {
 public:
  Listener(Loop& loop, std::shared_ptr<const StackPlan> plan, Parameters parameters);

  void add_handle() { ++handles_; }
  void drop_handle() {
    if (--handles_ == 0) close();
  }
  /// Binds and listens, now.
  [[nodiscard]] virtual Result<void> open(const SocketAddress& local) = 0;
  void close();
  /// Closes, and ends every connection that came from here: gracefully, but with a reset what is still there
  /// after `grace`.
  void close_all(Duration grace);

  void start_accept(AcceptWaiter& waiter);
  /// It was handed out, but the accept was dropped before it was told: the next one who accepts gets it. For
  /// want of memory that is an error instead.
  void take_back(Connection& connection) noexcept;
  void set_handler(AcceptQueue::Handler::Function handler);
  /// At most so many accepted connections open at a time; more wait in the system's queue.
  void set_open_max(std::size_t open_max);
  /// So many more are delivered, then none until this is set again.
  void set_credits(std::uint64_t credits);

  /// At most so many that shake hands, or are ready and were not accepted yet.
  void set_preparing_max(std::size_t preparing_max);
  /// Handshakes that begin from now on fail after this time.
  void set_handshake_within(Duration within) { handshake_within_ = bounded(within); }

  [[nodiscard]] virtual SocketAddress local_address() const = 0;
  [[nodiscard]] ListenerCounts counts() const {
    return {tally_->accepted(), tally_->also_ran_count(), handshake_failures_, tally_->open(),
            preparing_count_};
  }
  [[nodiscard]] Loop& loop() { return *loop_; }
  [[nodiscard]] std::uint64_t number() const { return number_; }

 protected:
  friend RefCounted;
  friend class CloseAllRequest;
  virtual ~Listener() { tally_->forget_owner(); }
  [[nodiscard]] bool is_closed() const { return closed_; }
  /// No connection may be handed out now, whoever waits for one.
  [[nodiscard]] bool is_full() const {
    return closed_ || !queue_.has_credit() || tally_->open() >= open_max_;
  }
  [[nodiscard]] bool wants_more() const { return !is_full() && queue_.wants_more(); }
  /// A connection may be accepted that shakes hands before it is handed out.
  [[nodiscard]] bool has_room_to_prepare() const {
    return wants_more() && preparing_count_ + ready_.size() < preparing_max_;
  }
  /// Lets an accepted connection shake hands by a candidate; it is handed out once it is ready.
  void prepare(const detail::Ref<Connection>& connection, std::unique_ptr<Candidate> candidate,
               const SocketAddress& remote);
  /// Hands the connection to whoever waits for one.
  void deliver(const detail::Ref<Connection>& connection);
  [[nodiscard]] const Parameters& parameters() const { return parameters_; }
  [[nodiscard]] const StackPlan& plan() const { return *tally_->plan; }
  [[nodiscard]] const detail::Ref<AcceptTally>& tally() const { return tally_; }
  void trace(core::TraceKind kind, std::string detail, const Error* error);

  /// Accepts if anything is wanted; the listener may be gone afterwards.
  void accept_now();
  /// Something may wait to be accepted, and is wanted.
  virtual void accept_all() = 0;
  virtual void release() = 0;

 private:
  void handle_connection_ended() override;
  void handle_handshake_done(AcceptedHandshake& handshake) override;
  void handle_handshake_failed(AcceptedHandshake& handshake, Error error) override;
  void begin_handshake(AcceptedHandshake& handshake);
  void end_handshake(AcceptedHandshake& handshake) noexcept;
  void hand_out_ready();
  void drop_unaccepted();
  [[nodiscard]] bool can_hand_out() const { return queue_.has_credit() && queue_.wants_more(); }
  [[nodiscard]] bool can_give_again() const { return !given_back_.empty() && can_hand_out(); }
  void accept_soon();
  void give_again();
  void handle_loop_gone() override { close(); }
  [[nodiscard]] std::optional<ResidentSnapshot> describe(Instant now) const override;

  static constexpr std::size_t open_max_default = 65'536;
  static constexpr std::size_t preparing_max_default = 1024;
  static constexpr Duration handshake_within_default = std::chrono::seconds(10);

  detail::Ref<Loop> loop_;
  Parameters parameters_;
  AcceptQueue queue_;
  // Handed out and taken back. Each has a handle, without which it would close.
  std::vector<detail::Ref<Connection>> given_back_;
  detail::Ref<AcceptTally> tally_;
  detail::RequestList<CloseAllRequest> close_requests_;
  IntrusiveList<AcceptedHandshake, AcceptedHandshake> preparing_;
  std::deque<detail::Ref<Connection>> ready_;  // which nobody has accepted yet
  std::size_t preparing_count_ = 0;
  std::size_t preparing_max_ = preparing_max_default;
  std::uint64_t handshake_failures_ = 0;
  Duration handshake_within_ = handshake_within_default;
  std::size_t open_max_ = open_max_default;
  std::uint64_t number_;
  MemberTimer<Listener, &Listener::accept_now> accept_timer_{*this};
  std::uint32_t handles_ = 0;
  bool lost_one_ = false;  // for want of memory; the next accept tells
  bool closed_ = false;
};

}  // namespace bowline::drive
