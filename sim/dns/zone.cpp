#include "sim/dns/zone.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "sim/net/match.h"

namespace bowline::sim {

namespace {

/// RFC 1034 3.6.2 asks to follow aliases; a circle of them must end.
constexpr int aliases_max = 8;

/// Splits at every run of spaces, or at every separator.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (end > 0) parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

/// RFC 4648 section 4, as in zone files: no line breaks, padded.
std::vector<std::byte> from_base64_or_die(std::string_view text) {
  constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string_view digits = text;
  while (digits.ends_with('=')) digits.remove_suffix(1);
  if (text.size() % 4 != 0 || text.size() - digits.size() > 2) die("not base64", text);
  std::vector<std::byte> bytes;
  std::uint32_t pending = 0;
  int bits = 0;
  for (const char digit : digits) {
    const std::size_t value = alphabet.find(digit);
    if (value == std::string_view::npos) die("not base64", text);
    pending = (pending << 6 | static_cast<std::uint32_t>(value)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push_back(static_cast<std::byte>(pending >> bits & 0xff));
  }
  return bytes;
}

std::string_view without_quotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
  return quoted ? text.substr(1, text.size() - 2) : text;
}

template <class Number>
Number number_or_die(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) die("not a number", text);
  return value;
}

std::vector<std::string_view> fields_or_die(std::string_view text, std::size_t count) {
  auto fields = split(text, ' ');
  if (fields.size() != count) die("not " + std::to_string(count) + " fields", text);
  return fields;
}

wire::SrvData srv_or_die(std::string_view text) {
  const auto fields = fields_or_die(text, 4);
  return {number_or_die<std::uint16_t>(fields[0]), number_or_die<std::uint16_t>(fields[1]),
          number_or_die<std::uint16_t>(fields[2]), dns_name_or_die(fields[3])};
}

wire::SoaData soa_or_die(std::string_view text) {
  const auto fields = fields_or_die(text, 7);
  const auto number = [&](std::size_t i) { return number_or_die<std::uint32_t>(fields[i]); };
  return {dns_name_or_die(fields[0]),
          dns_name_or_die(fields[1]),
          number(2),
          number(3),
          number(4),
          number(5),
          number(6)};
}

std::vector<IpAddress> addresses_or_die(std::string_view text) {
  std::vector<IpAddress> addresses;
  for (const auto part : split(text, ',')) addresses.push_back(address_or_die(part));
  return addresses;
}

std::uint16_t service_key_or_die(std::string_view name) {
  constexpr std::pair<std::string_view, wire::ServiceKey> names[] = {
      {"mandatory", wire::ServiceKey::mandatory},
      {"alpn", wire::ServiceKey::alpn},
      {"no-default-alpn", wire::ServiceKey::no_default_alpn},
      {"port", wire::ServiceKey::port},
      {"ipv4hint", wire::ServiceKey::ipv4_hint},
      {"ech", wire::ServiceKey::ech},
      {"ipv6hint", wire::ServiceKey::ipv6_hint},
      {"dohpath", wire::ServiceKey::doh_path},
  };
  for (const auto& [known, key] : names)
    if (known == name) return static_cast<std::uint16_t>(key);
  if (!name.starts_with("key")) die("not a service parameter", name);
  return number_or_die<std::uint16_t>(name.substr(3));
}

/// RFC 9460 2.1, but for escapes; parameters without a form of their own (`key667`) take their
/// text as it is.
void add_service_parameter(wire::ServiceData& data, std::string_view text) {
  const std::size_t equals = std::min(text.find('='), text.size());
  const std::uint16_t key = service_key_or_die(text.substr(0, equals));
  const std::string_view value = without_quotes(text.substr(std::min(equals + 1, text.size())));
  switch (static_cast<wire::ServiceKey>(key)) {
    case wire::ServiceKey::mandatory:
      for (const auto part : split(value, ',')) data.mandatory.push_back(service_key_or_die(part));
      return;
    case wire::ServiceKey::alpn:
      for (const auto part : split(value, ',')) data.alpn.emplace_back(part);
      return;
    case wire::ServiceKey::no_default_alpn: data.no_default_alpn = true; return;
    case wire::ServiceKey::port: data.port = number_or_die<std::uint16_t>(value); return;
    case wire::ServiceKey::ipv4_hint: data.ipv4_hints = addresses_or_die(value); return;
    case wire::ServiceKey::ipv6_hint: data.ipv6_hints = addresses_or_die(value); return;
    case wire::ServiceKey::ech: data.parameters.push_back({key, from_base64_or_die(value)}); return;
    case wire::ServiceKey::doh_path: break;
  }
  const auto bytes = as_bytes(value);
  data.parameters.push_back({key, {bytes.begin(), bytes.end()}});
}

wire::ServiceData service_or_die(std::string_view text) {
  const auto fields = split(text, ' ');
  if (fields.size() < 2) die("not a service record", text);
  wire::ServiceData data;
  data.priority = number_or_die<std::uint16_t>(fields[0]);
  data.target = dns_name_or_die(fields[1]);
  for (std::size_t i = 2; i < fields.size(); ++i) add_service_parameter(data, fields[i]);
  std::ranges::sort(data.mandatory);
  std::ranges::sort(data.parameters, {}, &wire::ServiceParameter::key);
  return data;
}

}  // namespace

