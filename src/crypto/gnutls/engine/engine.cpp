#include "crypto/gnutls/engine.h"

#include "crypto/gnutls/datagram/datagram_session.h"
#include "crypto/gnutls/datagram/hello_cookie.h"
#include "crypto/gnutls/engine/prepared.h"
#include "crypto/gnutls/library/library.h"
#include "crypto/gnutls/quic/quic_session.h"
#include "crypto/gnutls/stream/stream_session.h"

namespace bowline::crypto {

namespace {

/// Makes sessions and identities; what it keeps itself is what was prepared for configurations.
class GnutlsEngine final : public ports::TlsEngine {
 public:
  explicit GnutlsEngine(const ports::WallClock& wall_clock) : wall_clock_(wall_clock) {
    prepare_library();
  }

  std::string_view name() const override { return library_name(); }
  Result<std::unique_ptr<ports::TlsSession>> make_session(
      std::shared_ptr<const ports::TlsConfiguration> configuration,
      ports::TlsParameters parameters) override;
  Result<std::shared_ptr<ports::TlsIdentity>> make_identity(std::span<const std::byte> certificates,
                                                            std::span<const std::byte> private_key,
                                                            std::string_view pass_phrase) override;
  Result<std::shared_ptr<ports::TlsIdentity>> make_identity_from_pkcs12(
      std::span<const std::byte> store, std::string_view pass_phrase) override;
  Result<std::shared_ptr<ports::TlsIdentity>> make_raw_identity(
      std::span<const std::byte> private_key, std::string_view pass_phrase) override;
  Result<std::optional<std::vector<std::byte>>> answer_hello(
      std::span<const std::byte> datagram, std::span<const std::byte> cookie_key,
      std::span<const std::byte> peer) override;

 private:
  const ports::WallClock& wall_clock_;
  PreparedCache cache_;
};

}  // namespace

std::unique_ptr<ports::TlsEngine> make_engine(const ports::WallClock& wall_clock, Random&) {
  return std::make_unique<GnutlsEngine>(wall_clock);
}

namespace {

Result<std::unique_ptr<ports::TlsSession>> GnutlsEngine::make_session(
    std::shared_ptr<const ports::TlsConfiguration> configuration, ports::TlsParameters parameters) {
  if (configuration == nullptr)
    return Error(ErrorKind::invalid_argument, "make tls session", "there is no configuration");
  const ClockScope clock(wall_clock_, std::nullopt);
  BOWLINE_TRY(auto prepared, cache_.find_or_make(configuration, parameters.role));
  SessionParts parts{std::move(configuration), std::move(prepared), std::move(parameters),
                     wall_clock_};
  switch (parts.configuration->transport) {
    case ports::TlsTransport::stream: return StreamSession::make(std::move(parts));
    case ports::TlsTransport::datagrams: return DatagramSession::make(std::move(parts));
    case ports::TlsTransport::quic: return QuicSession::make(std::move(parts));
  }
  return Error(ErrorKind::unsupported, "make tls session", "no such transport");
}

Result<std::shared_ptr<ports::TlsIdentity>> GnutlsEngine::make_identity(
    std::span<const std::byte> certificates, std::span<const std::byte> private_key,
    std::string_view pass_phrase) {
  BOWLINE_TRY(auto made, Identity::from_chain(certificates, private_key, pass_phrase));
  return std::shared_ptr<ports::TlsIdentity>(std::move(made));
}

Result<std::shared_ptr<ports::TlsIdentity>> GnutlsEngine::make_identity_from_pkcs12(
    std::span<const std::byte> store, std::string_view pass_phrase) {
  BOWLINE_TRY(auto made, Identity::from_pkcs12(store, pass_phrase));
  return std::shared_ptr<ports::TlsIdentity>(std::move(made));
}

Result<std::shared_ptr<ports::TlsIdentity>> GnutlsEngine::make_raw_identity(
    std::span<const std::byte> private_key, std::string_view pass_phrase) {
  BOWLINE_TRY(auto made, Identity::from_raw_key(private_key, pass_phrase));
  return std::shared_ptr<ports::TlsIdentity>(std::move(made));
}

Result<std::optional<std::vector<std::byte>>> GnutlsEngine::answer_hello(
    std::span<const std::byte> datagram, std::span<const std::byte> cookie_key,
    std::span<const std::byte> peer) {
  return answer_without_memory(datagram, cookie_key, peer);
}

}  // namespace

}  // namespace bowline::crypto
