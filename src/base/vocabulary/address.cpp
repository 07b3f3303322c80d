#include <bowline/address.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <limits>
#include <optional>

#include "base/mix.h"

namespace bowline {

namespace {

using Octets4 = std::array<std::uint8_t, 4>;
using Octets16 = std::array<std::uint8_t, 16>;

std::optional<Octets4> parse_v4(std::string_view text);
std::optional<Octets16> parse_v6(std::string_view text);
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max);
std::string format_v4(std::span<const std::uint8_t> octets);
std::string format_v6(std::span<const std::uint8_t> octets);
Error malformed(const char* operation, const char* message, std::string_view text);

constexpr Octets16 v4_mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

}  // namespace

std::string to_string(Family family) {
  switch (family) {
    case Family::ipv4: return "ipv4";
    case Family::ipv6: return "ipv6";
  }
  std::unreachable();
}

IpAddress IpAddress::any(Family family) { return family == Family::ipv4 ? v4({}) : v6({}); }

IpAddress IpAddress::loopback(Family family) {
  if (family == Family::ipv4) return v4({127, 0, 0, 1});
  Octets16 octets{};
  octets[15] = 1;
  return v6(octets);
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  constexpr const char* operation = "parse ip address";
  if (text.find(':') == std::string_view::npos) {
    const auto octets = parse_v4(text);
    if (!octets) return malformed(operation, "not an IPv4 or IPv6 address", text);
    return v4(*octets);
  }
  const std::size_t percent = text.find('%');
  const auto octets = parse_v6(text.substr(0, percent));
  if (!octets) return malformed(operation, "not an IPv6 address", text);
  if (percent == std::string_view::npos) return v6(*octets);
  const auto zone =
      parse_decimal(text.substr(percent + 1), std::numeric_limits<std::uint32_t>::max());
  if (!zone) return malformed(operation, "the zone is not the number of an interface", text);
  return v6(*octets, *zone);
}

IpAddress IpAddress::with_scope(std::uint32_t scope_id) const {
  IpAddress scoped = *this;
  scoped.scope_id_ = scope_id;
  return scoped;
}

bool IpAddress::is_unspecified() const {
  return std::ranges::all_of(octets(), [](std::uint8_t octet) { return octet == 0; });
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return octets_[0] == 127;
  return octets_ == loopback(Family::ipv6).octets_;
}

bool IpAddress::is_link_local() const {
  if (is_v4()) return octets_[0] == 169 && octets_[1] == 254;
  return octets_[0] == 0xfe && (octets_[1] & 0xc0) == 0x80;
}

bool IpAddress::is_multicast() const {
  return is_v4() ? octets_[0] >> 4 == 0xe : octets_[0] == 0xff;
}

bool IpAddress::is_v4_mapped() const {
  return is_v6() &&
         std::ranges::equal(std::span(octets_).first(12), std::span(v4_mapped_prefix).first(12));
}

IpAddress IpAddress::unmapped() const {
  if (!is_v4_mapped()) return *this;
  return v4({octets_[12], octets_[13], octets_[14], octets_[15]});
}

IpAddress IpAddress::mapped() const {
  if (is_v6()) return *this;
  Octets16 octets = v4_mapped_prefix;
  std::ranges::copy(this->octets(), octets.begin() + 12);
  return v6(octets);
}

std::string to_string(const IpAddress& address) {
  if (address.is_v4()) return format_v4(address.octets());
  const std::string text = format_v6(address.octets());
  return address.scope_id() == 0 ? text : text + '%' + std::to_string(address.scope_id());
}

IpPrefix::IpPrefix(IpAddress address, unsigned length) : length_(length) {
  assert(length <= address.octets().size() * 8);
  Octets16 octets{};
  std::ranges::copy(address.octets(), octets.begin());
  for (unsigned bit = length; bit < octets.size() * 8; ++bit)
    octets[bit / 8] &= static_cast<std::uint8_t>(~(0x80U >> bit % 8));
  address_ = address.is_v4() ? IpAddress::v4({octets[0], octets[1], octets[2], octets[3]})
                             : IpAddress::v6(octets, address.scope_id());
}

