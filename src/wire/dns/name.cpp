#include "wire/dns/name.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "wire/dns/name_wire.h"
#include "wire/dns/octet_text.h"

namespace bowline::wire {

namespace {

constexpr std::size_t label_octets_max = 63;

Result<char> take_octet(std::string_view& text);
Error malformed(const char* rule);
[[maybe_unused]] bool is_well_formed(std::string_view wire);  // for assert
// Length octets are below 'A', so folding a whole wire form leaves them alone.
char fold(char octet) {
  return octet >= 'A' && octet <= 'Z' ? static_cast<char>(octet + ('a' - 'A')) : octet;
}
bool equal_folded(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, fold, fold);
}

}  // namespace

Result<DnsName> DnsName::parse(std::string_view text) {
  if (text.empty()) return malformed("empty name");
  std::string wire;
  if (text == ".") text = {};
  while (!text.empty()) {
    const std::size_t length_at = wire.size();
    wire += '\0';
    while (!text.empty() && text[0] != '.') {
      BOWLINE_TRY(const char octet, take_octet(text));
      wire += octet;
      if (wire.size() - length_at - 1 > label_octets_max) return malformed("label over 63 octets");
    }
    if (wire.size() == length_at + 1) return malformed("empty label");
    if (wire.size() + 1 > name_octets_max) return malformed("name over 255 octets");
    wire[length_at] = static_cast<char>(wire.size() - length_at - 1);
    if (!text.empty()) text.remove_prefix(1);
  }
  return from_wire(wire + '\0');
}

DnsName DnsName::from_wire(std::string wire) {
  assert(is_well_formed(wire));
  DnsName name;
  name.wire_ = std::move(wire);
  return name;
}

std::size_t DnsName::label_count() const {
  std::size_t count = 0;
  for (std::size_t at = 0; wire_[at] != '\0'; at += 1 + static_cast<std::size_t>(wire_[at]))
    ++count;
  return count;
}

bool DnsName::is_within(const DnsName& ancestor) const {
  std::string_view rest = wire_;
  while (rest.size() > ancestor.wire_.size())
    rest.remove_prefix(1 + static_cast<std::size_t>(rest[0]));
  return equal_folded(rest, ancestor.wire_);
}

Result<DnsName> DnsName::with_suffix(const DnsName& suffix) const {
  const std::string labels = wire_.substr(0, wire_.size() - 1);
  if (labels.size() + suffix.wire_.size() <= name_octets_max)
    return from_wire(labels + suffix.wire_);
  return Error(ErrorKind::limit_exceeded, "join dns names", "name over 255 octets")
      .about(to_string(suffix));
}

DnsName DnsName::folded() const {
  DnsName name = *this;
  std::ranges::transform(name.wire_, name.wire_.begin(), fold);
  return name;
}

bool operator==(const DnsName& a, const DnsName& b) { return equal_folded(a.wire_, b.wire_); }

std::weak_ordering operator<=>(const DnsName& a, const DnsName& b) {
  return std::lexicographical_compare_three_way(
      a.wire_.begin(), a.wire_.end(), b.wire_.begin(), b.wire_.end(), [](char left, char right) {
        return static_cast<unsigned char>(fold(left)) <=> static_cast<unsigned char>(fold(right));
      });
}

std::string to_string(const DnsName& name) {
  if (name.is_root()) return ".";
  std::string text;
  std::string_view rest = name.wire();
  while (rest[0] != '\0') {
    const std::size_t length = static_cast<unsigned char>(rest[0]);
    if (!text.empty()) text += '.';
    for (const char octet : rest.substr(1, length))
      append_octet(text, octet, {.quoted = ".\\", .plain_min = '!'});
    rest.remove_prefix(1 + length);
  }
  return text;
}

namespace {

bool is_control(char octet) { return (octet >= '\0' && octet < ' ') || octet == 0x7f; }
bool is_digit(char octet) { return octet >= '0' && octet <= '9'; }

// The octet behind a backslash that three decimal digits stand for.
Result<char> take_decimal(std::string_view& text) {
  const std::string_view digits = text.substr(0, 3);
  if (digits.size() < 3 || !std::ranges::all_of(digits, is_digit))
    return malformed("escape without three digits");
  const int value = (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
  if (value > 255) return malformed("escape over 255");
  text.remove_prefix(3);
  return static_cast<char>(value);
}

// One octet of a label from the front of `text`, which is not empty.
Result<char> take_octet(std::string_view& text) {
  const char first = text[0];
  if (is_control(first)) return malformed("NUL or control character");
  text.remove_prefix(1);
  if (first != '\\') return first;
  if (text.empty()) return malformed("escape without a character");
  if (is_digit(text[0])) return take_decimal(text);
  const char escaped = text[0];
  if (is_control(escaped)) return malformed("NUL or control character");
  text.remove_prefix(1);
  return escaped;
}

bool is_well_formed(std::string_view wire) {
  if (wire.size() > name_octets_max) return false;
  while (!wire.empty() && wire[0] != '\0') {
    const auto length = static_cast<unsigned char>(wire[0]);
    if (length > label_octets_max || length >= wire.size()) return false;
    wire.remove_prefix(1 + length);
  }
  return wire.size() == 1;
}

Error malformed(const char* rule) { return {ErrorKind::malformed, "parse dns name", rule}; }

}  // namespace

}  // namespace bowline::wire
