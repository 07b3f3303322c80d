#include "wire/dns/service.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "wire/dns/name_wire.h"

namespace bowline::wire {

namespace {

/// An ECHConfigList is a length and one ECHConfig, of a version and a length, at least (RFC 9849 section 4).
constexpr std::size_t ech_octets_min = 4;

Result<void> check_consistency(const ServiceData& data);
bool has_key(const std::vector<ServiceParameter>& parameters, std::uint16_t key);
bool read_mandatory(ServiceData& data, ByteReader value);
bool read_alpn(ServiceData& data, ByteReader value);
template <std::size_t Octets>
bool read_hints(std::vector<IpAddress>& hints, ByteReader value);
void write_field(const ServiceData& data, ServiceKey key, ByteWriter into);

}  // namespace

Result<ServiceData> read_service(ByteReader& reader) {
  ServiceData data;
  const auto priority = reader.u16();
  if (!priority) return malformed_dns("priority", "the record ends inside", reader.offset());
  data.priority = *priority;
  // RFC 9460 2.2: the target is not compressed.
  BOWLINE_TRY(data.target, read_name(reader, Pointers::refuse));
  for (int previous_key = -1; !reader.empty();) {
    const std::size_t offset = reader.offset();
    const auto key = reader.u16();
    const auto length = key ? reader.u16() : std::nullopt;
    const auto value = length ? reader.bytes(*length) : std::nullopt;
    if (!value) return malformed_dns("parameter", "the record ends inside", offset);
    if (*key <= previous_key)
      return malformed_dns("parameter", "keys not in increasing order", offset);
    previous_key = *key;
    data.parameters.push_back({*key, {value->begin(), value->end()}});
    // RFC 9460 2.4.2: in AliasMode parameters are ignored.
    if (data.is_alias()) continue;
    if (!read_service_parameter(data, data.parameters.back()))
      return malformed_dns("parameter", "value of key " + std::to_string(*key) + " malformed",
                           offset);
  }
  BOWLINE_TRY_VOID(check_consistency(data));
  return data;
}

void write_service(const ServiceData& data, ByteWriter& into) {
  into.u16(data.priority);
  into.bytes(as_bytes(data.target.wire()));
  for (const ServiceParameter& parameter : all_parameters(data)) {
    into.u16(parameter.key);
    into.u16(static_cast<std::uint16_t>(parameter.value.size()));
    into.bytes(parameter.value);
  }
}

bool read_service_parameter(ServiceData& data, const ServiceParameter& parameter) {
  ByteReader value(parameter.value);
  switch (static_cast<ServiceKey>(parameter.key)) {
    case ServiceKey::mandatory: return read_mandatory(data, value);
    case ServiceKey::alpn: return read_alpn(data, value);
    case ServiceKey::no_default_alpn: data.no_default_alpn = true; return value.empty();
    case ServiceKey::port: data.port = value.u16(); return data.port.has_value() && value.empty();
    case ServiceKey::ipv4_hint: return read_hints<4>(data.ipv4_hints, value);
    case ServiceKey::ech: data.ech = parameter.value; return data.ech.size() >= ech_octets_min;
    case ServiceKey::ipv6_hint: return read_hints<16>(data.ipv6_hints, value);
    case ServiceKey::doh_path: return true;
  }
  return true;
}

std::vector<ServiceParameter> all_parameters(const ServiceData& data) {
  std::vector<ServiceParameter> parameters = data.parameters;
  if (data.is_alias()) return parameters;
  for (std::uint16_t key = 0; key <= std::to_underlying(ServiceKey::ipv6_hint); ++key) {
    if (has_key(data.parameters, key)) continue;
    std::vector<std::byte> value;
    write_field(data, static_cast<ServiceKey>(key), ByteWriter(value));
    const bool flagged =
        data.no_default_alpn && key == std::to_underlying(ServiceKey::no_default_alpn);
    if (!value.empty() || flagged) parameters.push_back({key, std::move(value)});
  }
  if (parameters.size() != data.parameters.size())
    std::ranges::sort(parameters, {}, &ServiceParameter::key);
  return parameters;
}

namespace {

bool read_mandatory(ServiceData& data, ByteReader value) {
  int previous = -1;
  while (const auto key = value.u16()) {
    if (*key <= previous) return false;
    previous = *key;
    data.mandatory.push_back(*key);
  }
  return value.empty() && !data.mandatory.empty();
}

bool read_alpn(ServiceData& data, ByteReader value) {
  while (const auto length = value.u8()) {
    const auto id = value.bytes(*length);
    if (!id || id->empty()) return false;
    data.alpn.emplace_back(as_text(*id));
  }
  return !data.alpn.empty();
}

template <std::size_t Octets>
bool read_hints(std::vector<IpAddress>& hints, ByteReader value) {
  while (const auto bytes = value.bytes(Octets)) {
    std::array<std::uint8_t, Octets> octets;
    std::ranges::transform(*bytes, octets.begin(), std::to_integer<std::uint8_t>);
    if constexpr (Octets == 4)
      hints.push_back(IpAddress::v4(octets));
    else
      hints.push_back(IpAddress::v6(octets));
  }
  return value.empty() && !hints.empty();
}

Error contradiction(const char* rule) {
  return Error(ErrorKind::protocol_violation, "parse dns message", rule).about("parameter");
}

Result<void> check_consistency(const ServiceData& data) {
  if (!data.mandatory.empty() && data.mandatory[0] == std::to_underlying(ServiceKey::mandatory))
    return contradiction("mandatory lists itself");
  // Both are sorted.
  if (!std::ranges::includes(data.parameters, data.mandatory, {}, &ServiceParameter::key))
    return contradiction("a mandatory key is missing");
  if (data.no_default_alpn && data.alpn.empty())
    return contradiction("no-default-alpn without alpn");
  return {};
}

bool has_key(const std::vector<ServiceParameter>& parameters, std::uint16_t key) {
  return std::ranges::find(parameters, key, &ServiceParameter::key) != parameters.end();
}

void write_field(const ServiceData& data, ServiceKey key, ByteWriter into) {
  switch (key) {
    case ServiceKey::mandatory:
      for (const std::uint16_t listed : data.mandatory) into.u16(listed);
      return;
    case ServiceKey::alpn:
      for (const std::string& id : data.alpn) {
        assert(!id.empty() && id.size() <= 255);
        into.u8(static_cast<std::uint8_t>(id.size()));
        into.bytes(as_bytes(id));
      }
      return;
    case ServiceKey::port:
      if (data.port) into.u16(*data.port);
      return;
    case ServiceKey::ipv4_hint:
      for (const IpAddress& hint : data.ipv4_hints) into.bytes(std::as_bytes(hint.octets()));
      return;
    case ServiceKey::ech: return into.bytes(data.ech);
    case ServiceKey::ipv6_hint:
      for (const IpAddress& hint : data.ipv6_hints) into.bytes(std::as_bytes(hint.octets()));
      return;
    case ServiceKey::no_default_alpn:
    case ServiceKey::doh_path: return;
  }
}

}  // namespace

}  // namespace bowline::wire
