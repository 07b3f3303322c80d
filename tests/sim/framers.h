#pragma once

#include <bowline/stack.h>

namespace bowline::test {

/// Never ready.
class Silent final : public Framer {
 public:
  [[nodiscard]] std::string_view name() const override { return "silent"; }
  Result<bool> start(FramerContext&) override { return false; }
  Result<void> handle_input(FramerContext&) override { return {}; }
  Result<void> handle_end(FramerContext&) override { return {}; }
  Result<void> handle_output(FramerContext&, std::span<const std::byte>) override { return {}; }
  Result<void> handle_timeout(FramerContext&) override { return {}; }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 100; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return 1000; }
};

/// Wants a byte of greeting before it is ready.
class Greeted final : public Framer {
 public:
  static std::unique_ptr<Framer> make() { return std::make_unique<Greeted>(); }
  [[nodiscard]] std::string_view name() const override { return "greeted"; }
  Result<bool> start(FramerContext&) override { return false; }
  Result<void> handle_input(FramerContext& context) override {
    context.consume(context.input().size());
    context.mark_ready();
    return {};
  }
  Result<void> handle_end(FramerContext&) override { return {}; }
  Result<void> handle_output(FramerContext& context, std::span<const std::byte> message) override {
    context.write(message);
    return {};
  }
  Result<void> handle_timeout(FramerContext&) override { return {}; }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 1024; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return 1024; }
};

}  // namespace bowline::test
