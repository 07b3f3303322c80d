#pragma once

#include <memory>
#include <optional>

#include "drive/loop/loop.h"
#include "drive/message/framer_chain.h"
#include "ports/byte_stream.h"

namespace bowline::drive {

/// A byte stream, the carrier, with framers on top: first as a candidate that shakes hands, then as a
/// connection's stack.
class FramedStream final : private ports::SocketObserver {
 public:
  /// Each call may destroy the stream.
  class Owner {
   public:
    /// Progress of any kind: messages were delivered, the framers became ready, or room to send came.
    virtual void handle_stream_progress() = 0;
    virtual void handle_stream_failure(Error error) = 0;

   protected:
    ~Owner() = default;
  };

  FramedStream(Loop& loop, std::unique_ptr<ports::ByteStream> carrier,
               const std::vector<FramerFactory>& framers, Owner& owner);
  ~FramedStream();
  FramedStream(const FramedStream&) = delete;
  FramedStream& operator=(const FramedStream&) = delete;

  void set_owner(Owner& owner) { owner_ = &owner; }
  /// errors    a framer refused at once
  [[nodiscard]] Result<void> start(bool readable);

  [[nodiscard]] bool is_ready() const { return chain_.is_ready(); }
  [[nodiscard]] bool has_ended() const { return ended_; }
  [[nodiscard]] bool is_writable() const { return writable_; }
  /// The peer ended its side before it sent a byte.
  [[nodiscard]] bool is_also_ran() const { return ended_ && !received_any_; }
  [[nodiscard]] FramerChain& chain() { return chain_; }
  [[nodiscard]] ports::ByteStream& carrier() { return *carrier_; }
  /// Only destruction may follow.
  [[nodiscard]] std::unique_ptr<ports::ByteStream> take_carrier() { return std::move(carrier_); }
  [[nodiscard]] std::size_t unwritten_bytes() { return chain_.unwritten().size() - written_; }

  /// Reads until a message is delivered or nothing more has come; then writes.
  [[nodiscard]] Result<void> read();
  [[nodiscard]] Result<void> send(std::span<const std::byte> message);
  [[nodiscard]] Result<void> flush();
  /// From now on what comes is dropped, unseen by the framers: a peer that cannot send may not read either.
  [[nodiscard]] Result<void> drop_input();

 private:
  void handle_readiness(ports::Readiness readiness) override;
  void handle_timer();
  [[nodiscard]] Result<void> advance(ports::Readiness readiness);
  void conclude(const Result<void>& result);
  void set_timer();

  static constexpr std::size_t handshake_bytes_max = 1024 * 1024;

  Loop& loop_;
  Owner* owner_;
  std::unique_ptr<ports::ByteStream> carrier_;
  FramerChain chain_;
  std::size_t written_ = 0;
  std::size_t handshake_bytes_ = 0;  // read before the framers were ready
  bool readable_ = false;
  bool writable_ = true;
  bool ended_ = false;
  bool received_any_ = false;
  bool dropping_ = false;
  MemberTimer<FramedStream, &FramedStream::handle_timer> timer_{*this};
};

}  // namespace bowline::drive
