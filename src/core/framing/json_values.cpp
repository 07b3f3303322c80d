#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/framing/framers.h"

namespace bowline::core {

namespace {

constexpr char record_separator = '\x1e';

bool is_json_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Finds where a JSON value ends whose octets come in pieces, by its brackets and quotes.
class JsonEnd {
 public:
  explicit JsonEnd(std::size_t depth_max) : depth_max_(depth_max) {}

  enum class Look : std::uint8_t { more, whole, whole_before, wrong, too_deep };
  /// `whole` with the octet that ends it; `whole_before` with one that is not a part of it any more.
  [[nodiscard]] Look look_at(char c) {
    if (kind_ == Kind::none) return begin(c);
    if (in_string_) return look_in_string(c);
    if (kind_ == Kind::scalar) return ends_scalar(c) ? Look::whole_before : Look::more;
    if (c == '"') {
      in_string_ = true;
    } else if (c == '{' || c == '[') {
      return open(c);
    } else if (c == '}' || c == ']') {
      return close(c);
    }
    return Look::more;
  }
  /// Nothing follows: what there is may be whole.
  [[nodiscard]] bool is_whole_at_end() const { return kind_ == Kind::scalar; }
  void restart() {
    kind_ = Kind::none;
    open_.clear();
    in_string_ = is_escaped_ = false;
  }

 private:
  enum class Kind : std::uint8_t { none, scalar, string, nested };

  Look begin(char c) {
    if (c == '{' || c == '[') {
      kind_ = Kind::nested;
      return open(c);
    }
    if (c == '"') {
      kind_ = Kind::string;
      in_string_ = true;
      return Look::more;
    }
    const bool begins_scalar =
        c == '-' || (c >= '0' && c <= '9') || c == 't' || c == 'f' || c == 'n';
    if (!begins_scalar) return Look::wrong;
    kind_ = Kind::scalar;
    return Look::more;
  }
  Look look_in_string(char c) {
    if (std::exchange(is_escaped_, false)) return Look::more;
    if (c == '\\') is_escaped_ = true;
    if (c != '"') return Look::more;
    in_string_ = false;
    return kind_ == Kind::string ? Look::whole : Look::more;
  }
  static bool ends_scalar(char c) {
    return is_json_blank(c) || c == record_separator || c == '{' || c == '[' || c == '"';
  }
  Look open(char c) {
    if (open_.size() == depth_max_) return Look::too_deep;
    open_.push_back(c);
    return Look::more;
  }
  Look close(char c) {
    if (open_.back() != (c == '}' ? '{' : '[')) return Look::wrong;
    open_.pop_back();
    return open_.empty() ? Look::whole : Look::more;
  }

  const std::size_t depth_max_;
  Kind kind_ = Kind::none;
  std::string open_;  // brackets
  bool in_string_ = false;
  bool is_escaped_ = false;
};

class JsonFramer final : public Framer {
 public:
  explicit JsonFramer(JsonFraming framing) : framing_(framing), end_(framing.depth_max()) {}

  [[nodiscard]] std::string_view name() const override { return "json"; }

  Result<void> handle_input(FramerContext& context) override {
    for (;;) {
      if (looked_ == 0) skip_between(context);
      const std::string_view input = text_of_json(context.input());
      if (looked_ == input.size()) return {};
      BOWLINE_TRY(const std::optional<std::size_t> size, find_end(input));
      if (looked_ > framing_.message_bytes_max()) return too_large_value();
      if (!size) return {};
      context.deliver_input(*size);
      restart();
    }
  }

  /// A number at the end of the stream is whole, unlike a list.
  Result<void> handle_end(FramerContext& context) override {
    if (looked_ > 0 && end_.is_whole_at_end()) {
      context.deliver_input(std::exchange(looked_, 0));
      return {};
    }
    return Framer::handle_end(context);
  }

  Result<void> handle_output(FramerContext& context, std::span<const std::byte> bytes,
                             const MessageContext&) override {
    const std::string_view value = text_of_json(bytes);
    if (!is_one_value(value))
      return Error(ErrorKind::invalid_argument, "json", "a message is one JSON value");
    std::string whole;
    whole.reserve(value.size() + 2);
    if (framing_.text_sequence()) whole += record_separator;
    whole += value;
    whole += '\n';
    context.write(std::as_bytes(std::span(whole)));
    return {};
  }

  [[nodiscard]] std::size_t message_bytes_max() const override {
    return framing_.message_bytes_max();
  }

 private:
  static std::string_view text_of_json(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  [[nodiscard]] static Error too_large_value() {
    return {ErrorKind::limit_exceeded, "json", "the peer's value is larger than allowed"};
  }

  void skip_between(FramerContext& context) const {
    const std::string_view input = text_of_json(context.input());
    std::size_t count = 0;
    while (count < input.size() && (is_json_blank(input[count]) ||
                                    (framing_.text_sequence() && input[count] == record_separator)))
      ++count;
    context.consume(count);
  }

  /// Goes on where it stopped, and remembers how far it came.
  Result<std::optional<std::size_t>> find_end(std::string_view input) {
    while (looked_ < input.size()) {
      switch (end_.look_at(input[looked_])) {
        case JsonEnd::Look::more: ++looked_; break;
        case JsonEnd::Look::whole: return ++looked_;
        case JsonEnd::Look::whole_before: return looked_;
        case JsonEnd::Look::wrong:
          return Error(ErrorKind::malformed, "json", "what the peer sends is no JSON");
        case JsonEnd::Look::too_deep:
          return Error(ErrorKind::limit_exceeded, "json", "the peer's value lies too deep");
      }
    }
    return std::optional<std::size_t>();
  }

  [[nodiscard]] bool is_one_value(std::string_view value) const {
    JsonEnd end(framing_.depth_max());
    for (std::size_t i = 0; i < value.size(); ++i) {
      const JsonEnd::Look look = end.look_at(value[i]);
      if (look == JsonEnd::Look::more) continue;
      return look == JsonEnd::Look::whole && i + 1 == value.size();
    }
    return end.is_whole_at_end();
  }

  void restart() {
    end_.restart();
    looked_ = 0;
  }

  const JsonFraming framing_;
  JsonEnd end_;
  std::size_t looked_ = 0;  // octets of the input, all of one value
};

}  // namespace

std::unique_ptr<Framer> make_json_framer(JsonFraming framing) {
  return std::make_unique<JsonFramer>(framing);
}

}  // namespace bowline::core
