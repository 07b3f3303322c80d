#pragma once

#include <bowline/trust.h>

#include <optional>
#include <span>
#include <vector>

#include "core/trust/reference_name.h"

namespace bowline::core {

/// Whether each authority of a path may vouch for the names below it: name_not_permitted if not.
///
/// `reference` is checked as well, because a wildcard may stand for a name that is excluded. What cannot be
/// compared is refused: excluded distinguished names, which have many spellings, and constraints of unknown
/// kinds on names of those kinds.
///
/// `path`    the leaf first
/// source    RFC 5280 section 4.2.1.10
[[nodiscard]] std::vector<TrustProblem> check_constraints(
    std::span<const Certificate> path, const std::optional<ReferenceName>& reference);

}  // namespace bowline::core
