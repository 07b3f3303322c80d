#include "cli/output/security_words.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

constexpr std::size_t security_columns = 11;

std::string security_row(std::string_view label, const std::string& text);
std::string hexadecimal(const Certificate::Digest& digest);
std::string agreed_line(const SecurityReport& report);
std::string chain_lines(const SecurityReport& report, const Style& style);
std::string trust_lines(const SecurityReport& report, const Style& style);
std::optional<std::string> unless_empty(const std::string& text);

}  // namespace

void write_security(Json& json, const SecurityReport& report) {
  const TrustReport& trust = report.trust();
  json.object([&] {
    json.field("protocol", report.protocol());
    json.field("version", unless_empty(report.version()));
    json.field("cipher", unless_empty(report.cipher()));
    json.field("group", unless_empty(report.group()));
    json.field("alpn", unless_empty(report.alpn()));
    json.field("server_name", unless_empty(report.server_name()));
    json.field("psk", unless_empty(report.preshared_key()));
    json.field("resumed", report.is_resumed());
    json.field("early_data", report.is_early_data_accepted());
    json.field("library", report.library());
    json.field("trusted",
               trust.sentence().empty() ? std::nullopt : std::optional(trust.is_trusted()));
    json.field("why", unless_empty(trust.sentence()));
    json.field("root_origin",
               trust.root_origin() ? std::optional(to_string(*trust.root_origin())) : std::nullopt);
    json.list("problems", trust.problems(),
              [&](const TrustProblem& problem) { write_problem(json, problem); });
    json.list("notices", trust.notices(), [&](const std::string& notice) { json.value(notice); });
    json.list("exceptions", report.exceptions(),
              [&](const std::string& exception) { json.value(exception); });
    json.list("chain", report.peer_chain(),
              [&](const Certificate& certificate) { write_certificate(json, certificate); });
  });
}

void write_certificate(Json& json, const Certificate& certificate) {
  json.object([&] {
    json.field("subject", certificate.subject());
    json.field("issuer", certificate.issuer());
    json.field("serial", certificate.serial());
    json.list("names", certificate.names(), [&](const CertificateName& name) {
      json.object([&] {
        json.field("kind", to_string(name.kind));
        json.field("name", name_text(name));
      });
    });
    json.field("not_before", date_text(certificate.not_before()));
    json.field("not_after", date_text(certificate.not_after()));
    json.field("key", to_string(certificate.key_kind()));
    json.field("key_bits", certificate.key_bits());
    json.field("pin", to_pin(certificate.key_digest()));
    json.field("fingerprint", hexadecimal(certificate.fingerprint()));
    json.field("signature", certificate.signature_algorithm());
    json.field("weak_signature", certificate.has_weak_signature());
    json.field("authority", certificate.is_authority());
    json.field("must_staple", certificate.must_staple());
  });
}

void write_problem(Json& json, const TrustProblem& problem) {
  json.object([&] {
    json.field("fault", to_string(problem.fault));
    json.field("certificate", problem.certificate);
    json.field("sentence", problem.sentence);
  });
}

std::string render_security(const SecurityReport& report, const Style& style) {
  return agreed_line(report) + chain_lines(report, style) + trust_lines(report, style);
}

std::string date_text(std::chrono::sys_seconds time) {
  const auto two_digits = [](auto value) {
    const std::string digits = std::to_string(value);
    return digits.size() < 2 ? "0" + digits : digits;
  };
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return std::to_string(static_cast<int>(date.year())) + "-" +
         two_digits(static_cast<unsigned>(date.month())) + "-" +
         two_digits(static_cast<unsigned>(date.day())) + " " + two_digits(clock.hours().count()) +
         ":" + two_digits(clock.minutes().count()) + ":" + two_digits(clock.seconds().count()) +
         " UTC";
}

std::string name_text(const CertificateName& name) {
  const std::string text = safe(to_string(name));
  const bool is_usual =
      name.kind == CertificateNameKind::dns || name.kind == CertificateNameKind::ip;
  return is_usual ? text.substr(text.find(':') + 1) : text;
}

std::string names_text(const Certificate& certificate, std::size_t names_max) {
  const auto& names = certificate.names();
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), names_max); ++i)
    text += (i == 0 ? "" : ", ") + name_text(names[i]);
  if (names.size() > names_max)
    text += " and " + std::to_string(names.size() - names_max) + " more";
  return text;
}

namespace {

std::string security_row(std::string_view label, const std::string& text) {
  return "  " + fit(label, security_columns) + text + "\n";
}

std::string hexadecimal(const Certificate::Digest& digest) {
  std::string text;
  for (const std::byte octet : digest) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(octet) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(octet) & 15];
  }
  return text;
}

std::string agreed_line(const SecurityReport& report) {
  std::string text;
  if (report.is_established()) {
    text = "secured by " + report.protocol() + " " + report.version() + ", " + report.cipher() +
           ", " + report.group();
  } else {
    text = "not secured: " + report.protocol() + " did not come about";
  }
  if (!report.alpn().empty()) text += ", alpn " + safe(report.alpn());
  if (!report.preshared_key().empty()) text += ", pre-shared key " + quoted(report.preshared_key());
  if (report.is_resumed()) text += ", resumed";
  if (report.is_early_data_accepted()) text += ", early data";
  return text + " (" + safe(report.library()) + ")\n";
}

/// What the peer showed; `bowline cert show` says more of it.
std::string chain_lines(const SecurityReport& report, const Style& style) {
  constexpr std::size_t certificates_shown_max = 10;
  constexpr std::size_t names_shown_max = 4;
  std::string text;
  std::size_t number = 0;
  for (const Certificate& certificate : report.peer_chain()) {
    if (number == certificates_shown_max) break;
    const std::string subject =
        certificate.subject().empty() ? "(no subject)" : safe(certificate.subject());
    std::string line = style.paint(Tone::strong, subject);
    if (const std::string names = names_text(certificate, names_shown_max);
        number == 0 && !names.empty())
      line += " for " + names;
    line += ", until " + date_text(certificate.not_after()).substr(0, 10);
    text += security_row("cert " + std::to_string(++number), line);
  }
  return text;
}

std::string trust_lines(const SecurityReport& report, const Style& style) {
  constexpr std::size_t sentence_max = 1024;
  const TrustReport& trust = report.trust();
  std::string text;
  const std::string& sentence = trust.sentence();
  if (!sentence.empty() && trust.is_trusted()) {
    const bool is_said = sentence.starts_with("trusted: ");
    text += security_row("trusted",
                         style.paint(report.exceptions().empty() ? Tone::good : Tone::bad,
                                     safe(is_said ? sentence.substr(9) : sentence, sentence_max)));
  }
  if (!sentence.empty() && !trust.is_trusted()) {
    for (const TrustProblem& problem : trust.problems())
      text +=
          security_row("untrusted", style.paint(Tone::bad, safe(problem.sentence, sentence_max)));
  }
  for (const std::string& exception : report.exceptions())
    text += security_row("exception", style.paint(Tone::bad, safe(exception, sentence_max)));
  for (const std::string& notice : trust.notices())
    text += security_row("notice", safe(notice, sentence_max));
  return text;
}

std::optional<std::string> unless_empty(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

}  // namespace bowline::cli
