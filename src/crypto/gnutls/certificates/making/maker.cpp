#include <bowline/detail/trust_facts.h>

#include <gnutls/crypto.h>

#include <array>
#include <cassert>

#include "base/base64.h"
#include "base/bytes.h"
#include "crypto/gnutls/certificate_maker.h"
#include "crypto/gnutls/certificates/describe.h"
#include "crypto/gnutls/certificates/layout.h"
#include "crypto/gnutls/certificates/making/keys.h"
#include "crypto/gnutls/certificates/making/plan_extensions.h"
#include "crypto/gnutls/certificates/making/staple_writer.h"

namespace bowline::crypto {

namespace {

/// What signs, and what is said about it.
struct Signer {
  PrivateKey key;
  DerBytes name;  // a distinguished name
  DerBytes public_key;
};

class GnutlsMaker final : public ports::CertificateMaker {
 public:
  [[nodiscard]] Result<ports::MadeCertificate> make(
      const ports::CertificatePlan& plan, const ports::MadeCertificate* issuer) const override;
  [[nodiscard]] Result<ports::Der> make_staple(
      const ports::StaplePlan& plan, const ports::MadeCertificate& certificate,
      const ports::MadeCertificate& issuer) const override {
    BOWLINE_TRY(const PrivateKey key, read_key(issuer.private_key));
    return write_staple(plan, certificate.der, issuer.der, key);
  }
  [[nodiscard]] std::string to_pem(const ports::Der& certificate) const override;
};

DerBytes name_of_plan(const ports::CertificatePlan& plan);
Result<PrivateKey> key_for(const ports::CertificatePlan& plan);
Result<DerBytes> signed_part(const ports::CertificatePlan& plan, const DerBytes& public_key,
                             const Signer& signer, const SigningAlgorithm& algorithm);
Result<Signer> signer_for(const ports::CertificatePlan& plan, const ports::MadeCertificate* issuer,
                          const DerBytes& public_key);
DerBytes random_serial();

Result<ports::MadeCertificate> GnutlsMaker::make(const ports::CertificatePlan& plan,
                                                 const ports::MadeCertificate* issuer) const {
  constexpr std::size_t names_max = 100'000;
  if (plan.names.size() + plan.permitted.size() + plan.excluded.size() > names_max)
    return Error(ErrorKind::invalid_argument, "make certificate", "too many names");
  if (plan.imaginary_rsa_bits != 0 && issuer == nullptr)
    return Error(ErrorKind::invalid_argument, "make certificate",
                 "a key without a private half signs nothing");
  BOWLINE_TRY(const PrivateKey own_key, key_for(plan));
  BOWLINE_TRY(const DerBytes public_key, plan.imaginary_rsa_bits != 0
                                             ? imaginary_key(plan.imaginary_rsa_bits)
                                             : public_key_of(own_key));
  BOWLINE_TRY(const Signer signer, signer_for(plan, issuer, public_key));
  const bool is_weak = plan.signature == ports::CertificatePlan::Signature::sha1;
  const PrivateKey& signing_key = signer.key ? signer.key : own_key;
  BOWLINE_TRY(const SigningAlgorithm algorithm, algorithm_for(signing_key, is_weak));
  BOWLINE_TRY(const DerBytes body, signed_part(plan, public_key, signer, algorithm));
  BOWLINE_TRY(DerBytes signature, sign(signing_key, algorithm, body));
  if (plan.signature == ports::CertificatePlan::Signature::broken) signature.back() ^= std::byte{1};
  const DerBytes outer = plan.names_other_algorithm
                             ? der_sequence({*der_oid("1.2.840.10045.4.3.3")})
                             : algorithm.identifier;
  ports::MadeCertificate made;
  made.der = der_sequence({body, outer, der_bits(signature)});
  if (plan.imaginary_rsa_bits == 0) {
    BOWLINE_TRY(made.private_key, write_key(own_key));
  }
  return made;
}

std::string GnutlsMaker::to_pem(const ports::Der& certificate) const {
  constexpr std::size_t columns = 64;
  const std::string text = to_base64(certificate);
  std::string pem = "-----BEGIN CERTIFICATE-----\n";
  for (std::size_t i = 0; i < text.size(); i += columns) pem += text.substr(i, columns) + "\n";
  return pem + "-----END CERTIFICATE-----\n";
}

/// Null for an imaginary one.
Result<PrivateKey> key_for(const ports::CertificatePlan& plan) {
  if (plan.imaginary_rsa_bits != 0) return PrivateKey();
  if (plan.key_of != nullptr) return read_key(plan.key_of->private_key);
  return generate_key(plan);
}

/// Without an issuer the signer has no key here: the certificate signs itself.
Result<Signer> signer_for(const ports::CertificatePlan& plan, const ports::MadeCertificate* issuer,
                          const DerBytes& public_key) {
  Signer signer;
  if (issuer == nullptr) {
    signer.name = name_of_plan(plan);
    signer.public_key = public_key;
    return signer;
  }
  const auto layout = read_layout(issuer->der);
  if (!layout)
    return Error(ErrorKind::malformed, "make certificate", "the issuer is no certificate");
  BOWLINE_TRY(signer.key, read_key(issuer->private_key));
  signer.name.assign(layout->subject.begin(), layout->subject.end());
  signer.public_key.assign(layout->public_key.begin(), layout->public_key.end());
  return signer;
}

Result<DerBytes> signed_part(const ports::CertificatePlan& plan, const DerBytes& public_key,
                             const Signer& signer, const SigningAlgorithm& algorithm) {
  DerBytes content;
  if (plan.version > 1)
    append(content, der_group(der_tag::around(0), {der_number(plan.version - 1)}));
  append(content, random_serial());
  append(content, algorithm.identifier);
  append(content, signer.name);
  append(content, der_sequence({der_time(plan.not_before), der_time(plan.not_after)}));
  append(content, name_of_plan(plan));
  append(content, public_key);
  if (plan.version > 2) {
    const auto own = digest_of(public_key);
    const auto above = digest_of(signer.public_key);
    constexpr std::size_t identifier_octets = 20;
    BOWLINE_TRY(const DerBytes extensions,
                write_extensions(plan, std::span(own).first(identifier_octets),
                                 std::span(above).first(identifier_octets)));
    append(content, der_group(der_tag::around(3), {extensions}));
  }
  return der_item(der_tag::sequence, content);
}

DerBytes name_of_plan(const ports::CertificatePlan& plan) {
  const auto part = [](const char* oid, const std::string& value) {
    return der_group(der_tag::set, {der_sequence({*der_oid(oid), der_text(der_tag::utf8, value)})});
  };
  DerBytes content;
  if (!plan.organization.empty()) append(content, part("2.5.4.10", plan.organization));
  if (!plan.common_name.empty()) append(content, part("2.5.4.3", plan.common_name));
  return der_item(der_tag::sequence, content);
}

DerBytes random_serial() {
  std::array<std::byte, 16> octets;
  [[maybe_unused]] const int code = gnutls_rnd(GNUTLS_RND_NONCE, octets.data(), octets.size());
  assert(code == GNUTLS_E_SUCCESS);
  octets.front() = (octets.front() & std::byte{0x7f}) | std::byte{0x40};
  return der_number(octets);
}

}  // namespace

std::unique_ptr<ports::CertificateMaker> make_certificate_maker() {
  return std::make_unique<GnutlsMaker>();
}

}  // namespace bowline::crypto
