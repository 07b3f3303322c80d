#include "core/dns/query/reply.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/bytes.h"
#include "base/escape.h"

namespace bowline::core {

namespace {

constexpr const char* operation = "read dns reply";
constexpr std::size_t extended_text_bytes_max = 200;

Error misfit(const char* what) { return Error(ErrorKind::protocol_violation, operation, what); }

/// What may be believed without the question: whoever forges it gains no more than our asking elsewhere.
bool only_moves_us(const wire::DnsMessage& reply) {
  return reply.truncated || is_refusal(reply.rcode);
}

/// A message that has nothing but what its header says; none if that is no response to a query.
std::optional<wire::DnsMessage> header_of(std::span<const std::byte> bytes) {
  std::array<std::byte, wire::dns_header_bytes> header{};
  std::ranges::copy(bytes.first(4), header.begin());
  auto message = wire::DnsMessage::parse(header);
  if (!message.has_value() || !message->response || message->opcode != 0) return std::nullopt;
  return *std::move(message);
}

const wire::Record* cname_of(const wire::DnsMessage& reply, const wire::DnsName& name) {
  for (const wire::Record& record : reply.answers)
    if (record.type == wire::RecordType::cname && record.record_class == wire::class_in &&
        record.name == name && std::holds_alternative<wire::NameData>(record.data))
      return &record;
  return nullptr;
}

bool is_service(wire::RecordType type) {
  return type == wire::RecordType::svcb || type == wire::RecordType::https;
}

void take_records(const wire::DnsMessage& reply, const wire::DnsName& name, wire::RecordType type,
                  std::vector<wire::Record>& into) {
  for (const wire::Record& record : reply.answers)
    if ((record.type == type || type == wire::RecordType::any) &&
        record.record_class == wire::class_in && record.name == name)
      into.push_back(record);
}

/// RFC 2308 section 5: the SOA's own TTL or its MINIMUM, the lesser. The zone must be one that `name` is in.
std::optional<std::uint32_t> negative_ttl(const wire::DnsMessage& reply,
                                          const wire::DnsName& name) {
  for (const wire::Record& record : reply.authorities) {
    const auto* soa = std::get_if<wire::SoaData>(&record.data);
    if (soa != nullptr && record.record_class == wire::class_in && name.is_within(record.name))
      return std::min(record.ttl_seconds, soa->minimum);
  }
  return std::nullopt;
}

/// RFC 8914 section 4.
std::string_view extended_error_name(std::uint16_t code) {
  static constexpr std::array<std::string_view, 25> names = {"other",
                                                             "unsupported DNSKEY algorithm",
                                                             "unsupported DS digest type",
                                                             "stale answer",
                                                             "forged answer",
                                                             "DNSSEC indeterminate",
                                                             "DNSSEC bogus",
                                                             "signature expired",
                                                             "signature not yet valid",
                                                             "DNSKEY missing",
                                                             "RRSIGs missing",
                                                             "no zone key bit set",
                                                             "NSEC missing",
                                                             "cached error",
                                                             "not ready",
                                                             "blocked",
                                                             "censored",
                                                             "filtered",
                                                             "prohibited",
                                                             "stale NXDOMAIN answer",
                                                             "not authoritative",
                                                             "not supported",
                                                             "no reachable authority",
                                                             "network error",
                                                             "invalid data"};
  return code < names.size() ? names[code] : std::string_view();
}

std::string extended_error_text(const wire::EdnsOption& option) {
  ByteReader reader(option.value);
  const auto code = reader.u16();
  if (!code.has_value()) return {};
  std::string text = "EDE " + std::to_string(*code);
  if (const auto name = extended_error_name(*code); !name.empty())
    text.append(" (").append(name).append(")");
  const auto words = as_text(reader.whole().subspan(reader.offset()));
  if (!words.empty()) text.append(": ").append(escape(words, extended_text_bytes_max));
  return text;
}

}  // namespace

Result<wire::DnsMessage> check_reply(std::span<const std::byte> bytes,
                                     std::optional<std::uint16_t> id,
                                     const wire::Question& question) {
  // The cheap tests come first: most forged packets end here.
  if (bytes.size() < wire::dns_header_bytes)
    return misfit(bytes.empty() ? "an empty packet" : "shorter than a header");
  if (id.has_value() && ByteReader(bytes).u16() != id) return misfit("another id");
  auto header = header_of(bytes);
  if (!header.has_value()) return misfit("not a response to a query");
  auto reply = wire::DnsMessage::parse(bytes);
  if (!reply.has_value()) {
    if (only_moves_us(*header)) return *std::move(header);
    return reply;
  }
  if (reply->questions.size() == 1 && reply->questions.front() == question) return reply;
  if (!only_moves_us(*reply)) return misfit("another question");
  for (auto* section : {&reply->answers, &reply->authorities, &reply->additional}) section->clear();
  return reply;
}

bool is_refusal(wire::Rcode rcode) {
  return rcode != wire::Rcode::no_error && rcode != wire::Rcode::name_error;
}

Result<void> CnameChain::follow(const wire::DnsName& target) {
  if (std::ranges::find(names_, target) != names_.end())
    return Error(ErrorKind::protocol_violation, operation, "a loop of CNAME records")
        .about(to_string(target));
  if (names_.size() > links_max_)
    return Error(ErrorKind::limit_exceeded, operation,
                 "more than " + std::to_string(links_max_) + " CNAME records in a row")
        .about(to_string(names_.front()));
  names_.push_back(target);
  return {};
}

Result<ReplyReading> read_reply(const wire::DnsMessage& reply, wire::RecordType type,
                                CnameChain& chain) {
  ReplyReading reading;
  std::uint32_t ttl = UINT32_MAX;
  bool moved = false;
  for (;;) {
    take_records(reply, chain.end(), type, reading.records);
    if (!reading.records.empty()) break;
    const wire::Record* link = cname_of(reply, chain.end());
    if (link == nullptr) break;
    BOWLINE_TRY_VOID(chain.follow(std::get<wire::NameData>(link->data).name));
    ttl = std::min(ttl, link->ttl_seconds);
    moved = true;
  }
  using Outcome = ReplyReading::Outcome;
  for (const wire::Record& record : reading.records) ttl = std::min(ttl, record.ttl_seconds);
  const auto negative = negative_ttl(reply, chain.end());
  if (!reading.records.empty()) {
    reading.outcome = Outcome::records;
    reading.ttl_seconds = ttl;
  } else if (is_service(type) && reply.service_records_rejected != 0) {
    return Error(ErrorKind::malformed, operation, reply.service_damage)
        .about(to_string(chain.end()));
  } else if (reply.rcode == wire::Rcode::no_error && moved && !negative.has_value()) {
    reading.outcome = Outcome::unfinished;  // the server left the rest of the chain to us
    reading.ttl_seconds = ttl;
  } else {
    reading.outcome = reply.rcode == wire::Rcode::name_error ? Outcome::nxdomain : Outcome::nodata;
    reading.ttl_seconds = std::min(ttl, negative.value_or(0));
  }
  return reading;
}

bool is_referral(const wire::DnsMessage& reply) {
  const auto has = [&](wire::RecordType type) {
    return std::ranges::any_of(reply.authorities,
                               [&](const wire::Record& record) { return record.type == type; });
  };
  return reply.rcode == wire::Rcode::no_error && reply.answers.empty() && !reply.authoritative &&
         has(wire::RecordType::ns) && !has(wire::RecordType::soa);
}

ReplyFacts facts_of(const wire::DnsMessage& reply) {
  ReplyFacts facts;
  facts.rcode = reply.rcode;
  facts.authoritative = reply.authoritative;
  facts.truncated = reply.truncated;
  facts.recursion_desired = reply.recursion_desired;
  facts.recursion_available = reply.recursion_available;
  facts.authentic_data = reply.authentic_data;
  facts.checking_disabled = reply.checking_disabled;
  facts.referral = is_referral(reply);
  facts.edns = reply.edns;
  facts.records_cut = reply.records_cut;
  return facts;
}

std::string extended_error(const wire::DnsMessage& reply) {
  if (!reply.edns.has_value()) return {};
  for (const wire::EdnsOption& option : reply.edns->options)
    if (option.code == extended_error_option) return extended_error_text(option);
  return {};
}

}  // namespace bowline::core
