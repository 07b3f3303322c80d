#include "wire/url/percent.h"

#include <algorithm>
#include <cstddef>

namespace bowline {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

// Each set is what it adds to the one that it stands on.
constexpr std::string_view added(PercentSet set) {
  switch (set) {
    case PercentSet::control: return "";
    case PercentSet::fragment: return " \"<>`";
    case PercentSet::query: return " \"#<>";
    case PercentSet::special_query: return "'";
    case PercentSet::path: return "?^`{}";
    case PercentSet::userinfo: return "/:;=@[\\]|";
    case PercentSet::component: return "$%&+,";
    case PercentSet::form: return "!'()~";
  }
  return "";
}

constexpr std::optional<PercentSet> stands_on(PercentSet set) {
  switch (set) {
    case PercentSet::control: return std::nullopt;
    case PercentSet::fragment: return PercentSet::control;
    case PercentSet::query: return PercentSet::control;
    case PercentSet::special_query: return PercentSet::query;
    case PercentSet::path: return PercentSet::query;
    case PercentSet::userinfo: return PercentSet::path;
    case PercentSet::component: return PercentSet::userinfo;
    case PercentSet::form: return PercentSet::component;
  }
  return std::nullopt;
}

/// The octets of a well-formed sequence at the front of `text`; 0 if there is none. `broken` then tells how
/// many octets one replacement character stands for. Unicode 3.9, table 3-7.
std::size_t sequence_octets(std::string_view text, std::size_t& broken);

}  // namespace

std::string percent_encode(std::string_view text, PercentSet set) {
  std::string encoded;
  wire::append_percent_encoded(encoded, text, set);
  return encoded;
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool has_digits = text[at] == '%' && at + 2 < text.size();
    const auto high = has_digits ? wire::hex_value(text[at + 1]) : std::nullopt;
    const auto low = high ? wire::hex_value(text[at + 2]) : std::nullopt;
    decoded += low ? static_cast<char>(*high << 4 | *low) : text[at];
    if (low) at += 2;
  }
  return decoded;
}

namespace wire {

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = ascii_lower(c);
  return lower;
}

std::optional<unsigned> hex_value(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  const char lower = ascii_lower(c);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a' + 10);
  return std::nullopt;
}

bool is_encoded(PercentSet set, char octet) {
  if (static_cast<unsigned char>(octet) < ' ' || static_cast<unsigned char>(octet) >= 0x7f)
    return true;
  for (std::optional<PercentSet> at = set; at; at = stands_on(*at))
    if (added(*at).contains(octet)) return true;
  return false;
}

void append_percent_encoded(std::string& into, std::string_view text, PercentSet set) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char octet : text) {
    if (!is_encoded(set, octet)) {
      into += octet;
    } else {
      const auto value = static_cast<unsigned char>(octet);
      into += {'%', digits[value >> 4], digits[value & 0xf]};
    }
  }
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    std::size_t broken = 1;
    const std::size_t octets = sequence_octets(text, broken);
    valid += octets > 0 ? text.substr(0, octets) : replacement;
    text.remove_prefix(octets > 0 ? octets : broken);
  }
  return valid;
}

}  // namespace wire

namespace {

std::size_t sequence_octets(std::string_view text, std::size_t& broken) {
  const auto octet = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
  const unsigned first = octet(0);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const std::size_t wanted = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  // What the second octet may be at the edges: no long form, no surrogate, nothing over U+10FFFF.
  const unsigned least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t at = 1; at < wanted; ++at) {
    broken = at;
    if (at == text.size()) return 0;
    if (octet(at) < (at == 1 ? least : 0x80U) || octet(at) > (at == 1 ? most : 0xbfU)) return 0;
  }
  return wanted;
}

}  // namespace

}  // namespace bowline
