// RFC 9651 section 4.2: one function for each of its algorithms.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "wire/structured_fields/base64.h"
#include "wire/structured_fields/structured.h"
#include "wire/structured_fields/structured_text.h"
#include "wire/url/percent.h"

namespace bowline::wire {

namespace {

class StructuredParser {
 public:
  StructuredParser(std::string_view text, const StructuredLimits& limits)
      : limits_(limits), whole_(text), rest_(text) {}

  [[nodiscard]] Result<StructuredItem> item();
  [[nodiscard]] Result<StructuredList> list();
  [[nodiscard]] Result<StructuredDictionary> dictionary();
  /// The whole value by one of the functions above.
  template <class T>
  [[nodiscard]] Result<T> all(Result<T> (StructuredParser::*algorithm)());

 private:
  Result<StructuredMember> member();
  Result<InnerList> inner_list();
  Result<void> inner_items(InnerList& into);
  Result<StructuredParameters> parameters();
  Result<std::string> key();
  Result<BareItem> bare_item();
  Result<BareItem> number();
  Result<BareItem> decimal(std::string_view whole, bool is_negative);
  Result<BareItem> quoted_string();
  Result<BareItem> byte_sequence();
  Result<BareItem> boolean();
  Result<BareItem> date();
  Result<BareItem> display_string();
  Result<char> escaped_octet();
  /// The comma between two members; false at the end of the value.
  Result<bool> has_next_member();

