#include "core/framing/length_prefix.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace bowline::core {

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
      context.deliver_input(static_cast<std::size_t>(length));
    }
    return {};
  }

  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext&) override {
    std::array<std::byte, 8> prefix;
    for (unsigned i = 0; i < prefix_.bytes(); ++i)
      prefix[i] = static_cast<std::byte>(static_cast<std::uint64_t>(bytes.size()) >>
                                         (8 * (prefix_.bytes() - 1 - i)));
    context.write(std::span(prefix).first(prefix_.bytes()));
    context.write(bytes);
    return {};
  }

  [[nodiscard]] std::size_t message_bytes_max() const override {
    const std::size_t representable = prefix_.bytes() >= sizeof(std::size_t)
                                          ? SIZE_MAX
                                          : (std::size_t{1} << (8 * prefix_.bytes())) - 1;
    return std::min(prefix_.message_bytes_max(), representable);
  }

 private:
  LengthPrefix prefix_;
};

}  // namespace

std::unique_ptr<Framer> make_length_prefix_framer(LengthPrefix prefix) {
  return std::make_unique<LengthPrefixFramer>(prefix);
}

}  // namespace bowline::core
