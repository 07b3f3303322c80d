#include "crypto/gnutls/session/session.h"

#include <bowline/address.h>

#include <algorithm>
#include <array>
#include <cassert>

#include "base/bytes.h"
#include "crypto/gnutls/engine/credentials.h"
#include "crypto/gnutls/library/failure.h"
#include "crypto/gnutls/session/certificate_limits.h"

namespace bowline::crypto {

namespace {

using ports::TlsState;

constexpr const char* shaking_hands = "tls handshake";
constexpr const char* of_session = "tls";
/// Far more than the records of one read.
constexpr int steps_max = 100'000;

}  // namespace

Session::~Session() {
  if (state_ == TlsState::verifying) configuration().verifier->forget(*this);
}

Result<void> Session::set_up(unsigned flags) {
  set_now(Instant{});
  const ClockScope clock = clock_scope();
  flags |= GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_KEY_SHARE_TOP;
  flags |= flags_for_tickets() | flags_for_keys();
  flags |= role() == ports::TlsRole::client ? GNUTLS_CLIENT : GNUTLS_SERVER;
  gnutls_session_t fresh = nullptr;
  if (const int code = gnutls_init(&fresh, flags); code < 0)
    return failure_of(code, "make tls session");
  handle_.reset(fresh);
  gnutls_session_set_ptr(fresh, this);
  BOWLINE_TRY_VOID(set_options());
  BOWLINE_TRY_VOID(set_names());
  BOWLINE_TRY_VOID(set_credentials(fresh, prepared()));
  return set_up_tickets();
}

void Session::start(Instant now) {
  assert(!is_started_);
  is_started_ = true;
  advance(now);
  resume(now);
}

void Session::advance(Instant now) {
  set_now(now);
  const ClockScope clock = clock_scope();
  for (int steps = 0; state_ == TlsState::handshaking && is_started_; ++steps) {
    forget_starvation();
    stopped_at_certificate_ = false;
    if (!step_handshake(now)) return;
    if (steps < steps_max) continue;
    give_up(Error(ErrorKind::internal, ErrorDomain::tls, alert_internal_error, shaking_hands,
                  "the library asks for no input and makes no progress"),
            alert_internal_error);
  }
}

// Whether another step makes sense before more input comes.
bool Session::step_handshake(Instant now) {
  const int code = gnutls_handshake(handle());
  if (refusal_.has_value()) {
    give_up(*std::exchange(refusal_, {}), refusal_alert_);
  } else if (stopped_at_certificate_) {
    ask_verifier(false, now);
  } else if (code >= 0) {
    finish_handshake(now);
  } else if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED) {
    return !is_starved();  // a record was used up, such as one of early data: there may be more
  } else if (gnutls_error_is_fatal(code) == 0) {
    count_fruitless(1);
    return !is_starved();
  } else {
    give_up(code);
  }
  return true;
}

void Session::finish_handshake(Instant now) {
  handshake_is_done_ = true;
  reset_fruitless();
  learn_facts();
  if (configuration().requires_alpn && facts_.alpn.empty())
    return give_up(Error(ErrorKind::unsupported, ErrorDomain::tls, alert_no_application_protocol,
                         shaking_hands, "no application protocol in common"),
                   alert_no_application_protocol);
  if (facts_.early_data_accepted && role() == ports::TlsRole::client &&
      facts_.alpn != parameters().ticket->alpn)
    return give_up(Error(ErrorKind::protocol_violation, ErrorDomain::tls, alert_illegal_parameter,
                         shaking_hands, "early data was taken for another application protocol"),
                   alert_illegal_parameter);
  if (must_ask_after_handshake()) return ask_verifier(facts_.is_resumed, now);
  become_open();
}

void Session::become_open() {
  state_ = TlsState::open;
  keep_ticket();
  send_tickets();
}

// A bare key takes the place of a certificate only where both sides name it.
unsigned Session::flags_for_keys() const {
  const bool has_raw_key = std::ranges::any_of(
      prepared().identities, [](const auto& identity) { return identity->is_raw_key(); });
  return has_raw_key || configuration().takes_raw_keys ? unsigned{GNUTLS_ENABLE_RAWPK} : 0U;
}

void Session::take_verdict(ports::TlsVerdict verdict, Instant now) {
  if (is_asking_) {
    early_verdict_ = std::move(verdict);
    return;
  }
  if (state_ != TlsState::verifying) return;  // it failed meanwhile, and a refusal stays one
  set_now(now);
  const ClockScope clock = clock_scope();
  apply(std::move(verdict));
  advance(now);
  resume(now);
}

void Session::end() {
  if (is_finished() || we_ended_) return;
  const ClockScope clock = clock_scope();
  if (is_open()) {
    we_ended_ = true;
    gnutls_bye(handle(), GNUTLS_SHUT_WR);
    if (state_ == TlsState::peer_ended) state_ = TlsState::ended;
    return;
  }
  if (is_started_) {
    gnutls_alert_send(handle(), GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED);
    gnutls_alert_send(handle(), GNUTLS_AL_WARNING, GNUTLS_A_CLOSE_NOTIFY);
  }
  end_silently();
}

void Session::end_silently() {
  if (state_ == TlsState::verifying) configuration().verifier->forget(*this);
  we_ended_ = true;
  state_ = TlsState::ended;
}

