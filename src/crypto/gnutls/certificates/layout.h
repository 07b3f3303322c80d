#pragma once

#include <optional>
#include <span>

#include "crypto/gnutls/certificates/der_reader.h"

namespace bowline::crypto {

/// The parts of a certificate (RFC 5280 section 4.1), as they stand in its octets.
struct CertificateLayout {
  unsigned version = 1;
  std::span<const std::byte> serial;           ///< the number's octets
  std::span<const std::byte> inner_algorithm;  ///< of the signature, in what is signed
  std::span<const std::byte> outer_algorithm;
  std::span<const std::byte> issuer;      ///< with tag and length
  std::span<const std::byte> subject;     ///< likewise
  std::span<const std::byte> public_key;  ///< SubjectPublicKeyInfo, likewise
  std::span<const std::byte> extensions;  ///< one after another; empty if there are none
};

/// Nothing unless all of `der` is one certificate.
[[nodiscard]] std::optional<CertificateLayout> read_layout(std::span<const std::byte> der);

}  // namespace bowline::crypto
