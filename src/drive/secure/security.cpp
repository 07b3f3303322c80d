#include "drive/secure/security.h"

#include <algorithm>
#include <utility>

#include "drive/loop/loop.h"
#include "drive/secure/key_log.h"

namespace bowline::drive {

namespace {

Crypto make_crypto_of(Loop& loop) {
  return loop.make_crypto() == nullptr ? Crypto{} : loop.make_crypto()(loop.host());
}

/// What TLS 1.2 is on streams is DTLS 1.2 on datagrams.
Result<std::vector<ports::TlsVersion>> versions_on(ports::TlsTransport transport,
                                                   std::vector<ports::TlsVersion> versions) {
  if (transport != ports::TlsTransport::datagrams || versions.empty()) return versions;
  if (std::ranges::find(versions, ports::TlsVersion::tls_1_2) == versions.end())
    return Error(ErrorKind::unsupported, "dtls", "there is no DTLS 1.3 here, only DTLS 1.2")
        .about("minimum_version");
  return std::vector{ports::TlsVersion::dtls_1_2};
}

}  // namespace

Security::Security(Loop& loop)
    : loop_(loop), crypto_(make_crypto_of(loop)), replay_guard_(loop), key_log_(key_log_of(loop)) {}

Security::~Security() = default;

Result<Security::Prepared> Security::prepare(
    const std::shared_ptr<const SecuritySettings>& settings, ports::TlsRole role,
    ports::TlsTransport transport) {
  if (!crypto_.engine)
    return Error(ErrorKind::unsupported, "tls", "this loop was made without a TLS library");
  const std::uint64_t version =
      settings->identity_source ? settings->identity_source->version() : 0;
  for (const Entry& entry : entries_)
    if (entry.identities_version == version && entry.role == role && entry.transport == transport &&
        entry.settings.lock() == settings)
      return entry.prepared;
  std::erase_if(entries_, [&](const Entry& entry) {
    return entry.settings.expired() ||
           (entry.settings.lock() == settings && entry.identities_version != version);
  });
  BOWLINE_TRY(Prepared prepared, make(*settings, role, transport));
  return entries_.emplace_back(settings, role, transport, version, std::move(prepared)).prepared;
}

Result<Security::Prepared> Security::make(const SecuritySettings& settings, ports::TlsRole role,
                                          ports::TlsTransport transport) {
  using PeerCertificate = ports::TlsConfiguration::PeerCertificate;
  auto configuration = std::make_shared<ports::TlsConfiguration>();
  configuration->transport = transport;
  BOWLINE_TRY(configuration->versions, versions_on(transport, settings.versions));
  configuration->ciphers = settings.ciphers;
  configuration->groups = settings.groups;
  configuration->alpn = settings.alpn;
  configuration->requires_alpn = settings.requires_alpn;
  configuration->identities = settings.identities;
  if (settings.identity_source) {
    const auto replaceable = settings.identity_source->identities();
    configuration->identities.insert(configuration->identities.end(), replaceable.begin(),
                                     replaceable.end());
  }
  configuration->preshared_keys = settings.preshared_keys;
  configuration->find_preshared_key = settings.find_preshared_key;
  configuration->key_log = key_log_;
  configuration->takes_raw_keys = !settings.trust.keys.empty();
  const bool is_server = role == ports::TlsRole::server;
  const bool shows_something = !configuration->identities.empty() ||
                               !configuration->preshared_keys.empty() ||
                               configuration->find_preshared_key || settings.identity_source;
  if (is_server && !shows_something)
    return Error(ErrorKind::invalid_argument, "tls",
                 "a listener needs an identity or a preshared key to show")
        .about("identity");
  Prepared prepared;
  if (!is_server || settings.client_certificate != PeerCertificate::none)
    prepared.verifier = std::make_shared<Verifier>(loop_, *crypto_.certificates, settings.trust);
  configuration->verifier = prepared.verifier;
  if (is_server) {
    configuration->client_certificate = settings.client_certificate;
    if (settings.resumes) {
      ports::TlsTicketKeys keys;
      keys.master.resize(64);
      loop_.host().random().fill(keys.master);
      if (prepared.verifier) keys.policy_id = prepared.verifier->identity();
      configuration->ticket_keys = std::move(keys);
      configuration->early_bytes_max = settings.early_bytes_max;
      configuration->replay_guard = &replay_guard_;
    }
  }
  prepared.configuration = std::move(configuration);
  return prepared;
}

}  // namespace bowline::drive
