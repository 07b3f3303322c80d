#include "core/dns/name/special_names.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "core/dns/answer.h"
#include "core/dns/host_files/hosts_file.h"
#include "core/dns/name/reverse.h"

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

const wire::DnsName& local_zone() {
  static const wire::DnsName name = wire::DnsName::parse("local").value();
  return name;
}

bool is_service_type(wire::RecordType type) {
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

/// The names that the file has for the address that `name` stands for.
std::optional<Answer> hosts_names(const HostsFile& hosts, const wire::DnsName& name) {
  const auto address = reversed_address(name);
  if (!address.has_value() || hosts.is_empty()) return std::nullopt;
  Answer answer;
  for (const wire::DnsName& found : hosts.names_of(*address)) {
    wire::Record record{name, wire::RecordType::ptr, wire::class_in, 0, wire::NameData{found}};
    answer.records.push_back(std::move(record));
  }
  if (answer.records.empty()) return std::nullopt;
  answer.type = wire::RecordType::ptr;
  answer.question = answer.canonical_name = to_string(name);
  answer.source = AnswerSource::hosts;
  return answer;
}

Answer refusal(const wire::DnsName& name, wire::RecordType type, const char* why) {
  Answer answer;
  answer.type = type;
  answer.question = answer.canonical_name = to_string(name);
  answer.source = AnswerSource::rule;
  answer.status = AnswerStatus::nxdomain;
  answer.error = answer_error(AnswerStatus::nxdomain, answer.question, why);
  return answer;
}

}  // namespace

SpecialNames::SpecialNames(const ResolverConfig& config) : multicast_dns_(config.multicast_dns) {
  for (const ResolverEntry& entry : config.entries)
    for (const std::string& text : entry.search)
      if (auto domain = wire::DnsName::parse(text);
          domain.has_value() && domain->is_within(local_zone()))
        search_domains_.push_back(*std::move(domain));
}

SpecialName SpecialNames::kind_of(const wire::DnsName& name) const {
  const auto zone = std::ranges::find_if(
      zones(), [&](const Zone& candidate) { return name.is_within(candidate.name); });
  if (zone == zones().end()) return SpecialName::none;
  if (zone->kind != SpecialName::multicast) return zone->kind;
  if (!multicast_dns_) return SpecialName::none;
  const bool of_a_site =
      zone->name == local_zone() && (name.label_count() > 2 || search_domain_of(name) != nullptr);
  return of_a_site ? SpecialName::none : SpecialName::multicast;
}

std::optional<Answer> SpecialNames::answer(const wire::DnsName& name, wire::RecordType type) const {
  switch (kind_of(name)) {
    case SpecialName::none: return std::nullopt;
    case SpecialName::localhost:
      return address_answer(name, type,
                            {IpAddress::loopback(Family::ipv6), IpAddress::loopback(Family::ipv4)},
                            AnswerSource::rule);
    case SpecialName::invalid:
      return refusal(name, type, "names below .invalid never exist (RFC 6761)");
    case SpecialName::onion:
      return refusal(
          name, type,
          "names below .onion are reached by Tor, and never asked of DNS servers (RFC 7686)");
    case SpecialName::multicast:
      return refusal(
          name, type,
          "this name belongs to multicast DNS, which something on this host speaks, and is "
          "not asked of DNS servers (RFC 6762)");
  }
  std::unreachable();
}

std::string SpecialNames::why_asked(const wire::DnsName& name) const {
  if (!name.is_within(local_zone())) return {};
  std::string words = to_string(name) + " is asked of DNS servers: ";
  if (const auto* domain = search_domain_of(name))
    return words + "it is under the search domain " + to_string(*domain);
  if (name.label_count() > 2) return words + "names of multicast DNS have two labels";
  return words + "nothing on this host speaks multicast DNS";
}

const wire::DnsName* SpecialNames::search_domain_of(const wire::DnsName& name) const {
  const auto domain = std::ranges::find_if(
      search_domains_, [&](const wire::DnsName& candidate) { return name.is_within(candidate); });
  return domain == search_domains_.end() ? nullptr : &*domain;
}

std::optional<Answer> hosts_answer(HostsFile& hosts, const wire::DnsName& name,
                                   wire::RecordType type) {
  if (type == wire::RecordType::ptr) return hosts_names(hosts, name);
  if (!family_of(type).has_value() && !is_service_type(type)) return std::nullopt;
  const std::vector<IpAddress> addresses = hosts.addresses_of(name);
  if (addresses.empty()) return std::nullopt;
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
