#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <bowline/address.h>

#include "core/dns/answer.h"
#include "core/dns/resolver.h"
#include "core/eyeballs/race.h"

namespace bowline::drive {

/// How answers are made fit for a race.
struct AnswerReading {
  /// The address, with the source that the host would use towards it.
  std::function<core::RaceAddress(const IpAddress&)> reach;
  /// Some layer uses the ECHConfigList of service records; else a record that insists on it is of no use.
  bool understands_ech = false;
};

/// What a race asked about.
struct RaceQuestion {
  std::string name;
  /// It was asked under service_name(), where another name's records are found.
  bool is_elsewhere = false;
};

/// What the race is told of an answer.
[[nodiscard]] core::RaceAnswer to_race_answer(const core::Answer& answer,
                                              const RaceQuestion& question,
                                              const AnswerReading& reading);

/// The name under which the HTTPS records of an origin are found.
///
/// source    RFC 9460 9.1: `_8443._https.example.com`, and the name itself for the ports 443 and 80
[[nodiscard]] std::string service_name(const std::string& host, std::uint16_t port);

[[nodiscard]] wire::RecordType record_type(core::RaceQuery query);

}  // namespace bowline::drive
