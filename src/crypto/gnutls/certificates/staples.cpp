#include "crypto/gnutls/certificates/staples.h"

#include <bowline/detail/trust_facts.h>

#include <gnutls/ocsp.h>

#include <algorithm>
#include <string>

namespace bowline::crypto {

namespace {

constexpr std::chrono::hours clock_difference_max{1};
/// Of a response that does not say when the next one comes.
constexpr std::chrono::hours age_max{24 * 7};

struct ResponseCloser {
  void operator()(gnutls_ocsp_resp_t response) const { gnutls_ocsp_resp_deinit(response); }
};
using Response = std::unique_ptr<std::remove_pointer_t<gnutls_ocsp_resp_t>, ResponseCloser>;

/// What a response says about one certificate.
struct Statement {
  unsigned status = GNUTLS_OCSP_CERT_UNKNOWN;
  std::chrono::sys_seconds from;
  std::optional<std::chrono::sys_seconds> until;
};

Response import_response(std::span<const std::byte> staple);
std::optional<Statement> statement_about(const Response& response,
                                         const ReadCertificate& certificate);
bool is_signed_by(const Response& response, const ReadCertificate& issuer,
                  std::chrono::sys_seconds now, const ports::CertificateLimits& limits);

}  // namespace

std::optional<TrustProblem> check_staple(std::span<const std::byte> staple,
                                         const ReadCertificate& certificate,
                                         const ReadCertificate& issuer, std::size_t index,
                                         ports::WallTime now,
                                         const ports::CertificateLimits& limits) {
  const auto problem = [&](TrustFault fault, const char* words) {
    return TrustProblem{fault, index, words};
  };
  if (staple.size() > limits.staple_bytes_max)
    return problem(TrustFault::too_large, "the proof that it is not revoked is too large");
  const auto today = std::chrono::floor<std::chrono::seconds>(now);
  const Response response = import_response(staple);
  if (!response || gnutls_ocsp_resp_get_status(response.get()) != GNUTLS_OCSP_RESP_SUCCESSFUL)
    return problem(TrustFault::staple_invalid, "the proof that it is not revoked cannot be read");
  const auto statement = statement_about(response, certificate);
  if (!statement)
    return problem(TrustFault::staple_invalid,
                   "the proof that it is not revoked is for another certificate");
  if (!is_signed_by(response, issuer, today, limits))
    return problem(TrustFault::staple_invalid,
                   "the proof that it is not revoked is not signed by its authority");
  // Revoked stays revoked, however old the news is.
  if (statement->status == GNUTLS_OCSP_CERT_REVOKED)
    return problem(TrustFault::revoked, "the authority has taken the certificate back");
  if (statement->from > today + clock_difference_max)
    return problem(TrustFault::staple_expired,
                   "the proof that it is not revoked is from the future");
  if (statement->until.value_or(statement->from + age_max) + clock_difference_max < today)
    return problem(TrustFault::staple_expired, "the proof that it is not revoked is too old");
  if (statement->status != GNUTLS_OCSP_CERT_GOOD)
    return problem(TrustFault::staple_invalid,
                   "the authority does not know whether the certificate is revoked");
  return std::nullopt;
}

namespace {

Response import_response(std::span<const std::byte> staple) {
  gnutls_ocsp_resp_t made = nullptr;
  if (gnutls_ocsp_resp_init(&made) != GNUTLS_E_SUCCESS) return nullptr;
  Response response(made);
  const gnutls_datum_t datum = datum_of(staple);
  if (gnutls_ocsp_resp_import2(made, &datum, GNUTLS_X509_FMT_DER) != GNUTLS_E_SUCCESS)
    return nullptr;
  return response;
}

std::chrono::sys_seconds seconds_of(time_t time) {
  return std::chrono::sys_seconds(std::chrono::seconds(time));
}

std::optional<Statement> statement_about(const Response& response,
                                         const ReadCertificate& certificate) {
  constexpr unsigned statements_max = 16;
  for (unsigned i = 0; i < statements_max; ++i) {
    unsigned status = 0;
    time_t from = -1;
    time_t until = -1;
    const int result =
        gnutls_ocsp_resp_get_single(response.get(), i, nullptr, nullptr, nullptr, nullptr, &status,
                                    &from, &until, nullptr, nullptr);
    if (result != GNUTLS_E_SUCCESS) return std::nullopt;
    if (gnutls_ocsp_resp_check_crt(response.get(), i, certificate.handle.get()) != GNUTLS_E_SUCCESS)
      continue;
    if (from == static_cast<time_t>(-1)) return std::nullopt;
    Statement statement{status, seconds_of(from), std::nullopt};
    if (until != static_cast<time_t>(-1)) statement.until = seconds_of(until);
    return statement;
  }
  return std::nullopt;
}

/// The certificates in the response that may have signed it are valid today. GnuTLS, which finds the one
/// that did, would ask its own clock.
bool has_valid_signers(const Response& response, std::chrono::sys_seconds now,
                       const ports::CertificateLimits& limits) {
  gnutls_x509_crt_t* certificates = nullptr;
  std::size_t count = 0;
  if (gnutls_ocsp_resp_get_certs(response.get(), &certificates, &count) != GNUTLS_E_SUCCESS)
    return false;
  bool are_valid = count <= limits.certificates_max;
  for (std::size_t i = 0; i < count; ++i) {
    const ParsedCertificate owner(certificates[i]);
    GivenBytes der;
    if (!are_valid ||
        gnutls_x509_crt_export2(owner.get(), GNUTLS_X509_FMT_DER, der.out()) != GNUTLS_E_SUCCESS) {
      are_valid = false;
      continue;
    }
    const auto read = read_certificate(der.bytes(), limits);
    are_valid = read.has_value() && read->described.not_before() <= now &&
                now <= read->described.not_after() &&
                read->described.key_bits() <= limits.rsa_bits_max &&
                read->described.facts().exponent_bits <= limits.exponent_bits_max;
  }
  gnutls_free(certificates);
  return are_valid;
}

bool is_signed_by(const Response& response, const ReadCertificate& issuer,
                  std::chrono::sys_seconds now, const ports::CertificateLimits& limits) {
  if (!has_valid_signers(response, now, limits)) return false;
  unsigned status = ~0U;
  const unsigned flags =
      GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS;
  return gnutls_ocsp_resp_verify_direct(response.get(), issuer.handle.get(), &status, flags) ==
             GNUTLS_E_SUCCESS &&
         status == 0;
}

}  // namespace

}  // namespace bowline::crypto
