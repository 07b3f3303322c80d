#include "core/websocket/websocket_framer.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include <bowline/detail/websocket_facts.h>

#include "core/websocket/client_handshake.h"
#include "core/websocket/ping_book.h"
#include "core/websocket/receiver.h"
#include "core/websocket/sender.h"
#include "core/websocket/server_handshake.h"

namespace bowline::core {

namespace {

constexpr Duration close_answer_within = std::chrono::seconds(5);
constexpr Duration pong_retry_after = std::chrono::milliseconds(20);
constexpr std::size_t close_reason_bytes_max = control_payload_bytes_max - 2;

class WebSocketFramer final : public Framer {
 public:
  explicit WebSocketFramer(std::shared_ptr<const WebSocketOptions::Facts> options)
      : options_(std::move(options)), facts_(std::make_shared<WebSocketFacts>()) {}

  [[nodiscard]] std::string_view name() const override { return "websocket"; }
  [[nodiscard]] std::shared_ptr<const FramerFacts> facts() const override { return facts_; }

  Result<bool> start(FramerContext& context) override;
  Result<void> handle_input(FramerContext& context) override;
  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext& message) override;
  Result<void> handle_end(FramerContext& context) override;
  Result<bool> handle_close(FramerContext& context) override;
  Result<void> handle_timeout(FramerContext& context) override;

  [[nodiscard]] bool accepts(const MessageContext& /*message*/) const override { return true; }
  /// What is sent may be as large as memory allows: it is the peer who sets a limit.
  [[nodiscard]] std::size_t message_bytes_max() const override { return std::size_t{1} << 30; }
  /// All but heads and control frames is taken as it comes.
  [[nodiscard]] std::size_t input_bytes_max() const override { return std::size_t{64} * 1024; }

 private:
  [[nodiscard]] Result<bool> shake_hands(FramerContext& context);
  [[nodiscard]] Result<bool> answer_client(FramerContext& context);
  void open(FramerContext& context, const std::optional<DeflateTerms>& deflate);
  [[nodiscard]] Result<void> receive(FramerContext& context);
  [[nodiscard]] Result<void> cut_off(FramerContext& context);
  void handle(FramerContext& context, MessageReceiver::Piece&& piece);
  void handle(FramerContext& context, MessageReceiver::PieceInPlace piece);
  void handle(FramerContext& context, MessageReceiver::Ping&& ping);
  void handle(FramerContext& context, MessageReceiver::Pong&& pong);
  void handle(FramerContext& context, MessageReceiver::Close&& close);
  void say_pong(FramerContext& context);
  [[nodiscard]] Result<void> send_ping(FramerContext& context, std::span<const std::byte> payload,
                                       const MessageContext& message);
  [[nodiscard]] Result<void> send_close(FramerContext& context, std::span<const std::byte> reason,
                                        const MessageContext& message);
  void set_alarm(FramerContext& context);

