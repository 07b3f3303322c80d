#pragma once

#include <bowline/result.h>
#include <bowline/trust.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ports/certificates.h"

namespace bowline::ports {

/// What a certificate that is made shall say. The default is a good leaf without names; everything can be
/// made wrong, for that is what tests need. Nothing here is checked but sizes.
struct CertificatePlan {
  std::string common_name;
  std::string organization;
  std::vector<CertificateName> names;
  bool has_empty_names = false;  ///< a subjectAltName with nothing in it
  std::chrono::sys_seconds not_before;
  std::chrono::sys_seconds not_after;

  enum class Key : std::uint8_t { p256, p384, p224, ed25519, rsa };
  Key key = Key::p256;
  std::size_t rsa_bits = 2048;
  /// A made-up RSA key of so many bits instead, for which nobody has the other half; 0 = none.
  std::size_t imaginary_rsa_bits = 0;

  bool is_authority = false;
  bool has_basic_constraints = true;
  std::optional<std::size_t> path_length;
  bool has_key_usage = true;
  bool may_sign_certificates =
      false;  ///< of an authority: whatever this says, for it true is meant
  bool forbids_signing_certificates = false;
  std::vector<std::string> purposes;  ///< OIDs; empty = no extended key usage
  std::vector<CertificateName> permitted;
  std::vector<CertificateName> excluded;
  bool must_staple = false;
  std::string unknown_critical;  ///< the OID of one; empty = none
  bool repeats_an_extension = false;
  bool has_key_identifiers = true;

  enum class Signature : std::uint8_t { fitting, sha1, broken };
  Signature signature = Signature::fitting;
  bool names_other_algorithm = false;  ///< outside of what is signed than inside
  unsigned version = 3;                ///< 1 has no extensions
  /// Use the key of this certificate again, such as for a cross-signed authority; null = a new one.
  const struct MadeCertificate* key_of = nullptr;
};

struct MadeCertificate {
  Der der;
  std::string private_key;  ///< PKCS#8, in PEM; empty for an imaginary key
};

/// What an OCSP response that is made shall say.
struct StaplePlan {
  enum class Status : std::uint8_t { good, revoked, unknown };
  Status status = Status::good;
  std::chrono::sys_seconds from;
  std::optional<std::chrono::sys_seconds> until;
  bool is_broken = false;  ///< its signature
};

/// Makes certificates and what belongs to them: for tests, and for a network's own authority.
///
/// thread    any
class CertificateMaker {
 public:
  virtual ~CertificateMaker() = default;

  /// Signed by `issuer`, or by itself if that is null.
  ///
  /// errors    invalid_argument for an OID that is none, or more than 100,000 names; unsupported for a key
  ///           that this library cannot make; internal
  [[nodiscard]] virtual Result<MadeCertificate> make(const CertificatePlan& plan,
                                                     const MadeCertificate* issuer) const = 0;

  /// An OCSP response of `issuer` about `certificate`, which it issued.
  [[nodiscard]] virtual Result<Der> make_staple(const StaplePlan& plan,
                                                const MadeCertificate& certificate,
                                                const MadeCertificate& issuer) const = 0;

  /// "-----BEGIN CERTIFICATE-----", in lines of 64.
  [[nodiscard]] virtual std::string to_pem(const Der& certificate) const = 0;
};

}  // namespace bowline::ports
