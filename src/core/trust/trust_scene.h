#pragma once

#include <bowline/detail/trust_facts.h>

#include <string>
#include <utility>
#include <vector>

namespace bowline::core {

/// Certificates as a library would describe them, for tests of the rules.
inline constexpr std::chrono::sys_seconds test_now =
    std::chrono::sys_days(std::chrono::year(2026) / 6 / 1) + std::chrono::hours(12);

[[nodiscard]] inline CertificateName dns_name(std::string text) {
  return {CertificateNameKind::dns, std::move(text)};
}

[[nodiscard]] inline CertificateName ip_name(std::vector<unsigned> octets) {
  std::string text;
  for (const unsigned octet : octets) text += static_cast<char>(octet);
  return {CertificateNameKind::ip, std::move(text)};
}

/// A good leaf for these names.
[[nodiscard]] inline Certificate::Facts leaf_facts(std::vector<CertificateName> names) {
  Certificate::Facts facts;
  facts.subject = "CN=leaf";
  facts.issuer = "CN=authority";
  facts.subject_der = std::string("\x30\x03leaf", 6);
  facts.issuer_der = std::string(
      "\x30\x03"
      "auth",
      6);
  facts.der = {std::byte{1}};
  facts.has_names = true;
  facts.names = std::move(names);
  facts.not_before = test_now - std::chrono::hours(24);
  facts.not_after = test_now + std::chrono::hours(24);
  facts.key_kind = KeyKind::ecdsa;
  facts.key_algorithm = "EC/ECDSA";
  facts.key_bits = 256;
  facts.signature_algorithm = "ECDSA-SHA256";
  facts.key_digest[0] = std::byte{1};
  facts.has_basic_constraints = true;
  facts.has_key_usage = true;
  facts.may_sign = true;
  facts.has_purposes = true;
  facts.for_servers = true;
  return facts;
}

/// A good authority; number 2 vouches for 1, and so on.
[[nodiscard]] inline Certificate::Facts authority_facts(unsigned number) {
  Certificate::Facts facts = leaf_facts({});
  facts.subject = "CN=authority " + std::to_string(number);
  facts.subject_der =
      "\x30\x02"
      "a" +
      std::to_string(number);
  facts.issuer_der =
      "\x30\x02"
      "a" +
      std::to_string(number + 1);
  facts.der = {std::byte{2}, static_cast<std::byte>(number)};
  facts.key_digest[0] = static_cast<std::byte>(number + 1);
  facts.has_names = false;
  facts.is_authority = true;
  facts.may_sign_certificates = true;
  facts.has_purposes = false;
  facts.for_servers = false;
  return facts;
}

/// The leaf, then authorities.
[[nodiscard]] inline std::vector<Certificate> path_of(std::vector<Certificate::Facts> all) {
  std::vector<Certificate> path;
  for (Certificate::Facts& facts : all) path.emplace_back(std::move(facts));
  return path;
}

[[nodiscard]] inline std::vector<TrustFault> faults_of(const std::vector<TrustProblem>& problems) {
  std::vector<TrustFault> faults;
  for (const TrustProblem& problem : problems) faults.push_back(problem.fault);
  return faults;
}

}  // namespace bowline::core
