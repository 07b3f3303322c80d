#include <algorithm>

#include "base/bytes.h"
#include "crypto/gnutls/library/failure.h"
#include "crypto/gnutls/session/certificate_limits.h"
#include "crypto/gnutls/session/key_log.h"
#include "crypto/gnutls/session/session.h"

// Of a session, what concerns the peer: its certificates, the verdict on them, and what was agreed with it.

namespace bowline::crypto {

namespace {

using ports::TlsState;
using AskedOfClients = ports::TlsConfiguration::PeerCertificate;

constexpr const char* judging_peer = "tls handshake";

std::vector<std::vector<std::byte>> chain_of(gnutls_session_t session);
std::vector<std::vector<std::byte>> staples_of(gnutls_session_t session, std::size_t certificates);
ports::TlsVersion version_of(gnutls_session_t session);
ports::TlsGroup group_of(gnutls_session_t session);

}  // namespace

// GnuTLS passes this code through, so that the handshake stands still; it calls again when it goes on.
int Session::on_verify(gnutls_session_t session) {
  Session& ours = of(session);
  if (ours.was_trusted_) return 0;
  ours.stopped_at_certificate_ = true;
  return GNUTLS_E_INTERRUPTED;
}

void Session::ask_verifier(bool is_resumed, Instant now) {
  set_now(now);
  state_ = TlsState::verifying;
  ports::TlsQuestion asked = question(is_resumed);
  const bool lacks_required = role() == ports::TlsRole::server && asked.chain.empty() &&
                              configuration().client_certificate == AskedOfClients::required;
  if (lacks_required || configuration().verifier == nullptr) {
    const std::uint8_t alert = lacks_required ? alert_certificate_required : alert_bad_certificate;
    state_ = TlsState::handshaking;
    return give_up(Error(ErrorKind::untrusted, ErrorDomain::tls, alert, judging_peer,
                         lacks_required ? "the client showed no certificate"
                                        : "there is nobody to judge the peer's certificate"),
                   alert);
  }
  is_asking_ = true;
  early_verdict_.reset();
  auto verdict = configuration().verifier->verify(*this, asked, parts_.wall_clock.now());
  is_asking_ = false;
  if (state_ != TlsState::verifying) return;  // verify() ended the session
  if (!verdict.has_value()) verdict = std::exchange(early_verdict_, {});
  if (verdict.has_value()) apply(*std::move(verdict));
}

void Session::apply(ports::TlsVerdict verdict) {
  state_ = TlsState::handshaking;
  if (verdict.trusted) {
    was_trusted_ = true;
    if (handshake_is_done_) become_open();
    return;
  }
  const Error reason = verdict.reason.value_or(
      Error(ErrorKind::untrusted, ErrorDomain::tls, verdict.alert, judging_peer,
            "the verifier refused the peer and gave no reason"));
  give_up(reason, verdict.alert);
}

ports::TlsQuestion Session::question(bool is_resumed) const {
  ports::TlsQuestion made;
  made.chain = chain_of(handle());
  made.staples = staples_of(handle(), made.chain.size());
  made.is_raw_key = gnutls_certificate_type_get2(handle(), GNUTLS_CTYPE_PEERS) == GNUTLS_CRT_RAWPK;
  made.peer_is_server = role() == ports::TlsRole::client;
  if (made.peer_is_server) made.peer_name = parameters().peer_name;
  made.is_resumed = is_resumed;
  return made;
}

// With a pre-shared key the peer has proven itself by knowing it. A session that is resumed looks alike in
// TLS 1.3, but has the chain of its first handshake.
bool Session::must_ask_after_handshake() const {
  if (was_trusted_) return false;
  const bool has_keys = prepared().client_keys != nullptr || prepared().server_keys != nullptr;
  if (has_keys && gnutls_auth_get_type(handle()) == GNUTLS_CRD_PSK && facts_.peer_chain.empty())
    return false;
  return role() == ports::TlsRole::client ||
         configuration().client_certificate != AskedOfClients::none;
}

int Session::on_message(gnutls_session_t session, unsigned kind, unsigned when, unsigned incoming,
                        const gnutls_datum_t* message) {
  if (incoming == 0) return 0;
  Session& ours = of(session);
  if (when == GNUTLS_HOOK_PRE && kind == GNUTLS_HANDSHAKE_CERTIFICATE_PKT)
    return ours.check_certificate_message(*message);
  if (when == GNUTLS_HOOK_PRE && kind == GNUTLS_HANDSHAKE_CLIENT_HELLO)
    return ours.bind_tickets(*message);
  if (kind == GNUTLS_HANDSHAKE_HELLO_RETRY_REQUEST) ours.began_again_ = true;
  if (kind != GNUTLS_HANDSHAKE_NEW_SESSION_TICKET) return 0;
  if (when == GNUTLS_HOOK_PRE) {
    ours.note_ticket(*message);  // behind it, the message has been used up
  } else if (gnutls_protocol_get_version(session) == GNUTLS_TLS1_3) {
    ours.keep_ticket();  // in TLS 1.2 only the end of the handshake makes it whole
  }
  return 0;
}

// Before the library looks at the key: checking one signature of a huge key takes seconds.
int Session::check_certificate_message(const gnutls_datum_t& message) {
  const CertificateLimits limits{.certificates_max = configuration().certificates_max,
                                 .key_bits_max = configuration().key_bits_max};
  const bool is_new = gnutls_protocol_get_version(handle()) == GNUTLS_TLS1_3;
  const auto refused = check_certificates(bytes_of(message), is_new, limits);
  if (!refused.has_value()) return 0;
  refusal_ = *refused;
  refusal_alert_ = alert_bad_certificate;
  return GNUTLS_E_CERTIFICATE_ERROR;
}

void Session::learn_facts() {
  facts_.version = version_of(handle());
  facts_.cipher = cipher_from(gnutls_cipher_get(handle()));
  facts_.group = group_of(handle());
  gnutls_datum_t protocol{};
  if (gnutls_alpn_get_selected_protocol(handle(), &protocol) >= 0)
    facts_.alpn = as_text(bytes_of(protocol));
  facts_.server_name = role() == ports::TlsRole::server
                           ? requested_name()
                           : parameters().server_name.value_or(parameters().peer_name);
  facts_.peer_chain = chain_of(handle());
  facts_.is_resumed = gnutls_session_is_resumed(handle()) != 0;
  facts_.early_data_accepted = (gnutls_session_get_flags(handle()) & GNUTLS_SFLAGS_EARLY_DATA) != 0;
  if (gnutls_auth_get_type(handle()) != GNUTLS_CRD_PSK) return;
  if (role() == ports::TlsRole::client) {
    facts_.preshared_key_name = configuration().preshared_keys.front().name;
    return;
  }
  gnutls_datum_t name{};
  if (gnutls_psk_server_get_username2(handle(), &name) >= 0)
    facts_.preshared_key_name = as_text(bytes_of(name));
}

ports::TlsCipher Session::cipher_from(gnutls_cipher_algorithm_t cipher) {
  if (cipher == GNUTLS_CIPHER_AES_256_GCM) return ports::TlsCipher::aes_256_gcm;
  return cipher == GNUTLS_CIPHER_CHACHA20_POLY1305 ? ports::TlsCipher::chacha20_poly1305
                                                   : ports::TlsCipher::aes_128_gcm;
}

void Session::on_key_log(Session& session, const char* label, const gnutls_datum_t& secret) {
  if (session.configuration().key_log == nullptr) return;
  gnutls_datum_t client_random{};
  gnutls_session_get_random(session.handle(), &client_random, nullptr);
  session.configuration().key_log(key_log_line(label, bytes_of(client_random), bytes_of(secret)));
}

namespace {

std::vector<std::vector<std::byte>> chain_of(gnutls_session_t session) {
  unsigned count = 0;
  const gnutls_datum_t* first = gnutls_certificate_get_peers(session, &count);
  std::vector<std::vector<std::byte>> made;
  for (unsigned i = 0; first != nullptr && i < count; ++i) {
    const auto bytes = bytes_of(first[i]);
    made.emplace_back(bytes.begin(), bytes.end());
  }
  return made;
}

// TLS 1.2 staples for the leaf only, TLS 1.3 for each certificate; empty where there is none.
std::vector<std::vector<std::byte>> staples_of(gnutls_session_t session, std::size_t certificates) {
  std::vector<std::vector<std::byte>> made;
  for (std::size_t i = 0; i < certificates; ++i) {
    gnutls_datum_t staple{};
    if (gnutls_ocsp_status_request_get2(session, static_cast<unsigned>(i), &staple) < 0) continue;
    made.resize(i + 1);
    const auto bytes = bytes_of(staple);
    made[i].assign(bytes.begin(), bytes.end());
  }
  return made;
}

ports::TlsVersion version_of(gnutls_session_t session) {
  const gnutls_protocol_t version = gnutls_protocol_get_version(session);
  if (version == GNUTLS_TLS1_3) return ports::TlsVersion::tls_1_3;
  return version == GNUTLS_DTLS1_2 ? ports::TlsVersion::dtls_1_2 : ports::TlsVersion::tls_1_2;
}

ports::TlsGroup group_of(gnutls_session_t session) {
  const gnutls_group_t group = gnutls_group_get(session);
  if (group == GNUTLS_GROUP_X25519) return ports::TlsGroup::x25519;
  if (group == GNUTLS_GROUP_SECP384R1) return ports::TlsGroup::secp384r1;
  if (group == GNUTLS_GROUP_SECP256R1) return ports::TlsGroup::secp256r1;
  const char* name = gnutls_group_get_name(group);
  const bool is_hybrid = name != nullptr && std::string_view(name).contains("MLKEM");
  return is_hybrid ? ports::TlsGroup::x25519_mlkem768 : ports::TlsGroup::x25519;
}

}  // namespace

}  // namespace bowline::crypto
