#pragma once

#include <bowline/result.h>

#include <span>

#include "crypto/gnutls/certificates/making/der_writer.h"
#include "ports/certificate_maker.h"

namespace bowline::crypto {

/// The extensions that a plan asks for, as one SEQUENCE; `own_key` and `issuer_key` are the key identifiers.
///
/// errors    invalid_argument for an OID that is none
[[nodiscard]] Result<DerBytes> write_extensions(const ports::CertificatePlan& plan,
                                                std::span<const std::byte> own_key,
                                                std::span<const std::byte> issuer_key);

}  // namespace bowline::crypto
