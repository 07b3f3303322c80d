#pragma once

#include <bowline/export.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace BOWLINE_API bowline {

// Each class here is a handle on shared facts, like those of report.h.

enum class CertificateNameKind : std::uint8_t { dns, ip, uri, service, email, directory, other };
[[nodiscard]] std::string to_string(CertificateNameKind kind);

/// One name that a certificate is for (a subjectAltName), or that an authority may or may not vouch for.
struct CertificateName {
  CertificateNameKind kind{};
  /// Raw octets, as the certificate has them: they may hold NUL, control characters or anything else. An
  /// `ip` has 4 or 16 octets in network order (a constraint has a mask behind them: 8 or 32), a `directory`
  /// name is DER, a `service` is "_service.host" (RFC 4985).
  std::string octets;

  friend bool operator==(const CertificateName&, const CertificateName&) = default;
};
/// "dns:example.com", "ip:192.0.2.1"; safe to print whatever the name holds.
[[nodiscard]] std::string to_string(const CertificateName& name);

enum class KeyKind : std::uint8_t { rsa, ecdsa, eddsa, other };
[[nodiscard]] std::string to_string(KeyKind kind);

/// What one certificate says. Nothing of it is proven by its being here.
///
/// source    RFC 5280
class Certificate {
 public:
  struct Facts;  ///< the library's own; may grow
  using Digest = std::array<std::byte, 32>;

  Certificate() = default;
  explicit Certificate(Facts&& facts);

  /// The certificate itself.
  [[nodiscard]] const std::vector<std::byte>& der() const;
  /// For people (RFC 4514): "CN=example.com,O=Example". May hold any characters: escape before printing.
  [[nodiscard]] const std::string& subject() const;
  [[nodiscard]] const std::string& issuer() const;
  /// Hexadecimal, as sent.
  [[nodiscard]] const std::string& serial() const;
  /// Raw octets; a name of it proves nothing, see names().
  [[nodiscard]] const std::optional<std::string>& common_name() const;
  [[nodiscard]] const std::vector<CertificateName>& names() const;
  [[nodiscard]] std::chrono::sys_seconds not_before() const;
  [[nodiscard]] std::chrono::sys_seconds not_after() const;
  [[nodiscard]] KeyKind key_kind() const;
  /// "RSA", "EC/ECDSA", "EdDSA (Ed25519)" ...
  [[nodiscard]] const std::string& key_algorithm() const;
  [[nodiscard]] std::size_t key_bits() const;
  /// "RSA-SHA256" ...
  [[nodiscard]] const std::string& signature_algorithm() const;
  /// By an algorithm that others can forge by now: MD5, SHA-1 ...
  [[nodiscard]] bool has_weak_signature() const;
  /// SHA-256 of the certificate, and of its public key (SubjectPublicKeyInfo, which survives renewal).
  [[nodiscard]] const Digest& fingerprint() const;
  [[nodiscard]] const Digest& key_digest() const;
  /// May sign certificates (basic constraints).
  [[nodiscard]] bool is_authority() const;
  [[nodiscard]] bool is_self_issued() const;
  /// Its server promised to prove with each handshake that it was not revoked (RFC 7633).
  [[nodiscard]] bool must_staple() const;
  [[nodiscard]] bool has_name_constraints() const;

  /// For the library: everything that is known of it.
  [[nodiscard]] const Facts& facts() const;

  friend bool operator==(const Certificate& a, const Certificate& b) { return a.der() == b.der(); }

 private:
  std::shared_ptr<const Facts> facts_;
};

/// Base64 of the SHA-256 of a public key: what `--pin` takes and RFC 7469 calls pin-sha256.
[[nodiscard]] std::string to_pin(const Certificate::Digest& key_digest);
/// Base64 (44 characters) or hexadecimal (64, colons allowed), with or without "sha256/" in front.
[[nodiscard]] std::optional<Certificate::Digest> parse_pin(std::string_view text);

