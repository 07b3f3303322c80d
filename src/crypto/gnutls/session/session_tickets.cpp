#include <gnutls/crypto.h>

#include <algorithm>
#include <array>

#include "crypto/gnutls/library/failure.h"
#include "crypto/gnutls/session/session.h"
#include "crypto/gnutls/ticket/tickets.h"

// Of a session, what concerns tickets and early data, on both sides.

namespace bowline::crypto {

namespace {

/// More are dropped, the oldest first: a server may send as many as it likes.
constexpr std::size_t tickets_kept_max = 8;
constexpr const char* setting_up = "make tls session";

/// So that the key itself need not be kept.
std::array<std::byte, 32> digest_of(std::span<const std::byte> bytes) {
  std::array<std::byte, 32> digest{};
  gnutls_hash_fast(GNUTLS_DIG_SHA256, bytes.data(), bytes.size(), digest.data());
  return digest;
}

}  // namespace

unsigned Session::flags_for_tickets() const {
  if (role() == ports::TlsRole::client)
    return parameters().early_data.empty() ? 0U : unsigned{GNUTLS_ENABLE_EARLY_DATA};
  if (!configuration().ticket_keys.has_value()) return GNUTLS_NO_TICKETS;
  const unsigned early =
      prepared().anti_replay != nullptr ? unsigned{GNUTLS_ENABLE_EARLY_DATA} : 0U;
  return GNUTLS_NO_AUTO_SEND_TICKET | early;
}

Result<void> Session::set_up_tickets() {
  if (role() == ports::TlsRole::server) {
    if (prepared().anti_replay == nullptr) return {};
    gnutls_record_set_max_early_data_size(handle(), configuration().early_bytes_max);
    gnutls_anti_replay_enable(handle(), prepared().anti_replay.get());
    return {};
  }
  const auto early = std::exchange(parts_.parameters.early_data, {});
  const auto& ticket = parameters().ticket;
  if (early.size() > (ticket.has_value() ? ticket->early_bytes_max : 0))
    return Error(ErrorKind::invalid_argument, setting_up,
                 "the ticket does not allow so much early data")
        .about("TlsParameters::early_data");
  if (!ticket.has_value()) return {};
  const bool is_offered = ticket->alpn.empty()
                              ? configuration().alpn.empty()
                              : std::ranges::count(configuration().alpn, ticket->alpn) > 0;
  if (!early.empty() && !is_offered)
    return Error(ErrorKind::invalid_argument, setting_up,
                 "early data goes only to the protocol that the ticket came with")
        .about("TlsParameters::early_data");
  // A ticket that the library will not have means a full handshake, in which no early data is accepted.
  const auto state = unsealed(ticket->state);
  if (!state.has_value()) return {};
  if (gnutls_session_set_data(handle(), state->data(), state->size()) < 0) return {};
  if (early.empty()) return {};
  const auto code = gnutls_record_send_early_data(handle(), early.data(), early.size());
  if (code < 0) return refusal_of(static_cast<int>(code), setting_up, "TlsParameters::early_data");
  return {};
}

// Once: behind a HelloRetryRequest the client repeats its hello, and GnuTLS refuses a second key when it has
// opened a ticket with the first. What the key is bound to has to stay the same (RFC 8446 section 4.1.2).
int Session::bind_tickets(const gnutls_datum_t& hello_message) {
  if (!configuration().ticket_keys.has_value()) return 0;
  const bool is_datagrams = configuration().transport == ports::TlsTransport::datagrams;
  const auto hello = parse_client_hello(bytes_of(hello_message), is_datagrams);
  if (!hello.has_value()) return 0;  // the library refuses it with the right alert
  auto key = derive_ticket_key(configuration(), *hello);
  const auto digest = digest_of(key);
  int code = 0;
  if (!ticket_key_digest_.has_value()) {
    ticket_key_digest_ = digest;
    const gnutls_datum_t lent = lend(key);
    code = gnutls_session_ticket_enable_server(handle(), &lent);
  } else if (*ticket_key_digest_ != digest) {
    refusal_ = Error(ErrorKind::protocol_violation, ErrorDomain::tls, alert_illegal_parameter,
                     "tls handshake", "the client's second hello asks for something else");
    refusal_alert_ = alert_illegal_parameter;
    code = GNUTLS_E_ILLEGAL_PARAMETER;
  }
  gnutls_memset(key.data(), 0, key.size());
  return code;
}

// After the verdict only: a client that was refused must not come back by a ticket.
void Session::send_tickets() {
  const auto& keys = configuration().ticket_keys;
  if (role() != ports::TlsRole::server || !keys.has_value()) return;
  if (gnutls_protocol_get_version(handle()) != GNUTLS_TLS1_3) return;
  if (keys->tickets_per_handshake == 0) return;
  const int code =
      gnutls_session_ticket_send(handle(), static_cast<unsigned>(keys->tickets_per_handshake), 0);
  if (code < 0 && gnutls_error_is_fatal(code) != 0) give_up(code);
}

void Session::note_ticket(const gnutls_datum_t& message) {
  const bool is_tls_1_3 = gnutls_protocol_get_version(handle()) == GNUTLS_TLS1_3;
  ticket_offer_ = parse_ticket_offer(bytes_of(message), is_tls_1_3);
}

void Session::keep_ticket() {
  const auto offer = std::exchange(ticket_offer_, {});
  if (!offer.has_value() || offer->lifetime == Duration::zero()) return;
  if ((gnutls_session_get_flags(handle()) & GNUTLS_SFLAGS_SESSION_TICKET) == 0) return;
  OwnedDatum state;
  if (gnutls_session_get_data2(handle(), state.out()) < 0) return;
  ports::TlsTicket made;
  made.state = sealed(state.bytes());
  // GnuTLS 3.7.9 fails where early data meets a HelloRetryRequest: this server would send one again.
  made.early_bytes_max = began_again_ ? 0 : offer->early_bytes_max;
  made.alpn = facts_.alpn;
  made.lifetime = offer->lifetime;
  if (tickets_.size() == tickets_kept_max) tickets_.erase(tickets_.begin());
  tickets_.push_back(std::move(made));
}

std::optional<ports::TlsTicket> Session::poll_ticket() {
  if (tickets_.empty() || !is_trusted()) return std::nullopt;
  ports::TlsTicket next = std::move(tickets_.front());
  tickets_.erase(tickets_.begin());
  return next;
}

// The client's certificate is judged when the handshake is done, and so is what it sent before.
Result<std::size_t> Session::take_early_data(std::span<std::byte> into) {
  using Asked = ports::TlsConfiguration::PeerCertificate;
  if (error_.has_value()) return *error_;
  if (role() != ports::TlsRole::server || prepared().anti_replay == nullptr || into.empty())
    return std::size_t{0};
  if (configuration().client_certificate != Asked::none && !is_open()) return std::size_t{0};
  const auto code = gnutls_record_recv_early_data(handle(), into.data(), into.size());
  return code < 0 ? std::size_t{0} : static_cast<std::size_t>(code);
}

}  // namespace bowline::crypto