void Session::fail(Error error, std::uint8_t alert) {
  if (is_finished()) return;
  give_up(std::move(error), alert);
}

void Session::give_up(Error error, std::optional<std::uint8_t> alert) {
  if (is_finished()) return;
  if (state_ == TlsState::verifying) configuration().verifier->forget(*this);
  state_ = TlsState::failed;
  error_ = std::move(error);
  if (!alert.has_value() || !is_started_) return;
  const ClockScope clock = clock_scope();
  gnutls_alert_send(handle(), GNUTLS_AL_FATAL, static_cast<gnutls_alert_description_t>(*alert));
}

void Session::give_up(int code) {
  const bool was_open = is_open();
  if (code == GNUTLS_E_FATAL_ALERT_RECEIVED) {
    peer_alert_ = static_cast<std::uint8_t>(gnutls_alert_get(handle()));
    return give_up(failure_by_peer(*peer_alert_, was_open), std::nullopt);
  }
  give_up(failure_of(code, was_open ? of_session : shaking_hands), alert_for(code));
}

void Session::count_fruitless(std::size_t more) {
  if (!counts_fruitless()) return;
  fruitless_ += more;
  if (fruitless_ <= configuration().fruitless_records_max) return;
  give_up(Error(ErrorKind::limit_exceeded, ErrorDomain::tls, alert_unexpected_message, of_session,
                "the peer sends records that hold nothing"),
          alert_unexpected_message);
}

void Session::handle_peer_end() {
  if (is_finished()) return;
  state_ = we_ended_ ? TlsState::ended : TlsState::peer_ended;
}

Result<void> Session::update_keys(bool both) {
  if (error_.has_value()) return *error_;
  if (!is_open())
    return Error(ErrorKind::not_ready, "update tls keys", "the handshake is not done");
  if (we_ended_) return Error(ErrorKind::closed, "update tls keys", "our side has ended");
  if (facts_.version != ports::TlsVersion::tls_1_3)
    return Error(ErrorKind::unsupported, "update tls keys", "only TLS 1.3 updates keys");
  const ClockScope clock = clock_scope();
  const int code = gnutls_session_key_update(handle(), both ? GNUTLS_KU_PEER : 0);
  if (code >= 0) return {};
  give_up(code);
  return *error_;
}

Result<std::vector<std::byte>> Session::export_key(std::string_view label,
                                                   std::span<const std::byte> context,
                                                   std::size_t bytes) const {
  if (!is_open())
    return Error(ErrorKind::not_ready, "export tls key", "only an open session has keys to export");
  std::vector<std::byte> made(bytes);
  const int code =
      gnutls_prf_rfc5705(handle(), label.size(), label.data(), context.size(),
                         context.empty() ? nullptr : reinterpret_cast<const char*>(context.data()),
                         bytes, reinterpret_cast<char*>(made.data()));
  if (code < 0) return failure_of(code, "export tls key");
  return made;
}

std::string Session::requested_name() const {
  std::array<char, 256> name{};
  std::size_t size = name.size();
  unsigned kind = 0;
  if (gnutls_server_name_get(handle(), name.data(), &size, &kind, 0) < 0) return {};
  return kind == GNUTLS_NAME_DNS ? std::string(name.data(), size) : std::string();
}

Result<void> Session::set_options() {
  gnutls_session_t session = handle();
  if (const int code = gnutls_priority_set(session, prepared().priority.get()); code < 0)
    return failure_of(code, "make tls session");
  gnutls_handshake_set_max_packet_length(session, configuration().handshake_bytes_max);
  gnutls_session_set_verify_function(session, on_verify);
  gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH, on_message);
  // Set always: without one, an environment variable makes the library write all secrets to a file.
  gnutls_session_set_keylog_function(
      session, [](gnutls_session_t logged, const char* label, const gnutls_datum_t* secret) {
        on_key_log(of(logged), label, *secret);
        return 0;
      });
  using Asked = ports::TlsConfiguration::PeerCertificate;
  if (role() == ports::TlsRole::server && configuration().client_certificate != Asked::none)
    gnutls_certificate_server_set_request(
        session, configuration().client_certificate == Asked::required ? GNUTLS_CERT_REQUIRE
                                                                       : GNUTLS_CERT_REQUEST);
  return {};
}

Result<void> Session::set_names() {
  if (role() == ports::TlsRole::client) {
    const std::string& name = parameters().server_name.value_or(parameters().peer_name);
    if (!name.empty() && !IpAddress::parse(name).has_value()) {
      const int code = gnutls_server_name_set(handle(), GNUTLS_NAME_DNS, name.data(), name.size());
      if (code < 0) return refusal_of(code, "make tls session", "TlsParameters::peer_name");
    }
  }
  std::vector<gnutls_datum_t> protocols;
  for (const std::string& name : configuration().alpn) protocols.push_back(lend(as_bytes(name)));
  if (protocols.empty()) return {};
  unsigned flags = GNUTLS_ALPN_SERVER_PRECEDENCE;
  if (configuration().requires_alpn) flags |= GNUTLS_ALPN_MANDATORY;
  const int code = gnutls_alpn_set_protocols(handle(), protocols.data(),
                                             static_cast<unsigned>(protocols.size()), flags);
  if (code < 0) return refusal_of(code, "make tls session", "TlsConfiguration::alpn");
  return {};
}

}  // namespace bowline::crypto
