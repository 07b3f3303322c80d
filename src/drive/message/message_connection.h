#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <bowline/framer.h>
#include <bowline/message.h>

#include "drive/connection/connection.h"

namespace bowline::drive {

class MessageConnection;

/// Takes one message.
class MessageReceiveRequest final : public detail::Request<Message> {
 public:
  MessageReceiveRequest(detail::RequestQueue& loop, MessageConnection& connection)
      : Request(loop), connection_(&connection) {}

 private:
  void begin() override;
  void withdraw() noexcept override;
  detail::TakenList* source() noexcept override;
  void give_back(Result<Message>&& received, detail::Undone how) noexcept override;
  detail::Ref<MessageConnection> connection_;
};

/// Hands over one message, or a run of equally long ones: borrowed until it is done, or owned by it.
class MessageSendRequest final : public detail::Request<void> {
 public:
  MessageSendRequest(detail::RequestQueue& loop, MessageConnection& connection,
                     std::span<const std::byte> messages, std::size_t each_bytes,
                     MessageContext of_each = {})
      : Request(loop),
        connection_(&connection),
        bytes(messages),
        segment_bytes(each_bytes),
        context(of_each) {}
  /// The bytes are given away.
  MessageSendRequest(detail::RequestQueue& loop, MessageConnection& connection, Buffer messages,
                     std::size_t each_bytes, MessageContext of_each = {})
      : Request(loop),
        connection_(&connection),
        owner_(std::move(messages)),
        bytes(owner_.bytes()),
        segment_bytes(each_bytes),
        context(of_each) {}

 private:
  void begin() override;
  void withdraw() noexcept override;

  detail::Ref<MessageConnection> connection_;
  Buffer owner_;  // of the bytes, unless they are borrowed

 public:
  [[nodiscard]] MessageConnection& connection() const { return *connection_; }
  /// Other bytes go in place of these: what a layer below made of them.
  void replace(Buffer sealed, std::size_t each_bytes) {
    owner_ = std::move(sealed);
    bytes = owner_.bytes();
    segment_bytes = each_bytes;
  }
  std::span<const std::byte> bytes;
  std::size_t segment_bytes;  ///< bytes.size() for a single message
  const MessageContext context;
};

/// Asks the peer for a sign of life, and waits for it: how long that took.
class PingRequest final : public detail::Request<Duration> {
 public:
  PingRequest(detail::RequestQueue& loop, MessageConnection& connection)
      : Request(loop), connection_(&connection) {}

  std::uint32_t number = 0;
  Instant sent_at{};

 private:
  void begin() override;
  void withdraw() noexcept override;
  detail::Ref<MessageConnection> connection_;
};

/// A connection whose top protocol carries messages: UDP, or a framer on a stream.
class MessageConnection : public Connection {
 public:
  using Connection::Connection;
  [[nodiscard]] virtual std::size_t message_bytes_max() const = 0;
  /// More can be said of a message than its bytes.
  [[nodiscard]] virtual bool carries_contexts() const { return false; }
  /// What the top framer knows; null before ready, and where it tells nothing. It stays behind the end.
  [[nodiscard]] virtual std::shared_ptr<const FramerFacts> framer_facts() const { return nullptr; }
  /// Some of its sends were taken by the system; a close may have waited for them.
  void handle_sent() { handle_flushed(); }

 protected:
  friend class MessageReceiveRequest;
  friend class MessageSendRequest;
  friend class PingRequest;
  virtual void start_receive(MessageReceiveRequest& request) = 0;
  virtual void withdraw_receive(MessageReceiveRequest& request) noexcept = 0;
  /// Nobody heard of the message: it goes ahead of all others; so does `request`, if it waits again.
  virtual void take_back(Result<Message>&& received, MessageReceiveRequest& request,
                         detail::Undone how) noexcept = 0;
  virtual void start_send(MessageSendRequest& request) = 0;
  virtual void withdraw_send(MessageSendRequest& request) noexcept = 0;
  virtual void start_ping(PingRequest& request);
  virtual void withdraw_ping(PingRequest& /*request*/) noexcept {}
};

}  // namespace bowline::drive
