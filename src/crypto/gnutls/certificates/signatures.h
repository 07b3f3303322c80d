#pragma once

#include <span>
#include <vector>

#include "crypto/gnutls/certificates/describe.h"
#include "ports/certificates.h"

namespace bowline::crypto {

/// Has GnuTLS check all links of a path, the leaf first and a root last: signatures, algorithms, who may
/// sign, constraints and purposes, but not dates. Empty if it finds nothing.
///
/// A key that is larger than the limits is refused without being used.
[[nodiscard]] std::vector<TrustProblem> check_signatures(
    std::span<const ReadCertificate* const> path, ports::CertificatePurpose purpose,
    const ports::CertificateLimits& limits);

}  // namespace bowline::crypto
