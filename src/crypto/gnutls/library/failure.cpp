#include "crypto/gnutls/library/failure.h"

#include <string>

#include "crypto/gnutls/library/handles.h"

namespace bowline::crypto {

namespace {

ErrorKind kind_of_code(int code);
ErrorKind kind_of_alert(std::uint8_t alert);
bool is_about_certificates(std::uint8_t alert);

}  // namespace

std::uint8_t alert_for(int code) {
  // The library's choice for a client without a certificate is decode_error (RFC 5246 section 7.4.6).
  if (code == GNUTLS_E_NO_CERTIFICATE_FOUND) return alert_handshake_failure;
  int level = 0;
  const int alert = gnutls_error_to_alert(code, &level);
  return alert >= 0 && alert <= 255 ? static_cast<std::uint8_t>(alert) : alert_internal_error;
}

Error failure_of(int code, const char* operation) {
  return {kind_of_code(code), ErrorDomain::tls, alert_for(code), operation, gnutls_strerror(code)};
}

Error failure_by_peer(std::uint8_t alert, bool was_open) {
  const char* name = gnutls_alert_get_name(static_cast<gnutls_alert_description_t>(alert));
  std::string message = "the peer gave up: ";
  message += name != nullptr ? name : "alert " + std::to_string(alert);
  // A client of TLS 1.3 is done before the server has judged its certificate.
  const bool is_refusal = !was_open || is_about_certificates(alert);
  return {is_refusal ? ErrorKind::refused : ErrorKind::reset, ErrorDomain::tls, alert,
          was_open ? "tls" : "tls handshake", std::move(message)};
}

Error refusal_of(int code, const char* operation, const char* subject) {
  ErrorKind kind = ErrorKind::invalid_argument;
  if (code == GNUTLS_E_BASE64_DECODING_ERROR || code == GNUTLS_E_BASE64_UNEXPECTED_HEADER_ERROR ||
      code <= GNUTLS_E_ASN1_ELEMENT_NOT_FOUND)
    kind = ErrorKind::malformed;
  if (code == GNUTLS_E_UNIMPLEMENTED_FEATURE || code == GNUTLS_E_UNKNOWN_PK_ALGORITHM ||
      code == GNUTLS_E_UNKNOWN_CIPHER_TYPE || code == GNUTLS_E_UNSUPPORTED_CERTIFICATE_TYPE)
    kind = ErrorKind::unsupported;
  return Error(kind, ErrorDomain::tls, 0, operation, gnutls_strerror(code)).about(subject);
}

namespace {

ErrorKind kind_of_code(int code) {
  switch (code) {
    case GNUTLS_E_HANDSHAKE_TOO_LARGE:
    case GNUTLS_E_TOO_MANY_HANDSHAKE_PACKETS:
    case GNUTLS_E_TOO_MANY_EMPTY_PACKETS:
    case GNUTLS_E_RECORD_LIMIT_REACHED: return ErrorKind::limit_exceeded;
    case GNUTLS_E_PREMATURE_TERMINATION: return ErrorKind::closed;
    case GNUTLS_E_TIMEDOUT: return ErrorKind::timed_out;
    case GNUTLS_E_CERTIFICATE_ERROR:
    case GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR: return ErrorKind::untrusted;
    case GNUTLS_E_NO_CERTIFICATE_FOUND:
    case GNUTLS_E_CERTIFICATE_REQUIRED: return ErrorKind::untrusted;
    case GNUTLS_E_MEMORY_ERROR: return ErrorKind::resources_exhausted;
    default: return kind_of_alert(alert_for(code));
  }
}

bool is_about_certificates(std::uint8_t alert) {
  return (alert >= alert_bad_certificate && alert <= 46) || alert == GNUTLS_A_UNKNOWN_CA ||
         alert == GNUTLS_A_ACCESS_DENIED || alert == alert_certificate_required;
}

ErrorKind kind_of_alert(std::uint8_t alert) {
  switch (alert) {
    case GNUTLS_A_DECODE_ERROR: return ErrorKind::malformed;
    case GNUTLS_A_HANDSHAKE_FAILURE:
    case GNUTLS_A_PROTOCOL_VERSION:
    case GNUTLS_A_INSUFFICIENT_SECURITY:
    case GNUTLS_A_NO_APPLICATION_PROTOCOL:
    case GNUTLS_A_UNSUPPORTED_CERTIFICATE: return ErrorKind::unsupported;
    case GNUTLS_A_INTERNAL_ERROR: return ErrorKind::internal;
    default: return ErrorKind::protocol_violation;
  }
}

}  // namespace

}  // namespace bowline::crypto