Result<IpPrefix> IpPrefix::parse(std::string_view text) {
  constexpr const char* operation = "parse ip prefix";
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return malformed(operation, "no '/' and length", text);
  BOWLINE_TRY(const IpAddress address, IpAddress::parse(text.substr(0, slash)));
  const auto length = parse_decimal(text.substr(slash + 1), address.is_v4() ? 32 : 128);
  if (!length)
    return malformed(operation, "the length is not a number of bits of the address", text);
  return IpPrefix(address, *length);
}

bool IpPrefix::contains(const IpAddress& address) const {
  return address.family() == address_.family() &&
         common_prefix_length(address, address_) >= length_;
}

std::string to_string(const IpPrefix& prefix) {
  return to_string(prefix.address()) + '/' + std::to_string(prefix.length());
}

unsigned common_prefix_length(const IpAddress& a, const IpAddress& b) {
  if (a.family() != b.family()) return 0;
  unsigned length = 0;
  for (std::size_t i = 0; i < a.octets().size(); ++i) {
    const auto differing = static_cast<std::uint8_t>(a.octets()[i] ^ b.octets()[i]);
    length += static_cast<unsigned>(std::countl_zero(differing));
    if (differing != 0) break;
  }
  return length;
}

Result<SocketAddress> SocketAddress::parse(std::string_view text) {
  constexpr const char* operation = "parse socket address";
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return malformed(operation, "no ':' and port", text);
  const auto port = parse_decimal(text.substr(colon + 1), 65'535);
  if (!port) return malformed(operation, "the port is not a number up to 65535", text);
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  BOWLINE_TRY(const IpAddress ip, IpAddress::parse(host));
  if (ip.is_v6() != bracketed)
    return malformed(operation, "IPv6 addresses, and no others, need brackets", text);
  return SocketAddress(ip, static_cast<std::uint16_t>(*port));
}

std::string to_string(const SocketAddress& address) {
  const std::string ip = to_string(address.ip);
  return (address.ip.is_v6() ? '[' + ip + ']' : ip) + ':' + std::to_string(address.port);
}

namespace {

// Digits without sign, blanks or leading zeros: "010" is 8 to some readers and 10 to others.
std::optional<std::uint32_t> parse_decimal(std::string_view text, std::uint32_t max) {
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
  std::uint32_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end || value > max) return std::nullopt;
  return value;
}

std::optional<Octets4> parse_v4(std::string_view text) {
  Octets4 octets;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return std::nullopt;
    const auto octet = parse_decimal(text.substr(0, dot), 255);
    if (!octet) return std::nullopt;
    octets[i] = static_cast<std::uint8_t>(*octet);
    text.remove_prefix(i < 3 ? dot + 1 : dot);
  }
  return octets;
}

// Up to eight groups read from one side of "::", as octets.
struct Groups {
  Octets16 octets{};
  std::size_t size = 0;
};

bool append_hex(Groups& groups, std::string_view text) {
  std::uint16_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value, 16);
  if (text.empty() || text.size() > 4 || failure != std::errc{} || stop != end) return false;
  if (groups.size + 2 > 16) return false;
  groups.octets[groups.size++] = static_cast<std::uint8_t>(value >> 8);
  groups.octets[groups.size++] = static_cast<std::uint8_t>(value & 0xff);
  return true;
}

bool append_v4(Groups& groups, std::string_view text) {
  const auto octets = parse_v4(text);
  if (!octets || groups.size + 4 > 16) return false;
  std::ranges::copy(*octets, groups.octets.begin() + static_cast<std::ptrdiff_t>(groups.size));
  groups.size += 4;
  return true;
}

