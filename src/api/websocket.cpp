#include <bowline/detail/websocket_facts.h>
#include <bowline/security.h>
#include <bowline/websocket.h>

#include <algorithm>
#include <memory>

#include "core/websocket/frame.h"
#include "core/websocket/utf8.h"
#include "core/websocket/websocket_framer.h"
#include "drive/connection/stack.h"
#include "drive/message/message_connection.h"

namespace bowline {

namespace {

std::shared_ptr<const WebSocketFacts> facts_of(const MessageConnection& connection) {
  return std::dynamic_pointer_cast<const WebSocketFacts>(connection.framer_facts());
}

/// Says goodbye behind what was sent, and closes.
class GoodbyeRequest final : public detail::Request<void> {
 public:
  GoodbyeRequest(detail::RequestQueue& loop, WebSocketConnection connection, std::uint16_t code,
                 std::string_view reason)
      : Request(loop), connection_(std::move(connection)), code_(code), reason_(reason) {}

 private:
  void begin() override {
    constexpr std::size_t reason_bytes_max = core::control_payload_bytes_max - 2;
    if (!core::is_sendable_code(code_) || reason_.size() > reason_bytes_max ||
        !core::is_utf8(std::as_bytes(std::span(reason_))))
      return finish(Error(ErrorKind::invalid_argument, "close",
                          "a code of the protocol, and a reason of up to 123 octets of UTF-8"));
    connection_
        .send(Buffer::copy_of(std::as_bytes(std::span(reason_))),
              MessageContext().kind(MessageKind::close).number(code_))
        .detach();
    close_ = connection_.Connection::close();
    close_.start([this](Result<void>&& closed) { finish(std::move(closed)); });
  }
  void withdraw() noexcept override { close_ = {}; }

  WebSocketConnection connection_;
  const std::uint16_t code_;
  const std::string reason_;
  Operation<void> close_;
};

}  // namespace

WebSocket::WebSocket(const std::shared_ptr<const drive::StackPlan>& below,
                     const WebSocketOptions& options) {
  auto plan = std::make_shared<drive::StackPlan>(*below);
  auto facts = std::make_shared<WebSocketOptions::Facts>(options.facts());
  facts->is_secure = std::ranges::find(plan->names, "tls") != plan->names.end();
  plan->names.insert(plan->names.begin(), "websocket");
  plan->framers.push_back([shared = std::shared_ptr<const WebSocketOptions::Facts>(
                               std::move(facts))] { return core::make_websocket_framer(shared); });
  plan_ = std::move(plan);
}

WebSocket websocket(const WebSocketOptions& options) { return websocket(tls(tcp()), options); }

Operation<Duration> WebSocketConnection::ping() {
  return Operation<Duration>(
      detail::RequestBase::make<drive::PingRequest>(messages().loop(), messages()));
}

Operation<void> WebSocketConnection::close(std::uint16_t code, std::string_view reason) {
  return Operation<void>(
      detail::RequestBase::make<GoodbyeRequest>(messages().loop(), *this, code, reason));
}

std::optional<std::uint16_t> WebSocketConnection::close_code() const {
  const auto facts = facts_of(*this);
  if (!facts) return std::nullopt;
  if (facts->close_code) return facts->close_code;
  return error() ? std::optional(core::websocket_code::vanished) : std::nullopt;
}

std::string WebSocketConnection::close_reason() const {
  const auto facts = facts_of(*this);
  return facts ? facts->close_reason : std::string();
}

std::string WebSocketConnection::subprotocol() const {
  const auto facts = facts_of(*this);
  return facts ? facts->subprotocol : std::string();
}

std::optional<WebSocketRequest> WebSocketConnection::request() const {
  const auto facts = facts_of(*this);
  return facts ? facts->request : std::nullopt;
}

HttpFields WebSocketConnection::response_fields() const {
  const auto facts = facts_of(*this);
  return facts ? facts->response_fields : HttpFields();
}

std::string WebSocketConnection::compression() const {
  const auto facts = facts_of(*this);
  return facts ? facts->compression : std::string();
}

}  // namespace bowline
