#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/framing/framers.h"

// Framers for devices, whose messages end with an octet that does not stand inside.

namespace bowline::core {

namespace {

using DecodedMessage = std::optional<std::vector<std::byte>>;  // nothing: it is damaged

/// What they share: cutting input at the delimiter.
class DelimitedFramer : public Framer {
 public:
  DelimitedFramer(std::byte delimiter, std::size_t bytes_max, std::size_t encoded_bytes_max,
                  bool skips_damaged)
      : delimiter_(delimiter),
        bytes_max_(bytes_max),
        encoded_bytes_max_(encoded_bytes_max),
        skips_damaged_(skips_damaged) {}

  Result<void> handle_input(FramerContext& context) override {
    for (;;) {
      const std::span<const std::byte> input = context.input();
      const auto end = std::ranges::find(input.subspan(searched_), delimiter_);
      const auto size =
          searched_ + static_cast<std::size_t>(end - input.subspan(searched_).begin());
      if (size > encoded_bytes_max_) return too_long();
      if (size == input.size()) {
        searched_ = size;
        return {};
      }
      searched_ = 0;
      BOWLINE_TRY_VOID(take(context, input.first(size)));
      context.consume(size + 1);
    }
  }

  [[nodiscard]] std::size_t message_bytes_max() const override { return bytes_max_; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return encoded_bytes_max_ + 1; }

 protected:
  [[nodiscard]] virtual DecodedMessage decode(std::span<const std::byte> encoded) const = 0;
  [[nodiscard]] virtual bool is_filler(std::span<const std::byte> encoded) const = 0;

 private:
  Result<void> take(FramerContext& context, std::span<const std::byte> encoded) {
    if (is_filler(encoded)) return {};
    DecodedMessage message = decode(encoded);
    if (!message) {
      if (skips_damaged_) return {};
      return Error(ErrorKind::malformed, "receive", "the peer's message is damaged");
    }
    if (message->size() > bytes_max_) return too_long();
    context.deliver(Buffer::own(*std::move(message)), MessageContext());
    return {};
  }
  [[nodiscard]] static Error too_long() {
    return {ErrorKind::limit_exceeded, "receive", "the peer's message is larger than allowed"};
  }

  const std::byte delimiter_;
  const std::size_t bytes_max_;
  const std::size_t encoded_bytes_max_;
  const bool skips_damaged_;
  std::size_t searched_ = 0;  // octets of the input without a delimiter
};

class SlipFramer final : public DelimitedFramer {
 public:
  explicit SlipFramer(const SlipFraming& framing)
      : DelimitedFramer(end, framing.message_bytes_max(), 2 * framing.message_bytes_max(),
                        framing.skip_damaged()) {}

  [[nodiscard]] std::string_view name() const override { return "slip"; }

  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext&) override {
    if (bytes.empty())
      return Error(ErrorKind::invalid_argument, "slip", "a message has at least one octet");
    // An end in front of it, too: what noise has left on the line ends there.
    std::vector<std::byte> encoded = {end};
    encoded.reserve(bytes.size() + 16);
    for (const std::byte octet : bytes) {
      if (octet != end && octet != escape) {
        encoded.push_back(octet);
      } else {
        encoded.push_back(escape);
        encoded.push_back(octet == end ? escaped_end : escaped_escape);
      }
    }
    encoded.push_back(end);
    context.write(encoded);
    return {};
  }

 private:
  [[nodiscard]] DecodedMessage decode(std::span<const std::byte> encoded) const override {
    std::vector<std::byte> message;
    message.reserve(encoded.size());
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      if (encoded[i] != escape) {
        message.push_back(encoded[i]);
        continue;
      }
      if (++i == encoded.size()) return std::nullopt;
      if (encoded[i] != escaped_end && encoded[i] != escaped_escape) return std::nullopt;
      message.push_back(encoded[i] == escaped_end ? end : escape);
    }
    return message;
  }
  [[nodiscard]] bool is_filler(std::span<const std::byte> encoded) const override {
    return encoded.empty();
  }

  static constexpr std::byte end{0xc0};
  static constexpr std::byte escape{0xdb};
  static constexpr std::byte escaped_end{0xdc};
  static constexpr std::byte escaped_escape{0xdd};
};

class CobsFramer final : public DelimitedFramer {
 public:
  explicit CobsFramer(const CobsFraming& framing)
      : DelimitedFramer(std::byte{0}, framing.message_bytes_max(),
                        framing.message_bytes_max() + framing.message_bytes_max() / 254 + 1,
                        framing.skip_damaged()) {}

  [[nodiscard]] std::string_view name() const override { return "cobs"; }

  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext&) override {
    std::vector<std::byte> encoded;
    encoded.reserve(bytes.size() + bytes.size() / 254 + 2);
    std::size_t begin = 0;
    for (;;) {
      // A group: up to 254 octets without a zero, with how far the next group is in front.
      const auto rest = bytes.subspan(begin);
      const auto zero = std::ranges::find(rest, std::byte{0});
      const std::size_t size =
          std::min<std::size_t>(static_cast<std::size_t>(zero - rest.begin()), group_bytes_max);
      encoded.push_back(static_cast<std::byte>(size + 1));
      encoded.insert(encoded.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
      begin += size;
      if (begin == bytes.size()) break;
      if (size < group_bytes_max) ++begin;  // the zero itself
    }
    encoded.push_back(std::byte{0});
    context.write(encoded);
    return {};
  }

 private:
  [[nodiscard]] DecodedMessage decode(std::span<const std::byte> encoded) const override {
    std::vector<std::byte> message;
    message.reserve(encoded.size());
    for (std::size_t at = 0; at < encoded.size();) {
      const auto size = std::to_integer<std::size_t>(encoded[at]) - 1;
      const auto rest = encoded.subspan(at + 1);
      if (size > rest.size()) return std::nullopt;
      message.insert(message.end(), rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(size));
      at += size + 1;
      if (size < group_bytes_max && at < encoded.size()) message.push_back(std::byte{0});
    }
    return message;
  }
  /// Two zeros in a row: devices send them to make sure that the line is clear.
  [[nodiscard]] bool is_filler(std::span<const std::byte> encoded) const override {
    return encoded.empty();
  }

  static constexpr std::size_t group_bytes_max = 254;
};

}  // namespace

std::unique_ptr<Framer> make_slip_framer(SlipFraming framing) {
  return std::make_unique<SlipFramer>(framing);
}
std::unique_ptr<Framer> make_cobs_framer(CobsFraming framing) {
  return std::make_unique<CobsFramer>(framing);
}

}  // namespace bowline::core
