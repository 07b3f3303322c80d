#pragma once

#include <bowline/detail/trust_facts.h>

#include <optional>
#include <span>
#include <vector>

#include "core/trust/name_match.h"
#include "core/trust/path_rules.h"
#include "core/trust/pins.h"
#include "core/trust/policy.h"

namespace bowline::core {

/// All that a peer's certificates are judged by.
struct TrustRules {
  std::optional<ReferenceName>
      name;  ///< nothing: any peer that somebody vouches for, such as a client
  bool peer_is_server = true;
  NameRules names;
  SecurityPolicy policy;
  std::vector<Pins> pins;
  /// Only roots that the system's distribution shipped count; those that were added on this host do not.
  bool distribution_roots_only = false;
  std::size_t rsa_bits_max = 8192;
  std::size_t exponent_bits_max = 32;
};

/// One way from a leaf to a root, or as far as it goes, and what the library found on it.
struct JudgedPath {
  std::span<const Certificate> certificates;
  std::optional<RootOrigin> origin;
  std::span<const TrustProblem> found;
};

/// Applies all rules to one path. Its problems are sorted, one of a fault for each certificate.
[[nodiscard]] TrustReport::Facts judge(const JudgedPath& path, const TrustRules& rules,
                                       std::chrono::sys_seconds now);

/// The same sentences for a list of problems that was put together otherwise.
[[nodiscard]] TrustReport::Facts refuse(std::vector<TrustProblem> problems);

}  // namespace bowline::core
