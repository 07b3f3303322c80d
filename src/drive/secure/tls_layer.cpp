// How a TLS session is made for one attempt or one accepted connection, and what it says of itself.

#include <algorithm>
#include <string>
#include <utility>

#include "drive/loop/loop.h"
#include "drive/secure/tls_stream.h"

namespace bowline::drive {

namespace {

/// The name or address that the peer's certificate must be for.
Result<std::string> peer_name_of(const LayerContext& context, const SecuritySettings& settings,
                                 Security& security) {
  std::string name = settings.peer_name.value_or(context.host);
  if (name.ends_with('.')) name.pop_back();
  if (const auto address = IpAddress::parse(name); address.has_value())
    return to_string(address->with_scope(0));
  return security.certificates().ascii_name(name);
}

/// Sessions are resumed only between connections that could not be told apart: same name, port,
/// protocols, trust and identity (threats 20 and 89).
std::string ticket_key_of(const LayerContext& context, const SecuritySettings& settings,
                          const Security::Prepared& prepared, const std::string& peer_name) {
  if (!settings.resumes || !prepared.verifier) return {};
  std::string key = peer_name + '\0' + std::to_string(context.remote.port) + '\0' +
                    prepared.verifier->identity() + '\0' + settings.server_name.value_or("\x01") +
                    '\0';
  for (const std::string& protocol : context.alpn) key += protocol + ',';
  for (const ports::TlsVersion version : settings.versions)
    key += std::to_string(static_cast<int>(version)) + ';';
  for (const auto& identity : settings.identities)
    for (const auto& certificate : identity->chain())
      key.append(reinterpret_cast<const char*>(certificate.data()), certificate.size());
  for (const ports::TlsPresharedKey& shared : settings.preshared_keys) key += '\0' + shared.name;
  return key;
}

Result<std::unique_ptr<HandshakingStream>> make_tls_stream(
    const std::shared_ptr<const SecuritySettings>& settings, const LayerContext& context,
    std::unique_ptr<ports::ByteStream> below) {
  const bool is_client = context.role == LayerRole::client;
  const ports::TlsRole role = is_client ? ports::TlsRole::client : ports::TlsRole::server;
  Security& security = context.loop.service<Security>();
  TlsStream::Parts parts;
  BOWLINE_TRY(parts.prepared, security.prepare(settings, role));
  ports::TlsParameters parameters;
  parameters.role = role;
  if (is_client) {
    BOWLINE_TRY(parts.peer_name, peer_name_of(context, *settings, security));
    parts.ticket_key = ticket_key_of(context, *settings, parts.prepared, parts.peer_name);
    parameters.peer_name = parts.peer_name;
    parameters.server_name = settings->server_name;
    if (!parts.ticket_key.empty())
      parameters.ticket = security.tickets().take(parts.ticket_key, context.loop.now());
  }
  BOWLINE_TRY(parts.session,
              security.engine().make_session(parts.prepared.configuration, std::move(parameters)));
  parts.below = std::move(below);
  return std::make_unique<TlsStream>(context.loop, std::move(parts));
}

std::string text_of(ports::TlsVersion version) {
  switch (version) {
    case ports::TlsVersion::tls_1_2: return "1.2";
    case ports::TlsVersion::tls_1_3: return "1.3";
    case ports::TlsVersion::dtls_1_2: return "DTLS 1.2";
  }
  return "unknown";
}

std::string text_of(ports::TlsCipher cipher) {
  switch (cipher) {
    case ports::TlsCipher::aes_128_gcm: return "AES-128-GCM";
    case ports::TlsCipher::aes_256_gcm: return "AES-256-GCM";
    case ports::TlsCipher::chacha20_poly1305: return "CHACHA20-POLY1305";
  }
  return "unknown";
}

std::string text_of(ports::TlsGroup group) {
  switch (group) {
    case ports::TlsGroup::x25519: return "X25519";
    case ports::TlsGroup::secp256r1: return "secp256r1";
    case ports::TlsGroup::secp384r1: return "secp384r1";
    case ports::TlsGroup::x25519_mlkem768: return "X25519MLKEM768";
  }
  return "unknown";
}

}  // namespace

void TlsStream::append_facts(std::vector<ports::LayerFacts>& layers) const {
  parts_.below->append_facts(layers);
  ports::LayerFacts own;
  own.protocol = "tls";
  if (is_done_) {
    const ports::TlsFacts& agreed = facts();
    const auto add = [&](const char* name, std::string value) {
      if (!value.empty()) own.details.emplace_back(name, std::move(value));
    };
    add("version", text_of(agreed.version));
    add("cipher", text_of(agreed.cipher));
    add("group", text_of(agreed.group));
    add("alpn", agreed.alpn);
    add("server_name", agreed.server_name);
    add("psk", agreed.preshared_key_name);
    add("resumed", agreed.is_resumed ? "yes" : "");
    add("trust", trust_.sentence());
    for (const std::string& exception : exceptions_) add("exception", exception);
    for (const std::string& exception : trust_.exceptions()) add("exception", exception);
    for (const std::string& notice : trust_.notices()) add("notice", notice);
    add("library", std::string(security_.engine().name()));
  }
  layers.push_back(std::move(own));
}

Layer tls_layer(std::shared_ptr<const SecuritySettings> settings) {
  return {
      "tls",
      [settings = std::move(settings)](
          const LayerContext& context,
          std::unique_ptr<ports::ByteStream> below) -> Result<std::unique_ptr<HandshakingStream>> {
        return make_tls_stream(settings, context, std::move(below));
      }};
}

}  // namespace bowline::drive
