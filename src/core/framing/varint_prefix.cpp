#include <array>
#include <string>

#include "core/framing/framers.h"

namespace bowline::core {

namespace {

constexpr std::size_t varint_bytes_max = 10;  // for 64 bits

class VarintFramer final : public Framer {
 public:
  explicit VarintFramer(VarintPrefix prefix) : prefix_(prefix) {}

  [[nodiscard]] std::string_view name() const override { return "varint-prefixed"; }

  Result<void> handle_input(FramerContext& context) override {
    for (;;) {
      BOWLINE_TRY(const Length length, read_length(context.input()));
      if (length.bytes == 0 || context.input().size() - length.bytes < length.value) return {};
      context.consume(length.bytes);
      context.deliver_input(static_cast<std::size_t>(length.value));
    }
  }

  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext&) override {
    std::array<std::byte, varint_bytes_max> prefix;
    std::size_t size = 0;
    std::uint64_t left = bytes.size();
    for (; left >= 0x80; left >>= 7) prefix[size++] = static_cast<std::byte>((left & 0x7f) | 0x80);
    prefix[size++] = static_cast<std::byte>(left);
    context.write(std::span(prefix).first(size));
    context.write(bytes);
    return {};
  }

  [[nodiscard]] std::size_t message_bytes_max() const override {
    return prefix_.message_bytes_max();
  }

 private:
  struct Length {
    std::uint64_t value = 0;
    std::size_t bytes = 0;  // 0: not all of them are there
  };

  [[nodiscard]] Result<Length> read_length(std::span<const std::byte> input) const {
    Length length;
    for (std::size_t i = 0; i < input.size(); ++i) {
      const auto octet = std::to_integer<std::uint64_t>(input[i]);
      if (i == varint_bytes_max - 1 && octet > 1)
        return Error(ErrorKind::malformed, "varint-prefixed", "a length of more than 64 bits");
      length.value |= (octet & 0x7f) << (7 * i);
      if (length.value > prefix_.message_bytes_max())
        return Error(ErrorKind::limit_exceeded, "varint-prefixed",
                     "the peer announces a message that is larger than allowed");
      if ((octet & 0x80) != 0) continue;
      length.bytes = i + 1;
      return length;
    }
    return Length();
  }

  const VarintPrefix prefix_;
};

}  // namespace

std::unique_ptr<Framer> make_varint_framer(VarintPrefix prefix) {
  return std::make_unique<VarintFramer>(prefix);
}

}  // namespace bowline::core
