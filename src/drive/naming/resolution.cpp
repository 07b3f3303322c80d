#include <utility>

#include <bowline/detail/facts.h>

#include "base/escape.h"
#include "drive/naming/name_service.h"

namespace bowline::drive {

namespace {

ResolutionStatus status_of(core::AnswerStatus status) {
  switch (status) {
    case core::AnswerStatus::ok: return ResolutionStatus::ok;
    case core::AnswerStatus::nodata: return ResolutionStatus::nodata;
    case core::AnswerStatus::nxdomain: return ResolutionStatus::nxdomain;
    case core::AnswerStatus::servfail: return ResolutionStatus::servfail;
    case core::AnswerStatus::refused: return ResolutionStatus::refused;
    case core::AnswerStatus::timeout: return ResolutionStatus::timeout;
    case core::AnswerStatus::malformed: return ResolutionStatus::malformed;
  }
  return ResolutionStatus::malformed;
}

ResolutionSource source_of(core::AnswerSource source) {
  switch (source) {
    case core::AnswerSource::query: return ResolutionSource::query;
    case core::AnswerSource::cache: return ResolutionSource::cache;
    case core::AnswerSource::hosts: return ResolutionSource::hosts;
    case core::AnswerSource::literal: return ResolutionSource::literal;
  }
  return ResolutionSource::query;
}

}  // namespace

Resolution to_resolution(const core::Answer& answer, Instant origin) {
  Resolution::Facts resolution;
  resolution.name = escape(answer.question, 1024);
  resolution.type = wire::to_string(answer.type);
  resolution.source = source_of(answer.source);
  resolution.transport =
      answer.transport == core::DnsTransport::udp ? ResolverTransport::udp : ResolverTransport::tcp;
  resolution.server = answer.server;
  resolution.started = answer.started - origin;
  resolution.duration = answer.ended - answer.started;
  resolution.status = status_of(answer.status);
  resolution.stale = answer.stale;
  resolution.ttl_seconds = answer.ttl_seconds;
  resolution.error = answer.error;
  if (answer.canonical_name != answer.question)
    resolution.canonical_name = escape(answer.canonical_name, 1024);
  for (const wire::Record& record : answer.records) {
    ResolvedRecord::Facts one{wire::to_string(record), std::nullopt, record.ttl_seconds};
    if (const auto* address = std::get_if<IpAddress>(&record.data)) one.address = *address;
    resolution.answers.push_back(one.data);
    if (one.address) resolution.addresses.push_back(*one.address);
    resolution.records.emplace_back(std::move(one));
  }
  return Resolution(std::move(resolution));
}

}  // namespace bowline::drive
