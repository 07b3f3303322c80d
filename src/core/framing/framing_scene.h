#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/framing/framer_chain.h"

namespace bowline::core {

[[nodiscard]] inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
[[nodiscard]] inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A framer that writes each message between its two brackets and cuts its input at the closing one. A test
/// says what it does otherwise.
class Bracketed : public Framer {
 public:
  using Handler = std::function<Result<void>(FramerContext&)>;
  using Question = std::function<Result<bool>(FramerContext&)>;

  explicit Bracketed(std::string_view brackets) : brackets_(brackets) {}

  Question on_start;
  Question on_close;
  Handler on_end;
  Handler on_timeout;
  /// Told of a message before it is delivered; `true` if it was for the framer itself.
  std::function<Result<bool>(FramerContext&, std::string_view)> on_message;
  bool takes_all = false;
  std::size_t bytes_max = 64;

  [[nodiscard]] std::string_view name() const override { return "bracketed"; }
  Result<bool> start(FramerContext& context) override {
    return on_start ? on_start(context) : Framer::start(context);
  }
  Result<void> handle_input(FramerContext& context) override {
    for (;;) {
      const std::string input = text_of(context.input());
      const std::size_t end = input.find(brackets_[1]);
      if (end == std::string::npos) return {};
      if (input[0] != brackets_[0])
        return Error(ErrorKind::protocol_violation, "bracketed", "no bracket");
      context.consume(1);
      const std::string message = input.substr(1, end - 1);
      bool is_mine = false;
      if (on_message) {
        BOWLINE_TRY(is_mine, on_message(context, message));
      }
      if (is_mine) {
        context.consume(end);
      } else {
        context.deliver_input(end - 1);
        context.consume(1);
      }
    }
  }
  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext& message) override {
    const std::string text = text_of(bytes);
    if (text == "refused") return Error(ErrorKind::invalid_argument, "bracketed", "refused");
    say(context, text);
    if (message.kind() == MessageKind::ping) say(context, "ping");
    if (text == "broken") return Error(ErrorKind::internal, "bracketed", "broken");
    return {};
  }
  Result<void> handle_end(FramerContext& context) override {
    return on_end ? on_end(context) : Framer::handle_end(context);
  }
  Result<bool> handle_close(FramerContext& context) override {
    return on_close ? on_close(context) : Framer::handle_close(context);
  }
  Result<void> handle_timeout(FramerContext& context) override {
    return on_timeout ? on_timeout(context) : Framer::handle_timeout(context);
  }
  [[nodiscard]] bool accepts(const MessageContext& message) const override {
    return takes_all || Framer::accepts(message);
  }
  [[nodiscard]] std::size_t message_bytes_max() const override { return bytes_max; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return bytes_max + 2; }

  void say(FramerContext& context, std::string_view text) const {
    context.write(bytes_of(std::string{brackets_[0]} + std::string(text) + brackets_[1]));
  }

 private:
  const std::string brackets_;
};

/// A chain under test: what came out of it, as words.
class ChainScene {
 public:
  /// The lowest first.
  explicit ChainScene(std::vector<std::unique_ptr<Framer>> framers,
                      FramerChain::Options options = {})
      : chain(std::move(framers), std::move(options)) {}

  ChainScene& start() {
    return after([&] { chain.start(now); });
  }
  ChainScene& input(std::string_view bytes) {
    return after([&] { chain.handle_input(Buffer::copy_of(bytes_of(bytes)), now); });
  }
  ChainScene& end() {
    return after([&] { chain.handle_end(now); });
  }
  ChainScene& close() {
    return after([&] { chain.close(now); });
  }
  ChainScene& pass(Duration duration) {
    now += duration;
    return after([&] { chain.handle_timeout(now); });
  }
  Result<void> send(std::string_view bytes, const MessageContext& message = {}) {
    Result<void> sent = chain.send(bytes_of(bytes), message, now);
    drain();
    return sent;
  }
  /// What is to be written, and is then.
  std::string written() {
    std::string text = text_of(chain.unwritten());
    chain.mark_written(text.size());
    return text;
  }
  /// What came out since the last call.
  std::vector<std::string> said() { return std::exchange(said_, {}); }

  Instant now{std::chrono::seconds(1)};
  FramerChain chain;

 private:
  template <class Call>
  ChainScene& after(Call call) {
    call();
    drain();
    return *this;
  }
  void drain() {
    while (auto output = chain.poll())
      said_.push_back(std::visit([](const auto& item) { return word(item); }, *output));
  }
  static std::string word(const FramerChain::Delivered& delivered) {
    return text_of(delivered.bytes.bytes()) + word_of(delivered.message);
  }
  static std::string word(const FramerChain::Ready&) { return "READY"; }
  static std::string word(const FramerChain::Ended& ended) {
    return "ENDED" + word_of(ended.goodbye);
  }
  static std::string word(const FramerChain::Closed&) { return "CLOSED"; }
  static std::string word(const FramerChain::Failed& failed) {
    return "FAILED " + std::string(to_string(failed.error.kind()));
  }
  static std::string word_of(const MessageContext& message) {
    std::string text;
    if (message.kind() != MessageKind::plain) text += " " + std::string(to_string(message.kind()));
    if (message.number() != 0) text += " " + std::to_string(message.number());
    return text + (message.is_complete() ? "" : " ...");
  }

  std::vector<std::string> said_;
};

}  // namespace bowline::core
