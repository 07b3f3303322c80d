#include "core/trust/pins.h"

#include <algorithm>

namespace bowline::core {

namespace {

bool is_for(const Pins& pins, const std::optional<ReferenceName>& name) {
  if (pins.domain.empty()) return true;
  if (!name) return false;
  const std::string host = to_string(*name);
  return pins.with_subdomains && !name->address ? is_within(host, pins.domain)
                                                : host == pins.domain;
}

bool has_one_of(std::span<const Certificate> path, const std::vector<Certificate::Digest>& keys) {
  return std::ranges::any_of(path, [&](const Certificate& certificate) {
    return std::ranges::find(keys, certificate.key_digest()) != keys.end();
  });
}

}  // namespace

PinOutcome check_pins(std::span<const Certificate> path, const std::optional<ReferenceName>& name,
                      std::span<const Pins> pins) {
  PinOutcome outcome;
  for (const Pins& one : pins) {
    if (!is_for(one, name) || has_one_of(path, one.keys)) continue;
    const std::string whose = one.domain.empty() ? "the peer" : one.domain;
    if (has_one_of(path, one.backups)) {
      outcome.notices.push_back("only a backup pin of " + whose + " fits");
      continue;
    }
    std::string sentence = "none of the keys that are pinned for " + whose + " is in the chain";
    if (!path.empty()) sentence += "; its own is sha256/" + to_pin(path.front().key_digest());
    if (one.report_only) {
      outcome.notices.push_back(std::move(sentence) + " (report only)");
    } else if (!outcome.problem) {
      outcome.problem = TrustProblem{TrustFault::pin_mismatch, std::nullopt, std::move(sentence)};
    }
  }
  return outcome;
}

}  // namespace bowline::core
