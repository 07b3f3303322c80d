#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/time.h>

namespace bowline::cli {

/// Writes one JSON text, in the order of calls. The text is ASCII without control characters,
/// whatever the strings hold: safe on a terminal. Times are numbers of milliseconds with three
/// decimals, which no number type of a library keeps.
class Json {
 public:
  /// `object([&] { json.field("name", value); })`
  template <class Fields>
  void object(Fields fields) {
    open('{');
    fields();
    close('}');
  }
  /// One element for each of `range`, written by `write(element)`.
  template <class Range, class Write>
  void array(const Range& range, Write write) {
    open('[');
    for (const auto& element : range) write(element);
    close(']');
  }

  /// The name of a field whose value is written next.
  void name(std::string_view text);
  template <class T>
  void field(std::string_view field_name, const T& field_value) {
    name(field_name);
    value(field_value);
  }
  template <class Range, class Write>
  void list(std::string_view field_name, const Range& range, Write write) {
    name(field_name);
    array(range, write);
  }

  void value(std::string_view text);
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  void value(std::same_as<bool> auto flag) { raw(flag ? "true" : "false"); }
  void value(std::nullptr_t) { raw("null"); }
  void value(Duration time) { raw(format_ms(time)); }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  void value(T number) {
    raw(std::to_string(number));
  }
  template <class T>
  void value(const std::optional<T>& maybe) {
    if (maybe) {
      value(*maybe);
    } else {
      value(nullptr);
    }
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void open(char bracket);
  void close(char bracket);
  void raw(std::string_view text);
  void separate();

  std::string text_;
};

}  // namespace bowline::cli
