#pragma once

#include <bowline/stack.h>

#include <memory>

namespace bowline::test {

/// Ready at once, writes messages as they are, leaves its input alone, and lets the stream end anywhere. The
/// framers of tests say what they do otherwise.
class PlainFramer : public Framer {
 public:
  Result<void> handle_input(FramerContext&) override { return {}; }
  Result<void> handle_end(FramerContext&) override { return {}; }
  Result<void> handle_output(FramerContext& context, std::span<const std::byte> message,
                             const MessageContext&) override {
    context.write(message);
    return {};
  }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 1024; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return 1024; }
};

/// Never ready.
class Silent final : public PlainFramer {
 public:
  static std::unique_ptr<Framer> make() { return std::make_unique<Silent>(); }
  [[nodiscard]] std::string_view name() const override { return "silent"; }
  Result<bool> start(FramerContext&) override { return false; }
};

/// Wants a byte of greeting before it is ready.
class Greeted final : public PlainFramer {
 public:
  static std::unique_ptr<Framer> make() { return std::make_unique<Greeted>(); }
  [[nodiscard]] std::string_view name() const override { return "greeted"; }
  Result<bool> start(FramerContext&) override { return false; }
  Result<void> handle_input(FramerContext& context) override {
    context.consume(context.input().size());
    context.mark_ready();
    return {};
  }
};

}  // namespace bowline::test
