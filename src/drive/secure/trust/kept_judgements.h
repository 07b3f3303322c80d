#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <vector>

#include <bowline/detail/trust_facts.h>
#include <bowline/time.h>

#include "ports/certificates.h"
#include "ports/tls_verifier.h"

namespace bowline::drive {

/// Chains that were judged lately and found good. A peer that shows the very same one again, as in each
/// session that is resumed, is judged by comparing octets instead of checking signatures.
///
/// Nothing is kept that could turn bad unseen: no chain with OCSP staples, none beyond its certificates'
/// dates, and none under other roots than those that vouched for it.
class KeptJudgements {
 public:
  static constexpr std::size_t kept_max = 64;
  static constexpr std::size_t chain_bytes_max = 16 * 1024;
  static constexpr Duration kept_for = std::chrono::minutes(30);

  /// The judgement on the peer of `question` under the roots with that identity; null if there is none.
  [[nodiscard]] const TrustReport::Facts* find(const ports::TlsQuestion& question,
                                               const Certificate::Digest& roots,
                                               ports::WallTime now);
  /// Keeps a judgement that found the peer trusted; the one that was used least lately goes for it.
  void keep(const ports::TlsQuestion& question, const Certificate::Digest& roots,
            const TrustReport::Facts& facts, ports::WallTime now);
  [[nodiscard]] std::size_t size() const { return kept_.size(); }

 private:
  struct Kept {
    std::vector<ports::Der> chain;
    std::string peer_name;
    bool is_raw_key;
    bool peer_is_server;
    Certificate::Digest roots;
    TrustReport::Facts facts;
    ports::WallTime from;
    ports::WallTime until;
    [[nodiscard]] bool answers(const ports::TlsQuestion& question) const;
  };

  std::list<Kept> kept_;  // the one that was used last stands first
};

}  // namespace bowline::drive
