#include "core/framing/lines.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace bowline::core {

namespace {

class LineFramer final : public Framer {
 public:
  explicit LineFramer(LineFraming lines)
      : lines_(lines), delimiter_(lines.delimiter() == LineDelimiter::crlf ? "\r\n" : "\n") {}

  [[nodiscard]] std::string_view name() const override { return "lines"; }

  Result<void> handle_input(FramerContext& context) override {
    for (;;) {
      const std::string_view input = text_of(context.input());
      const std::size_t end = input.find(delimiter_, searched_);
      // Of a delimiter that has come in part, all but the last octet.
      if (std::min(end, input.size() - std::min(input.size(), delimiter_.size() - 1)) >
          lines_.line_bytes_max())
        return too_long(ErrorKind::limit_exceeded);
      if (end == std::string_view::npos) {
        searched_ = input.size() - std::min(input.size(), delimiter_.size() - 1);
        return {};
      }
      searched_ = 0;
      if (lines_.keep_delimiter()) {
        context.deliver_input(end + delimiter_.size());
      } else {
        context.deliver_input(end);
        context.consume(delimiter_.size());
      }
    }
  }

  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext&) override {
    std::string_view line = text_of(bytes);
    if (lines_.keep_delimiter() && line.ends_with(delimiter_))
      line.remove_suffix(delimiter_.size());
    if (line.contains(delimiter_))
      return Error(ErrorKind::invalid_argument, "lines", "a line cannot hold the end of a line");
    if (line.size() > lines_.line_bytes_max()) return too_long(ErrorKind::message_too_large);
    // One message for the framer below, which may mark where each message ends.
    whole_.assign(line).append(delimiter_);
    context.write(std::as_bytes(std::span(whole_)));
    if (whole_.capacity() > whole_kept_max) whole_ = std::string();
    return {};
  }

  [[nodiscard]] std::size_t message_bytes_max() const override {
    const std::size_t added = lines_.keep_delimiter() ? delimiter_.size() : 0;
    return std::min(lines_.line_bytes_max(), SIZE_MAX - added) + added;
  }

 private:
  static std::string_view text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  Error too_long(ErrorKind kind) const {
    return Error(kind, "lines",
                 "a line has at most " + std::to_string(lines_.line_bytes_max()) + " bytes");
  }

  static constexpr std::size_t whole_kept_max = 64 * 1024;

  const LineFraming lines_;
  const std::string_view delimiter_;
  std::string whole_;         // a line with its end, kept for its memory
  std::size_t searched_ = 0;  // octets of the input in which no delimiter begins
};

}  // namespace

std::unique_ptr<Framer> make_line_framer(LineFraming lines) {
  return std::make_unique<LineFramer>(lines);
}

}  // namespace bowline::core