  [[nodiscard]] Error broken(const char* rule) const;
  [[nodiscard]] Error too_many(const char* what) const;
  [[nodiscard]] bool is_next(char c) const { return rest_.starts_with(c); }
  bool take(char c) {
    if (!is_next(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  template <class Test>
  std::string_view take_while(Test test) {
    const auto end = std::ranges::find_if_not(rest_, test);
    const std::string_view taken = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  void skip_spaces() {
    while (take(' ')) {
    }
  }

  const StructuredLimits& limits_;
  std::string_view whole_;
  std::string_view rest_;
};

template <class Entries, class Value>
void set_key(Entries& entries, std::string key, Value value) {
  for (auto& entry : entries) {
    if (entry.first != key) continue;
    entry.second = std::move(value);
    return;
  }
  entries.emplace_back(std::move(key), std::move(value));
}

}  // namespace

Result<StructuredItem> parse_structured_item(std::string_view text,
                                             const StructuredLimits& limits) {
  return StructuredParser(text, limits).all(&StructuredParser::item);
}
Result<StructuredList> parse_structured_list(std::string_view text,
                                             const StructuredLimits& limits) {
  return StructuredParser(text, limits).all(&StructuredParser::list);
}
Result<StructuredDictionary> parse_structured_dictionary(std::string_view text,
                                                         const StructuredLimits& limits) {
  return StructuredParser(text, limits).all(&StructuredParser::dictionary);
}

namespace {

template <class T>
Result<T> StructuredParser::all(Result<T> (StructuredParser::*algorithm)()) {
  if (whole_.size() > limits_.text_bytes_max) return too_many("octets");
  skip_spaces();
  BOWLINE_TRY(T value, (this->*algorithm)());
  skip_spaces();
  if (!rest_.empty()) return broken("something stands behind the value");
  return value;
}

Result<StructuredList> StructuredParser::list() {
  StructuredList list;
  if (rest_.empty()) return list;
  for (;;) {
    if (list.size() == limits_.members_max) return too_many("members");
    BOWLINE_TRY(StructuredMember next, member());
    list.push_back(std::move(next));
    BOWLINE_TRY(const bool more, has_next_member());
    if (!more) return list;
  }
}

Result<StructuredDictionary> StructuredParser::dictionary() {
  StructuredDictionary dictionary;
  if (rest_.empty()) return dictionary;
  for (;;) {
    BOWLINE_TRY(std::string name, key());
    if (take('=')) {
      BOWLINE_TRY(StructuredMember value, member());
      set_key(dictionary, std::move(name), std::move(value));
    } else {
      BOWLINE_TRY(StructuredParameters own, parameters());
      set_key(dictionary, std::move(name), StructuredMember(StructuredItem{true, std::move(own)}));
    }
    if (dictionary.size() > limits_.members_max) return too_many("members");
    BOWLINE_TRY(const bool more, has_next_member());
    if (!more) return dictionary;
  }
}

Result<bool> StructuredParser::has_next_member() {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
  // Only spaces may stand at the end of the whole value, which `all` skips.
  const std::string_view before = rest_;
  take_while(is_blank);
  if (rest_.empty()) {
    rest_ = before;
    return false;
  }
  if (!take(',')) return broken("members need a comma between them");
  take_while(is_blank);
  if (rest_.empty()) return broken("a comma stands at the end");
  return true;
}

Result<StructuredMember> StructuredParser::member() {
  if (is_next('(')) {
    BOWLINE_TRY(InnerList list, inner_list());
    return StructuredMember(std::move(list));
  }
  BOWLINE_TRY(StructuredItem single, item());
  return StructuredMember(std::move(single));
}

Result<InnerList> StructuredParser::inner_list() {
  rest_.remove_prefix(1);
  InnerList list;
  BOWLINE_TRY_VOID(inner_items(list));
  BOWLINE_TRY(list.parameters, parameters());
  return list;
}

Result<void> StructuredParser::inner_items(InnerList& into) {
  for (;;) {
    skip_spaces();
    if (take(')')) return {};
    if (into.items.size() == limits_.items_max) return too_many("items");
    BOWLINE_TRY(StructuredItem next, item());
    into.items.push_back(std::move(next));
    if (!is_next(' ') && !is_next(')')) return broken("an inner list is not closed");
  }
}

Result<StructuredItem> StructuredParser::item() {
  BOWLINE_TRY(BareItem value, bare_item());
  BOWLINE_TRY(StructuredParameters own, parameters());
  return StructuredItem{std::move(value), std::move(own)};
}

Result<StructuredParameters> StructuredParser::parameters() {
  StructuredParameters all;
  while (take(';')) {
    skip_spaces();
    BOWLINE_TRY(std::string name, key());
    BareItem value = true;
    if (take('=')) {
      BOWLINE_TRY(value, bare_item());
    }
    set_key(all, std::move(name), std::move(value));
    if (all.size() > limits_.parameters_max) return too_many("parameters");
  }
  return all;
}

Result<std::string> StructuredParser::key() {
  if (rest_.empty() || !is_structured_key_start(rest_[0]))
    return broken("a key begins with a lower case letter or an asterisk");
  return std::string(take_while(is_structured_key_character));
}

Result<BareItem> StructuredParser::bare_item() {
  if (rest_.empty()) return broken("a value is missing");
  switch (rest_[0]) {
    case '"': return quoted_string();
    case ':': return byte_sequence();
    case '?': return boolean();
    case '@': return date();
    case '%': return display_string();
    default: break;
  }
  if (rest_[0] == '-' || is_digit(rest_[0])) return number();
  if (!is_structured_token_start(rest_[0])) return broken("no value begins like this");
  return BareItem(StructuredToken{std::string(take_while(is_structured_token_character))});
}

Result<BareItem> StructuredParser::number() {
  const bool is_negative = take('-');
  const std::string_view whole = take_while(is_digit);
  if (whole.empty()) return broken("a number has digits");
  if (take('.')) return decimal(whole, is_negative);
  if (whole.size() > 15) return broken("an integer has 15 digits at most");
  std::int64_t value = 0;
  for (const char c : whole) value = value * 10 + (c - '0');
  return BareItem(is_negative ? -value : value);
}

Result<BareItem> StructuredParser::decimal(std::string_view whole, bool is_negative) {
  const std::string_view fraction = take_while(is_digit);
  if (whole.size() > 12 || fraction.empty() || fraction.size() > 3)
    return broken("a decimal has 12 digits before the point at most, and 1 to 3 behind it");
  std::int64_t value = 0;
  for (const char c : whole) value = value * 10 + (c - '0');
  for (std::size_t i = 0; i < 3; ++i)
    value = value * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  return BareItem(StructuredDecimal{is_negative ? -value : value});
}

Result<BareItem> StructuredParser::quoted_string() {
  rest_.remove_prefix(1);
  std::string text;
  while (!rest_.empty()) {
    if (take('"')) return BareItem(std::move(text));
    const bool is_escaped = take('\\');
    if (is_escaped && !is_next('"') && !is_next('\\'))
      return broken("a backslash stands before a quote or a backslash only");
    if (!is_printable(rest_[0])) return broken("a string holds printable ASCII only");
    text += rest_[0];
    rest_.remove_prefix(1);
  }
  return broken("a string is not closed");
}

Result<BareItem> StructuredParser::byte_sequence() {
  rest_.remove_prefix(1);
  const std::string_view text = take_while([](char c) { return c != ':'; });
  auto bytes = base64_decode(text);
  if (!bytes) return broken("the octets are not in base64");
  if (!take(':')) return broken("octets end with a colon");
  return BareItem(StructuredBytes{*std::move(bytes)});
}

Result<BareItem> StructuredParser::boolean() {
  rest_.remove_prefix(1);
  if (take('1')) return BareItem(true);
  if (take('0')) return BareItem(false);
  return broken("a boolean is ?0 or ?1");
}

Result<BareItem> StructuredParser::date() {
  rest_.remove_prefix(1);
  BOWLINE_TRY(const BareItem seconds, number());
  if (const auto* integer = std::get_if<std::int64_t>(&seconds))
    return BareItem(StructuredDate{*integer});
  return broken("a date is an integer");
}

Result<BareItem> StructuredParser::display_string() {
  rest_.remove_prefix(1);
  if (!take('"')) return broken("a display string begins with a quote");
  std::string text;
  while (!rest_.empty()) {
    if (take('"')) {
      if (valid_utf8(text) != text) return broken("a display string is UTF-8");
      return BareItem(DisplayString{std::move(text)});
    }
    BOWLINE_TRY(const char octet, escaped_octet());
    text += octet;
  }
  return broken("a display string is not closed");
}

/// A character of a display string, or the octet that `%` and two lower-case hex digits stand for.
Result<char> StructuredParser::escaped_octet() {
  const char first = rest_[0];
  if (!is_printable(first)) return broken("a display string holds printable ASCII only");
  rest_.remove_prefix(1);
  if (first != '%') return first;
  const auto digit = [this](std::size_t at) {
    const bool is_lower = at < rest_.size() && ascii_lower(rest_[at]) == rest_[at];
    return is_lower ? hex_value(rest_[at]) : std::nullopt;
  };
  const auto high = digit(0), low = digit(1);
  if (!high || !low) return broken("a percent sign needs two lower-case hex digits");
  rest_.remove_prefix(2);
  return static_cast<char>(*high << 4 | *low);
}

Error StructuredParser::broken(const char* rule) const {
  return {ErrorKind::malformed, "parse structured field",
          rule + (" at offset " + std::to_string(whole_.size() - rest_.size()))};
}
Error StructuredParser::too_many(const char* what) const {
  return {ErrorKind::limit_exceeded, "parse structured field", std::string("too many ") + what};
}

}  // namespace

}  // namespace bowline::wire
