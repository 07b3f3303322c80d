#pragma once

#include <bowline/trust.h>

#include <optional>
#include <span>

#include "crypto/gnutls/certificates/describe.h"
#include "ports/certificates.h"

namespace bowline::crypto {

/// What an OCSP response that the peer sent along says about `certificate`: nothing is well, else a problem
/// of the certificate at `index`.
///
/// It must be for this certificate, signed by its issuer or by whom the issuer appointed, of today (an hour
/// of difference between clocks is forgiven), and say "good": "unknown" is not good.
///
/// source    RFC 6960 section 3.2
[[nodiscard]] std::optional<TrustProblem> check_staple(std::span<const std::byte> staple,
                                                       const ReadCertificate& certificate,
                                                       const ReadCertificate& issuer,
                                                       std::size_t index, ports::WallTime now,
                                                       const ports::CertificateLimits& limits);

}  // namespace bowline::crypto
