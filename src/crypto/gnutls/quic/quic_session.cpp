#include "crypto/gnutls/quic/quic_session.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "crypto/gnutls/library/failure.h"

namespace bowline::crypto {

namespace {

using ports::TlsLevel;
using ports::TlsState;

/// RFC 9001 section 8.2.
constexpr int extension_quic_parameters = 0x39;
constexpr const char* of_quic = "tls handshake";

TlsLevel level_of(gnutls_record_encryption_level_t level);
gnutls_record_encryption_level_t library_level(TlsLevel level);
Error no_records(const char* operation);

}  // namespace

Result<std::unique_ptr<ports::TlsSession>> QuicSession::make(SessionParts parts) {
  if (!parts.configuration->requires_alpn)
    return Error(ErrorKind::invalid_argument, "make tls session",
                 "QUIC always agrees on an application protocol")
        .about("TlsConfiguration::requires_alpn");
  auto made = std::make_unique<QuicSession>(std::move(parts));
  BOWLINE_TRY_VOID(made->set_up(GNUTLS_NO_END_OF_EARLY_DATA));
  BOWLINE_TRY_VOID(made->set_up_hooks());
  return made;
}

Result<void> QuicSession::set_up_hooks() {
  gnutls_session_t session = handle();
  gnutls_handshake_set_read_function(session, on_message_out);
  gnutls_handshake_set_secret_function(session, on_secret);
  // Alerts travel in QUIC's CONNECTION_CLOSE: error() has the number.
  gnutls_alert_set_read_function(
      session, [](gnutls_session_t, gnutls_record_encryption_level_t, gnutls_alert_level_t,
                  gnutls_alert_description_t) { return 0; });
  // Nothing is ever pulled; without these, the library would read from a descriptor.
  gnutls_transport_set_ptr(session, this);
  gnutls_transport_set_pull_function(session, [](gnutls_transport_ptr_t self, void*, std::size_t) {
    gnutls_transport_set_errno(static_cast<QuicSession*>(self)->handle(), EAGAIN);
    return ssize_t{-1};
  });
  gnutls_transport_set_pull_timeout_function(session,
                                             [](gnutls_transport_ptr_t, unsigned) { return 0; });
  const int code = gnutls_session_ext_register(
      session, "QUIC Transport Parameters", extension_quic_parameters, GNUTLS_EXT_TLS,
      on_parameters, write_parameters, nullptr, nullptr, nullptr,
      GNUTLS_EXT_FLAG_TLS | GNUTLS_EXT_FLAG_CLIENT_HELLO | GNUTLS_EXT_FLAG_EE);
  if (code < 0) return failure_of(code, "make tls session");
  return {};
}

Result<void> QuicSession::take_crypto(TlsLevel level, std::span<const std::byte> bytes,
                                      Instant now) {
  if (error() != nullptr) return *error();
  if (state() == TlsState::ended || bytes.empty()) return {};
  set_now(now);
  if (state() == TlsState::verifying) {
    if (bytes.size() > configuration().handshake_bytes_max -
                           std::min(kept_bytes_, configuration().handshake_bytes_max))
      give_up(Error(ErrorKind::limit_exceeded, ErrorDomain::tls, alert_unexpected_message, of_quic,
                    "too much came before the verdict"),
              alert_unexpected_message);
    kept_bytes_ += bytes.size();
    kept_.push_back({level, {bytes.begin(), bytes.end()}});
  } else {
    feed(level, bytes);
  }
  if (error() != nullptr) return *error();
  return {};
}

void QuicSession::feed(TlsLevel level, std::span<const std::byte> bytes) {
  const ClockScope clock = clock_scope();
  constexpr std::size_t share_max = 4;
  if (state() == TlsState::handshaking) handshake_bytes_ += bytes.size();
  if (handshake_bytes_ > share_max * configuration().handshake_bytes_max)
    return give_up(Error(ErrorKind::limit_exceeded, ErrorDomain::tls, alert_unexpected_message,
                         of_quic, "the handshake has no end"),
                   alert_unexpected_message);
  const int code =
      gnutls_handshake_write(handle(), library_level(level), bytes.data(), bytes.size());
  if (code < 0 && gnutls_error_is_fatal(code) != 0) return give_up(code);
  advance(now());
}

void QuicSession::resume(Instant now) {
  set_now(now);
  auto due = std::exchange(kept_, {});
  kept_bytes_ = 0;
  for (const Message& message : due) {
    if (is_finished()) return;
    feed(message.level, message.bytes);
  }
}

std::size_t QuicSession::give_crypto(TlsLevel& level, std::span<std::byte> into) {
  if (out_.empty() || state() == TlsState::verifying) return 0;
  Message& next = out_.front();
  level = next.level;
  const std::size_t count = std::min(into.size(), next.bytes.size());
  std::memcpy(into.data(), next.bytes.data(), count);
  next.bytes.erase(next.bytes.begin(), next.bytes.begin() + static_cast<std::ptrdiff_t>(count));
  if (next.bytes.empty()) out_.pop_front();
  return count;
}

// Keys with which data could be sent or read are held back until the verdict, too.
std::optional<ports::TlsSecret> QuicSession::poll_secret() {
  if (secrets_.empty()) return std::nullopt;
  if (state() == TlsState::verifying && secrets_.front().level == TlsLevel::application)
    return std::nullopt;
  ports::TlsSecret next = std::move(secrets_.front());
  secrets_.pop_front();
  return next;
}

std::optional<std::span<const std::byte>> QuicSession::peer_quic_parameters() const {
  if (!peer_parameters_.has_value()) return std::nullopt;
  return std::span<const std::byte>(*peer_parameters_);
}

Result<void> QuicSession::update_keys(bool) { return no_records("update tls keys"); }

void QuicSession::end() {
  if (!is_finished()) end_silently();
}

Result<std::size_t> QuicSession::take_ciphertext(std::span<const std::byte>, Instant) {
  return no_records("tls read");
}

Result<std::size_t> QuicSession::read_plaintext(std::span<std::byte>) {
  return no_records("tls read");
}

Result<ports::TlsTransfer> QuicSession::write_plaintext(std::span<const std::byte>,
                                                        std::span<std::byte>) {
  return no_records("tls write");
}

Result<std::size_t> QuicSession::read_early_data(std::span<std::byte>) {
  return no_records("tls read");
}

int QuicSession::on_message_out(gnutls_session_t session, gnutls_record_encryption_level_t level,
                                gnutls_handshake_description_t kind, const void* data,
                                std::size_t size) {
  if (kind == GNUTLS_HANDSHAKE_CHANGE_CIPHER_SPEC) return 0;
  auto& ours = static_cast<QuicSession&>(of(session));
  const auto* first = static_cast<const std::byte*>(data);
  const TlsLevel at = level_of(level);
  if (ours.out_.empty() || ours.out_.back().level != at) ours.out_.push_back({at, {}});
  auto& bytes = ours.out_.back().bytes;
  bytes.insert(bytes.end(), first, first + size);
  return 0;
}

int QuicSession::on_secret(gnutls_session_t session, gnutls_record_encryption_level_t level,
                           const void* theirs, const void* ours, std::size_t size) {
  auto& self = static_cast<QuicSession&>(of(session));
  if (theirs != nullptr) self.keep_secret(level, theirs, size, false);
  if (ours != nullptr) self.keep_secret(level, ours, size, true);
  return 0;
}

void QuicSession::keep_secret(gnutls_record_encryption_level_t level, const void* secret,
                              std::size_t size, bool is_ours) {
  const auto* first = static_cast<const std::byte*>(secret);
  // Early data is encrypted as the session before was, whose cipher is not the current one yet.
  const gnutls_cipher_algorithm_t cipher = level == GNUTLS_ENCRYPTION_LEVEL_EARLY
                                               ? gnutls_early_cipher_get(handle())
                                               : gnutls_cipher_get(handle());
  secrets_.push_back({.level = level_of(level),
                      .is_ours = is_ours,
                      .cipher = cipher_from(cipher),
                      .secret = {first, first + size}});
}

int QuicSession::on_parameters(gnutls_session_t session, const unsigned char* data,
                               std::size_t size) {
  auto& ours = static_cast<QuicSession&>(of(session));
  const auto* first = reinterpret_cast<const std::byte*>(data);
  ours.peer_parameters_.emplace(first, first + size);
  return 0;
}

int QuicSession::write_parameters(gnutls_session_t session, gnutls_buffer_t into) {
  const auto& parameters = of(session).quic_parameters();
  const int code = gnutls_buffer_append_data(into, parameters.data(), parameters.size());
  if (code < 0) return code;
  return static_cast<int>(parameters.size());
}

namespace {

TlsLevel level_of(gnutls_record_encryption_level_t level) {
  switch (level) {
    case GNUTLS_ENCRYPTION_LEVEL_INITIAL: return TlsLevel::initial;
    case GNUTLS_ENCRYPTION_LEVEL_EARLY: return TlsLevel::early;
    case GNUTLS_ENCRYPTION_LEVEL_HANDSHAKE: return TlsLevel::handshake;
    case GNUTLS_ENCRYPTION_LEVEL_APPLICATION: return TlsLevel::application;
  }
  return TlsLevel::application;
}

gnutls_record_encryption_level_t library_level(TlsLevel level) {
  switch (level) {
    case TlsLevel::initial: return GNUTLS_ENCRYPTION_LEVEL_INITIAL;
    case TlsLevel::early: return GNUTLS_ENCRYPTION_LEVEL_EARLY;
    case TlsLevel::handshake: return GNUTLS_ENCRYPTION_LEVEL_HANDSHAKE;
    case TlsLevel::application: return GNUTLS_ENCRYPTION_LEVEL_APPLICATION;
  }
  return GNUTLS_ENCRYPTION_LEVEL_APPLICATION;
}

Error no_records(const char* operation) {
  return {ErrorKind::unsupported, operation, "QUIC protects its packets itself"};
}

}  // namespace

}  // namespace bowline::crypto
