#pragma once

#include <memory>

#include "drive/secure/crypto.h"
#include "ports/certificate_maker.h"
#include "ports/certificates.h"
#include "ports/host.h"

namespace bowline {

/// The library that reads, checks and makes certificates in this build. They keep nothing.
[[nodiscard]] std::unique_ptr<ports::CertificateLibrary> make_certificate_library();
[[nodiscard]] std::unique_ptr<ports::CertificateMaker> make_certificate_maker();

/// What secure connections of a loop on `host` are made with.
[[nodiscard]] drive::Crypto make_crypto(ports::Host& host);

/// An identity does not depend on a loop. Errors as for ports::TlsEngine::make_identity.
[[nodiscard]] Result<std::shared_ptr<ports::TlsIdentity>> make_identity(
    std::span<const std::byte> certificates, std::span<const std::byte> private_key,
    std::string_view pass_phrase);
[[nodiscard]] Result<std::shared_ptr<ports::TlsIdentity>> make_identity_from_pkcs12(
    std::span<const std::byte> store, std::string_view pass_phrase);

[[nodiscard]] Result<std::shared_ptr<ports::TlsIdentity>> make_raw_identity(
    std::span<const std::byte> private_key, std::string_view pass_phrase);

/// See crypto/gnutls/pass_phrase.h.
[[nodiscard]] Result<std::vector<std::byte>> stretch_pass_phrase(std::string_view phrase,
                                                                 std::string_view salt,
                                                                 unsigned rounds);

}  // namespace bowline
