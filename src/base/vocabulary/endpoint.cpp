#include <bowline/endpoint.h>

#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "base/escape.h"

namespace bowline {

namespace {

constexpr std::size_t name_bytes_max = 253;
constexpr std::size_t label_bytes_max = 63;
constexpr std::size_t url_bytes_max = 8192;

Error bad_endpoint(std::string_view what, std::string_view why) {
  return Error(ErrorKind::invalid_argument, "endpoint", std::string(why)).about(escape(what, 256));
}

Result<void> check_name(std::string_view name) {
  if (name.empty()) return bad_endpoint(name, "the host is empty");
  std::string_view rest = name;
  if (rest.ends_with('.')) rest.remove_suffix(1);
  if (rest.empty()) return bad_endpoint(name, "the root is not a host");
  if (rest.size() > name_bytes_max) return bad_endpoint(name, "the name is longer than 253 octets");
  while (!rest.empty()) {
    const std::size_t dot = rest.find('.');
    const std::string_view label = rest.substr(0, dot);
    if (label.empty()) return bad_endpoint(name, "a label is empty");
    if (label.size() > label_bytes_max)
      return bad_endpoint(name, "a label is longer than 63 octets");
    for (const char c : label) {
      if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f')
        return bad_endpoint(name, "the name holds a space or a control character");
      if (c == '%')
        return bad_endpoint(
            name,
            "the name holds a percent sign, as only an IPv6 address may before its interface");
      if (static_cast<unsigned char>(c) >= 0x80)
        return bad_endpoint(name, "the name is not ASCII: write it in its xn-- form");
    }
    rest.remove_prefix(dot == std::string_view::npos ? rest.size() : dot + 1);
  }
  return {};
}

/// Octal, hexadecimal and short forms that inet_aton would take for an address, and no DNS server knows.
bool looks_like_number(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  const std::size_t dot = name.rfind('.');
  const std::string_view last = dot == std::string_view::npos ? name : name.substr(dot + 1);
  if (last.starts_with("0x") || last.starts_with("0X"))
    return last.find_first_not_of("0123456789abcdefABCDEF", 2) == std::string_view::npos;
  return !last.empty() && last.find_first_not_of("0123456789") == std::string_view::npos;
}

std::optional<std::uint16_t> port_of_scheme(std::string_view scheme) {
  struct Entry {
    std::string_view scheme;
    std::uint16_t port;
  };
  static constexpr std::array<Entry, 18> known{{{"http", 80},
                                                {"https", 443},
                                                {"ws", 80},
                                                {"wss", 443},
                                                {"ftp", 21},
                                                {"ftps", 990},
                                                {"ssh", 22},
                                                {"imap", 143},
                                                {"imaps", 993},
                                                {"smtp", 25},
                                                {"smtps", 465},
                                                {"pop3s", 995},
                                                {"ldap", 389},
                                                {"ldaps", 636},
                                                {"sips", 5061},
                                                {"amqps", 5671},
                                                {"mqtts", 8883},
                                                {"ircs", 6697}}};
  for (const Entry& entry : known)
    if (entry.scheme == scheme) return entry.port;
  return std::nullopt;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

Result<std::uint16_t> parse_port(std::string_view url, std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc() || end != text.data() + text.size())
    return bad_endpoint(url, "the port is not a number from 0 to 65535");
  return port;
}

}  // namespace

Result<Endpoint> Endpoint::parse_host(std::string_view name, std::uint16_t port) {
  Endpoint endpoint;
  endpoint.address_.port = port;
  std::string_view text = name;
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const bool bracketed = text.size() != name.size();
  const std::size_t percent = text.find('%');
  const std::string_view bare = text.substr(0, percent);
  if (const auto literal = IpAddress::parse(text);
      literal.has_value() && (literal->is_v6() || !bracketed)) {
    endpoint.address_.ip = *literal;
    endpoint.is_address_ = true;
    return endpoint;
  }
  if (const auto literal = IpAddress::parse(bare);
      percent != std::string_view::npos && literal.has_value() && literal->is_v6()) {
    endpoint.zone_ = text.substr(percent + 1);
    if (endpoint.zone_.empty() || endpoint.zone_.size() > 15 ||
        endpoint.zone_.find_first_of("%/ ") != std::string::npos ||
        escape(endpoint.zone_) != endpoint.zone_)
      return bad_endpoint(name, "the zone is not the name of an interface");
    endpoint.address_.ip = *literal;
    endpoint.is_address_ = true;
    return endpoint;
  }
  if (bracketed || name.find(':') != std::string_view::npos)
    return bad_endpoint(name, "this is not an IPv6 address");
  BOWLINE_TRY_VOID(check_name(name));
  if (looks_like_number(name)) return bad_endpoint(name, "this is not an IPv4 address");
  endpoint.host_ = name;
  return endpoint;
}

Result<Endpoint> Endpoint::parse_url(std::string_view text) {
  if (text.size() > url_bytes_max) return bad_endpoint(text, "the URL is longer than 8192 octets");
  const std::size_t colon = text.find("://");
  if (colon == std::string_view::npos || colon == 0)
    return bad_endpoint(text, "a URL starts with scheme://");
  const std::string scheme = lower(text.substr(0, colon));
  std::string_view authority = text.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);

  std::optional<std::uint16_t> port = port_of_scheme(scheme);
  const std::size_t bracket = authority.rfind(']');
  const std::size_t port_colon =
      authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (port_colon != std::string_view::npos && port_colon + 1 < authority.size()) {
    BOWLINE_TRY(port, parse_port(text, authority.substr(port_colon + 1)));
  }
  if (!port) {
    return Error(ErrorKind::unsupported, "endpoint",
                 "the scheme has no port that is known here; write one")
        .about(escape(text, 256));
  }
  std::string host(authority.substr(0, port_colon));
  // RFC 6874 section 2: in a URL the zone's percent sign is an escaped one.
  if (const std::size_t percent = host.find("%25");
      host.starts_with('[') && percent != std::string::npos)
    host.erase(percent + 1, 2);
  BOWLINE_TRY(Endpoint endpoint, parse_host(host, *port));
  endpoint.url_ = text;
  return endpoint;
}

std::string Endpoint::host() const {
  if (!is_address_) return host_;
  return zone_.empty() ? to_string(address_.ip) : to_string(address_.ip) + "%" + zone_;
}

Endpoint host(std::string_view name, std::uint16_t port) {
  auto parsed = Endpoint::parse_host(name, port);
  if (parsed.has_value()) return *std::move(parsed);
  Endpoint endpoint;
  endpoint.host_ = name;
  endpoint.address_.port = port;
  endpoint.validity_ = std::move(parsed).error();
  return endpoint;
}

Endpoint url(std::string_view text) {
  auto parsed = Endpoint::parse_url(text);
  if (parsed.has_value()) return *std::move(parsed);
  Endpoint endpoint;
  endpoint.url_ = text;
  endpoint.validity_ = std::move(parsed).error();
  return endpoint;
}

Endpoint any(std::uint16_t port) {
  return Endpoint(SocketAddress(IpAddress::any(Family::ipv6), port));
}

Endpoint loopback(std::uint16_t port, Family family) {
  return Endpoint(SocketAddress(IpAddress::loopback(family), port));
}

std::string to_string(const Endpoint& endpoint) {
  const std::string host = endpoint.host();
  const std::string port = ":" + std::to_string(endpoint.port());
  if (endpoint.is_address() && endpoint.address().ip.is_v6())
    return "[" + escape(host) + "]" + port;
  return escape(host, 256) + port;
}

}  // namespace bowline
