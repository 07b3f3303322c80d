#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/fifo.h"
#include "core/framing/framer_chain.h"
#include "drive/connection/stack.h"
#include "drive/loop/loop.h"
#include "ports/byte_stream.h"

namespace bowline::drive {

/// A byte stream, the carrier, with framers on top: first as a candidate that shakes hands, then as a
/// connection's stack.
class FramedStream final : private ports::SocketObserver {
 public:
  using Delivered = core::FramerChain::Delivered;

  /// Each call may destroy the stream.
  class Owner {
   public:
    /// Progress of any kind: messages were delivered, the framers became ready, or room to send came.
    virtual void handle_stream_progress() = 0;
    /// Let it part() and destroy it.
    virtual void handle_stream_failure(Error error) = 0;

   protected:
    ~Owner() = default;
  };

  /// Whom the framers serve: what they can ask about.
  struct End {
    FramerRole role;
    std::shared_ptr<const Endpoint> remote;  ///< as the user named it; null if it was accepted
  };

  FramedStream(Loop& loop, std::unique_ptr<ports::ByteStream> carrier,
               const std::vector<FramerFactory>& framers, End end, Owner& owner);
  ~FramedStream();
  FramedStream(const FramedStream&) = delete;
  FramedStream& operator=(const FramedStream&) = delete;

  /// The connection, once it is ready: until then its framers' time stands still, so that who gets the
  /// messages that came before hears of nothing earlier.
  void set_owner(Owner& owner) {
    owner_ = &owner;
    has_connection_ = true;
    set_timer();
  }
  /// errors    a framer refused at once
  [[nodiscard]] Result<void> start(bool readable);

  /// The framers have shaken hands.
  [[nodiscard]] bool is_ready() const { return ready_; }
  /// Nothing more comes from the carrier.
  [[nodiscard]] bool has_ended() const { return ended_; }
  [[nodiscard]] bool is_writable() const { return writable_; }
  /// The peer ended its side before it sent a byte.
  [[nodiscard]] bool is_also_ran() const { return ended_ && !received_any_; }
  [[nodiscard]] Fifo<Delivered>& delivered() { return delivered_; }
  /// How the peer took its leave; nothing while messages may still come behind those that are delivered.
  [[nodiscard]] const std::optional<MessageContext>& goodbye() const { return goodbye_; }
  [[nodiscard]] ports::ByteStream& carrier() { return *carrier_; }
  [[nodiscard]] std::size_t message_bytes_max() const { return chain_.message_bytes_max(); }
  [[nodiscard]] std::shared_ptr<const FramerFacts> facts() const { return chain_.facts(); }
  /// The peer has answered all pings with numbers up to this one.
  [[nodiscard]] std::uint32_t answered_ping() const { return answered_ping_; }
  [[nodiscard]] std::size_t unwritten_bytes() const { return chain_.unwritten().size(); }

  /// Reads until a message is delivered or nothing more has come; then writes.
  [[nodiscard]] Result<void> read();
  /// returns   why this one message was refused; nothing if it was framed
  /// errors    what broke the stream
  [[nodiscard]] Result<std::optional<Error>> send(std::span<const std::byte> bytes,
                                                  const MessageContext& message);
  [[nodiscard]] Result<void> flush();

  enum class Goodbye : std::uint8_t { later, now };
  /// From now on messages are dropped, and input is read without being asked for: a peer that cannot send may
  /// not read either. `now` lets the framers say goodbye, and their peers answer.
  [[nodiscard]] Result<void> close(Goodbye when);
  /// Closed, and not every goodbye is said or answered.
  [[nodiscard]] bool owes_goodbye() const { return closing_ && !closed_ && !failed_; }
  /// Goes on by itself in the next turn.
  void go_on_soon() noexcept { loop_.timers().set(timer_, loop_.now()); }

  /// Ends the carrier gracefully; only destruction may follow. The last words of framers that failed are sent
  /// first, within `limit`; else what is unwritten is dropped.
  void part(Duration limit);

 private:
  void handle_readiness(ports::Readiness readiness) override;
  class Step;
  void handle_timer();
  [[nodiscard]] Result<void> advance_in_time();
  [[nodiscard]] Result<void> advance(ports::Readiness readiness);
  [[nodiscard]] Result<void> read_once();
  [[nodiscard]] bool wants_input() const;
  [[nodiscard]] Result<void> take_outputs();
  [[nodiscard]] Result<void> write_out();
  void conclude(const Result<void>& result);
  void set_timer();

  Loop& loop_;
  Owner* owner_;
  std::unique_ptr<ports::ByteStream> carrier_;
  core::FramerChain chain_;
  Fifo<Delivered> delivered_;
  std::optional<MessageContext> goodbye_;
  std::uint32_t answered_ping_ = 0;
  std::size_t answer_bytes_ = 0;  // at most so many of the unwritten ones answer input
  bool ready_ = false;
  bool has_connection_ = false;
  bool readable_ = false;
  bool writable_ = true;
  bool ended_ = false;
  bool received_any_ = false;
  bool closing_ = false;
  bool closed_ = false;             // every goodbye is said
  bool failed_ = false;             // by a framer: it may have last words
  std::unique_ptr<Error> failure_;  // then: for an owner who comes later
  bool broken_ = false;             // the carrier is
  bool half_done_ = false;
  MemberTimer<FramedStream, &FramedStream::handle_timer> timer_{*this};
};

}  // namespace bowline::drive
