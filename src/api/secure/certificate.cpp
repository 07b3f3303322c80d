#include <bowline/certificate.h>
#include <bowline/detail/trust_facts.h>

#include <algorithm>

#include "api/secure/compose_crypto.h"
#include "drive/loop/loop.h"
#include "drive/secure/trust/evaluation.h"

namespace bowline {

namespace {

constexpr std::size_t certificates_max = 100;

std::vector<ports::Der> octets_of(const std::vector<Certificate>& certificates) {
  std::vector<ports::Der> all;
  for (const Certificate& certificate : certificates) all.push_back(certificate.der());
  return all;
}

drive::TrustOptions options_for(const CertificateCheck& check) {
  drive::TrustOptions options;
  options.use_system_roots = check.system_roots();
  options.distribution_roots_only = check.distribution_roots_only();
  options.roots = octets_of(check.roots());
  options.any_name = !check.host().has_value();
  if (!check.pins().empty()) {
    core::Pins pins;
    pins.keys = check.pins();
    options.pins = {std::move(pins)};
  }
  return options;
}

/// As A-labels, if it can be.
std::string name_to_check(const ports::CertificateLibrary& library, const std::string& host) {
  if (core::read_reference_name(host).has_value()) return host;
  auto ascii = library.ascii_name(host);
  return ascii.has_value() ? *std::move(ascii) : host;
}

}  // namespace

Result<std::vector<Certificate>> read_certificates(std::span<const std::byte> text) {
  const auto library = make_certificate_library();
  BOWLINE_TRY(const std::vector<ports::Der> all, library->read(text, certificates_max));
  std::vector<Certificate> certificates;
  for (const ports::Der& der : all) {
    BOWLINE_TRY(Certificate certificate, library->describe(der, {}));
    certificates.push_back(std::move(certificate));
  }
  return certificates;
}

TrustReport check_certificates(Loop& loop, const std::vector<Certificate>& chain,
                               const CertificateCheck& check) {
  const auto library = make_certificate_library();
  drive::Loop& core = loop.core();
  drive::SystemRoots* const system_roots =
      check.system_roots() ? &core.service<drive::SystemRootsOfLoop>().roots() : nullptr;
  drive::Evaluation evaluation(*library, system_roots, options_for(check));
  ports::TlsQuestion question;
  question.chain = octets_of(chain);
  question.peer_is_server = !check.for_client();
  if (check.host()) question.peer_name = name_to_check(*library, *check.host());
  const ports::WallTime now =
      check.at() ? ports::WallTime(*check.at()) : core.host().wall_clock().now();
  return TrustReport(evaluation.evaluate(question, now));
}

}  // namespace bowline
