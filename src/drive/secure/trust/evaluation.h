#pragma once

#include <bowline/trust.h>

#include <string>
#include <vector>

#include "core/trust/judge.h"
#include "drive/secure/trust/kept_judgements.h"
#include "drive/secure/trust/system_roots.h"
#include "ports/certificates.h"
#include "ports/tls_verifier.h"

namespace bowline::drive {

/// Whom to trust, as data. The default is what a client of the Internet needs.
struct TrustOptions {
  bool use_system_roots = true;
  /// Only those that the distribution shipped: what was added on this host does not count. An alternative to
  /// pins against those who add roots to read along.
  bool distribution_roots_only = false;
  /// Roots of the program's own, in DER (CertificateLibrary::read makes them of PEM).
  std::vector<ports::Der> roots;
  /// SHA-256 of public keys (SubjectPublicKeyInfo) that are trusted by themselves: bare keys, and
  /// certificates with them, whatever else these say. For peers that know each other.
  std::vector<Certificate::Digest> keys;
  std::vector<core::Pins> pins;
  core::NameRules names;
  core::SecurityPolicy policy;
  ports::CertificateLimits limits;
  /// A server may have any name: for private roots and keys only.
  bool any_name = false;
  /// A client may come without a certificate (TlsConfiguration::PeerCertificate::requested).
  bool anonymous_clients = false;
  /// Nothing is checked. The report still tells what is wrong.
  bool accept_anybody = false;
};

/// Puts roots, the library's check and the rules of core/trust together, without a session or a loop.
class Evaluation {
 public:
  /// `system_roots` may be null if the options do without; all outlive this.
  Evaluation(const ports::CertificateLibrary& library, SystemRoots* system_roots,
             TrustOptions options);

  [[nodiscard]] TrustReport::Facts evaluate(const ports::TlsQuestion& question,
                                            ports::WallTime now);

  /// Differs between any two that might judge the same peer differently: a part of every key under which
  /// sessions, tickets or connections are shared. Roots of the system that changed meanwhile change it.
  [[nodiscard]] std::string identity();

  [[nodiscard]] const TrustOptions& options() const { return options_; }

 private:
  struct Roots {
    std::vector<ports::RootSet> sets;
    std::optional<TrustProblem> problem;
  };
  [[nodiscard]] Certificate::Digest roots_identity();
  [[nodiscard]] TrustReport::Facts judge_all(const ports::TlsQuestion& question,
                                             ports::WallTime now);
  [[nodiscard]] TrustReport::Facts judge_chain(const ports::TlsQuestion& question,
                                               const core::TrustRules& rules, ports::WallTime now);
  [[nodiscard]] std::optional<TrustReport::Facts> judge_key(const ports::TlsQuestion& question);
  [[nodiscard]] Result<core::TrustRules> rules_for(const ports::TlsQuestion& question) const;
  [[nodiscard]] Roots all_roots();
  [[nodiscard]] bool is_expected(const Certificate::Digest& key) const;

  const ports::CertificateLibrary& library_;
  SystemRoots* system_roots_;
  TrustOptions options_;
  std::shared_ptr<const ports::TrustRoots> own_roots_;  // null if there are none
  std::string options_identity_;
  KeptJudgements kept_;
};

}  // namespace bowline::drive
