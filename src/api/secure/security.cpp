#include <bowline/security.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <utility>

#include <bowline/connection.h>

#include "api/secure/compose_crypto.h"
#include "base/bytes.h"
#include "drive/connection/stack.h"
#include "drive/secure/dtls_layer.h"
#include "drive/secure/security_settings.h"
#include "drive/secure/tls_stream.h"

namespace bowline {

namespace {

constexpr std::size_t file_bytes_max = std::size_t{1} << 20;
constexpr std::size_t roots_max = 10'000;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error::from_errno(errno == 0 ? ENOENT : errno, "read").about(path);
  std::string content(file_bytes_max + 1, '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<std::size_t>(file.gcount()));
  if (file.bad()) return Error::from_errno(EIO, "read").about(path);
  if (content.size() > file_bytes_max)
    return Error(ErrorKind::limit_exceeded, "read", "more than 1 MiB").about(path);
  return content;
}

/// A layer for options that make no sense: what is made with it fails, and says why.
drive::Layer broken_layer(const Error& error) {
  return {"tls",
          [error](const drive::LayerContext&, std::unique_ptr<ports::ByteStream>)
              -> Result<std::unique_ptr<drive::HandshakingStream>> { return error; },
          [error](drive::Loop&) -> Result<void> { return error; }};
}

/// The same for datagrams.
class BrokenDatagrams final : public drive::DatagramProtocol {
 public:
  explicit BrokenDatagrams(Error error) : error_(std::move(error)) {}
  [[nodiscard]] std::string_view name() const override { return "dtls"; }
  [[nodiscard]] Result<std::unique_ptr<drive::DatagramLayer>> make_layer(
      const drive::LayerContext& /*context*/) const override {
    return error_;
  }
  [[nodiscard]] Result<std::unique_ptr<drive::DatagramDoor>> make_door(
      drive::Loop& /*loop*/) const override {
    return error_;
  }

