#pragma once

#include <bowline/export.h>
#include <bowline/loop.h>
#include <bowline/result.h>
#include <bowline/trust.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace BOWLINE_API bowline {

/// The certificates in a text of PEM blocks, whatever else stands in it, or in DER one after another; in
/// their order, 100 at most.
///
/// errors    malformed if there is none or one is broken; limit_exceeded for more, for one of more than 64
///           KiB, and for one with more than 1,000 names
[[nodiscard]] Result<std::vector<Certificate>> read_certificates(std::span<const std::byte> text);

// clang-format off: a setter is one line
/// What a chain of certificates is checked for. A value; setters chain.
class CertificateCheck {
 public:
  /// The certificate must be for this host or address. Without it any name will do.
  CertificateCheck& host(std::string value) { host_ = std::move(value); return *this; }
  /// It is a client's, not a server's.
  CertificateCheck& for_client(bool value = true) { for_client_ = value; return *this; }
  /// Trust these too. They need not be authorities.
  CertificateCheck& roots(std::vector<Certificate> value) { roots_ = std::move(value); return *this; }
  /// Trust the roots of this host (true, the default).
  CertificateCheck& system_roots(bool value) { system_roots_ = value; return *this; }
  /// Of these, only those that its distribution shipped, and none that was added.
  CertificateCheck& distribution_roots_only(bool value = true) {
    distribution_roots_only_ = value;
    return *this;
  }
  /// One of these keys must be in the chain; see parse_pin().
  CertificateCheck& pin(Certificate::Digest key) { pins_.push_back(key); return *this; }
  /// As of this moment, instead of now.
  CertificateCheck& at(std::chrono::sys_seconds value) { at_ = value; return *this; }

  [[nodiscard]] const std::optional<std::string>& host() const { return host_; }
  [[nodiscard]] bool for_client() const { return for_client_; }
  [[nodiscard]] const std::vector<Certificate>& roots() const { return roots_; }
  [[nodiscard]] bool system_roots() const { return system_roots_; }
  [[nodiscard]] bool distribution_roots_only() const { return distribution_roots_only_; }
  [[nodiscard]] const std::vector<Certificate::Digest>& pins() const { return pins_; }
  [[nodiscard]] const std::optional<std::chrono::sys_seconds>& at() const { return at_; }

 private:
  std::optional<std::string> host_;
  bool for_client_ = false;
  std::vector<Certificate> roots_;
  bool system_roots_ = true;
  bool distribution_roots_only_ = false;
  std::vector<Certificate::Digest> pins_;
  std::optional<std::chrono::sys_seconds> at_;
};
// clang-format on

/// Judges a chain as a connection would: the same roots, rules and limits, and the same sentences.
///
/// `chain`   the leaf first, the others in any order; 10 at most
/// `loop`    whose host's roots and date are used
[[nodiscard]] TrustReport check_certificates(Loop& loop, const std::vector<Certificate>& chain,
                                             const CertificateCheck& check = {});

/// What may be wrong on purpose with a certificate that is made, so that a program's own tests can see that
/// it is refused.
enum class CertificateFlaw : std::uint8_t {
  none,
  expired,
  not_yet_valid,
  other_name,         ///< it is for "other.invalid" instead
  no_names,           ///< the host stands in the common name only
  nul_in_name,        ///< the host, a NUL, and more
  wide_wildcard,      ///< "*" and "*." over the last label
  wrong_purpose,      ///< for clients if it was to be for servers, and the reverse
  authority_as_peer,  ///< it may sign others
  weak_key,           ///< on the curve P-224
  oversized_key,      ///< RSA of 16,384 bits; there is no private key for it
  weak_signature,     ///< SHA-1
  broken_signature,
  unknown_critical,    ///< an extension that nobody knows, and must
  must_staple,         ///< it promises a proof that its server does not have
  not_an_authority,    ///< between it and its issuer stands one that may not sign
  name_not_permitted,  ///< between it and its issuer stands one that may not vouch for its name
  path_too_long,  ///< between it and its issuer stand two, of which the upper may have none below it
};
/// "other_name"
[[nodiscard]] std::string to_string(CertificateFlaw flaw);
[[nodiscard]] std::optional<CertificateFlaw> parse_certificate_flaw(std::string_view text);
/// One sentence for people.
[[nodiscard]] std::string_view meaning_of(CertificateFlaw flaw);
/// All but none, in the order above.
[[nodiscard]] std::span<const CertificateFlaw> certificate_flaws();

// clang-format off: a setter is one line
/// A certificate to be made. A value; setters chain.
class CertificateRequest {
 public:
  /// `what` it is, for people; with no name() of its own it proves nothing.
  explicit CertificateRequest(std::string what) : common_name_(std::move(what)) {}
  /// For this host (UTF-8 becomes A-labels, "*." in front is a wildcard) or address; as often as you like.
  CertificateRequest& name(std::string value) { names_.push_back(std::move(value)); return *this; }
  /// It may sign others.
  CertificateRequest& authority(bool value = true) { is_authority_ = value; return *this; }
  /// For clients instead of servers.
  CertificateRequest& for_client(bool value = true) { for_client_ = value; return *this; }
  /// Valid from an hour ago on, for so long; 90 days unless set.
  CertificateRequest& valid_for(std::chrono::hours value) { valid_for_ = value; return *this; }
  CertificateRequest& flaw(CertificateFlaw value) { flaw_ = value; return *this; }

  [[nodiscard]] const std::string& common_name() const { return common_name_; }
  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  [[nodiscard]] bool is_authority() const { return is_authority_; }
  [[nodiscard]] bool for_client() const { return for_client_; }
  [[nodiscard]] std::chrono::hours valid_for() const { return valid_for_; }
  [[nodiscard]] CertificateFlaw flaw() const { return flaw_; }

 private:
  std::string common_name_;
  std::vector<std::string> names_;
  bool is_authority_ = false;
  bool for_client_ = false;
  std::chrono::hours valid_for_{24 * 90};
  CertificateFlaw flaw_ = CertificateFlaw::none;
};
// clang-format on

/// A certificate that was made, with what has to be sent along and its key, which nobody else should see.
struct CertificateAndKey {
  std::string certificates;  ///< PEM: it, then those between it and its root
  std::string private_key;   ///< PEM, PKCS#8, not encrypted; empty for an oversized_key
};

/// Makes a certificate with a new key (P-256, ECDSA): signed by itself without an issuer, which is how a root
/// is made.
///
/// For tests, and for a network of one's own whose devices are told its root. Nothing here takes a
/// certificate back: make them valid for a short time.
///
/// errors    invalid_argument for a name that is none, for a flaw that needs an issuer and has none, for a
///           time under an hour or over 100 years; malformed if the issuer is no certificate with its key
[[nodiscard]] Result<CertificateAndKey> make_certificate(Loop& loop,
                                                         const CertificateRequest& request,
                                                         const CertificateAndKey* issuer = nullptr);

}  // namespace BOWLINE_API bowline
