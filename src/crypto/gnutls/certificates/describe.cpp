#include "crypto/gnutls/certificates/describe.h"

#include <bowline/detail/trust_facts.h>

#include <gnutls/crypto.h>

#include <bit>
#include <cassert>

#include "base/bytes.h"
#include "crypto/gnutls/certificates/extensions.h"
#include "crypto/gnutls/certificates/layout.h"

namespace bowline::crypto {

namespace {

void read_key(gnutls_x509_crt_t certificate, Certificate::Facts& facts);
void read_signature_algorithm(gnutls_x509_crt_t certificate, Certificate::Facts& facts);
std::string hexadecimal(std::span<const std::byte> bytes);
Result<std::chrono::sys_seconds> time_of(time_t time);

template <class Name>
std::string name_text(gnutls_x509_crt_t certificate, Name read) {
  GivenBytes text;
  // Without a name there is nothing to be said about it; one that GnuTLS cannot print is still compared.
  if (read(certificate, text.out(), 0) != GNUTLS_E_SUCCESS) return {};
  return text.text();
}

Error malformed(const char* what) { return Error(ErrorKind::malformed, "read certificate", what); }

}  // namespace

Result<ReadCertificate> read_certificate(std::span<const std::byte> der,
                                         const ports::CertificateLimits& limits) {
  if (der.size() > limits.certificate_bytes_max)
    return Error(ErrorKind::limit_exceeded, "read certificate",
                 "a certificate of " + std::to_string(der.size()) + " octets");
  const auto layout = read_layout(der);
  if (!layout) return malformed("it is no certificate in DER");
  // Before GnuTLS sees it, which needs a second for ten thousand names.
  Certificate::Facts facts;
  read_extensions(layout->extensions, limits.names_max, facts);
  if (facts.names_dropped + facts.constraints_dropped > 0)
    return Error(ErrorKind::limit_exceeded, "read certificate",
                 "it has more than " + std::to_string(limits.names_max) + " names or constraints");
  ParsedCertificate handle = import_certificate(der);
  if (!handle) return malformed("GnuTLS cannot read it as a certificate");

  facts.der.assign(der.begin(), der.end());
  facts.subject = name_text(handle.get(), gnutls_x509_crt_get_dn3);
  facts.issuer = name_text(handle.get(), gnutls_x509_crt_get_issuer_dn3);
  facts.subject_der = std::string(as_text(layout->subject));
  facts.issuer_der = std::string(as_text(layout->issuer));
  facts.serial = hexadecimal(layout->serial);
  facts.version = layout->version;
  facts.fingerprint = digest_of(der);
  facts.key_digest = digest_of(layout->public_key);
  facts.signature_algorithms_differ =
      as_text(layout->inner_algorithm) != as_text(layout->outer_algorithm);
  BOWLINE_TRY(facts.not_before, time_of(gnutls_x509_crt_get_activation_time(handle.get())));
  BOWLINE_TRY(facts.not_after, time_of(gnutls_x509_crt_get_expiration_time(handle.get())));
  read_key(handle.get(), facts);
  read_signature_algorithm(handle.get(), facts);
  read_common_names(layout->subject, facts);
  return ReadCertificate{std::move(handle), Certificate(std::move(facts))};
}

Certificate::Digest digest_of(std::span<const std::byte> bytes) {
  Certificate::Digest digest;
  [[maybe_unused]] const int result =
      gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes.data(), bytes.size(), digest.data());
  assert(result == GNUTLS_E_SUCCESS);
  return digest;
}

namespace {

void read_key(gnutls_x509_crt_t certificate, Certificate::Facts& facts) {
  unsigned bits = 0;
  const int algorithm = gnutls_x509_crt_get_pk_algorithm(certificate, &bits);
  facts.key_bits = bits;
  const char* const name =
      algorithm < 0 ? nullptr : gnutls_pk_get_name(static_cast<gnutls_pk_algorithm_t>(algorithm));
  facts.key_algorithm = name != nullptr ? name : "unknown";
  if (algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS) {
    facts.key_kind = KeyKind::rsa;
  } else if (algorithm == GNUTLS_PK_ECDSA) {
    facts.key_kind = KeyKind::ecdsa;
  } else if (algorithm == GNUTLS_PK_EDDSA_ED25519 || algorithm == GNUTLS_PK_EDDSA_ED448) {
    facts.key_kind = KeyKind::eddsa;
  }
  GivenBytes modulus;
  GivenBytes exponent;
  if (facts.key_kind != KeyKind::rsa ||
      gnutls_x509_crt_get_pk_rsa_raw(certificate, modulus.out(), exponent.out()) !=
          GNUTLS_E_SUCCESS)
    return;
  const auto octets = exponent.bytes();
  std::size_t zeros = 0;
  while (zeros < octets.size() && octets[zeros] == std::byte{0}) ++zeros;
  if (zeros < octets.size())
    facts.exponent_bits =
        (octets.size() - zeros - 1) * 8 +
        static_cast<std::size_t>(std::bit_width(std::to_integer<unsigned>(octets[zeros])));
}

void read_signature_algorithm(gnutls_x509_crt_t certificate, Certificate::Facts& facts) {
  const int value = gnutls_x509_crt_get_signature_algorithm(certificate);
  const auto algorithm =
      value < 0 ? GNUTLS_SIGN_UNKNOWN : static_cast<gnutls_sign_algorithm_t>(value);
  const char* const name = gnutls_sign_get_name(algorithm);
  facts.signature_algorithm = name != nullptr ? name : "unknown";
  facts.weak_signature = algorithm != GNUTLS_SIGN_UNKNOWN &&
                         gnutls_sign_is_secure2(algorithm, GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS) == 0;
}

std::string hexadecimal(std::span<const std::byte> bytes) {
  constexpr std::size_t octets_max = 64;
  std::string text;
  for (const std::byte octet : bytes.first(std::min(bytes.size(), octets_max))) {
    text += "0123456789abcdef"[std::to_integer<unsigned>(octet) >> 4];
    text += "0123456789abcdef"[std::to_integer<unsigned>(octet) & 15];
  }
  return text;
}

Result<std::chrono::sys_seconds> time_of(time_t time) {
  if (time == static_cast<time_t>(-1)) return malformed("a date in it is none");
  return std::chrono::sys_seconds(std::chrono::seconds(time));
}

}  // namespace

}  // namespace bowline::crypto
