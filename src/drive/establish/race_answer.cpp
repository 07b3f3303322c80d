#include "drive/establish/race_answer.h"

#include <algorithm>
#include <utility>

namespace bowline::drive {

namespace {

core::RaceQuery race_query(wire::RecordType type) {
  if (type == wire::RecordType::aaaa) return core::RaceQuery::ipv6;
  if (type == wire::RecordType::a) return core::RaceQuery::ipv4;
  return core::RaceQuery::service;
}

/// RFC 9460 8: a record with a mandatory key that we do not know is not to be used.
bool is_known(std::uint16_t key, bool understands_ech) {
  switch (static_cast<wire::ServiceKey>(key)) {
    case wire::ServiceKey::alpn:
    case wire::ServiceKey::no_default_alpn:
    case wire::ServiceKey::port:
    case wire::ServiceKey::ipv4_hint:
    case wire::ServiceKey::ipv6_hint: return true;
    case wire::ServiceKey::ech: return understands_ech;
    case wire::ServiceKey::mandatory:
    case wire::ServiceKey::doh_path: return false;
  }
  return false;
}

core::RaceService to_race_service(const wire::ServiceData& data, const AnswerReading& reading) {
  core::RaceService service;
  service.priority = data.priority;
  service.target = to_string(data.target.folded());
  service.port = data.port;
  service.alpn = data.alpn;
  service.no_default_alpn = data.no_default_alpn;
  service.ech = data.ech;
  service.usable = std::ranges::all_of(
      data.mandatory, [&](std::uint16_t key) { return is_known(key, reading.understands_ech); });
  for (const auto* hints : {&data.ipv6_hints, &data.ipv4_hints})
    for (const IpAddress& hint : *hints) service.hints.push_back(reading.reach(hint));
  return service;
}

void take_service(const wire::ServiceData& data, const AnswerReading& reading,
                  core::RaceAnswer& result) {
  if (!data.is_alias()) return result.services.push_back(to_race_service(data, reading));
  // RFC 9460 2.4.1: of several aliases one is taken.
  if (!result.alias) result.alias = to_string(data.target.folded());
}

}  // namespace

core::RaceAnswer to_race_answer(const core::Answer& answer, const RaceQuestion& question,
                                const AnswerReading& reading) {
  core::RaceAnswer result;
  result.name = question.name;
  result.query = race_query(answer.type);
  result.stale = answer.stale;
  result.error = answer.error;
  for (const wire::Record& record : answer.records) {
    if (const auto* address = std::get_if<IpAddress>(&record.data))
      result.addresses.push_back(reading.reach(*address));
    if (const auto* service = std::get_if<wire::ServiceData>(&record.data))
      take_service(*service, reading, result);
  }
  // The root as a target means the owner of the record (RFC 9460 2.5.2), which a race takes to be what
  // it asked about.
  if (question.is_elsewhere)
    for (core::RaceService& service : result.services)
      if (service.target == ".") service.target = answer.canonical_name;
  result.positive = !result.addresses.empty() || !result.services.empty() || result.alias;
  return result;
}

std::string service_name(const std::string& host, std::uint16_t port) {
  if (port == 443 || port == 80) return host;
  return "_" + std::to_string(port) + "._https." + host;
}

wire::RecordType record_type(core::RaceQuery query) {
  switch (query) {
    case core::RaceQuery::service: return wire::RecordType::https;
    case core::RaceQuery::ipv6: return wire::RecordType::aaaa;
    case core::RaceQuery::ipv4: return wire::RecordType::a;
  }
  return wire::RecordType::a;
}

}  // namespace bowline::drive