// "2001:db8:1", or with a dotted quad as its end where that is allowed; empty text has no groups.
std::optional<Groups> parse_groups(std::string_view text, bool may_end_in_v4) {
  Groups groups;
  while (!text.empty()) {
    const std::size_t colon = text.find(':');
    const std::string_view group = text.substr(0, colon);
    const bool last = colon == std::string_view::npos;
    const bool dotted = last && may_end_in_v4 && group.find('.') != std::string_view::npos;
    if (!(dotted ? append_v4(groups, group) : append_hex(groups, group))) return std::nullopt;
    if (last) return groups;
    text.remove_prefix(colon + 1);
    if (text.empty()) return std::nullopt;  // ends in a single colon
  }
  return groups;
}

// RFC 4291 2.2: eight groups, or fewer around one "::" that stands for at least one group.
std::optional<Octets16> parse_v6(std::string_view text) {
  const std::size_t gap = text.find("::");
  const bool has_gap = gap != std::string_view::npos;
  const auto head = parse_groups(text.substr(0, gap), !has_gap);
  const auto tail = parse_groups(has_gap ? text.substr(gap + 2) : std::string_view(), true);
  if (!head || !tail) return std::nullopt;
  const std::size_t size = head->size + tail->size;
  if (has_gap ? size > 14 : size != 16) return std::nullopt;
  Octets16 octets = head->octets;
  std::ranges::copy(std::span(tail->octets).first(tail->size),
                    octets.end() - static_cast<std::ptrdiff_t>(tail->size));
  return octets;
}

std::string format_v4(std::span<const std::uint8_t> octets) {
  std::string text;
  for (const std::uint8_t octet : octets) text += (text.empty() ? "" : ".") + std::to_string(octet);
  return text;
}

std::string hex(unsigned value) {
  std::array<char, 4> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return {digits.data(), end};
}

struct Run {
  std::size_t start = 0;
  std::size_t size = 0;
};

// RFC 5952 4.2: the longest run of zero groups, the first of equals, and never a single group.
Run longest_zero_run(std::span<const unsigned> groups) {
  Run longest;
  for (std::size_t start = 0; start < groups.size(); ++start) {
    std::size_t end = start;
    while (end < groups.size() && groups[end] == 0) ++end;
    if (end - start > longest.size) longest = {start, end - start};
  }
  return longest.size >= 2 ? longest : Run{groups.size(), 0};
}

std::string format_v6(std::span<const std::uint8_t> octets) {
  std::array<unsigned, 8> groups;
  for (std::size_t i = 0; i < 8; ++i)
    groups[i] = static_cast<unsigned>(octets[2 * i] << 8 | octets[2 * i + 1]);
  // RFC 5952 5: mixed notation where the prefix alone tells that an IPv4 address is inside.
  const bool mapped = std::ranges::equal(octets.first(12), std::span(v4_mapped_prefix).first(12));
  const std::size_t hex_count = mapped ? 6 : 8;
  const Run gap = longest_zero_run(std::span(groups).first(hex_count));
  std::string text;
  for (std::size_t i = 0; i < hex_count; ++i) {
    if (i == gap.start) {
      text += "::";
      i += gap.size - 1;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += hex(groups[i]);
  }
  return mapped ? text + ':' + format_v4(octets.last(4)) : text;
}

Error malformed(const char* operation, const char* message, std::string_view text) {
  constexpr std::size_t subject_bytes_max = 128;
  const std::string_view subject = text.substr(0, subject_bytes_max);
  return Error(ErrorKind::malformed, operation, message).about(std::string(subject));
}

std::size_t hash_of(const IpAddress& address) {
  std::array<std::uint64_t, 2> halves{};
  const auto octets = address.octets();
  std::memcpy(halves.data(), octets.data(), octets.size());
  return mix(mix(halves[0] + address.scope_id()) + halves[1]);
}

}  // namespace

}  // namespace bowline

std::size_t std::hash<bowline::IpAddress>::operator()(
    const bowline::IpAddress& address) const noexcept {
  return bowline::hash_of(address);
}

std::size_t std::hash<bowline::SocketAddress>::operator()(
    const bowline::SocketAddress& address) const noexcept {
  return bowline::hash_of(address.ip) * 31 + address.port;
}
