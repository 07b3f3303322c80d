// Sequences of operations on core/framing: one to three framers that shake hands, say goodbye, answer, fail
// and end as the input says, under messages, bytes, ends and time in any order. Whatever comes, a chain is
// ready and closed at most once, delivers nothing behind an end, and says nothing once it is over.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/framing/framer_chain.h"
#include "core/framing/length_prefix.h"
#include "core/framing/lines.h"
#include "input.h"
#include "require.h"

namespace {

using namespace bowline;
using namespace bowline::core;
using namespace std::chrono_literals;
using fuzz::Input;

/// Each octet is a message, or tells the framer what to do.
class Obedient final : public Framer {
 public:
  explicit Obedient(std::size_t manner) : manner_(manner) {}

  [[nodiscard]] std::string_view name() const override { return "obedient"; }
  Result<bool> start(FramerContext& context) override {
    context.write(std::as_bytes(std::span("S", 1)));
    if ((manner_ & 1) != 0) context.wake_at(context.now() + 1s);
    return (manner_ & 2) == 0;
  }
  Result<void> handle_input(FramerContext& context) override {
    require(!inside_);
    inside_ = true;
    const Result<void> obeyed = obey(context);
    inside_ = false;
    return obeyed;
  }
  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext&) override {
    require(!inside_ && bytes.size() <= message_bytes_max());
    if (!bytes.empty() && bytes.front() == std::byte{'R'}) return broken();
    context.write(bytes);
    if (!bytes.empty() && bytes.front() == std::byte{'X'}) return broken();
    return {};
  }
  Result<void> handle_end(FramerContext& context) override {
    return (manner_ & 4) != 0 ? Result<void>() : Framer::handle_end(context);
  }
  Result<bool> handle_close(FramerContext& context) override {
    require(!std::exchange(asked_, true));
    context.write(std::as_bytes(std::span("B", 1)));
    return (manner_ & 8) == 0;
  }
  Result<void> handle_timeout(FramerContext& context) override {
    context.deliver(std::as_bytes(std::span("T", 1)));
    context.mark_ready();
    return (manner_ & 16) != 0 ? Result<void>(broken()) : Result<void>();
  }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 8; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return 16; }

 private:
  Result<void> obey(FramerContext& context) {
    while (!context.input().empty()) {
      switch (std::to_integer<char>(context.input().front())) {
        case 'w':
          if (context.input().size() < 8) return {};
          context.deliver_input(8);
          continue;
        case 'r': context.mark_ready(); break;
        case 'b': context.mark_closed(); break;
        case 'e': context.mark_ended(MessageContext().number(1)); break;
        case 'a': context.write(context.input().first(1)); break;
        case 't': context.wake_at(context.now() + 1s); break;
        case 'x': context.write(std::as_bytes(std::span("L", 1))); return broken();
        default: context.deliver_input(1); continue;
      }
      context.consume(1);
    }
    return {};
  }
  static Error broken() { return {ErrorKind::malformed, "obedient", "as told"}; }

  const std::size_t manner_;
  bool inside_ = false;
  bool asked_ = false;
};

class Operations {
 public:
  explicit Operations(Input input) : input_(input), chain_(draw_framers(), draw_options()) {}

  void run() {
    chain_.start(now_);
    drain();
    while (!input_.empty()) {
      step();
      drain();
    }
    require(!over_ || !chain_.deadline());
  }

 private:
  std::vector<std::unique_ptr<Framer>> draw_framers() {
    std::vector<std::unique_ptr<Framer>> framers;
    for (std::size_t left = 1 + input_.below(3); left > 0; --left) {
      switch (input_.below(4)) {
        case 0: framers.push_back(make_line_framer(LineFraming().line_bytes_max(8))); break;
        case 1: framers.push_back(make_length_prefix_framer(LengthPrefix().bytes(1))); break;
        default: framers.push_back(std::make_unique<Obedient>(input_.below(32)));
      }
    }
    return framers;
  }
  static FramerChain::Options draw_options() {
    FramerChain::Options options;
    options.handshake_bytes_max = 64;
    return options;
  }

  void step() {
    switch (input_.below(8)) {
      case 0:
      case 1:
      case 2: return chain_.handle_input(Buffer::copy_of(input_.take(input_.below(32))), now_);
      case 3: return send();
      case 4: return chain_.mark_written(input_.below(chain_.unwritten().size() + 1));
      case 5: now_ += std::chrono::milliseconds(input_.below(8) * 500); break;
      case 6:
        if (input_.below(4) == 0) return chain_.handle_end(now_);
        break;
      default:
        if (input_.below(4) == 0 && ready_) return close();
    }
    chain_.handle_timeout(now_);
  }
  void send() {
    const std::size_t before = chain_.unwritten().size();
    const auto bytes = input_.take(input_.below(12));
    if (!chain_.is_ready()) return;
    const auto sent = chain_.send(bytes, MessageContext().complete(input_.below(8) != 7), now_);
    require(sent.has_value() || chain_.unwritten().size() == before);
  }
  void close() {
    closing_ = true;
    chain_.close(now_);
  }

  void drain() {
    while (auto output = chain_.poll()) {
      require(!over_);
      std::visit([this](auto& item) { take(item); }, *output);
    }
  }
  void take(FramerChain::Delivered&) { require(!ended_ && !closing_); }
  void take(FramerChain::Ready&) { require(!std::exchange(ready_, true)); }
  void take(FramerChain::Ended&) { require(!closing_ && !std::exchange(ended_, true)); }
  void take(FramerChain::Closed&) {
    require(closing_);
    over_ = true;
  }
  void take(FramerChain::Failed&) { over_ = true; }

  Input input_;
  FramerChain chain_;
  Instant now_{1s};
  bool ready_ = false;
  bool ended_ = false;
  bool closing_ = false;
  bool over_ = false;
};

}  // namespace

int fuzz_framing_operations(std::span<const std::byte> input) {
  Operations(Input(input)).run();
  return 0;
}
