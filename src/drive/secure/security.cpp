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

}  // namespace

Security::Security(Loop& loop)
    : loop_(loop), crypto_(make_crypto_of(loop)), key_log_(key_log_of(loop)) {}

Security::~Security() = default;

Result<Security::Prepared> Security::prepare(
    const std::shared_ptr<const SecuritySettings>& settings, ports::TlsRole role) {
  if (!crypto_.engine)
    return Error(ErrorKind::unsupported, "tls", "this loop was made without a TLS library");
  for (const Entry& entry : entries_)
    if (entry.role == role && entry.settings.lock() == settings) return entry.prepared;
  std::erase_if(entries_, [](const Entry& entry) { return entry.settings.expired(); });
  return entries_.emplace_back(settings, role, make(*settings, role)).prepared;
}

Security::Prepared Security::make(const SecuritySettings& settings, ports::TlsRole role) {
  using PeerCertificate = ports::TlsConfiguration::PeerCertificate;
  auto configuration = std::make_shared<ports::TlsConfiguration>();
  configuration->versions = settings.versions;
  configuration->ciphers = settings.ciphers;
  configuration->groups = settings.groups;
  configuration->alpn = settings.alpn;
  configuration->requires_alpn = settings.requires_alpn;
  configuration->identities = settings.identities;
  configuration->preshared_keys = settings.preshared_keys;
  configuration->key_log = key_log_;
  configuration->takes_raw_keys = !settings.trust.keys.empty();
  const bool is_server = role == ports::TlsRole::server;
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
    }
  }
  prepared.configuration = std::move(configuration);
  return prepared;
}

}  // namespace bowline::drive
