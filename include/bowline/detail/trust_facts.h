#pragma once

#include <bowline/trust.h>

// What the values of trust.h are made of: for the library, and for tests that make such values by hand.

namespace bowline {

struct Certificate::Facts {
  std::vector<std::byte> der;
  std::string subject;
  std::string issuer;
  std::string subject_der;  // to be compared octet by octet
  std::string issuer_der;
  std::string serial;
  std::optional<std::string> common_name;
  std::size_t common_names = 0;

  bool has_names = false;  // there is a subjectAltName, if an empty one
  std::vector<CertificateName> names;
  std::size_t names_dropped = 0;  // beyond the limit
  bool names_malformed = false;   // the extension does not parse

  std::chrono::sys_seconds not_before{};
  std::chrono::sys_seconds not_after{};

  KeyKind key_kind = KeyKind::other;
  std::string key_algorithm;
  std::size_t key_bits = 0;
  std::size_t exponent_bits = 0;  // of RSA
  std::string signature_algorithm;
  bool weak_signature = false;
  bool signature_algorithms_differ = false;  // inside and outside of what is signed
  Digest fingerprint{};
  Digest key_digest{};

  unsigned version = 3;
  bool has_basic_constraints = false;
  bool is_authority = false;
  std::optional<std::size_t> path_length;
  bool has_key_usage = false;
  bool may_sign_certificates = false;
  bool may_sign = false;  // digitalSignature
  bool may_encipher_key = false;
  bool may_agree_key = false;
  bool has_purposes = false;  // there is an extended key usage
  bool for_servers = false;
  bool for_clients = false;
  bool for_anything = false;
  std::vector<std::string> purposes;  // OIDs

  bool has_constraints = false;
  bool constraints_malformed = false;
  std::vector<CertificateName> permitted;
  std::vector<CertificateName> excluded;
  std::size_t constraints_dropped = 0;  // beyond the limit

  bool must_staple = false;
  std::vector<std::string> unknown_critical;  // OIDs
  std::vector<std::string> repeated;          // extensions that are there twice
  std::string authority_key;                  // the key identifiers, raw; empty if not said
  std::string own_key;
};

struct TrustReport::Facts {
  bool trusted = false;
  std::vector<Certificate> chain;
  std::optional<RootOrigin> root_origin;
  std::vector<TrustProblem> problems;
  std::vector<std::string> notices;
  std::vector<std::string> exceptions;
  std::string sentence;
};

}  // namespace bowline
