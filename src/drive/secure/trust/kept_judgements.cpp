#include "drive/secure/trust/kept_judgements.h"

#include <algorithm>

namespace bowline::drive {

bool KeptJudgements::Kept::answers(const ports::TlsQuestion& question) const {
  return is_raw_key == question.is_raw_key && peer_is_server == question.peer_is_server &&
         peer_name == question.peer_name && chain == question.chain;
}

const TrustReport::Facts* KeptJudgements::find(const ports::TlsQuestion& question,
                                               const Certificate::Digest& roots,
                                               ports::WallTime now) {
  if (!question.staples.empty()) return nullptr;
  const auto found =
      std::ranges::find_if(kept_, [&](const Kept& one) { return one.answers(question); });
  if (found == kept_.end()) return nullptr;
  // The clock may have been set back, too: then the dates of the certificates have to be looked at again.
  if (found->roots != roots || now < found->from || now >= found->until) {
    kept_.erase(found);
    return nullptr;
  }
  kept_.splice(kept_.begin(), kept_, found);
  return &found->facts;
}

void KeptJudgements::keep(const ports::TlsQuestion& question, const Certificate::Digest& roots,
                          const TrustReport::Facts& facts, ports::WallTime now) {
  if (!facts.trusted || question.chain.empty() || !question.staples.empty()) return;
  std::size_t bytes = 0;
  for (const ports::Der& certificate : question.chain) bytes += certificate.size();
  if (bytes > chain_bytes_max) return;
  ports::WallTime until = now + kept_for;
  for (const Certificate& certificate : facts.chain)
    until = std::min<ports::WallTime>(until, certificate.not_after());
  if (until <= now) return;
  std::erase_if(kept_, [&](const Kept& one) { return one.answers(question); });
  if (kept_.size() == kept_max) kept_.pop_back();
  kept_.push_front({question.chain, question.peer_name, question.is_raw_key,
                    question.peer_is_server, roots, facts, now, until});
}

}  // namespace bowline::drive
