#include <algorithm>
#include <array>
#include <string>

#include "core/framing/framers.h"

namespace bowline::core {

namespace {

constexpr std::size_t tlv_head_bytes_max = 8;

class TlvFramer final : public Framer {
 public:
  explicit TlvFramer(TlvFraming framing) : framing_(framing) {}

  [[nodiscard]] std::string_view name() const override { return "type-length-value"; }

  Result<bool> start(FramerContext&) override {
    for (const unsigned width : {framing_.type_bytes(), framing_.length_bytes()})
      if (width != 1 && width != 2 && width != 4)
        return Error(ErrorKind::invalid_argument, "type-length-value",
                     "types and lengths have 1, 2 or 4 octets")
            .about(std::to_string(width));
    return true;
  }

  Result<void> handle_input(FramerContext& context) override {
    while (context.input().size() >= head_bytes()) {
      const auto head = context.input().first(head_bytes());
      const std::uint32_t type = read(head.first(framing_.type_bytes()));
      const std::size_t length = read(head.subspan(framing_.type_bytes()));
      if (length > framing_.message_bytes_max())
        return Error(ErrorKind::limit_exceeded, "type-length-value",
                     "the peer announces a value of " + std::to_string(length) + " octets");
      if (context.input().size() - head_bytes() < length) return {};
      context.consume(head_bytes());
      context.deliver_input(length, MessageContext().number(type));
    }
    return {};
  }

  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext& message) override {
    whole_.resize(head_bytes());
    write(message.number(), std::span(whole_).first(framing_.type_bytes()));
    write(static_cast<std::uint32_t>(bytes.size()),
          std::span(whole_).subspan(framing_.type_bytes()));
    whole_.insert(whole_.end(), bytes.begin(), bytes.end());
    context.write(whole_);
    if (whole_.capacity() > tlv_bytes_kept_max) whole_ = {};
    return {};
  }

  [[nodiscard]] bool accepts(const MessageContext& message) const override {
    return message == MessageContext().number(message.number()) &&
           message.number() <= largest(framing_.type_bytes());
  }
  [[nodiscard]] std::size_t message_bytes_max() const override {
    return std::min<std::size_t>(framing_.message_bytes_max(), largest(framing_.length_bytes()));
  }

 private:
  [[nodiscard]] std::size_t head_bytes() const {
    return framing_.type_bytes() + framing_.length_bytes();
  }
  static std::uint32_t largest(unsigned width) {
    return width >= 4 ? UINT32_MAX : (std::uint32_t{1} << (8 * width)) - 1;
  }
  [[nodiscard]] std::uint32_t read(std::span<const std::byte> octets) const {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < octets.size(); ++i) {
      const std::size_t at = framing_.little_endian() ? octets.size() - 1 - i : i;
      value = value << 8 | std::to_integer<std::uint32_t>(octets[at]);
    }
    return value;
  }
  void write(std::uint32_t value, std::span<std::byte> octets) const {
    for (std::size_t i = 0; i < octets.size(); ++i) {
      const std::size_t at = framing_.little_endian() ? i : octets.size() - 1 - i;
      octets[at] = static_cast<std::byte>(value >> (8 * i) & 0xff);
    }
  }

  static constexpr std::size_t tlv_bytes_kept_max = std::size_t{64} * 1024;

  const TlvFraming framing_;
  std::vector<std::byte> whole_;  // kept for its memory
};

}  // namespace

std::unique_ptr<Framer> make_tlv_framer(TlvFraming framing) {
  return std::make_unique<TlvFramer>(framing);
}

}  // namespace bowline::core
