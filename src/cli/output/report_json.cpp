#include "cli/output/report_json.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/output/output.h"
#include "cli/output/security_words.h"

namespace bowline::cli {

namespace {

/// The one on the way, as its handshake tells; empty if there is none.
std::string proxy_of(const Report& report) {
  for (const Handshake& handshake : report.handshakes())
    for (const auto& [name, value] : handshake.details())
      if (name == "proxy") return value;
  return {};
}

template <class T, class Write>
void maybe(Json& json, std::string_view name, const std::optional<T>& value, Write write) {
  json.name(name);
  if (value) {
    write(*value);
  } else {
    json.value(nullptr);
  }
}

void write_error_field(Json& json, const std::optional<Error>& error) {
  maybe(json, "error", error, [&](const Error& value) { write_error(json, value); });
}

void write_attempt(Json& json, const Attempt& attempt) {
  json.object([&] {
    json.field("id", attempt.id());
    json.field("address", to_string(attempt.remote().ip));
    json.field("port", attempt.remote().port);
    json.field("protocol", attempt.protocol());
    json.field("started_ms", attempt.started());
    json.field("ended_ms", attempt.ended());
    json.field("outcome", outcome_word(attempt.outcome()));
    write_error_field(json, attempt.error());
  });
}

void write_handshake(Json& json, const Handshake& handshake) {
  json.object([&] {
    json.field("protocol", handshake.protocol());
    json.field("duration_ms", handshake.duration());
    json.field("rtt_ms", handshake.rtt());
  });
}

void write_connected(Json& json, const Report& report) {
  json.object([&] {
    json.field("address", to_string(report.remote()->ip));
    json.field("port", report.remote()->port);
    json.field("family", to_string(report.remote()->ip.family()));
    json.field("interface", report.interface());
    json.field("local", report.local() ? to_string(*report.local()) : std::string());
  });
}

void write_endpoint(Json& json, const Endpoint& endpoint) {
  json.object([&] {
    json.field("host", endpoint.host());
    json.field("port", endpoint.port());
  });
}

}  // namespace

std::string_view to_string(ConnectResult result) {
  switch (result) {
    case ConnectResult::ready: return "ready";
    case ConnectResult::failed: return "failed";
    case ConnectResult::waiting: return "waiting";
  }
  std::unreachable();
}

void write_report(Json& json, const Report& report, ConnectResult result) {
  const bool connected = result == ConnectResult::ready && report.remote().has_value();
  json.object([&] {
    json.field("result", to_string(result));
    write_error_field(json, report.error());
    json.name("endpoint");
    write_endpoint(json, report.endpoint());
    json.list("stack", report.stack(), [&](const std::string& protocol) { json.value(protocol); });
    json.name("connected");
    if (connected) {
      write_connected(json, report);
    } else {
      json.value(nullptr);
    }
    json.field("total_ms", report.total());
    json.field("previous_attempts", report.previous_attempts());
    const std::string proxy = proxy_of(report);
    json.name("proxy");
    if (proxy.empty()) {
      json.value(nullptr);
    } else {
      json.value(proxy);
    }
    json.list("resolutions", report.resolutions(),
              [&](const Resolution& one) { write_resolution(json, one); });
    json.list("attempts", report.attempts(), [&](const Attempt& one) { write_attempt(json, one); });
    json.list("handshakes", report.handshakes(),
              [&](const Handshake& one) { write_handshake(json, one); });
    maybe(json, "security", report.security(),
          [&](const SecurityReport& security) { write_security(json, security); });
  });
}

void write_resolution(Json& json, const Resolution& resolution) {
  const bool asked = resolution.source() == ResolutionSource::query;
  json.object([&] {
    json.field("name", resolution.name());
    json.field("type", resolution.type());
    json.field("source", to_string(resolution.source()));
    json.field("transport",
               asked ? std::optional(to_string(resolution.transport())) : std::nullopt);
    json.field("server", asked && resolution.server()
                             ? std::optional(to_string(*resolution.server()))
                             : std::nullopt);
    json.field("started_ms", resolution.started());
    json.field("duration_ms", resolution.duration());
    json.field("status", status_word(resolution.status()));
    json.list("answers", resolution.answers(),
              [&](const std::string& answer) { json.value(answer); });
    json.field("ttl", resolution.ttl_seconds());
    if (!resolution.response_code().empty()) {
      json.name("reply");
      json.object([&] {
        json.field("code", resolution.response_code());
        json.field("flags", resolution.flags());
        json.field("edns", resolution.edns().empty() ? std::optional<std::string>()
                                                     : std::optional(resolution.edns()));
        json.field("records_left_out", resolution.records_left_out());
      });
    }
    if (!resolution.remarks().empty())
      json.list("remarks", resolution.remarks(),
                [&](const std::string& remark) { json.value(remark); });
  });
}

std::string status_word(ResolutionStatus status) { return to_string(status); }

std::string answer_word(const Resolution& resolution) {
  if (resolution.status() != ResolutionStatus::timeout || !resolution.error())
    return status_word(resolution.status());
  const std::vector<Error>& tries = resolution.error()->attempts();
  const bool waited = std::ranges::any_of(
      tries, [](const Error& error) { return error.kind() == ErrorKind::timed_out; });
  return waited ? status_word(resolution.status()) : "no answer";
}

std::string outcome_word(AttemptOutcome outcome) {
  switch (outcome) {
    case AttemptOutcome::running: return to_string(AttemptOutcome::cancelled);
    case AttemptOutcome::failed: return to_string(AttemptOutcome::unreachable);
    case AttemptOutcome::won:
    case AttemptOutcome::lost:
    case AttemptOutcome::refused:
    case AttemptOutcome::unreachable:
    case AttemptOutcome::timeout:
    case AttemptOutcome::tls_failed:
    case AttemptOutcome::cancelled: return to_string(outcome);
  }
  std::unreachable();
}

}  // namespace bowline::cli
