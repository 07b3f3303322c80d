#include <bowline/certificate.h>
#include <bowline/connection.h>
#include <bowline/security.h>

#include <algorithm>

#include "cli/cert/actions.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/words/network_options.h"

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

/// HOST:PORT or a URL. Nothing for what looks like neither, which is a file then.
std::optional<Result<Endpoint>> read_peer(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return Endpoint::parse_url(text);
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0 || text.find('/') < colon) return std::nullopt;
  const std::string_view digits = text.substr(colon + 1);
  const bool is_number =
      !digits.empty() && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!is_number) return std::nullopt;
  const auto port = read_port(digits, 1);
  if (!port.has_value()) return Result<Endpoint>(port.error());
  return Endpoint::parse_host(text.substr(0, colon), *port);
}

/// What a server shows to whoever comes. Nobody is trusted by that: no byte of data is sent or believed.
Result<std::vector<Certificate>> ask_peer(Loop& loop, const Endpoint& peer) {
  SecurityOptions options;
  options.trust_anybody().resume(false);
  Parameters parameters;
  parameters.wait(Waiting::never).connect_within(std::chrono::seconds(30));
  StreamConnection connection = connect(loop, peer, tls(options), parameters);
  const Result<void> ready = connection.ready().wait();
  const auto security = connection.security();
  const std::vector<Certificate> chain =
      security ? security->peer_chain() : std::vector<Certificate>();
  if (ready.has_value()) static_cast<void>(connection.close().wait());
  if (!chain.empty()) return chain;
  if (!ready.has_value()) return ready.error();
  return Error(ErrorKind::untrusted, "show", "it showed no certificate").about(to_string(peer));
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

/// A peer is asked for its own name, unless another one is asked for.
int show_certificates(const Invocation& invocation, Loop& loop) {
  const bool as_json = invocation.wants_json();
  const auto words = invocation.arguments();
  if (words.size() != 2)
    return report_usage(usage_error(words.size() < 2 ? "FILE or HOST:PORT is missing"
                                                     : "show takes one file or one host"),
                        invocation.command(), as_json);
  auto check = read_check(invocation);
  if (!check.has_value() && check.error().kind() == ErrorKind::invalid_argument &&
      check.error().code() == 0)
    return report_usage(check.error(), invocation.command(), as_json);
  if (!check.has_value()) return report_failure(check.error(), as_json);
  const auto peer = read_peer(words[1]);
  if (peer && !peer->has_value())
    return report_choice_failure(peer->error(), invocation.command(), as_json);
  if (peer && !check->host()) check->host((*peer)->host());
  const auto certificates = peer ? ask_peer(loop, **peer) : read_certificate_file(words[1]);
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
