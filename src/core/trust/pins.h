#pragma once

#include <bowline/trust.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/trust/reference_name.h"

namespace bowline::core {

/// Public keys of which one must be in the chain of a domain's servers, whoever else vouches for them.
struct Pins {
  std::string domain = {};  ///< lower case; empty = every peer
  bool with_subdomains = false;
  std::vector<Certificate::Digest> keys = {};
  /// Keys that are kept elsewhere, for the day when the others are lost. They count like the others; that
  /// one of them was needed is told.
  std::vector<Certificate::Digest> backups = {};
  /// A chain without any of them is told of, and trusted.
  bool report_only = false;
};

struct PinOutcome {
  std::optional<TrustProblem> problem;
  std::vector<std::string> notices;
};

/// All pins that are for this peer; each must be met. An anonymous peer (no name) meets those for every peer.
///
/// source    RFC 7469 section 2.6, without its headers
[[nodiscard]] PinOutcome check_pins(std::span<const Certificate> path,
                                    const std::optional<ReferenceName>& name,
                                    std::span<const Pins> pins);

}  // namespace bowline::core
