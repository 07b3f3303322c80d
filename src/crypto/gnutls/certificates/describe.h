#pragma once

#include <bowline/result.h>
#include <bowline/trust.h>

#include <cstddef>
#include <span>

#include "crypto/gnutls/certificates/handles.h"
#include "ports/certificates.h"

namespace bowline::crypto {

/// A certificate in GnuTLS's form and in ours.
struct ReadCertificate {
  ParsedCertificate handle;
  Certificate described;
};

/// errors    malformed, limit_exceeded
[[nodiscard]] Result<ReadCertificate> read_certificate(std::span<const std::byte> der,
                                                       const ports::CertificateLimits& limits);

/// SHA-256.
[[nodiscard]] Certificate::Digest digest_of(std::span<const std::byte> bytes);

}  // namespace bowline::crypto
