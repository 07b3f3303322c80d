#include "core/proxy/exclusions.h"

#include <algorithm>
#include <charconv>

#include "wire/url/percent.h"

namespace bowline::core {

namespace {

constexpr std::size_t entries_max = 1000;

std::string_view without_brackets(std::string_view host) {
  if (host.size() > 2 && host.starts_with('[') && host.ends_with(']'))
    return host.substr(1, host.size() - 2);
  return host;
}

std::string_view without_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

std::optional<IpAddress> address_in(std::string_view text) {
  const auto address = IpAddress::parse(without_brackets(text));
  if (!address.has_value()) return std::nullopt;
  return address->unmapped().with_scope(0);
}

std::optional<IpPrefix> network_in(std::string_view text) {
  if (const auto address = address_in(text)) return IpPrefix(*address, address->is_v4() ? 32 : 128);
  if (!text.contains('/')) return std::nullopt;
  const auto network = IpPrefix::parse(text);
  if (!network.has_value()) return std::nullopt;
  return *network;
}

/// Cuts `:81` off the end; an IPv6 address that is bare has no port.
std::optional<std::uint16_t> take_port(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  if (text.find(':') != colon && !(colon > 0 && text[colon - 1] == ']')) return std::nullopt;
  std::uint16_t port = 0;
  const std::string_view digits = text.substr(colon + 1);
  const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || rest != digits.data() + digits.size() || port == 0)
    return std::nullopt;
  text = text.substr(0, colon);
  return port;
}

}  // namespace

HostList::HostList(std::string_view text) {
  while (!text.empty() && entries_.size() < entries_max) {
    const std::size_t end = std::min(text.find_first_of(", \t\r\n"), text.size());
    if (end > 0) add(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void HostList::add(std::string_view text) {
  Entry entry;
  entry.port = take_port(text).value_or(0);
  if (text == "*") {
    entries_.push_back(entry);
    return;
  }
  entry.network = network_in(text);
  if (!entry.network) {
    if (text.starts_with("*.")) text.remove_prefix(1);
    while (text.starts_with('.')) text.remove_prefix(1);
    entry.name = wire::ascii_lower(without_dot(text));
    // Of no use, and dangerous if it counted as everything.
    if (entry.name.empty() || entry.name.find_first_of("*/") != std::string::npos) return;
  }
  entries_.push_back(std::move(entry));
}

bool HostList::contains(std::string_view host, std::uint16_t port) const {
  const auto address = address_in(host);
  const std::string name = wire::ascii_lower(without_dot(host));
  return std::ranges::any_of(entries_, [&](const Entry& entry) {
    if (entry.port != 0 && entry.port != port) return false;
    if (entry.network) return address && entry.network->contains(*address);
    if (entry.name.empty()) return true;
    if (address) return false;
    if (name == entry.name) return true;
    return name.size() > entry.name.size() && name.ends_with(entry.name) &&
           name[name.size() - entry.name.size() - 1] == '.';
  });
}

}  // namespace bowline::core
