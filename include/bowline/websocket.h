#pragma once

#include <bowline/connection.h>
#include <bowline/export.h>
#include <bowline/stack.h>
#include <bowline/websocket_options.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace BOWLINE_API bowline {

/// A connection that carries WebSocket messages: text, which is UTF-8, and binary.
///
/// Nothing is read that nobody waits for, pings neither: have a receive() pending as long as the connection
/// should live. A message says what it is by its context().kind(). The peer's goodbye is a message with
/// end_of_stream(), whose context().number() is its code; a peer that vanishes without one ends the
/// connection with an error in the domain websocket and the code 1006, or with the transport's own.
///
/// thread    its loop's
class WebSocketConnection final : public MessageConnection {
 public:
  WebSocketConnection() = default;
  /// Of a stack that has websocket() on top.
  explicit WebSocketConnection(MessageConnection connection)
      : MessageConnection(std::move(connection)) {}

  using MessageConnection::send;
  /// A text message. As MessageConnection::send; the bytes are borrowed until it is done.
  ///
  /// errors    invalid_argument if it is not UTF-8: then the connection goes on
  [[nodiscard]] Operation<void> send(std::string_view text) {
    return send(text, MessageContext().kind(MessageKind::text));
  }
  /// A binary message.
  [[nodiscard]] Operation<void> send(std::span<const std::byte> message) {
    return send(message, MessageContext().kind(MessageKind::binary));
  }
  [[nodiscard]] Operation<void> send(Buffer message) {
    return send(std::move(message), MessageContext().kind(MessageKind::binary));
  }
  /// One that was received, as it came.
  [[nodiscard]] Operation<void> send(const Message& message) {
    return send(message.buffer(), message.context());
  }
  /// A temporary or moved string is text; other octets are binary.
  template <OwnedBytes Bytes>
  [[nodiscard]] Operation<void> send(Bytes&& message) {
    constexpr bool is_text = std::same_as<std::ranges::range_value_t<Bytes>, char>;
    return send(Buffer::own(std::move(message)),
                MessageContext().kind(is_text ? MessageKind::text : MessageKind::binary));
  }
  template <OwnedBytes Bytes>
  Operation<void> send(const Bytes&& message) = delete;

  /// Asks the peer for a sign of life; completes with how long its pong took. It goes ahead of messages that
  /// wait to be sent, and its pong comes behind those that the peer has sent: somebody has to receive them.
  ///
  /// errors    not_ready; limit_exceeded: 64 are unanswered; what ended the connection before the pong came
  [[nodiscard]] Operation<Duration> ping();

  using Connection::close;
  /// As Connection::close(), which says 1000, with a code and a reason of yours.
  ///
  /// code      1000 to 1014 but for 1004 to 1006; 3000 to 3999 are registered names, 4000 to 4999 are yours
  /// reason    UTF-8, at most 123 octets
  /// errors    invalid_argument, and then the connection goes on
  [[nodiscard]] Operation<void> close(std::uint16_t code, std::string_view reason = {});

  /// How the peer ended it: the code of its goodbye, 1005 if that had none, 1006 if there was no goodbye.
  /// Nothing as long as neither has happened, and where this end closed first and dropped the answer.
  [[nodiscard]] std::optional<std::uint16_t> close_code() const;
  /// Of the peer's goodbye: at most 123 octets of UTF-8.
  [[nodiscard]] std::string close_reason() const;

  // Once it is ready, and for ever after.
  /// What is spoken on top; empty for none.
  [[nodiscard]] std::string subprotocol() const;
  /// Of a connection that was accepted: what the client asked for.
  [[nodiscard]] std::optional<WebSocketRequest> request() const;
  /// Of the opening response.
  [[nodiscard]] HttpFields response_fields() const;
  /// "permessage-deflate; client_no_context_takeover", as agreed on; empty for none.
  [[nodiscard]] std::string compression() const;
};

/// WebSocket on top of a stream stack. The connection is ready once the other end has agreed, so that a race
/// is won by the first address that does; a refusal is an error of the kind `refused` in the domain http,
/// with the status as its code.
///
/// source    RFC 6455
class WebSocket final {
 public:
  using connection_type = WebSocketConnection;
  WebSocket(const std::shared_ptr<const drive::StackPlan>& below, const WebSocketOptions& options);
  [[nodiscard]] std::shared_ptr<const drive::StackPlan> plan() const { return plan_; }

 private:
  std::shared_ptr<const drive::StackPlan> plan_;
};

/// `connect(loop, url("wss://example.com/chat"), websocket(tls(tcp())))`. A URL's scheme has to fit: ws goes
/// without TLS, wss with it.
template <StreamStack Stack>
[[nodiscard]] WebSocket websocket(const Stack& below, const WebSocketOptions& options = {}) {
  return WebSocket(below.plan(), options);
}
/// On TLS over TCP.
[[nodiscard]] WebSocket websocket(const WebSocketOptions& options = {});

}  // namespace BOWLINE_API bowline
