#pragma once

#include <bowline/framer.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string_view>

/// Messages are lines: what a framer of your own looks like. `framed(LineFramer::make, tcp())`.
class LineFramer final : public bowline::Framer {
 public:
  static std::unique_ptr<bowline::Framer> make() { return std::make_unique<LineFramer>(); }

  [[nodiscard]] std::string_view name() const override { return "lines"; }
  bowline::Result<bool> start(bowline::FramerContext&) override { return true; }

  bowline::Result<void> handle_input(bowline::FramerContext& context) override {
    for (;;) {
      const auto input = context.input();
      const auto end = std::ranges::find(input, line_feed);
      const auto length = static_cast<std::size_t>(end - input.begin());
      if (length > message_bytes_max())
        return bowline::Error(bowline::ErrorKind::limit_exceeded, "lines", "the line is too long");
      if (end == input.end()) return {};
      context.deliver_input(length, true);
      context.consume(1);
    }
  }
  bowline::Result<void> handle_end(bowline::FramerContext& context) override {
    if (context.input().empty()) return {};
    return bowline::Error(bowline::ErrorKind::protocol_violation, "lines",
                          "the last line has no end");
  }
  bowline::Result<void> handle_output(bowline::FramerContext& context,
                                      std::span<const std::byte> message) override {
    if (std::ranges::find(message, line_feed) != message.end())
      return bowline::Error(bowline::ErrorKind::invalid_argument, "lines",
                            "a line cannot hold a line feed");
    context.write(message);
    context.write(std::span(&line_feed, 1));
    return {};
  }
  bowline::Result<void> handle_timeout(bowline::FramerContext&) override { return {}; }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 4096; }
  /// A line whose end has not come yet.
  [[nodiscard]] std::size_t input_bytes_max() const override { return message_bytes_max() + 1; }

 private:
  static constexpr std::byte line_feed{'\n'};
};