  const std::shared_ptr<const WebSocketOptions::Facts> options_;
  const std::shared_ptr<WebSocketFacts> facts_;
  std::optional<ClientHandshake> client_;
  std::optional<ServerHandshake> server_;
  std::optional<MessageReceiver> receiver_;  // once it is open
  std::optional<MessageSender> sender_;
  PingBook pings_;
  std::optional<std::vector<std::byte>>
      owed_pong_;  // while the peer does not read: to its latest ping
  std::size_t pongs_of_call_ = 0;
  std::size_t messages_of_call_ = 0;
  std::optional<Error> broken_;  // by the peer, which is cut off soon
  bool is_blocked_ = false;      // the peer has not read what it was sent before
  bool close_sent_ = false;
  bool close_received_ = false;
  std::optional<Instant> close_deadline_;
};

Result<bool> WebSocketFramer::start(FramerContext& context) {
  if (options_->error) return *options_->error;
  if (context.role() == FramerRole::server) {
    server_.emplace(*options_, context.remote_address());
    return false;
  }
  std::array<std::byte, 16> nonce;
  context.fill_random(nonce);
  client_.emplace(*options_, nonce);
  BOWLINE_TRY(const std::string request, client_->request(context.remote_endpoint()));
  context.write(std::as_bytes(std::span(request)));
  return false;
}

Result<void> WebSocketFramer::handle_input(FramerContext& context) {
  if (!receiver_) {
    BOWLINE_TRY(const bool is_open, shake_hands(context));
    if (!is_open) return {};
  }
  if (broken_) {
    context.consume(context.input().size());
    return {};
  }
  pongs_of_call_ = messages_of_call_ = 0;
  is_blocked_ = context.queued_bytes() > 0;
  Result<void> received = receive(context);
  set_alarm(context);
  if (received.has_value()) return received;
  broken_ = std::move(received).error();
  if (messages_of_call_ == 0) return cut_off(context);
  // Who received the messages that came before may answer them before the peer is cut off: in the next turn.
  context.consume(context.input().size());
  context.wake_at(context.now());
  return {};
}

/// The peer learns why first.
Result<void> WebSocketFramer::cut_off(FramerContext& context) {
  const auto code = static_cast<std::uint16_t>(broken_->code());
  if (!std::exchange(close_sent_, true))
    sender_->send_close(context, is_sendable_code(code) ? code : websocket_code::protocol_error,
                        "");
  return *broken_;
}

/// True once frames follow.
Result<bool> WebSocketFramer::shake_hands(FramerContext& context) {
  if (server_) return answer_client(context);
  BOWLINE_TRY(const auto step, client_->handle_input(context.input(), *facts_));
  context.consume(step.consumed);
  if (!step.is_done) return false;
  open(context, client_->deflate());
  return true;
}

Result<bool> WebSocketFramer::answer_client(FramerContext& context) {
  const ServerHandshake::Step step = server_->handle_input(context.input(), *facts_);
  context.consume(step.consumed);
  if (!step.response.empty()) context.write(std::as_bytes(std::span(step.response)));
  if (step.refusal) return *step.refusal;
  if (step.response.empty()) return false;
  open(context, server_->deflate());
  return true;
}

void WebSocketFramer::open(FramerContext& context, const std::optional<DeflateTerms>& deflate) {
  const bool is_client = context.role() == FramerRole::client;
  MessageReceiver::Options in;
  in.masked = !is_client;
  in.message_bytes_max = options_->message_bytes_max;
  in.in_pieces = options_->in_pieces;
  MessageSender::Options out;
  out.masked = is_client;
  if (deflate) {
    const WebSocketCompression& wanted = *options_->compression;
    const bool own_keeps =
        is_client ? deflate->client_keeps_context : deflate->server_keeps_context;
    const bool peer_keeps =
        is_client ? deflate->server_keeps_context : deflate->client_keeps_context;
    const int own_bits = is_client ? deflate->client_window_bits : deflate->server_window_bits;
    const int peer_bits = is_client ? deflate->server_window_bits : deflate->client_window_bits;
    in.inflates = {.window_bits = peer_bits, .keeps_context = peer_keeps};
    in.ratio_max = wanted.ratio_max();
    // zlib writes no window of 8 bits; who agreed on that gets messages as they are.
    if (own_bits >= 9)
      out.deflates = {.window_bits = own_bits, .keeps_context = own_keeps, .level = wanted.level()};
    out.deflate_from_bytes = wanted.threshold_bytes();
  }
  receiver_.emplace(in);
  sender_.emplace(out);
  client_.reset();
  server_.reset();
  context.mark_ready();
}

Result<void> WebSocketFramer::receive(FramerContext& context) {
  // Behind its goodbye the peer says nothing: RFC 6455 5.5.1.
  while (!close_received_) {
    BOWLINE_TRY(MessageReceiver::Step step, receiver_->take(context.input()));
    context.consume(step.consumed);
    if (!step.event) return {};
    std::visit([&](auto&& event) { handle(context, std::forward<decltype(event)>(event)); },
               *std::move(step.event));
  }
  context.consume(context.input().size());
  return {};
}

MessageKind kind_of(WebSocketOpcode opcode) {
  return opcode == WebSocketOpcode::text ? MessageKind::text : MessageKind::binary;
}

void WebSocketFramer::handle(FramerContext& context, MessageReceiver::Piece&& piece) {
  ++messages_of_call_;
  const auto message = MessageContext().kind(kind_of(piece.opcode)).complete(piece.is_complete);
  context.deliver(Buffer::own(std::move(piece.bytes)), message);
}

void WebSocketFramer::handle(FramerContext& context, MessageReceiver::PieceInPlace piece) {
  ++messages_of_call_;
  const auto message = MessageContext().kind(kind_of(piece.opcode)).complete(piece.is_complete);
  context.deliver_input(piece.bytes, message);
}

/// A peer that asks and does not read is answered once, and about what it asked last: RFC 6455 5.5.3.
void WebSocketFramer::handle(FramerContext& context, MessageReceiver::Ping&& ping) {
  constexpr std::size_t pongs_of_call_max = 64;
  if (close_sent_) return;
  if (owed_pong_ || is_blocked_ || pongs_of_call_ == pongs_of_call_max) {
    owed_pong_ = std::move(ping.payload);
    return;
  }
  ++pongs_of_call_;
  sender_->send_control(context, WebSocketOpcode::pong, ping.payload);
}

void WebSocketFramer::handle(FramerContext& context, MessageReceiver::Pong&& pong) {
  const std::optional<PingBook::Answer> answer = pings_.handle_pong(pong.payload);
  if (!answer) return;  // nobody asked: RFC 6455 5.5.3 allows it
  const auto message = MessageContext().kind(MessageKind::pong);
  if (answer->up_to != 0)
    context.deliver(std::span<const std::byte>(), MessageContext(message).number(answer->up_to));
  if (answer->number == 0) context.deliver(std::span<const std::byte>(pong.payload), message);
}

void WebSocketFramer::handle(FramerContext& context, MessageReceiver::Close&& close) {
  close_received_ = true;
  facts_->close_code = close.code;
  facts_->close_reason = std::move(close.reason);
  owed_pong_.reset();
  if (!std::exchange(close_sent_, true)) {
    const bool has_code = close.code != websocket_code::none;
    sender_->send_close(context, has_code ? std::optional(close.code) : std::nullopt, "");
  }
  close_deadline_.reset();
  context.mark_closed();
  context.mark_ended(MessageContext().kind(MessageKind::close).number(close.code));
}

Result<void> WebSocketFramer::handle_output(FramerContext& context,
                                            std::span<const std::byte> bytes,
                                            const MessageContext& message) {
  if (close_sent_) return Error(ErrorKind::closed, "send", "a goodbye was said");
  switch (message.kind()) {
    case MessageKind::plain:
    case MessageKind::text:
    case MessageKind::binary: return sender_->send(context, bytes, message);
    case MessageKind::ping: return send_ping(context, bytes, message);
    case MessageKind::pong:
      if (bytes.size() > control_payload_bytes_max)
        return Error(ErrorKind::message_too_large, "send", "a pong has at most 125 octets");
      sender_->send_control(context, WebSocketOpcode::pong, bytes);
      return {};
    case MessageKind::close: return send_close(context, bytes, message);
  }
  return {};
}

Result<void> WebSocketFramer::send_ping(FramerContext& context, std::span<const std::byte> payload,
                                        const MessageContext& message) {
  if (payload.size() > control_payload_bytes_max)
    return Error(ErrorKind::message_too_large, "send", "a ping has at most 125 octets");
  BOWLINE_TRY(const std::vector<std::byte> marked, pings_.add(payload, message.number()));
  sender_->send_control(context, WebSocketOpcode::ping, marked);
  return {};
}

Result<void> WebSocketFramer::send_close(FramerContext& context, std::span<const std::byte> reason,
                                         const MessageContext& message) {
  const bool has_code = message.number() != 0;
  if (has_code && !is_sendable_code(message.number()))
    return Error(ErrorKind::invalid_argument, "close", "a code that is not for the wire");
  if (reason.size() > close_reason_bytes_max || (!has_code && !reason.empty()))
    return Error(ErrorKind::invalid_argument, "close", "a reason has a code, and up to 123 octets");
  if (!is_utf8(reason)) return Error(ErrorKind::invalid_argument, "close", "a reason is UTF-8");
  const auto code = static_cast<std::uint16_t>(message.number());
  sender_->send_close(context, has_code ? std::optional(code) : std::nullopt,
                      {reinterpret_cast<const char*>(reason.data()), reason.size()});
  close_sent_ = true;
  owed_pong_.reset();
  close_deadline_ = context.now() + close_answer_within;
  set_alarm(context);
  return {};
}

/// A peer that vanishes says no goodbye.
Result<void> WebSocketFramer::handle_end(FramerContext& context) {
  if (broken_) return cut_off(context);
  if (!receiver_ || close_received_ || context.is_closing()) return {};
  facts_->close_code = websocket_code::vanished;
  return websocket_error(ErrorKind::closed, websocket_code::vanished,
                         "the peer ended the connection without a goodbye");
}

Result<bool> WebSocketFramer::handle_close(FramerContext& context) {
  if (broken_) {
    static_cast<void>(cut_off(context));  // the user wants no more of it either
    return true;
  }
  if (close_received_) return true;
  if (!std::exchange(close_sent_, true)) sender_->send_close(context, websocket_code::normal, "");
  if (!close_deadline_) close_deadline_ = context.now() + close_answer_within;
  owed_pong_.reset();
  set_alarm(context);
  return false;
}

Result<void> WebSocketFramer::handle_timeout(FramerContext& context) {
  if (broken_) return cut_off(context);
  if (close_deadline_ && *close_deadline_ <= context.now()) {
    close_deadline_.reset();
    facts_->close_code = websocket_code::vanished;
    if (!context.is_closing())
      return websocket_error(ErrorKind::timed_out, websocket_code::vanished,
                             "the peer did not answer the goodbye");
    context.mark_closed();
    return {};
  }
  if (owed_pong_ && context.queued_bytes() == 0) say_pong(context);
  set_alarm(context);
  return {};
}

void WebSocketFramer::say_pong(FramerContext& context) {
  sender_->send_control(context, WebSocketOpcode::pong, *owed_pong_);
  owed_pong_.reset();
}

void WebSocketFramer::set_alarm(FramerContext& context) {
  std::optional<Instant> at = close_deadline_;
  if (owed_pong_) at = context.now() + pong_retry_after;
  context.wake_at(at);
}

}  // namespace

std::unique_ptr<Framer> make_websocket_framer(
    std::shared_ptr<const WebSocketOptions::Facts> options) {
  return std::make_unique<WebSocketFramer>(std::move(options));
}

}  // namespace bowline::core
