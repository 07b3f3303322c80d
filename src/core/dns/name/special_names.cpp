#include "core/dns/name/special_names.h"

#include <array>
#include <utility>
#include <vector>

#include "core/dns/answer.h"

namespace bowline::core {

namespace {

struct Zone {
  wire::DnsName name;
  SpecialName kind;
};

const std::vector<Zone>& zones() {
  static const std::vector<Zone> all = [] {
    constexpr std::array<std::pair<const char*, SpecialName>, 9> table = {{
        {"localhost", SpecialName::localhost},
        {"invalid", SpecialName::invalid},
        {"onion", SpecialName::onion},
        {"local", SpecialName::multicast},
        {"254.169.in-addr.arpa", SpecialName::multicast},
        {"8.e.f.ip6.arpa", SpecialName::multicast},
        {"9.e.f.ip6.arpa", SpecialName::multicast},
        {"a.e.f.ip6.arpa", SpecialName::multicast},
        {"b.e.f.ip6.arpa", SpecialName::multicast},
    }};
    std::vector<Zone> zones;
    zones.reserve(table.size());
    for (const auto& [name, kind] : table)
      zones.push_back({wire::DnsName::parse(name).value(), kind});
    return zones;
  }();
  return all;
}

std::optional<Family> family_of(wire::RecordType type) {
  if (type == wire::RecordType::a) return Family::ipv4;
  if (type == wire::RecordType::aaaa) return Family::ipv6;
  return std::nullopt;
}

bool is_service(wire::RecordType type) {
  return type == wire::RecordType::svcb || type == wire::RecordType::https;
}

/// The answer that consists of those of `addresses` that are of the type asked for.
Answer address_answer(const wire::DnsName& name, wire::RecordType type,
                      const std::vector<IpAddress>& addresses, AnswerSource source) {
  Answer answer;
  answer.type = type;
  answer.question = to_string(name);
  answer.canonical_name = to_string(name.folded());
  answer.source = source;
  for (const IpAddress& address : addresses)
    if (family_of(type) == address.family()) {
      wire::Record record{name, type, wire::class_in, 0, address};
      answer.records.push_back(std::move(record));
    }
  if (answer.records.empty()) {
    answer.status = AnswerStatus::nodata;
    answer.error = answer_error(AnswerStatus::nodata, answer.question, {});
  }
  return answer;
}

Answer refusal(const wire::DnsName& name, wire::RecordType type, const char* why) {
  Answer answer;
  answer.type = type;
  answer.question = answer.canonical_name = to_string(name);
  answer.source = AnswerSource::literal;
  answer.status = AnswerStatus::nxdomain;
  answer.error = answer_error(AnswerStatus::nxdomain, answer.question, why);
  return answer;
}

}  // namespace

SpecialName special_name(const wire::DnsName& name) {
  for (const Zone& zone : zones())
    if (name.is_within(zone.name)) return zone.kind;
  return SpecialName::none;
}

std::optional<Answer> special_answer(const wire::DnsName& name, wire::RecordType type) {
  switch (special_name(name)) {
    case SpecialName::none: return std::nullopt;
    case SpecialName::localhost:
      return address_answer(name, type,
                            {IpAddress::loopback(Family::ipv6), IpAddress::loopback(Family::ipv4)},
                            AnswerSource::hosts);
    case SpecialName::invalid:
      return refusal(name, type, "names below .invalid never exist (RFC 6761)");
    case SpecialName::onion:
      return refusal(
          name, type,
          "names below .onion are reached by Tor, and never asked of DNS servers (RFC 7686)");
    case SpecialName::multicast:
      return refusal(
          name, type,
          "this name belongs to multicast DNS, and is never asked of DNS servers (RFC 6762)");
  }
  std::unreachable();
}

std::optional<Answer> hosts_answer(const std::multimap<std::string, IpAddress>& hosts,
                                   const wire::DnsName& name, wire::RecordType type) {
  if (!family_of(type).has_value() && !is_service(type)) return std::nullopt;
  const auto [first, last] = hosts.equal_range(to_string(name.folded()));
  if (first == last) return std::nullopt;
  std::vector<IpAddress> addresses;
  for (auto entry = first; entry != last; ++entry) addresses.push_back(entry->second);
  return address_answer(name, type, addresses, AnswerSource::hosts);
}

Answer literal_answer(const IpAddress& address, wire::RecordType type) {
  Answer answer = address_answer(wire::DnsName(), type, {address}, AnswerSource::literal);
  answer.question = answer.canonical_name = to_string(address);
  if (answer.error.has_value())
    answer.error = answer_error(AnswerStatus::nodata, answer.question, {});
  return answer;
}

}  // namespace bowline::core
