#include "drive/secure/secure_session.h"

#include <algorithm>
#include <utility>

#include "drive/loop/loop.h"
#include "drive/secure/security_facts.h"

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
                          ports::TlsTransport transport, const std::string& peer_name,
                          Verifier* verifier) {
  if (!settings.resumes || verifier == nullptr) return {};
  // A ticket would stand in for a key that this one may not have; and such a handshake is quick as it is.
  if (!settings.preshared_keys.empty()) return {};
  std::string key = peer_name + '\0' + std::to_string(context.port) + '\0' +
                    std::to_string(static_cast<int>(transport)) + '\0' + verifier->identity() +
                    '\0' + settings.server_name.value_or("\x01") + '\0';
  for (const std::string& protocol : context.alpn) key += protocol + ',';
  for (const ports::TlsVersion version : settings.versions)
    key += std::to_string(static_cast<int>(version)) + ';';
  for (const auto& identity : settings.identities)
    for (const auto& certificate : identity->chain())
      key.append(reinterpret_cast<const char*>(certificate.data()), certificate.size());
  return key;
}

}  // namespace

Result<SecureSession> SecureSession::make(const std::shared_ptr<const SecuritySettings>& settings,
                                          const LayerContext& context,
                                          ports::TlsTransport transport) {
  const bool is_client = context.role == LayerRole::client;
  Security& security = context.loop.service<Security>();
  SecureSession made(context.loop, security);
  ports::TlsParameters parameters;
  parameters.role = is_client ? ports::TlsRole::client : ports::TlsRole::server;
  BOWLINE_TRY(made.prepared_, security.prepare(settings, parameters.role, transport));
  if (is_client) {
    BOWLINE_TRY(made.peer_name_, peer_name_of(context, *settings, security));
    made.ticket_key_ = ticket_key_of(context, *settings, transport, made.peer_name_,
                                     made.prepared_.verifier.get());
    parameters.peer_name = made.peer_name_;
    parameters.server_name = settings->server_name;
    if (!made.ticket_key_.empty())
      made.ticket_ = security.tickets().take(made.ticket_key_, context.loop.now());
    if (made.ticket_) parameters.ticket = made.ticket_->ticket;
    if (made.may_send_early(context)) {
      parameters.early_data = context.early_data;
      made.early_bytes_ = context.early_data.size();
    }
  }
  BOWLINE_TRY(made.session_,
              security.engine().make_session(made.prepared_.configuration, std::move(parameters)));
  return made;
}

/// Early data leaves before the server has said a word: it goes only to one that would be trusted now, and
/// only for the protocol that it would be read as.
bool SecureSession::may_send_early(const LayerContext& context) {
  const std::size_t bytes = context.early_data.size();
  if (bytes == 0 || !ticket_ || ticket_->peer_chain == nullptr) return false;
  const ports::TlsTicket& ticket = ticket_->ticket;
  if (bytes > ticket.early_bytes_max) return false;
  const std::vector<std::string>& offered = prepared_.configuration->alpn;
  const bool is_same_protocol = ticket.alpn.empty()
                                    ? offered.empty()
                                    : std::ranges::find(offered, ticket.alpn) != offered.end();
  if (!is_same_protocol) return false;
  ports::TlsQuestion question;
  question.chain = *ticket_->peer_chain;
  question.peer_name = peer_name_;
  question.is_resumed = true;
  return prepared_.verifier->would_trust(question, loop_->host().wall_clock().now());
}

SecureSession::~SecureSession() {
  if (session_ && prepared_.verifier) prepared_.verifier->forget(*session_);
}

Result<void> SecureSession::finish_handshake() {
  if (std::exchange(is_done_, true)) return {};
  if (Verifier* const verifier = prepared_.verifier.get()) {
    trust_ = verifier->take_report(*session_);
    const Result<void> enough = verifier->check_agreed(peer_name_, session_->facts(), exceptions_);
    if (!enough.has_value()) {
      constexpr std::uint8_t insufficient_security =
          71;  // RFC 8446 section 6, RFC 5246 section 7.2.2
      session_->fail(enough.error(), insufficient_security);
      return enough.error();
    }
  }
  keep_good_ticket();
  return {};
}

void SecureSession::note_failure() {
  // Whatever went wrong: the next connection goes without early data.
  if (!is_done_ && early_bytes_ > 0) security_->tickets().drop(ticket_key_);
  if (!is_done_ && prepared_.verifier && trust_.sentence().empty())
    trust_ = prepared_.verifier->take_report(*session_);
}

void SecureSession::collect_tickets() {
  std::shared_ptr<const std::vector<std::vector<std::byte>>> chain;
  while (auto ticket = session_->poll_ticket()) {
    if (ticket_key_.empty()) continue;
    if (chain == nullptr)
      chain =
          std::make_shared<const std::vector<std::vector<std::byte>>>(session_->facts().peer_chain);
    security_->tickets().put(ticket_key_, {*std::move(ticket), chain}, loop_->now());
  }
}

/// A ticket of TLS 1.2 that was good may be used again, as its server gives no other for it (RFC 5077 3.3).
void SecureSession::keep_good_ticket() {
  auto ticket = std::exchange(ticket_, std::nullopt);
  const ports::TlsFacts& agreed = session_->facts();
  if (ticket && agreed.is_resumed && agreed.version != ports::TlsVersion::tls_1_3)
    security_->tickets().put(ticket_key_, *std::move(ticket), loop_->now());
}

ports::LayerFacts SecureSession::facts(const char* layer, const char* protocol) const {
  ports::LayerFacts own;
  own.protocol = layer;
  // Of one that failed there is something to tell if its peer was judged.
  if (is_done_ || !trust_.sentence().empty()) {
    own.security =
        describe_security(*security_, protocol, {session_->facts(), is_done_, trust_, exceptions_});
    own.details = security_details(*own.security);
  }
  return own;
}

}  // namespace bowline::drive