wire::RecordData record_data_or_die(wire::RecordType type, std::string_view text) {
  switch (type) {
    case wire::RecordType::a:
    case wire::RecordType::aaaa: {
      const IpAddress address = address_or_die(text);
      if (address.is_v4() != (type == wire::RecordType::a))
        die("not an address for " + to_string(type), text);
      return address;
    }
    case wire::RecordType::cname:
    case wire::RecordType::ns:
    case wire::RecordType::ptr: return wire::NameData{dns_name_or_die(text)};
    case wire::RecordType::txt: return wire::TxtData{{std::string(without_quotes(text))}};
    case wire::RecordType::srv: return srv_or_die(text);
    case wire::RecordType::soa: return soa_or_die(text);
    case wire::RecordType::svcb:
    case wire::RecordType::https: return service_or_die(text);
    case wire::RecordType::opt:
    case wire::RecordType::any: break;
  }
  die("no records of this type", to_string(type));
}

wire::DnsName dns_name_or_die(std::string_view text) {
  const auto name = wire::DnsName::parse(text);
  if (!name.has_value()) die("not a domain name", text);
  return *name;
}

wire::RecordType record_type_or_die(std::string_view text) {
  const auto type = wire::record_type_from(text);
  if (!type) die("not a record type", text);
  return *type;
}

void DnsZone::remove(const wire::DnsName& name, wire::RecordType type) {
  std::erase_if(records_, [&](const wire::Record& record) {
    return record.name == name && record.type == type;
  });
}

void DnsZone::answer(wire::DnsMessage& message) const {
  wire::DnsName name = message.questions.front().name;
  const wire::RecordType type = message.questions.front().type;
  for (int aliases = 0; aliases <= aliases_max; ++aliases) {
    const std::size_t before = message.answers.size();
    const wire::NameData* alias = nullptr;
    for (const wire::Record& record : records_) {
      if (record.name != name) continue;
      const bool wanted = record.type == type || type == wire::RecordType::any;
      if (wanted || record.type == wire::RecordType::cname) message.answers.push_back(record);
      if (!wanted && record.type == wire::RecordType::cname)
        alias = &std::get<wire::NameData>(record.data);
    }
    if (alias != nullptr) {
      name = alias->name;
      continue;
    }
    if (message.answers.size() > before) return;
    if (!exists(name)) message.rcode = wire::Rcode::name_error;
    return add_start_of_authority(message, name);
  }
}

bool DnsZone::exists(const wire::DnsName& name) const {
  return std::ranges::any_of(
      records_, [&](const wire::Record& record) { return record.name.is_within(name); });
}

void DnsZone::add_start_of_authority(wire::DnsMessage& message, const wire::DnsName& name) const {
  const wire::Record* closest = nullptr;
  for (const wire::Record& record : records_) {
    if (record.type != wire::RecordType::soa || !name.is_within(record.name)) continue;
    if (closest == nullptr || record.name.label_count() > closest->name.label_count())
      closest = &record;
  }
  if (closest != nullptr) message.authorities.push_back(*closest);
}

}  // namespace bowline::sim
