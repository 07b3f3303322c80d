#pragma once

#include <vector>

#include "ports/certificates.h"

namespace bowline::crypto {

/// Finds the ways from the leaf to the roots by the names of issuers, in the order in which they are worth
/// trying, then has each checked. Both are bounded, whatever was sent.
[[nodiscard]] std::vector<ports::CertificatePath> find_certificate_paths(
    const ports::ChainQuestion& question);

}  // namespace bowline::crypto
