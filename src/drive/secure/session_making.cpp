#include "drive/secure/session_making.h"

#include <utility>

#include "drive/loop/loop.h"

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

/// Sessions are resumed only between connections that could not be told apart: same name, port, transport,
/// protocols, trust and identity (threats 20 and 89).
std::string ticket_key_of(const LayerContext& context, const SecuritySettings& settings,
                          ports::TlsTransport transport, const MadeSession& made) {
  if (!settings.resumes || !made.prepared.verifier) return {};
  // A ticket would stand in for a key that this one may not have; and such a handshake is quick as it is.
  if (!settings.preshared_keys.empty()) return {};
  std::string key = made.peer_name + '\0' + std::to_string(context.remote.port) + '\0' +
                    std::to_string(static_cast<int>(transport)) + '\0' +
                    made.prepared.verifier->identity() + '\0' +
                    settings.server_name.value_or("\x01") + '\0';
  for (const std::string& protocol : context.alpn) key += protocol + ',';
  for (const ports::TlsVersion version : settings.versions)
    key += std::to_string(static_cast<int>(version)) + ';';
  for (const auto& identity : settings.identities)
    for (const auto& certificate : identity->chain())
      key.append(reinterpret_cast<const char*>(certificate.data()), certificate.size());
  return key;
}

}  // namespace

Result<MadeSession> make_secure_session(const std::shared_ptr<const SecuritySettings>& settings,
                                        const LayerContext& context,
                                        ports::TlsTransport transport) {
  const bool is_client = context.role == LayerRole::client;
  const ports::TlsRole role = is_client ? ports::TlsRole::client : ports::TlsRole::server;
  Security& security = context.loop.service<Security>();
  MadeSession made;
  BOWLINE_TRY(made.prepared, security.prepare(settings, role, transport));
  ports::TlsParameters parameters;
  parameters.role = role;
  if (is_client) {
    BOWLINE_TRY(made.peer_name, peer_name_of(context, *settings, security));
    made.ticket_key = ticket_key_of(context, *settings, transport, made);
    parameters.peer_name = made.peer_name;
    parameters.server_name = settings->server_name;
    if (!made.ticket_key.empty())
      made.ticket = security.tickets().take(made.ticket_key, context.loop.now());
    parameters.ticket = made.ticket;
  }
  BOWLINE_TRY(made.session,
              security.engine().make_session(made.prepared.configuration, std::move(parameters)));
  return made;
}

void keep_good_ticket(MadeSession& made, Security& security, Instant now) {
  auto ticket = std::exchange(made.ticket, std::nullopt);
  const ports::TlsFacts& agreed = made.session->facts();
  if (ticket && agreed.is_resumed && agreed.version != ports::TlsVersion::tls_1_3)
    security.tickets().put(made.ticket_key, *std::move(ticket), now);
}

}  // namespace bowline::drive
