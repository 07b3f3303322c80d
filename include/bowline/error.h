#pragma once

#include <bowline/export.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace BOWLINE_API bowline {

/// What went wrong, as far as a program can act on it. Closed: users switch on it without a default.
enum class ErrorKind : std::uint8_t {
  invalid_argument,   ///< the call itself makes no sense; nothing was tried
  unsupported,        ///< the option or feature is not available here; the message names it
  name_not_found,     ///< the name does not exist, or has no address
  resolution_failed,  ///< the name could not be asked for: servers silent, refusing or broken
  refused,            ///< the peer answered, and said no
  unreachable,        ///< no route or path, or the network said the peer cannot be reached
  timed_out,          ///< a deadline passed, ours or the system's
  reset,              ///< the peer dropped an established connection
  closed,          ///< that side was closed: ours before the call, or the peer's too early for it
  address_in_use,  ///< another socket holds the local address
  address_unavailable,  ///< the local address or interface does not exist here
  permission_denied,    ///< the system or a firewall on this host refused
  resources_exhausted,  ///< out of descriptors, ports or memory in the system; may pass
  message_too_large,    ///< more than the protocol or the path can carry in one message
  malformed,            ///< bytes from outside do not parse
  protocol_violation,   ///< the peer broke the protocol
  limit_exceeded,       ///< a documented cap was reached
  untrusted,            ///< the peer could not prove who it is
  not_ready,            ///< too early: the connection is not established
  cancelled,            ///< the owner asked for it
  internal,             ///< a system call failed in a way nobody expects; see the code
};

/// Which family of numbers `Error::code()` belongs to.
enum class ErrorDomain : std::uint8_t { posix, dns, tls, quic, http, websocket, policy, bowline };

[[nodiscard]] std::string to_string(ErrorKind kind);
[[nodiscard]] std::string to_string(ErrorDomain domain);

/// One typed failure: what kind, the number as it came, which operation, and about what.
///
/// size      32 bytes; copies share the text and the list of attempts
/// thread    any, like a string
class Error {
 public:
  /// `operation` is a literal and outlives the error: "connect", "resolve", "parse dns message".
  Error(ErrorKind kind, ErrorDomain domain, std::int64_t code, const char* operation);

  /// The same with a sentence for people that says more than the code.
  Error(ErrorKind kind, ErrorDomain domain, std::int64_t code, const char* operation,
        std::string message);

  /// An error of Bowline's own, with a sentence for people.
  Error(ErrorKind kind, const char* operation, std::string message);

  /// A system call's errno, with the kind that it means.
  [[nodiscard]] static Error from_errno(int code, const char* operation);

  [[nodiscard]] ErrorKind kind() const { return kind_; }
  [[nodiscard]] ErrorDomain domain() const { return domain_; }
  /// errno, TLS alert, DNS rcode, QUIC code (62 bits) ... as it came; 0 where the domain is bowline or
  /// policy.
  [[nodiscard]] std::int64_t code() const { return code_; }
  [[nodiscard]] const char* operation() const { return operation_; }
  /// The endpoint, address, path, option or field concerned; empty if none was named.
  [[nodiscard]] std::string_view subject() const;
  /// The sentence given at construction, or the system's text for the code; never empty.
  [[nodiscard]] std::string message() const;
  /// For a failed race: the error of every attempt, in the order they started; empty otherwise.
  [[nodiscard]] const std::vector<Error>& attempts() const;

  /// For a connect whose time ran out while it was still trying: the kind of error that it kept meeting until
  /// then, such as `refused`; empty if it met none, and for every other error.
  [[nodiscard]] std::optional<ErrorKind> reason() const;

  /// The same error about something.
  [[nodiscard]] Error about(std::string subject) const&;
  [[nodiscard]] Error about(std::string subject) &&;
  /// The same error with the list of what was tried.
  [[nodiscard]] Error with_attempts(std::vector<Error> attempts) &&;
  /// The same error with its reason().
  [[nodiscard]] Error with_reason(ErrorKind reason) &&;

  /// Kind, domain and code only: two errors that a program would treat alike.
  friend bool operator==(const Error& a, const Error& b) {
    return a.kind_ == b.kind_ && a.domain_ == b.domain_ && a.code_ == b.code_;
  }

  /// The form for code written against `std::error_code`; posix errors keep their errno and the
  /// system category, all others have the category named "bowline" with the kind as value + 1.
  [[nodiscard]] operator std::error_code() const;  // NOLINT(google-explicit-constructor)

 private:
  struct Details;
  /// Counts who shares the details; any thread may drop the last.
  class SharedDetails {
   public:
    SharedDetails() = default;
    explicit SharedDetails(Details* fresh) : details_(fresh) {}
    SharedDetails(const SharedDetails& other) noexcept : details_(other.details_) {
      if (details_ != nullptr) add_ref(*details_);
    }
    SharedDetails(SharedDetails&& other) noexcept
        : details_(std::exchange(other.details_, nullptr)) {}
    SharedDetails& operator=(SharedDetails other) noexcept {
      std::swap(details_, other.details_);
      return *this;
    }
    ~SharedDetails() {
      if (details_ != nullptr) drop_ref(details_);
    }
    [[nodiscard]] const Details* get() const { return details_; }

   private:
    static void add_ref(Details& details) noexcept;
    static void drop_ref(Details* details) noexcept;

    Details* details_ = nullptr;
  };
  [[nodiscard]] Details& own_details();

  ErrorKind kind_;
  ErrorDomain domain_;
  std::int64_t code_;
  const char* operation_;
  SharedDetails details_;
};

/// One line for people: `connect 192.0.2.1:443: refused (ECONNREFUSED)`, or `timed out, refused
/// before`. Control characters are escaped.
[[nodiscard]] std::string to_string(const Error& error);

}  // namespace BOWLINE_API bowline
