#include <bowline/error.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "base/escape.h"

namespace bowline {

struct Error::Details {
  std::string subject;
  std::string message;
  std::vector<Error> attempts;
  std::optional<ErrorKind> reason;
  std::atomic<std::uint32_t> sharers = 1;

  Details() = default;
  /// Shared by nobody else.
  Details(const Details& other)
      : subject(other.subject),
        message(other.message),
        attempts(other.attempts),
        reason(other.reason) {}
};

void Error::SharedDetails::add_ref(Details& details) noexcept {
  details.sharers.fetch_add(1, std::memory_order_relaxed);
}

void Error::SharedDetails::drop_ref(Details* details) noexcept {
  if (details->sharers.fetch_sub(1, std::memory_order_acq_rel) == 1) delete details;
}

static_assert(sizeof(Error) == 32, "Error is passed by value everywhere");

namespace {

struct ErrnoMeaning {
  int code;
  std::string_view name;
  ErrorKind kind;
};
const ErrnoMeaning* find_errno(std::int64_t code);
std::string words(ErrorKind kind);
std::string code_text(const Error& error);
const std::error_category& category();

}  // namespace

Error::Error(ErrorKind kind, ErrorDomain domain, std::int64_t code, const char* operation)
    : kind_(kind), domain_(domain), code_(code), operation_(operation) {}

Error::Error(ErrorKind kind, ErrorDomain domain, std::int64_t code, const char* operation,
             std::string message)
    : Error(kind, domain, code, operation) {
  own_details().message = std::move(message);
}

Error::Error(ErrorKind kind, const char* operation, std::string message)
    : Error(kind, ErrorDomain::bowline, 0, operation, std::move(message)) {}

Error Error::from_errno(int code, const char* operation) {
  const ErrnoMeaning* meaning = find_errno(code);
  return {meaning != nullptr ? meaning->kind : ErrorKind::internal, ErrorDomain::posix, code,
          operation};
}

std::string_view Error::subject() const {
  return details_.get() != nullptr ? std::string_view(details_.get()->subject) : std::string_view();
}

std::string Error::message() const {
  if (details_.get() != nullptr && !details_.get()->message.empty()) return details_.get()->message;
  if (domain_ == ErrorDomain::posix)
    return std::generic_category().message(static_cast<int>(code_));
  if (code_ == 0) return words(kind_);
  return words(kind_) + " (" + code_text(*this) + ')';
}

const std::vector<Error>& Error::attempts() const {
  static const std::vector<Error> none;
  return details_.get() != nullptr ? details_.get()->attempts : none;
}

std::optional<ErrorKind> Error::reason() const {
  return details_.get() != nullptr ? details_.get()->reason : std::nullopt;
}

Error Error::about(std::string subject) const& { return Error(*this).about(std::move(subject)); }

Error Error::about(std::string subject) && {
  own_details().subject = std::move(subject);
  return std::move(*this);
}

Error Error::with_attempts(std::vector<Error> attempts) && {
  own_details().attempts = std::move(attempts);
  return std::move(*this);
}

Error Error::with_reason(ErrorKind reason) && {
  own_details().reason = reason;
  return std::move(*this);
}

Error::operator std::error_code() const {
  // A code of 0 would read as success.
  if (domain_ == ErrorDomain::posix && code_ != 0)
    return {static_cast<int>(code_), std::system_category()};
  return {static_cast<int>(kind_) + 1, category()};
}

Error::Details& Error::own_details() {
  const Details* const shared = details_.get();
  auto* const own = shared != nullptr ? new Details(*shared) : new Details();
  details_ = SharedDetails(own);
  return *own;
}

std::string to_string(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument: return "invalid_argument";
    case ErrorKind::unsupported: return "unsupported";
    case ErrorKind::name_not_found: return "name_not_found";
    case ErrorKind::resolution_failed: return "resolution_failed";
    case ErrorKind::refused: return "refused";
    case ErrorKind::unreachable: return "unreachable";
    case ErrorKind::timed_out: return "timed_out";
    case ErrorKind::reset: return "reset";
    case ErrorKind::closed: return "closed";
    case ErrorKind::address_in_use: return "address_in_use";
    case ErrorKind::address_unavailable: return "address_unavailable";
    case ErrorKind::permission_denied: return "permission_denied";
    case ErrorKind::resources_exhausted: return "resources_exhausted";
    case ErrorKind::message_too_large: return "message_too_large";
    case ErrorKind::malformed: return "malformed";
    case ErrorKind::protocol_violation: return "protocol_violation";
    case ErrorKind::limit_exceeded: return "limit_exceeded";
    case ErrorKind::untrusted: return "untrusted";
    case ErrorKind::not_ready: return "not_ready";
    case ErrorKind::cancelled: return "cancelled";
    case ErrorKind::internal: return "internal";
  }
  std::unreachable();
}

