#pragma once

#include <bowline/result.h>
#include <bowline/trust.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ports/wall_clock.h"

namespace bowline::ports {

using Der = std::vector<std::byte>;

/// What a peer's certificates may make us do.
struct CertificateLimits {
  std::size_t certificates_max = 10;
  std::size_t certificate_bytes_max = 64 * 1024;
  std::size_t chain_bytes_max = 100 * 1024;
  std::size_t names_max = 1000;        ///< per certificate; constraints likewise
  std::size_t rsa_bits_max = 8192;     ///< larger ones cost seconds to check
  std::size_t exponent_bits_max = 32;  ///< of RSA; likewise
  std::size_t paths_max = 8;           ///< ways to a root that are looked at
  std::size_t links_max = 64;          ///< signatures that are checked, over all paths
  std::size_t staple_bytes_max = 16 * 1024;
};

/// Certificates that are trusted by themselves, as one object that any number of checks may share.
///
/// thread    any; it never changes
class TrustRoots {
 public:
  virtual ~TrustRoots() = default;
  [[nodiscard]] virtual std::size_t size() const = 0;
  /// `index` is less than size().
  [[nodiscard]] virtual const Der& der(std::size_t index) const = 0;
};

/// Roots, and where they are from. Earlier ones are preferred.
struct RootSet {
  std::shared_ptr<const TrustRoots> roots;
  RootOrigin origin{};
};

enum class CertificatePurpose : std::uint8_t { server, client };

struct ChainQuestion {
  std::span<const Der> chain;    ///< as the peer sent it, the leaf first, the rest in any order
  std::span<const Der> staples;  ///< OCSP responses, by certificate; may be fewer, and empty
  std::span<const RootSet> roots;
  CertificatePurpose purpose = CertificatePurpose::server;
  WallTime now;
  CertificateLimits limits;
};

/// One way from the leaf to a root, or as far as one gets.
struct CertificatePath {
  std::vector<Certificate> certificates;  ///< the leaf first
  std::optional<RootOrigin> origin;       ///< of the last one, if that is a root
  /// What this library found: signatures, algorithms, constraints, purposes, staples. It does not look at
  /// dates, at the peer's name, and at anything that core/trust looks at.
  std::vector<TrustProblem> problems;
};

/// Reads, checks and compares certificates.
///
/// It gives facts and no verdict: only drive/secure's Verifier, which adds the rules of core/trust, decides.
///
/// thread    any, several at once
class CertificateLibrary {
 public:
  virtual ~CertificateLibrary() = default;

  /// Who it is: "GnuTLS 3.7.9".
  [[nodiscard]] virtual std::string_view name() const = 0;

  /// What a certificate says. Oddities are facts, not errors: a NUL in a name, an extension that is broken.
  ///
  /// errors    malformed; limit_exceeded above the limits' octets
  [[nodiscard]] virtual Result<Certificate> describe(std::span<const std::byte> der,
                                                     const CertificateLimits& limits) const = 0;

  /// The certificates in a text of PEM blocks (all else in it is skipped) or in DER, one after another.
  ///
  /// errors    malformed if there is none, or one of them is broken; limit_exceeded above
  ///           `certificates_max`
  [[nodiscard]] virtual Result<std::vector<Der>> read(std::span<const std::byte> text,
                                                      std::size_t certificates_max) const = 0;

  /// Quick, and without a check: most roots of a set are never looked at. What does not parse is left out.
  [[nodiscard]] virtual std::shared_ptr<const TrustRoots> make_roots(
      std::vector<Der> certificates) const = 0;

  /// The ways from the leaf to roots: those without problems first, then those that got furthest; at least
  /// one. A chain that is too large or does not parse gives one without a root that says so.
  [[nodiscard]] virtual std::vector<CertificatePath> find_paths(
      const ChainQuestion& question) const = 0;

  /// SHA-256.
  [[nodiscard]] virtual Certificate::Digest digest(std::span<const std::byte> bytes) const = 0;

  /// A host name as DNS and certificates have it: lower case, internationalized labels as A-labels.
  ///
  /// errors    invalid_argument for what is no host name and for characters that no name may have
  /// source    RFC 5891, UTS 46 (non-transitional)
  [[nodiscard]] virtual Result<std::string> ascii_name(std::string_view name) const = 0;
};

}  // namespace bowline::ports
