#include <utility>

#include <bowline/detail/facts.h>

#include "base/escape.h"
#include "core/dns/query/reply.h"
#include "drive/naming/name_service.h"

namespace bowline::drive {

namespace {

constexpr std::size_t name_bytes_max = 1024;
constexpr std::size_t edns_bytes_max = 1024;

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
    case core::AnswerSource::rule: return ResolutionSource::rule;
  }
  return ResolutionSource::query;
}

ResolvedRecord to_record(const wire::Record& record) {
  ResolvedRecord::Facts one;
  one.data = wire::to_string(record);
  if (const auto* address = std::get_if<IpAddress>(&record.data)) one.address = *address;
  one.ttl_seconds = record.ttl_seconds;
  one.name = escape(wire::to_string(record.name), name_bytes_max);
  one.type = wire::to_string(record.type);
  return ResolvedRecord(std::move(one));
}

std::vector<ResolvedRecord> to_records(const std::vector<wire::Record>& records) {
  std::vector<ResolvedRecord> all;
  all.reserve(records.size());
  for (const wire::Record& record : records) all.push_back(to_record(record));
  return all;
}

std::string flags_of(const core::ReplyFacts& reply) {
  const std::pair<std::string_view, bool> flags[] = {
      {"aa", reply.authoritative},     {"tc", reply.truncated},
      {"rd", reply.recursion_desired}, {"ra", reply.recursion_available},
      {"ad", reply.authentic_data},    {"cd", reply.checking_disabled}};
  std::string text;
  for (const auto& [name, is_set] : flags)
    if (is_set) text.append(text.empty() ? "" : " ").append(name);
  return text;
}

std::string edns_of(const core::ReplyFacts& reply) {
  if (!reply.edns.has_value()) return {};
  std::string text = "udp " + std::to_string(reply.edns->udp_bytes_max);
  if (reply.edns->version != 0) text += "; version " + std::to_string(reply.edns->version);
  if (reply.edns->dnssec_ok) text += "; do";
  wire::DnsMessage message;
  message.edns = reply.edns;
  if (const std::string extended = core::extended_error(message); !extended.empty())
    text.append("; ").append(extended);
  for (const wire::EdnsOption& option : reply.edns->options) {
    if (option.code == core::extended_error_option) continue;
    if (text.size() > edns_bytes_max) return text + "; ...";
    text += "; option " + std::to_string(option.code) + ": " +
            wire::to_string(wire::Record{{}, {}, 0, 0, wire::RawData{option.value}});
  }
  return text;
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
    ResolvedRecord one = to_record(record);
    resolution.answers.push_back(one.data());
    if (one.address()) resolution.addresses.push_back(*one.address());
    resolution.records.push_back(std::move(one));
  }
  resolution.authorities = to_records(answer.authorities);
  resolution.additional = to_records(answer.additional);
  resolution.remarks = answer.remarks;
  if (!answer.reply.has_value()) return Resolution(std::move(resolution));
  resolution.response_code = wire::to_string(answer.reply->rcode);
  resolution.flags = flags_of(*answer.reply);
  resolution.edns = edns_of(*answer.reply);
  resolution.referral = answer.reply->referral;
  resolution.records_left_out = answer.reply->records_cut;
  return Resolution(std::move(resolution));
}

}  // namespace bowline::drive
