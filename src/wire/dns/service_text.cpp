#include <algorithm>
#include <cstddef>
#include <optional>

#include "base/bytes.h"
#include "wire/dns/octet_text.h"
#include "wire/dns/service.h"

namespace bowline::wire {

namespace {

std::string key_text(std::uint16_t key);
std::optional<std::string> value_text(const ServiceParameter& parameter);
std::string quoted(std::string_view octets);

}  // namespace

std::string service_text(const ServiceData& data) {
  std::string text = std::to_string(data.priority) + ' ' + to_string(data.target);
  for (const ServiceParameter& parameter : all_parameters(data)) {
    text += ' ' + key_text(parameter.key);
    const auto known = value_text(parameter);
    if (!parameter.value.empty()) text += '=' + (known ? *known : quoted(as_text(parameter.value)));
  }
  return text;
}

namespace {

std::string key_text(std::uint16_t key) {
  switch (static_cast<ServiceKey>(key)) {
    case ServiceKey::mandatory: return "mandatory";
    case ServiceKey::alpn: return "alpn";
    case ServiceKey::no_default_alpn: return "no-default-alpn";
    case ServiceKey::port: return "port";
    case ServiceKey::ipv4_hint: return "ipv4hint";
    case ServiceKey::ech: return "ech";
    case ServiceKey::ipv6_hint: return "ipv6hint";
    case ServiceKey::doh_path: return "dohpath";
  }
  return "key" + std::to_string(key);
}

template <class Items, class Text>
std::string joined(const Items& items, Text text_of) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ",") + text_of(item);
  return text;
}

// RFC 9460 A.1: in a list, commas and backslashes of an item get a backslash, before the whole is quoted.
std::string list_item(const std::string& octets) {
  std::string text;
  for (const char octet : octets) {
    if (octet == ',' || octet == '\\') text += '\\';
    text += octet;
  }
  return text;
}

std::string quoted(std::string_view octets) {
  std::string text = "\"";
  for (const char octet : octets) append_octet(text, octet, {.quoted = "\"\\", .plain_min = ' '});
  return text + '"';
}

// RFC 4648 4.
std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = std::min<std::size_t>(bytes.size() - at, 3);
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i)
      bits = bits << 8 | (i < count ? std::to_integer<std::uint32_t>(bytes[at + i]) : 0);
    for (std::size_t i = 0; i < 4; ++i)
      text += i <= count ? digits[bits >> (18 - 6 * i) & 0x3f] : '=';
  }
  return text;
}

// Nothing for unknown keys, and for values that do not have the form of their key.
std::optional<std::string> value_text(const ServiceParameter& parameter) {
  ServiceData data;
  if (!read_service_parameter(data, parameter)) return std::nullopt;
  switch (static_cast<ServiceKey>(parameter.key)) {
    case ServiceKey::mandatory: return joined(data.mandatory, key_text);
    case ServiceKey::alpn: return quoted(joined(data.alpn, list_item));
    case ServiceKey::port: return std::to_string(*data.port);
    case ServiceKey::ipv4_hint:
      return joined(data.ipv4_hints, [](const IpAddress& address) { return to_string(address); });
    case ServiceKey::ech: return base64(data.ech);
    case ServiceKey::ipv6_hint:
      return joined(data.ipv6_hints, [](const IpAddress& address) { return to_string(address); });
    case ServiceKey::no_default_alpn:
    case ServiceKey::doh_path: break;
  }
  return std::nullopt;
}

}  // namespace

}  // namespace bowline::wire
