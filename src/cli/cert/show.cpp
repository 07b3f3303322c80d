#include <bowline/certificate.h>

#include "cli/cert/actions.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"

namespace bowline::cli {

namespace {

Result<std::vector<Certificate>> read_certificate_file(std::string_view path) {
  BOWLINE_TRY(const std::string text, read_small_file(std::string(path)));
  auto certificates = read_certificates(std::as_bytes(std::span(text)));
  if (!certificates.has_value()) return certificates.error().about(std::string(path));
  return certificates;
}

/// NAME, or NAME.pem as it was written by `cert root`.
Result<std::vector<Certificate>> read_roots(std::string_view name) {
  auto roots = read_certificate_file(name);
  if (roots.has_value() || name.ends_with(".pem")) return roots;
  auto by_name = read_certificate_file(std::string(name) + ".pem");
  return by_name.has_value() ? std::move(by_name) : std::move(roots);
}

Result<CertificateCheck> read_check(const Invocation& invocation) {
  CertificateCheck check;
  if (const auto host = invocation.value("host")) check.host(std::string(*host));
  check.for_client(invocation.has("client"));
  check.system_roots(!invocation.has("no-system"));
  check.distribution_roots_only(invocation.has("distribution-only"));
  if (const auto name = invocation.value("ca")) {
    BOWLINE_TRY(std::vector<Certificate> roots, read_roots(*name));
    check.roots(std::move(roots));
  }
  if (const auto text = invocation.value("pin")) {
    const auto key = parse_pin(*text);
    if (!key)
      return usage_error(quoted(*text) +
                         " is no SHA-256: 44 characters of base64, or 64 of "
                         "hexadecimal");
    check.pin(*key);
  }
  return check;
}

}  // namespace

int show_certificates(const Invocation& invocation, Loop& loop) {
  const bool as_json = invocation.wants_json();
  const auto words = invocation.arguments();
  if (words.size() != 2)
    return report_usage(usage_error(words.size() < 2 ? "FILE is missing" : "show takes one file"),
                        invocation.command(), as_json);
  const auto check = read_check(invocation);
  if (!check.has_value() && check.error().kind() == ErrorKind::invalid_argument &&
      check.error().code() == 0)
    return report_usage(check.error(), invocation.command(), as_json);
  if (!check.has_value()) return report_failure(check.error(), as_json);
  const auto certificates = read_certificate_file(words[1]);
  if (!certificates.has_value()) return report_failure(certificates.error(), as_json);

  const TrustReport report = check_certificates(loop, *certificates, *check);
  if (as_json) {
    Json json;
    write_chain(json, *certificates, report);
    print(json.text() + "\n");
  } else {
    print(render_chain(*certificates, report, check->host().value_or(""), style_of_output()));
  }
  return report.is_trusted() ? exit_ok : exit_trust;
}

}  // namespace bowline::cli
