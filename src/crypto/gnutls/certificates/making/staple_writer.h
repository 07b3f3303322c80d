#pragma once

#include <bowline/result.h>

#include <span>

#include "crypto/gnutls/certificates/making/keys.h"
#include "ports/certificate_maker.h"

namespace bowline::crypto {

/// An OCSP response (RFC 6960 section 4.2.1) about one certificate, signed by its issuer's own key.
[[nodiscard]] Result<ports::Der> write_staple(const ports::StaplePlan& plan,
                                              std::span<const std::byte> certificate,
                                              std::span<const std::byte> issuer,
                                              const PrivateKey& issuer_key);

}  // namespace bowline::crypto
