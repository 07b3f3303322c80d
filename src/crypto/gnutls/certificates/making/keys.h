#pragma once

#include <bowline/result.h>

#include <gnutls/abstract.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <type_traits>

#include "crypto/gnutls/certificates/making/der_writer.h"
#include "ports/certificate_maker.h"

namespace bowline::crypto {

struct KeyCloser {
  void operator()(gnutls_privkey_t key) const { gnutls_privkey_deinit(key); }
};
/// A private key and what goes with it.
using PrivateKey = std::unique_ptr<std::remove_pointer_t<gnutls_privkey_t>, KeyCloser>;

/// How a key signs.
struct SigningAlgorithm {
  gnutls_sign_algorithm_t algorithm = GNUTLS_SIGN_UNKNOWN;
  DerBytes identifier;  ///< AlgorithmIdentifier, in DER
};

[[nodiscard]] Result<PrivateKey> generate_key(const ports::CertificatePlan& plan);
/// From PKCS#8 in PEM.
[[nodiscard]] Result<PrivateKey> read_key(const std::string& pem);
[[nodiscard]] Result<std::string> write_key(const PrivateKey& key);
/// SubjectPublicKeyInfo, in DER.
[[nodiscard]] Result<DerBytes> public_key_of(const PrivateKey& key);
/// An RSA key of which only the public half was made up.
[[nodiscard]] Result<DerBytes> imaginary_key(std::size_t bits);
/// By SHA-256, or by SHA-1 if `weak`.
///
/// errors    unsupported for a weak signature by a key that has none
[[nodiscard]] Result<SigningAlgorithm> algorithm_for(const PrivateKey& key, bool weak);
[[nodiscard]] Result<DerBytes> sign(const PrivateKey& key, const SigningAlgorithm& algorithm,
                                    std::span<const std::byte> bytes);

}  // namespace bowline::crypto
