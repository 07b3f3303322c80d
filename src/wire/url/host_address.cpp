// Addresses as hosts of URLs: more forms than IpAddress::parse takes, and fewer.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "wire/url/host.h"
#include "wire/url/percent.h"

namespace bowline::wire {

namespace {

std::optional<std::uint64_t> parse_ipv4_number(std::string_view text);
bool ends_in_number(std::string_view text);
Error bad_ipv4(const char* rule) { return {ErrorKind::malformed, "parse url", rule}; }

/// Reads the pieces of an IPv6 address from the front of a text.
class Ipv6Reader {
 public:
  explicit Ipv6Reader(std::string_view text) : rest_(text) {}
  [[nodiscard]] std::optional<IpAddress> read();

 private:
  static constexpr std::size_t pieces_max = 8;

  bool read_pieces();
  bool read_piece();
  bool read_dotted_quad();
  std::optional<unsigned> take_octet();
  bool take(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  std::string_view rest_;
  std::array<std::uint16_t, pieces_max> pieces_{};
  std::size_t count_ = 0;
  std::optional<std::size_t> gap_;  // the piece in front of which zeros were left out
};

std::string_view skip_last_dot(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  return text;
}

std::string hex_of(unsigned value) {
  std::string text;
  for (int shift = 12; shift >= 0; shift -= 4)
    if (value >> shift != 0 || shift == 0) text += "0123456789abcdef"[value >> shift & 0xf];
  return text;
}

}  // namespace

Result<std::optional<IpAddress>> parse_url_ipv4(std::string_view text) {
  if (!ends_in_number(text)) return std::optional<IpAddress>();
  std::vector<std::uint64_t> numbers;
  for (std::string_view rest = skip_last_dot(text);;) {
    const std::size_t dot = rest.find('.');
    const auto number = parse_ipv4_number(rest.substr(0, dot));
    if (!number) return bad_ipv4("the host ends in a number, but a part of it is none");
    numbers.push_back(*number);
    if (numbers.size() > 4) return bad_ipv4("an IPv4 address has four parts at most");
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  // The last number stands for all octets that are left.
  std::uint64_t value = numbers.back();
  if (value >= std::uint64_t{1} << (8 * (5 - numbers.size())))
    return bad_ipv4("a part of the IPv4 address is too large");
  for (std::size_t i = 0; i + 1 < numbers.size(); ++i) {
    if (numbers[i] > 255) return bad_ipv4("a part of the IPv4 address is over 255");
    value += numbers[i] << (8 * (3 - i));
  }
  std::array<std::uint8_t, 4> octets{};
  for (std::size_t i = 0; i < 4; ++i)
    octets[i] = static_cast<std::uint8_t>(value >> (8 * (3 - i)) & 0xff);
  return std::optional(IpAddress::v4(octets));
}

std::optional<IpAddress> parse_url_ipv6(std::string_view text) { return Ipv6Reader(text).read(); }

std::string write_url_ipv6(const IpAddress& address) {
  std::array<unsigned, 8> pieces{};
  for (std::size_t i = 0; i < 8; ++i)
    pieces[i] = address.octets()[2 * i] * 256U + address.octets()[2 * i + 1];
  // The first of the longest runs of zeros, if it is longer than one.
  std::size_t gap = 8, gap_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t end = i;
    while (end < 8 && pieces[end] == 0) ++end;
    if (end - i > gap_length) gap = i, gap_length = end - i;
  }
  std::string text;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == gap) {
      text += i == 0 ? "::" : ":";
      i += gap_length - 1;
    } else {
      text += hex_of(pieces[i]);
      if (i < 7) text += ':';
    }
  }
  return text;
}

namespace {

/// Decimal, `0x1f` or octal `017`; any length of leading zeros. What does not fit reads as too large.
std::optional<std::uint64_t> parse_ipv4_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    text.remove_prefix(2);
    base = 16;
  } else if (text.size() > 1 && text[0] == '0') {
    text.remove_prefix(1);
    base = 8;
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    const auto digit = hex_value(c);
    if (!digit || *digit >= base) return std::nullopt;
    value = std::min(value * base + *digit, std::uint64_t{1} << 32);
  }
  return value;
}

bool ends_in_number(std::string_view text) {
  text = skip_last_dot(text);
  const std::size_t dot = text.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? text : text.substr(dot + 1);
  if (!last.empty() && std::ranges::all_of(last, [](char c) { return is_digit(c); })) return true;
  return (last.starts_with("0x") || last.starts_with("0X")) && parse_ipv4_number(last).has_value();
}

std::optional<IpAddress> Ipv6Reader::read() {
  if (!read_pieces() || (!gap_ && count_ != pieces_max)) return std::nullopt;
  if (gap_)
    std::rotate(pieces_.begin() + static_cast<std::ptrdiff_t>(*gap_),
                pieces_.begin() + static_cast<std::ptrdiff_t>(count_), pieces_.end());
  std::array<std::uint8_t, 16> octets{};
  for (std::size_t i = 0; i < pieces_max; ++i) {
    octets[2 * i] = static_cast<std::uint8_t>(pieces_[i] >> 8);
    octets[2 * i + 1] = static_cast<std::uint8_t>(pieces_[i] & 0xff);
  }
  return IpAddress::v6(octets);
}

bool Ipv6Reader::read_pieces() {
  if (rest_.starts_with(':')) {
    if (!rest_.starts_with("::")) return false;
    rest_.remove_prefix(2);
    gap_ = ++count_;  // the gap itself takes the place of one piece
  }
  while (!rest_.empty()) {
    if (count_ == pieces_max) return false;
    if (take(':')) {
      if (gap_) return false;
      gap_ = ++count_;
    } else if (!read_piece()) {
      return false;
    }
  }
  return true;
}

/// A piece and the colon behind it, which may be missing only at the end.
bool Ipv6Reader::read_piece() {
  const std::string_view from_here = rest_;
  unsigned value = 0;
  std::size_t digits = 0;
  for (; digits < 4 && !rest_.empty() && hex_value(rest_[0]); ++digits) {
    value = value * 16 + *hex_value(rest_[0]);
    rest_.remove_prefix(1);
  }
  if (rest_.starts_with('.')) {
    if (digits == 0 || count_ > pieces_max - 2) return false;
    rest_ = from_here;
    return read_dotted_quad();
  }
  if (!rest_.empty() && (!take(':') || rest_.empty())) return false;
  if (digits == 0) return false;
  pieces_[count_++] = static_cast<std::uint16_t>(value);
  return true;
}

bool Ipv6Reader::read_dotted_quad() {
  std::array<unsigned, 4> octets{};
  for (std::size_t i = 0; i < 4; ++i) {
    if (i > 0 && !take('.')) return false;
    const auto octet = take_octet();
    if (!octet) return false;
    octets[i] = *octet;
  }
  pieces_[count_++] = static_cast<std::uint16_t>(octets[0] << 8 | octets[1]);
  pieces_[count_++] = static_cast<std::uint16_t>(octets[2] << 8 | octets[3]);
  return rest_.empty();
}

/// Decimal up to 255, without leading zeros.
std::optional<unsigned> Ipv6Reader::take_octet() {
  std::optional<unsigned> value;
  while (!rest_.empty() && is_digit(rest_[0])) {
    if (value == 0U) return std::nullopt;
    value = value.value_or(0) * 10 + static_cast<unsigned>(rest_[0] - '0');
    if (*value > 255) return std::nullopt;
    rest_.remove_prefix(1);
  }
  return value;
}

}  // namespace

}  // namespace bowline::wire