std::string to_string(ErrorDomain domain) {
  switch (domain) {
    case ErrorDomain::posix: return "posix";
    case ErrorDomain::dns: return "dns";
    case ErrorDomain::tls: return "tls";
    case ErrorDomain::quic: return "quic";
    case ErrorDomain::http: return "http";
    case ErrorDomain::websocket: return "websocket";
    case ErrorDomain::policy: return "policy";
    case ErrorDomain::bowline: return "bowline";
  }
  std::unreachable();
}

std::string to_string(const Error& error) {
  std::string line = error.operation();
  if (!error.subject().empty()) line += ' ' + escape(error.subject());
  line += ": " + words(error.kind());
  if (error.code() != 0) line += " (" + code_text(error) + ')';
  if (error.reason()) line += ", " + words(*error.reason()) + " before";
  // A sentence of its own; the system's text for a code says no more than kind and code do.
  const Error bare(error.kind(), error.domain(), error.code(), error.operation());
  if (error.message() != bare.message()) line += ": " + escape(error.message());
  if (const std::size_t count = error.attempts().size(); count != 0)
    line += ", after " + std::to_string(count) + (count == 1 ? " attempt" : " attempts");
  return line;
}

namespace {

#define BOWLINE_ERRNO(code, kind) \
  ErrnoMeaning { code, #code, ErrorKind::kind }
constexpr std::array errno_meanings{
    BOWLINE_ERRNO(ECONNREFUSED, refused),
    BOWLINE_ERRNO(ENETUNREACH, unreachable),
    BOWLINE_ERRNO(EHOSTUNREACH, unreachable),
    BOWLINE_ERRNO(ENETDOWN, unreachable),
    BOWLINE_ERRNO(EHOSTDOWN, unreachable),
    BOWLINE_ERRNO(ENONET, unreachable),
    BOWLINE_ERRNO(ETIMEDOUT, timed_out),
    BOWLINE_ERRNO(ETIME, timed_out),
    BOWLINE_ERRNO(ECONNRESET, reset),
    BOWLINE_ERRNO(ECONNABORTED, reset),
    BOWLINE_ERRNO(ENETRESET, reset),
    BOWLINE_ERRNO(EPIPE, reset),
    BOWLINE_ERRNO(ESHUTDOWN, closed),
    BOWLINE_ERRNO(ENOTCONN, not_ready),
    BOWLINE_ERRNO(ECANCELED, cancelled),
    BOWLINE_ERRNO(EADDRINUSE, address_in_use),
    BOWLINE_ERRNO(EADDRNOTAVAIL, address_unavailable),
    BOWLINE_ERRNO(ENODEV, address_unavailable),
    BOWLINE_ERRNO(ENXIO, address_unavailable),
    BOWLINE_ERRNO(EACCES, permission_denied),
    BOWLINE_ERRNO(EPERM, permission_denied),
    BOWLINE_ERRNO(EROFS, permission_denied),
    BOWLINE_ERRNO(EMFILE, resources_exhausted),
    BOWLINE_ERRNO(ENFILE, resources_exhausted),
    BOWLINE_ERRNO(ENOBUFS, resources_exhausted),
    BOWLINE_ERRNO(ENOMEM, resources_exhausted),
    BOWLINE_ERRNO(ENOSPC, resources_exhausted),
    BOWLINE_ERRNO(EDQUOT, resources_exhausted),
    BOWLINE_ERRNO(EUSERS, resources_exhausted),
    BOWLINE_ERRNO(EAGAIN, resources_exhausted),
    BOWLINE_ERRNO(EMSGSIZE, message_too_large),
    BOWLINE_ERRNO(EFBIG, limit_exceeded),
    BOWLINE_ERRNO(E2BIG, limit_exceeded),
    BOWLINE_ERRNO(EINVAL, invalid_argument),
    BOWLINE_ERRNO(EDESTADDRREQ, invalid_argument),
    BOWLINE_ERRNO(ENAMETOOLONG, invalid_argument),
    BOWLINE_ERRNO(ENOENT, invalid_argument),
    BOWLINE_ERRNO(ENOTDIR, invalid_argument),
    BOWLINE_ERRNO(EISDIR, invalid_argument),
    BOWLINE_ERRNO(ELOOP, invalid_argument),
    BOWLINE_ERRNO(ERANGE, invalid_argument),
    BOWLINE_ERRNO(EAFNOSUPPORT, unsupported),
    BOWLINE_ERRNO(EPFNOSUPPORT, unsupported),
    BOWLINE_ERRNO(EPROTONOSUPPORT, unsupported),
    BOWLINE_ERRNO(ESOCKTNOSUPPORT, unsupported),
    BOWLINE_ERRNO(EPROTOTYPE, unsupported),
    BOWLINE_ERRNO(EOPNOTSUPP, unsupported),
    BOWLINE_ERRNO(ENOPROTOOPT, unsupported),
    BOWLINE_ERRNO(ENOSYS, unsupported),
    BOWLINE_ERRNO(EPROTO, protocol_violation),
    BOWLINE_ERRNO(EBADMSG, malformed),
    // Only a mistake of ours leads here; they are listed for their names.
    BOWLINE_ERRNO(EALREADY, internal),
    BOWLINE_ERRNO(EINPROGRESS, internal),
    BOWLINE_ERRNO(EISCONN, internal),
    BOWLINE_ERRNO(EINTR, internal),
    BOWLINE_ERRNO(EBADF, internal),
    BOWLINE_ERRNO(ENOTSOCK, internal),
    BOWLINE_ERRNO(EFAULT, internal),
    BOWLINE_ERRNO(EIO, internal),
    BOWLINE_ERRNO(EBUSY, internal),
    BOWLINE_ERRNO(EEXIST, internal),
    BOWLINE_ERRNO(ESRCH, internal),
};
#undef BOWLINE_ERRNO

const ErrnoMeaning* find_errno(std::int64_t code) {
  const auto found = std::ranges::find(errno_meanings, code, &ErrnoMeaning::code);
  return found != errno_meanings.end() ? &*found : nullptr;
}

std::string words(ErrorKind kind) {
  std::string text(to_string(kind));
  std::ranges::replace(text, '_', ' ');
  return text;
}

// "ECONNREFUSED", "errno 9999", "dns 3".
std::string code_text(const Error& error) {
  if (error.domain() != ErrorDomain::posix)
    return to_string(error.domain()) + ' ' + std::to_string(error.code());
  const ErrnoMeaning* meaning = find_errno(error.code());
  return meaning != nullptr ? std::string(meaning->name) : "errno " + std::to_string(error.code());
}

// What code written against std::errc may compare with; nothing for kinds that POSIX has no word for.
std::errc condition(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid_argument: return std::errc::invalid_argument;
    case ErrorKind::unsupported: return std::errc::not_supported;
    case ErrorKind::refused: return std::errc::connection_refused;
    case ErrorKind::unreachable: return std::errc::network_unreachable;
    case ErrorKind::timed_out: return std::errc::timed_out;
    case ErrorKind::reset: return std::errc::connection_reset;
    case ErrorKind::closed: return std::errc::bad_file_descriptor;
    case ErrorKind::address_in_use: return std::errc::address_in_use;
    case ErrorKind::address_unavailable: return std::errc::address_not_available;
    case ErrorKind::permission_denied: return std::errc::permission_denied;
    case ErrorKind::resources_exhausted: return std::errc::no_buffer_space;
    case ErrorKind::message_too_large: return std::errc::message_size;
    case ErrorKind::malformed: return std::errc::bad_message;
    case ErrorKind::protocol_violation: return std::errc::protocol_error;
    case ErrorKind::not_ready: return std::errc::not_connected;
    case ErrorKind::cancelled: return std::errc::operation_canceled;
    case ErrorKind::name_not_found:
    case ErrorKind::resolution_failed:
    case ErrorKind::limit_exceeded:
    case ErrorKind::untrusted:
    case ErrorKind::internal: return std::errc{};
  }
  std::unreachable();
}

class Category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "bowline"; }
  std::string message(int value) const override {
    return is_kind(value) ? words(kind_of(value)) : "unknown";
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    const std::errc known = is_kind(value) ? condition(kind_of(value)) : std::errc{};
    return known != std::errc{} ? std::error_condition(known) : std::error_condition(value, *this);
  }

 private:
  static bool is_kind(int value) {
    return value >= 1 && value <= static_cast<int>(ErrorKind::internal) + 1;
  }
  static ErrorKind kind_of(int value) { return static_cast<ErrorKind>(value - 1); }
};

const std::error_category& category() {
  static const Category instance;
  return instance;
}

}  // namespace

}  // namespace bowline
