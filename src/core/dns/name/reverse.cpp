#include "core/dns/name/reverse.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace bowline::core {

namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

const wire::DnsName& zone_of(Family family) {
  static const wire::DnsName v4 = wire::DnsName::parse("in-addr.arpa").value();
  static const wire::DnsName v6 = wire::DnsName::parse("ip6.arpa").value();
  return family == Family::ipv4 ? v4 : v6;
}

/// The labels in front of the zone, last first.
std::vector<std::string_view> labels_of(const wire::DnsName& name, std::size_t zone_labels) {
  std::vector<std::string_view> labels;
  std::string_view rest = name.wire();
  while (rest[0] != '\0') {
    const auto length = static_cast<std::size_t>(rest[0]);
    labels.push_back(rest.substr(1, length));
    rest.remove_prefix(1 + length);
  }
  labels.resize(labels.size() - zone_labels);
  std::ranges::reverse(labels);
  return labels;
}

std::optional<std::uint8_t> octet_from(std::string_view text, int base) {
  std::uint8_t octet = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), octet, base);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return octet;
}

}  // namespace

wire::DnsName reverse_name(const IpAddress& address) {
  std::string text;
  const auto octets = address.octets();
  for (std::size_t i = octets.size(); i-- > 0;) {
    const unsigned octet = octets[i];
    if (address.is_v4())
      text += std::to_string(octet) + '.';
    else
      text += {hex_digits[octet & 0xf], '.', hex_digits[octet >> 4], '.'};
  }
  return wire::DnsName::parse(text + (address.is_v4() ? "in-addr.arpa" : "ip6.arpa")).value();
}

std::optional<IpAddress> reversed_address(const wire::DnsName& name) {
  if (name.is_within(zone_of(Family::ipv4)) && name.label_count() == 6) {
    std::array<std::uint8_t, 4> octets;
    const auto labels = labels_of(name, 2);
    for (std::size_t i = 0; i < octets.size(); ++i) {
      const auto octet = octet_from(labels[i], 10);
      if (!octet.has_value()) return std::nullopt;
      octets[i] = *octet;
    }
    return IpAddress::v4(octets);
  }
  if (!name.is_within(zone_of(Family::ipv6)) || name.label_count() != 34) return std::nullopt;
  std::array<std::uint8_t, 16> octets{};
  const auto labels = labels_of(name, 2);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto digit = octet_from(labels[i], 16);
    if (!digit.has_value() || labels[i].size() != 1) return std::nullopt;
    octets[i / 2] = static_cast<std::uint8_t>(octets[i / 2] << 4 | *digit);
  }
  return IpAddress::v6(octets);
}

}  // namespace bowline::core
