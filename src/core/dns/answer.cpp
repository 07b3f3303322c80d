#include "core/dns/answer.h"

#include <utility>

namespace bowline::core {

namespace {

ErrorKind kind_of(AnswerStatus status) {
  switch (status) {
    case AnswerStatus::ok:
    case AnswerStatus::nodata:
    case AnswerStatus::nxdomain: return ErrorKind::name_not_found;
    case AnswerStatus::servfail:
    case AnswerStatus::refused:
    case AnswerStatus::timeout:
    case AnswerStatus::malformed: return ErrorKind::resolution_failed;
  }
  std::unreachable();
}

wire::Rcode rcode_of(AnswerStatus status) {
  switch (status) {
    case AnswerStatus::ok:
    case AnswerStatus::nodata:
    case AnswerStatus::timeout:
    case AnswerStatus::malformed: return wire::Rcode::no_error;
    case AnswerStatus::nxdomain: return wire::Rcode::name_error;
    case AnswerStatus::servfail: return wire::Rcode::server_failure;
    case AnswerStatus::refused: return wire::Rcode::refused;
  }
  std::unreachable();
}

}  // namespace

std::string_view to_string(AnswerStatus status) {
  switch (status) {
    case AnswerStatus::ok: return "ok";
    case AnswerStatus::nodata: return "nodata";
    case AnswerStatus::nxdomain: return "nxdomain";
    case AnswerStatus::servfail: return "servfail";
    case AnswerStatus::refused: return "refused";
    case AnswerStatus::timeout: return "timeout";
    case AnswerStatus::malformed: return "malformed";
  }
  std::unreachable();
}

std::string_view to_string(AnswerSource source) {
  switch (source) {
    case AnswerSource::query: return "query";
    case AnswerSource::cache: return "cache";
    case AnswerSource::hosts: return "hosts";
    case AnswerSource::literal: return "literal";
    case AnswerSource::rule: return "rule";
  }
  std::unreachable();
}

std::string_view to_string(DnsTransport transport) {
  switch (transport) {
    case DnsTransport::udp: return "udp";
    case DnsTransport::tcp: return "tcp";
  }
  std::unreachable();
}

Error answer_error(AnswerStatus status, std::string_view name, std::string_view why,
                   std::optional<wire::Rcode> rcode) {
  const ErrorKind kind = kind_of(status);
  const int code = static_cast<int>(rcode.value_or(rcode_of(status)));
  if (why.empty() && status == AnswerStatus::nodata)
    why = "the name exists, but has no record of this type";
  if (why.empty()) return Error(kind, ErrorDomain::dns, code, "resolve").about(std::string(name));
  return Error(kind, ErrorDomain::dns, code, "resolve", std::string(why)).about(std::string(name));
}

Answer failed_answer(wire::RecordType type, const wire::DnsName& name, AnswerStatus status,
                     Error error) {
  Answer answer;
  answer.type = type;
  answer.question = answer.canonical_name = to_string(name);
  answer.status = status;
  answer.error = std::move(error);
  return answer;
}

}  // namespace bowline::core
