#pragma once

#include <bowline/error.h>

#include <cstddef>
#include <optional>
#include <span>

namespace bowline::crypto {

/// What a peer's chain may cost us, as its keys are used before any verifier sees them.
struct CertificateLimits {
  std::size_t certificates_max = 10;
  std::size_t key_bits_max = 8192;
};

/// Looks at the body of a Certificate message (RFC 8446 section 4.4.2, or RFC 5246 section 7.4.2), and
/// says what in it goes beyond the limits: too many certificates, an RSA modulus that is too long, or a
/// public exponent of more than 32 bits. What does not parse is left to the library, which refuses it.
[[nodiscard]] std::optional<Error> check_certificates(std::span<const std::byte> message,
                                                      bool is_tls_1_3,
                                                      const CertificateLimits& limits);

}  // namespace bowline::crypto
