#include "api/secure/compose_crypto.h"

#include <bowline/detail/hex_digest.h>

#include "base/random.h"
#include "crypto/gnutls/certificate_maker.h"
#include "crypto/gnutls/certificates.h"
#include "crypto/gnutls/engine.h"
#include "crypto/gnutls/hex_digest.h"
#include "crypto/gnutls/pass_phrase.h"

namespace bowline {

namespace {

/// For reading identities, which asks neither for the day nor for chance.
class NoClock final : public ports::WallClock {
 public:
  [[nodiscard]] ports::WallTime now() const override { return {}; }
};

template <class Make>
Result<std::shared_ptr<ports::TlsIdentity>> with_engine(Make make) {
  const NoClock clock;
  SeededRandom random(1);
  const std::unique_ptr<ports::TlsEngine> engine = crypto::make_engine(clock, random);
  return make(*engine);
}

}  // namespace

std::unique_ptr<ports::CertificateLibrary> make_certificate_library() {
  return crypto::make_certificate_library();
}

std::unique_ptr<ports::CertificateMaker> make_certificate_maker() {
  return crypto::make_certificate_maker();
}

drive::Crypto make_crypto(ports::Host& host) {
  return {crypto::make_engine(host.wall_clock(), host.random()), make_certificate_library()};
}

Result<std::shared_ptr<ports::TlsIdentity>> make_identity(std::span<const std::byte> certificates,
                                                          std::span<const std::byte> private_key,
                                                          std::string_view pass_phrase) {
  return with_engine([&](ports::TlsEngine& engine) {
    return engine.make_identity(certificates, private_key, pass_phrase);
  });
}

Result<std::shared_ptr<ports::TlsIdentity>> make_identity_from_pkcs12(
    std::span<const std::byte> store, std::string_view pass_phrase) {
  return with_engine([&](ports::TlsEngine& engine) {
    return engine.make_identity_from_pkcs12(store, pass_phrase);
  });
}

Result<std::shared_ptr<ports::TlsIdentity>> make_raw_identity(
    std::span<const std::byte> private_key, std::string_view pass_phrase) {
  return with_engine(
      [&](ports::TlsEngine& engine) { return engine.make_raw_identity(private_key, pass_phrase); });
}

Result<std::vector<std::byte>> stretch_pass_phrase(std::string_view phrase, std::string_view salt,
                                                   unsigned rounds) {
  return crypto::stretch_pass_phrase(phrase, salt, rounds);
}

namespace detail {

std::string hex_digest(HexDigest kind, std::string_view text) {
  switch (kind) {
    case HexDigest::md5: return crypto::hex_md5(text);
    case HexDigest::sha256: return crypto::hex_sha256(text);
    case HexDigest::sha512_256: return crypto::hex_sha512_256(text);
  }
  return {};
}

}  // namespace detail

}  // namespace bowline
