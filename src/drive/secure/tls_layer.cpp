// How a TLS session is made for one attempt or one accepted connection, and what it says of itself.

#include <string>
#include <utility>

#include "drive/loop/loop.h"
#include "drive/secure/security_facts.h"
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

}  // namespace

void TlsStream::append_facts(std::vector<ports::LayerFacts>& layers) const {
  parts_.below->append_facts(layers);
  ports::LayerFacts own;
  own.protocol = "tls";
  // Of one that failed there is something to tell if its peer was judged.
  if (is_done_ || !trust_.sentence().empty()) {
    own.security = describe_security(security_, "TLS", {facts(), is_done_, trust_, exceptions_});
    own.details = security_details(*own.security);
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
