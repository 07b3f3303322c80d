#include "cli/cert/actions.h"

namespace bowline::cli {

namespace {

std::string hexadecimal(const Certificate::Digest& digest) {
  std::string text;
  for (const std::byte octet : digest) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(octet) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(octet) & 15];
  }
  return text;
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

}  // namespace

void write_chain(Json& json, const std::vector<Certificate>& certificates,
                 const TrustReport& report) {
  const auto write_each = [&](const Certificate& certificate) {
    write_certificate(json, certificate);
  };
  json.object([&] {
    json.field("trusted", report.is_trusted());
    json.field("sentence", report.sentence());
    json.list("problems", report.problems(), [&](const TrustProblem& problem) {
      json.object([&] {
        json.field("fault", to_string(problem.fault));
        json.field("certificate", problem.certificate);
        json.field("sentence", problem.sentence);
      });
    });
    json.name("root_origin");
    if (report.root_origin()) {
      json.value(to_string(*report.root_origin()));
    } else {
      json.value(nullptr);
    }
    json.list("chain", report.chain(), write_each);
    json.list("certificates", certificates, write_each);
  });
}

}  // namespace bowline::cli
