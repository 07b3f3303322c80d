#pragma once

#include <bowline/endpoint.h>
#include <bowline/stack.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::test {

/// A small protocol with everything that a framer can say: six octets in front of each message for its kind,
/// whether it ends, its number and its length; a goodbye with a code that is answered; a word for errors.
class Polite final : public Framer {
 public:
  enum class Start : std::uint8_t { at_once, fails, shakes_hands };
  explicit Polite(Start start = Start::at_once, std::vector<std::string>* told = nullptr)
      : start_(start), told_(told) {}

  [[nodiscard]] static std::string frame(const MessageContext& message, std::string_view text) {
    const auto octet = [](std::size_t value) { return static_cast<char>(value & 0xff); };
    return std::string{static_cast<char>(message.kind()), octet(message.is_complete() ? 1 : 0),
                       octet(message.number() >> 8),      octet(message.number()),
                       octet(text.size() >> 8),           octet(text.size())}
        .append(text);
  }
  [[nodiscard]] static std::string frame(MessageKind kind, std::uint32_t number,
                                         std::string_view text) {
    return frame(MessageContext().kind(kind).number(number), text);
  }

  [[nodiscard]] std::string_view name() const override { return "polite"; }

  Result<bool> start(FramerContext& context) override {
    if (told_ != nullptr)
      told_->push_back((context.role() == FramerRole::client ? "client " : "server ") +
                       to_string(context.remote_endpoint()) + " " +
                       to_string(context.remote_address()));
    if (start_ != Start::fails) return start_ == Start::at_once;
    say_goodbye(context, 1011);
    return Error(ErrorKind::unsupported, "polite", "cannot start");
  }

  Result<void> handle_input(FramerContext& context) override {
    while (context.input().size() >= header_bytes && !peer_left_) {
      const auto octet = [&](std::size_t index) {
        return std::to_integer<std::uint32_t>(context.input()[index]);
      };
      if (octet(0) > static_cast<std::uint32_t>(MessageKind::close)) {
        say_goodbye(context, 1002);
        return Error(ErrorKind::protocol_violation, "polite", "no such kind");
      }
      const MessageContext message = MessageContext()
                                         .kind(static_cast<MessageKind>(octet(0)))
                                         .complete(octet(1) != 0)
                                         .number(octet(2) << 8 | octet(3));
      const std::size_t length = octet(4) << 8 | octet(5);
      if (context.input().size() < header_bytes + length) return {};
      context.consume(header_bytes);
      if (message.kind() != MessageKind::close) {
        context.deliver_input(length, message);
        continue;
      }
      peer_left_ = true;
      if (!said_goodbye_) say_goodbye(context, message.number());
      context.mark_ended(message);
    }
    return {};
  }

  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext& message) override {
    if (said_goodbye_) return Error(ErrorKind::closed, "polite", "the peer has left");
    write(context, frame(message, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    return {};
  }

  Result<bool> handle_close(FramerContext& context) override {
    if (!said_goodbye_) say_goodbye(context, 1000);
    return peer_left_;
  }

  [[nodiscard]] bool accepts(const MessageContext& message) const override {
    return message.kind() != MessageKind::close && message.number() <= 0xffff;
  }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 0xffff; }

 private:
  static constexpr std::size_t header_bytes = 6;

  static void write(FramerContext& context, const std::string& text) {
    context.write(std::as_bytes(std::span(text)));
  }
  void say_goodbye(FramerContext& context, std::uint32_t code) {
    said_goodbye_ = true;
    write(context, frame(MessageKind::close, code, ""));
  }

  const Start start_;
  std::vector<std::string>* const told_;
  bool said_goodbye_ = false;
  bool peer_left_ = false;
};

[[nodiscard]] inline Framed polite() {
  return framed([] { return std::make_unique<Polite>(); }, tcp());
}

}  // namespace bowline::test
