#pragma once

#include <bowline/framer.h>

#include <charconv>
#include <string>
#include <string_view>

/// Messages as netstrings, `5:hello,`: what a framer of your own looks like. Use it as
/// `framed([] { return std::make_unique<NetstringFramer>(); }, tcp())`.
class NetstringFramer final : public bowline::Framer {
 public:
  std::string_view name() const override { return "netstring"; }

  bowline::Result<void> handle_input(bowline::FramerContext& context) override {
    for (;;) {
      const auto bytes = context.input();
      const std::string_view input(reinterpret_cast<const char*>(bytes.data()), bytes.size());
      const std::size_t colon = input.substr(0, 8).find(':');
      if (colon == input.npos && input.size() < 8) return {};  // it comes again, longer
      if (colon == input.npos) return malformed();
      std::size_t length = 0;
      const auto read = std::from_chars(input.data(), input.data() + colon, length);
      if (read.ptr != input.data() + colon || length > message_bytes_max()) return malformed();
      if (input.size() < colon + length + 2) return {};
      if (input[colon + 1 + length] != ',') return malformed();
      context.consume(colon + 1);
      context.deliver_input(length);
      context.consume(1);
    }
  }
  bowline::Result<void> handle_output(bowline::FramerContext& context,
                                      std::span<const std::byte> bytes,
                                      const bowline::MessageContext&) override {
    const std::string head = std::to_string(bytes.size()) + ":";
    context.write(std::as_bytes(std::span(head)));
    context.write(bytes);
    context.write(std::as_bytes(std::span(",", 1)));
    return {};
  }

 private:
  static bowline::Error malformed() {
    return {bowline::ErrorKind::malformed, "netstring", "not a netstring"};
  }
};
