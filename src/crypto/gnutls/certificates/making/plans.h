#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "crypto/gnutls/certificate_maker.h"
#include "crypto/gnutls/certificates.h"

namespace bowline::crypto {

/// Chains for tests, made in the year 2026: a root, an authority below it, and leaves.
class TestAuthority {
 public:
  using Plan = ports::CertificatePlan;
  using Made = ports::MadeCertificate;

  static constexpr std::chrono::sys_seconds now =
      std::chrono::sys_days(std::chrono::year(2026) / 6 / 1) + std::chrono::hours(12);
  static constexpr std::chrono::hours year{24 * 365};
  static constexpr const char* for_servers = "1.3.6.1.5.5.7.3.1";
  static constexpr const char* for_clients = "1.3.6.1.5.5.7.3.2";

  TestAuthority() : root(make(authority_plan("Test Root"), nullptr)) {
    intermediate = make(authority_plan("Test Authority"), &root);
  }

  [[nodiscard]] static Plan plan(std::string common_name) {
    Plan plan;
    plan.common_name = std::move(common_name);
    plan.not_before = now - year;
    plan.not_after = now + year;
    return plan;
  }
  [[nodiscard]] static Plan authority_plan(std::string common_name) {
    Plan plan = TestAuthority::plan(std::move(common_name));
    plan.is_authority = true;
    return plan;
  }
  /// A good server of this host.
  [[nodiscard]] static Plan leaf_plan(const std::string& host) {
    Plan plan = TestAuthority::plan(host);
    plan.names = {dns(host)};
    plan.purposes = {for_servers};
    return plan;
  }
  [[nodiscard]] static CertificateName dns(std::string name) {
    return {CertificateNameKind::dns, std::move(name)};
  }
  [[nodiscard]] static CertificateName ip(std::vector<unsigned> octets) {
    std::string text;
    for (const unsigned octet : octets) text += static_cast<char>(octet);
    return {CertificateNameKind::ip, std::move(text)};
  }

  [[nodiscard]] Made make(const Plan& plan, const Made* issuer) const {
    auto made = maker->make(plan, issuer);
    if (!made.has_value()) throw std::runtime_error(to_string(made.error()));
    return *std::move(made);
  }
  [[nodiscard]] Made leaf(const Plan& plan) const { return make(plan, &intermediate); }
  [[nodiscard]] std::vector<ports::Der> chain_of(const Made& leaf) const {
    return {leaf.der, intermediate.der};
  }

  std::unique_ptr<ports::CertificateMaker> maker = make_certificate_maker();
  std::unique_ptr<ports::CertificateLibrary> library = make_certificate_library();
  Made root;
  Made intermediate;
};

}  // namespace bowline::crypto