 private:
  Error error_;
};

}  // namespace

Result<Identity> Identity::from_bytes(std::span<const std::byte> certificates,
                                      std::span<const std::byte> private_key,
                                      std::string_view pass_phrase) {
  BOWLINE_TRY(auto identity, make_identity(certificates, private_key, pass_phrase));
  return Identity(std::move(identity));
}

Result<Identity> Identity::from_text(std::string_view certificates, std::string_view private_key,
                                     std::string_view pass_phrase) {
  return from_bytes(as_bytes(certificates), as_bytes(private_key), pass_phrase);
}

Result<Identity> Identity::from_files(const std::string& certificates,
                                      const std::string& private_key,
                                      std::string_view pass_phrase) {
  BOWLINE_TRY(const std::string chain, read_file(certificates));
  BOWLINE_TRY(const std::string key, read_file(private_key));
  auto identity = from_text(chain, key, pass_phrase);
  if (!identity.has_value()) return identity.error().about(private_key);
  return identity;
}

Result<Identity> Identity::from_pkcs12(std::span<const std::byte> store,
                                       std::string_view pass_phrase) {
  BOWLINE_TRY(auto identity, make_identity_from_pkcs12(store, pass_phrase));
  return Identity(std::move(identity));
}

Result<Identity> Identity::from_bare_key(std::span<const std::byte> private_key,
                                         std::string_view pass_phrase) {
  BOWLINE_TRY(auto identity, make_raw_identity(private_key, pass_phrase));
  return Identity(std::move(identity));
}

Certificate::Digest Identity::key_digest() const {
  const auto library = make_certificate_library();
  const std::vector<std::byte> first = identity_->chain().front();
  const auto leaf = library->describe(first, {});
  return leaf.has_value() ? leaf->key_digest() : library->digest(first);
}

std::vector<std::vector<std::byte>> Identity::chain() const { return identity_->chain(); }

const TrustReport& PeerQuestion::report() const { return decision_->report(); }
const std::string& PeerQuestion::peer_name() const { return decision_->peer_name(); }
bool PeerQuestion::is_resumed() const { return decision_->is_resumed(); }
void PeerQuestion::accept() { decision_->accept(); }
void PeerQuestion::refuse(std::string why) { decision_->refuse(std::move(why)); }

SecurityOptions::SecurityOptions() : settings_(std::make_shared<drive::SecuritySettings>()) {}

/// Stacks and copies that share the settings keep what they have.
drive::SecuritySettings& SecurityOptions::change() {
  if (settings_.use_count() > 1) settings_ = std::make_shared<drive::SecuritySettings>(*settings_);
  return *settings_;
}

SecurityOptions& SecurityOptions::minimum_version(TlsVersion version) {
  std::vector<ports::TlsVersion>& versions = change().versions;
  versions = {ports::TlsVersion::tls_1_3};
  if (version == TlsVersion::tls_1_2) versions.push_back(ports::TlsVersion::tls_1_2);
  return *this;
}

SecurityOptions& SecurityOptions::alpn(std::vector<std::string> protocols) {
  change().alpn = std::move(protocols);
  return *this;
}

SecurityOptions& SecurityOptions::require_alpn(bool value) {
  change().requires_alpn = value;
  return *this;
}

SecurityOptions& SecurityOptions::server_name(std::string name) {
  change().server_name = std::move(name);
  return *this;
}

SecurityOptions& SecurityOptions::resume(bool value) {
  change().resumes = value;
  return *this;
}

SecurityOptions& SecurityOptions::early_data_max(std::size_t bytes) {
  change().early_bytes_max = bytes;
  return *this;
}

SecurityOptions& SecurityOptions::identity(const Identity& identity) {
  change().identities.push_back(identity.identity_);
  return *this;
}

Identities::Identities(std::vector<Identity> identities)
    : source_(std::make_shared<drive::IdentitySource>()) {
  replace(std::move(identities));
}

void Identities::replace(std::vector<Identity> identities) {
  drive::IdentitySource::List list;
  for (Identity& identity : identities) list.push_back(std::move(identity.identity_));
  source_->replace(std::move(list));
}

SecurityOptions& SecurityOptions::identities(const Identities& identities) {
  change().identity_source = identities.source_;
  return *this;
}

SecurityOptions& SecurityOptions::trust_key(const Certificate::Digest& key) {
  change().trust.keys.push_back(key);
  return *this;
}

SecurityOptions& SecurityOptions::preshared_key(std::string name, std::span<const std::byte> key) {
  change().preshared_keys.push_back({std::move(name), {key.begin(), key.end()}});
  return *this;
}

SecurityOptions& SecurityOptions::root(std::span<const std::byte> certificates) {
  change();
  roots_.emplace_back(certificates.begin(), certificates.end());
  return *this;
}

SecurityOptions& SecurityOptions::root(std::string_view pem) { return root(as_bytes(pem)); }

SecurityOptions& SecurityOptions::system_roots(bool value) {
  change().trust.use_system_roots = value;
  return *this;
}

SecurityOptions& SecurityOptions::distribution_roots_only(bool value) {
  change().trust.distribution_roots_only = value;
  return *this;
}

SecurityOptions& SecurityOptions::pin(std::string_view key) {
  change();
  pins_.emplace_back(key);
  return *this;
}

SecurityOptions& SecurityOptions::peer_name(std::string name) {
  change().peer_name = std::move(name);
  return *this;
}

SecurityOptions& SecurityOptions::client_certificates(ClientCertificates value) {
  using PeerCertificate = ports::TlsConfiguration::PeerCertificate;
  drive::SecuritySettings& settings = change();
  settings.client_certificate = static_cast<PeerCertificate>(value);
  settings.trust.anonymous_clients = value == ClientCertificates::requested;
  return *this;
}

SecurityOptions& SecurityOptions::find_preshared_key(
    std::function<std::optional<std::vector<std::byte>>(std::string_view name)> find) {
  change().find_preshared_key = std::move(find);
  return *this;
}

SecurityOptions& SecurityOptions::verify(std::function<void(PeerQuestion)> ask) {
  change().trust.ask = [ask = std::move(ask)](drive::TrustDecision decision) {
    ask(PeerQuestion(std::make_shared<drive::TrustDecision>(std::move(decision))));
  };
  return *this;
}

SecurityOptions& SecurityOptions::verify_refused(bool value) {
  change().trust.ask_about_refused = value;
  return *this;
}

SecurityOptions& SecurityOptions::exception(const PolicyException& exception) {
  core::PolicyException made;
  made.domain = exception.domain();
  made.with_subdomains = exception.with_subdomains();
  made.reason = exception.reason();
  made.without_forward_secrecy = exception.without_forward_secrecy();
  if (const auto version = exception.minimum_version())
    made.protocol = *version == TlsVersion::tls_1_2 ? core::ProtocolFloor::tls_1_2
                                                    : core::ProtocolFloor::tls_1_3;
  if (exception.rsa_bits() > 0 || exception.elliptic_bits() > 0) {
    core::KeyFloor& keys = made.keys.emplace();
    if (exception.rsa_bits() > 0) keys.rsa_bits_min = exception.rsa_bits();
    if (exception.elliptic_bits() > 0) keys.curve_bits_min = exception.elliptic_bits();
  }
  change().trust.policy.exceptions.push_back(std::move(made));
  return *this;
}

SecurityOptions& SecurityOptions::trust_anybody(bool value) {
  change().trust.accept_anybody = value;
  return *this;
}

Result<std::shared_ptr<const drive::SecuritySettings>> SecurityOptions::settings() const {
  constexpr std::size_t preshared_bytes_min = 16;
  for (const ports::TlsPresharedKey& shared : settings_->preshared_keys)
    if (shared.name.empty() || shared.name.size() > 128 || shared.key.size() < preshared_bytes_min)
      return Error(ErrorKind::invalid_argument, "tls",
                   "a preshared key has a name of 1 to 128 octets, and 16 bytes at least");
  for (const std::string& protocol : settings_->alpn)
    if (protocol.empty() || protocol.size() > 31 || settings_->alpn.size() > 8)
      return Error(ErrorKind::invalid_argument, "tls",
                   "ALPN has at most 8 protocols of 1 to 31 octets");
  constexpr std::size_t early_bytes_max = 1024 * 1024;
  if (settings_->early_bytes_max > early_bytes_max)
    return Error(ErrorKind::invalid_argument, "tls", "early_data_max: at most 1 MiB");
  if (roots_.empty() && pins_.empty()) return settings_;
  auto settings = std::make_shared<drive::SecuritySettings>(*settings_);
  const auto library = make_certificate_library();
  for (const std::vector<std::byte>& given : roots_) {
    BOWLINE_TRY(const auto certificates, library->read(given, roots_max));
    settings->trust.roots.insert(settings->trust.roots.end(), certificates.begin(),
                                 certificates.end());
  }
  core::Pins pins;
  for (const std::string& text : pins_) {
    const auto key = parse_pin(text);
    if (!key)
      return Error(ErrorKind::invalid_argument, "tls", "not a SHA-256 of a key").about(text);
    pins.keys.push_back(*key);
  }
  if (!pins.keys.empty()) settings->trust.pins.push_back(std::move(pins));
  return settings;
}

Tls::Tls(const std::shared_ptr<const drive::StackPlan>& below, const SecurityOptions& options) {
  auto plan = std::make_shared<drive::StackPlan>(*below);
  plan->names.insert(plan->names.begin(), "tls");
  auto settings = options.settings();
  for (drive::StackAlternative& alternative : plan->alternatives) {
    alternative.protocol = core::CandidateProtocol::tls;
    if (settings.has_value()) alternative.alpn = (*settings)->alpn;
    alternative.layers.push_back(settings.has_value() ? drive::tls_layer(*settings)
                                                      : broken_layer(settings.error()));
  }
  plan_ = std::move(plan);
}

Dtls::Dtls(const std::shared_ptr<const drive::StackPlan>& below, const SecurityOptions& options) {
  auto plan = std::make_shared<drive::StackPlan>(*below);
  plan->names.insert(plan->names.begin(), "dtls");
  auto settings = options.settings();
  for (drive::StackAlternative& alternative : plan->alternatives) {
    if (settings.has_value()) alternative.alpn = (*settings)->alpn;
    alternative.datagrams = settings.has_value()
                                ? drive::dtls_protocol(*std::move(settings))
                                : std::make_shared<const BrokenDatagrams>(settings.error());
  }
  plan_ = std::move(plan);
}

Dtls dtls(const SecurityOptions& options) { return dtls(udp(), options); }

Tls tls(const SecurityOptions& options) { return tls(tcp(), options); }

StreamConnection connect(Loop& loop, Endpoint remote, Parameters parameters) {
  // One for all: they share what servers said.
  static const Tls plain = tls();
  return connect(loop, std::move(remote), plain, std::move(parameters));
}

std::string to_string(TlsVersion version) {
  return version == TlsVersion::tls_1_2 ? "TLS 1.2" : "TLS 1.3";
}

}  // namespace bowline
