#include <bowline/stack.h>

#include <array>
#include <memory>

namespace bowline {

namespace {

class LengthPrefixFramer final : public Framer {
 public:
  explicit LengthPrefixFramer(LengthPrefix prefix) : prefix_(prefix) {}

  [[nodiscard]] std::string_view name() const override { return "length-prefixed"; }

  Result<bool> start(FramerContext&) override {
    const unsigned bytes = prefix_.bytes();
    if (bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8) return true;
    return Error(ErrorKind::invalid_argument, "length-prefixed",
                 "the prefix has 1, 2, 4 or 8 bytes")
        .about(std::to_string(bytes));
  }

  Result<void> handle_input(FramerContext& context) override {
    while (context.input().size() >= prefix_.bytes()) {
      std::uint64_t length = 0;
      for (const std::byte byte : context.input().first(prefix_.bytes()))
        length = length << 8 | std::to_integer<std::uint64_t>(byte);
      if (length > message_bytes_max())
        return Error(ErrorKind::limit_exceeded, "length-prefixed",
                     "the peer announces a message of " + std::to_string(length) + " bytes");
      if (context.input().size() - prefix_.bytes() < length) return {};
      context.consume(prefix_.bytes());
      context.deliver_input(static_cast<std::size_t>(length), true);
    }
    return {};
  }

  Result<void> handle_end(FramerContext& context) override {
    if (context.input().empty()) return {};
    return Error(ErrorKind::protocol_violation, "length-prefixed",
                 "the stream ended inside a message");
  }

  Result<void> handle_output(FramerContext& context, std::span<const std::byte> message) override {
    if (message.size() > message_bytes_max())  // of a framer above
      return Error(ErrorKind::message_too_large, "length-prefixed",
                   "the prefix cannot say so much");
    std::array<std::byte, 8> prefix;
    for (unsigned i = 0; i < prefix_.bytes(); ++i)
      prefix[i] = static_cast<std::byte>(static_cast<std::uint64_t>(message.size()) >>
                                         (8 * (prefix_.bytes() - 1 - i)));
    context.write(std::span(prefix).first(prefix_.bytes()));
    context.write(message);
    return {};
  }

  Result<void> handle_timeout(FramerContext&) override { return {}; }

  [[nodiscard]] std::size_t message_bytes_max() const override {
    const std::size_t representable = prefix_.bytes() >= sizeof(std::size_t)
                                          ? SIZE_MAX
                                          : (std::size_t{1} << (8 * prefix_.bytes())) - 1;
    return std::min(prefix_.message_bytes_max(), representable);
  }
  [[nodiscard]] std::size_t input_bytes_max() const override {
    return std::min(message_bytes_max(), SIZE_MAX - prefix_.bytes()) + prefix_.bytes();
  }

 private:
  LengthPrefix prefix_;
};

}  // namespace

Framed::Factory length_prefix_framer(LengthPrefix prefix) {
  return [prefix] { return std::make_unique<LengthPrefixFramer>(prefix); };
}

}  // namespace bowline
