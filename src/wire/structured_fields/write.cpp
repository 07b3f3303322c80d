// RFC 9651 section 4.1.

#include <algorithm>
#include <cstdint>
#include <string>

#include "wire/structured_fields/base64.h"
#include "wire/structured_fields/structured.h"
#include "wire/structured_fields/structured_text.h"
#include "wire/url/percent.h"

namespace bowline::wire {

namespace {

Result<void> write_to(std::string& text, const StructuredItem& item);
Result<void> write_to(std::string& text, const InnerList& list);
Result<void> write_to(std::string& text, const StructuredMember& member);
Result<void> write_to(std::string& text, const StructuredParameters& parameters);
Result<void> write_to(std::string& text, const BareItem& value);
Result<void> write_key(std::string& text, std::string_view key);

template <class T>
Result<std::string> written(const T& value) {
  std::string text;
  BOWLINE_TRY_VOID(write_to(text, value));
  return text;
}

/// One value of each type.
struct BareWriter {
  Result<void> operator()(std::int64_t value) const;
  Result<void> operator()(const StructuredDecimal& value) const;
  Result<void> operator()(const std::string& value) const;
  Result<void> operator()(const StructuredToken& value) const;
  Result<void> operator()(const StructuredBytes& value) const;
  Result<void> operator()(bool value) const;
  Result<void> operator()(const StructuredDate& value) const;
  Result<void> operator()(const DisplayString& value) const;
  std::string& text;
};

Error cannot_carry(const char* what) {
  return {ErrorKind::invalid_argument, "write structured field", what};
}

}  // namespace

Result<std::string> write_structured(const StructuredItem& item) { return written(item); }

Result<std::string> write_structured(const StructuredList& list) {
  std::string text;
  for (const StructuredMember& member : list) {
    if (!text.empty()) text += ", ";
    BOWLINE_TRY_VOID(write_to(text, member));
  }
  return text;
}

Result<std::string> write_structured(const StructuredDictionary& dictionary) {
  std::string text;
  for (const auto& [key, member] : dictionary) {
    if (!text.empty()) text += ", ";
    BOWLINE_TRY_VOID(write_key(text, key));
    const auto* item = std::get_if<StructuredItem>(&member);
    if (item != nullptr && item->value == BareItem(true)) {
      BOWLINE_TRY_VOID(write_to(text, item->parameters));
    } else {
      text += '=';
      BOWLINE_TRY_VOID(write_to(text, member));
    }
  }
  return text;
}

namespace {

Result<void> write_to(std::string& text, const StructuredItem& item) {
  BOWLINE_TRY_VOID(write_to(text, item.value));
  return write_to(text, item.parameters);
}

Result<void> write_to(std::string& text, const InnerList& list) {
  text += '(';
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) text += ' ';
    BOWLINE_TRY_VOID(write_to(text, list.items[i]));
  }
  text += ')';
  return write_to(text, list.parameters);
}

Result<void> write_to(std::string& text, const StructuredMember& member) {
  return std::visit([&text](const auto& of) { return write_to(text, of); }, member);
}

Result<void> write_to(std::string& text, const StructuredParameters& parameters) {
  for (const auto& [key, value] : parameters) {
    text += ';';
    BOWLINE_TRY_VOID(write_key(text, key));
    if (value == BareItem(true)) continue;
    text += '=';
    BOWLINE_TRY_VOID(write_to(text, value));
  }
  return {};
}

Result<void> write_key(std::string& text, std::string_view key) {
  if (!is_made_of(key, is_structured_key_start, is_structured_key_character))
    return cannot_carry("a key has lower case letters, digits and a few marks only");
  text += key;
  return {};
}

Result<void> write_to(std::string& text, const BareItem& value) {
  return std::visit(BareWriter{text}, value);
}

Result<void> BareWriter::operator()(std::int64_t value) const {
  if (value < -structured_integer_max || value > structured_integer_max)
    return cannot_carry("an integer has 15 digits at most");
  text += std::to_string(value);
  return {};
}

Result<void> BareWriter::operator()(const StructuredDecimal& value) const {
  if (value.thousandths < -structured_integer_max || value.thousandths > structured_integer_max)
    return cannot_carry("a decimal has 12 digits before the point at most");
  const std::int64_t size = value.thousandths < 0 ? -value.thousandths : value.thousandths;
  if (value.thousandths < 0) text += '-';
  text += std::to_string(size / 1000) + '.';
  std::string fraction = std::to_string(1000 + size % 1000).substr(1);
  while (fraction.size() > 1 && fraction.ends_with('0')) fraction.pop_back();
  text += fraction;
  return {};
}

Result<void> BareWriter::operator()(const std::string& value) const {
  if (!std::ranges::all_of(value, is_printable))
    return cannot_carry("a string holds printable ASCII only");
  text += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  text += '"';
  return {};
}

Result<void> BareWriter::operator()(const StructuredToken& value) const {
  if (!is_made_of(value.text, is_structured_token_start, is_structured_token_character))
    return cannot_carry("a token begins with a letter or an asterisk and has no spaces");
  text += value.text;
  return {};
}

Result<void> BareWriter::operator()(const StructuredBytes& value) const {
  text += ':' + base64_encode(value.bytes) + ':';
  return {};
}

Result<void> BareWriter::operator()(bool value) const {
  text += value ? "?1" : "?0";
  return {};
}

Result<void> BareWriter::operator()(const StructuredDate& value) const {
  text += '@';
  return (*this)(value.seconds);
}

Result<void> BareWriter::operator()(const DisplayString& value) const {
  if (valid_utf8(value.text) != value.text) return cannot_carry("a display string is UTF-8");
  text += "%\"";
  for (const char c : value.text) {
    const bool is_plain = is_printable(c) && c != '%' && c != '"';
    const auto octet = static_cast<unsigned char>(c);
    if (is_plain)
      text += c;
    else
      text += {'%', "0123456789abcdef"[octet >> 4], "0123456789abcdef"[octet & 0xf]};
  }
  text += '"';
  return {};
}

}  // namespace

}  // namespace bowline::wire
