#include "drive/establish/error_policy.h"

namespace bowline::drive {

AttemptOutcome outcome_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::refused:
    case ErrorKind::reset: return AttemptOutcome::refused;
    case ErrorKind::unreachable:
    case ErrorKind::address_unavailable:
    case ErrorKind::permission_denied: return AttemptOutcome::unreachable;
    case ErrorKind::timed_out: return AttemptOutcome::timeout;
    case ErrorKind::untrusted: return AttemptOutcome::tls_failed;
    case ErrorKind::cancelled: return AttemptOutcome::cancelled;
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported:
    case ErrorKind::name_not_found:
    case ErrorKind::resolution_failed:
    case ErrorKind::closed:
    case ErrorKind::address_in_use:
    case ErrorKind::resources_exhausted:
    case ErrorKind::message_too_large:
    case ErrorKind::malformed:
    case ErrorKind::protocol_violation:
    case ErrorKind::limit_exceeded:
    case ErrorKind::not_ready:
    case ErrorKind::internal: return AttemptOutcome::failed;
  }
  return AttemptOutcome::failed;
}

bool blames_address(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::refused:
    case ErrorKind::unreachable:
    case ErrorKind::timed_out:
    case ErrorKind::reset:
    case ErrorKind::closed:
    case ErrorKind::permission_denied:
    case ErrorKind::malformed:
    case ErrorKind::protocol_violation:
    case ErrorKind::untrusted: return true;
    case ErrorKind::invalid_argument:
    case ErrorKind::unsupported:
    case ErrorKind::name_not_found:
    case ErrorKind::resolution_failed:
    case ErrorKind::address_in_use:
    case ErrorKind::address_unavailable:
    case ErrorKind::resources_exhausted:
    case ErrorKind::message_too_large:
    case ErrorKind::limit_exceeded:
    case ErrorKind::not_ready:
    case ErrorKind::cancelled:
    case ErrorKind::internal: return false;
  }
  return false;
}

}  // namespace bowline::drive
