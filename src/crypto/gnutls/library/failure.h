#pragma once

#include <bowline/error.h>

#include <cstdint>

namespace bowline::crypto {

/// Alerts (RFC 8446 section 6) that we choose ourselves.
inline constexpr std::uint8_t alert_close_notify = 0;
inline constexpr std::uint8_t alert_unexpected_message = 10;
inline constexpr std::uint8_t alert_handshake_failure = 40;
inline constexpr std::uint8_t alert_bad_certificate = 42;
inline constexpr std::uint8_t alert_illegal_parameter = 47;
inline constexpr std::uint8_t alert_internal_error = 80;
inline constexpr std::uint8_t alert_user_cancelled = 90;
inline constexpr std::uint8_t alert_no_renegotiation = 100;
inline constexpr std::uint8_t alert_certificate_required = 116;
inline constexpr std::uint8_t alert_no_application_protocol = 120;

/// The alert that tells the peer why GnuTLS gave up with `code`.
[[nodiscard]] std::uint8_t alert_for(int code);

/// An error of GnuTLS as ours: domain tls, with that alert as code and the library's sentence.
[[nodiscard]] Error failure_of(int code, const char* operation);

/// The peer gave up with this alert: it refused us, or dropped what was open.
[[nodiscard]] Error failure_by_peer(std::uint8_t alert, bool was_open);

/// What a caller gave us and GnuTLS would not have: malformed, invalid_argument or unsupported.
[[nodiscard]] Error refusal_of(int code, const char* operation, const char* subject);

}  // namespace bowline::crypto