/// Why somebody is not trusted. Closed; in the order of what a person should hear first.
enum class TrustFault : std::uint8_t {
  no_certificate,      ///< none was sent, and one is needed
  malformed,           ///< bytes that are no certificate
  too_large,           ///< more certificates, names or octets than anybody needs
  revoked,             ///< its authority took it back
  wrong_key,           ///< a bare key that is none of those expected
  pin_mismatch,        ///< none of the pinned keys is in the chain
  name_mismatch,       ///< it is for other names
  no_names,            ///< it is for no name; a common name does not count
  malformed_name,      ///< a name in it holds what no name holds, as NUL
  wrong_purpose,       ///< not for servers, or not for clients
  authority_as_peer,   ///< an authority's own certificate, shown as that of a peer
  expired,             ///< its time is over
  not_yet_valid,       ///< its time has not begun
  name_not_permitted,  ///< an authority above may not vouch for this name
  not_an_authority,    ///< something signed that may not sign certificates
  path_too_long,       ///< an authority has more authorities below than it may have
  weak_key,            ///< a key that can be broken
  oversized_key,       ///< a key that costs seconds to check
  weak_signature,      ///< signed by an algorithm that can be forged
  bad_signature,       ///< the signature does not fit
  unknown_critical,    ///< it says something that we do not understand and must
  unsupported,         ///< an algorithm that we lack
  staple_missing,      ///< its server promised a proof that it is not revoked, and sent none
  staple_invalid,      ///< that proof is broken, or for something else
  staple_expired,      ///< that proof is old, or not of today
  unknown_authority,   ///< the chain leads to nobody whom this host trusts
  self_signed,         ///< nobody vouches for it but itself
  root_not_accepted,   ///< trusted by this host, but not one of its distribution's roots
  policy_refused,      ///< the program's policy for this peer asks for more
  program_refused,     ///< the program's own callback said no
  roots_unavailable,   ///< the host's roots could not be read
};
/// "name_mismatch"
[[nodiscard]] std::string to_string(TrustFault fault);
/// One sentence for people, without the details of a case: "the certificate is for other names".
[[nodiscard]] std::string_view meaning_of(TrustFault fault);

/// One thing that is wrong.
struct TrustProblem {
  TrustFault fault{};
  /// Which certificate of the chain, 0 for the leaf; nothing if it is about no single one.
  std::optional<std::size_t> certificate;
  /// A sentence with the details; safe to print.
  std::string sentence;

  friend bool operator==(const TrustProblem&, const TrustProblem&) = default;
};

/// Where a root of trust comes from.
enum class RootOrigin : std::uint8_t {
  distribution,   ///< shipped by the system's distribution
  administrator,  ///< added on this host
  system,         ///< the system's; this host does not tell who added it
  program,        ///< given by the program itself
};
[[nodiscard]] std::string to_string(RootOrigin origin);

/// Whether a peer was trusted and why, as the verifier saw it.
class TrustReport {
 public:
  struct Facts;  ///< the library's own; may grow
  TrustReport() = default;
  explicit TrustReport(Facts&& facts);

  [[nodiscard]] bool is_trusted() const;
  /// From the leaf to the root, if one was reached; else as far as it goes.
  [[nodiscard]] const std::vector<Certificate>& chain() const;
  /// Of the last certificate of chain(), if that is a root.
  [[nodiscard]] std::optional<RootOrigin> root_origin() const;
  /// What is wrong, the most important first; empty if trusted, unless checks were turned off.
  [[nodiscard]] const std::vector<TrustProblem>& problems() const;
  /// What was noticed and does not count: report-only pins that did not fit, and such.
  [[nodiscard]] const std::vector<std::string>& notices() const;
  /// The exceptions from the policy that were made use of: "old.example.com: weak keys".
  [[nodiscard]] const std::vector<std::string>& exceptions() const;
  /// One sentence: why, or why not.
  [[nodiscard]] const std::string& sentence() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

}  // namespace BOWLINE_API bowline
