#pragma once

#include <bowline/address.h>
#include <bowline/endpoint.h>
#include <bowline/error.h>
#include <bowline/export.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace BOWLINE_API bowline {

class SecurityReport;  // bowline/security_report.h

// Each class here is a handle on shared facts, so that it can learn to tell more without breaking programs
// that were compiled against less. Copies are cheap. A moved-from value tells what a new one does: nothing.

enum class ResolutionStatus : std::uint8_t {
  ok,
  nodata,
  nxdomain,
  servfail,
  refused,
  timeout,
  malformed
};
enum class ResolutionSource : std::uint8_t {
  query,
  cache,
  hosts,
  literal,  ///< the name was an address
  rule,     ///< a standard says what is true of such names, as of localhost (RFC 6761)
};
enum class ResolverTransport : std::uint8_t { udp, tcp };
[[nodiscard]] std::string to_string(ResolutionStatus status);
[[nodiscard]] std::string to_string(ResolutionSource source);
[[nodiscard]] std::string to_string(ResolverTransport transport);

enum class AttemptOutcome : std::uint8_t {
  running,
  won,
  lost,
  refused,
  unreachable,
  timeout,
  tls_failed,
  failed,
  cancelled
};
[[nodiscard]] std::string to_string(AttemptOutcome outcome);

/// One record of an answer.
class ResolvedRecord {
 public:
  struct Facts;  ///< the library's own; may grow
  ResolvedRecord() = default;
  explicit ResolvedRecord(Facts&& facts);

  /// Whose record it is, and of which type: "example.com", "MX".
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] const std::string& type() const;
  /// In presentation form, escaped: "192.0.2.1", "10 mail.example.com".
  [[nodiscard]] const std::string& data() const;
  /// Of A and AAAA records.
  [[nodiscard]] const std::optional<IpAddress>& address() const;
  /// What is left of its own time to live.
  [[nodiscard]] std::uint32_t ttl_seconds() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// One answer to one question: a name and a record type.
class Resolution {
 public:
  struct Facts;  ///< the library's own; may grow
  Resolution() = default;
  explicit Resolution(Facts&& facts);

  /// What was asked in the end, without trailing dot.
  [[nodiscard]] const std::string& name() const;
  /// "A", "AAAA", "HTTPS" ...
  [[nodiscard]] const std::string& type() const;
  [[nodiscard]] ResolutionSource source() const;
  /// Meaningful if source() is query.
  [[nodiscard]] ResolverTransport transport() const;
  /// Who answered, or was asked last.
  [[nodiscard]] const std::optional<SocketAddress>& server() const;
  /// Since the call.
  [[nodiscard]] Duration started() const;
  [[nodiscard]] Duration duration() const;
  [[nodiscard]] ResolutionStatus status() const;
  /// Expired; a fresh one was asked for.
  [[nodiscard]] bool is_stale() const;
  /// Of type(), in the order of the reply; empty unless the status is ok.
  [[nodiscard]] const std::vector<ResolvedRecord>& records() const&;
  [[nodiscard]] std::vector<ResolvedRecord> records() &&;
  /// The data of the same records.
  [[nodiscard]] const std::vector<std::string>& answers() const&;
  [[nodiscard]] std::vector<std::string> answers() &&;
  /// The addresses of the same records, for A and AAAA.
  [[nodiscard]] const std::vector<IpAddress>& addresses() const&;
  [[nodiscard]] std::vector<IpAddress> addresses() &&;
  /// The end of the CNAME chain, if there was one.
  [[nodiscard]] const std::string& canonical_name() const;
  /// For how long the answer holds: the least of its records' and of the CNAMEs' that led to them, and
  /// of the negative answer's SOA (RFC 2308); what is left of it, if it came from the cache.
  [[nodiscard]] std::uint32_t ttl_seconds() const;
  /// Unless the status is ok.
  [[nodiscard]] const std::optional<Error>& error() const;

  /// The reply's code and flags, as "NXDOMAIN" and "aa rd ra"; empty if there was no reply.
  [[nodiscard]] const std::string& response_code() const;
  [[nodiscard]] const std::string& flags() const;
  /// What the server said by EDNS, as "udp 1232; EDE 6 (DNSSEC bogus)"; empty if nothing.
  [[nodiscard]] const std::string& edns() const;
  /// The server has no answer, and names others that know more (only without LookupOptions::recursion).
  [[nodiscard]] bool is_referral() const;
  /// Sentences about what was out of the ordinary: what the server could not do and how it was asked then,
  /// what of its reply was malformed and where. At most 12, escaped.
  [[nodiscard]] const std::vector<std::string>& remarks() const&;
  [[nodiscard]] std::vector<std::string> remarks() &&;
  /// Records that came and are not among records(), because a reply may be long and memory is not.
  [[nodiscard]] std::size_t records_left_out() const;
  /// The reply's other sections, if LookupOptions::whole_reply asked for them.
  [[nodiscard]] const std::vector<ResolvedRecord>& authorities() const&;
  [[nodiscard]] std::vector<ResolvedRecord> authorities() &&;
  [[nodiscard]] const std::vector<ResolvedRecord>& additional() const&;
  [[nodiscard]] std::vector<ResolvedRecord> additional() &&;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// One candidate that was tried.
class Attempt {
 public:
  struct Facts;  ///< the library's own; may grow
  Attempt() = default;
  explicit Attempt(Facts&& facts);

  /// "C8.1.2": connection 8, round 1, attempt 2.
  [[nodiscard]] const std::string& id() const;
  [[nodiscard]] const SocketAddress& remote() const;
  /// "tcp", "udp"
  [[nodiscard]] const std::string& protocol() const;
  /// Since the call.
  [[nodiscard]] Duration started() const;
  /// Since the call; nothing while it runs.
  [[nodiscard]] std::optional<Duration> ended() const;
  [[nodiscard]] AttemptOutcome outcome() const;
  [[nodiscard]] const std::optional<Error>& error() const;
  /// Of one that failed: whom it met, and why that one was not trusted; nothing if it did not come that far.
  /// The last 16 of a connection.
  [[nodiscard]] const std::optional<SecurityReport>& security() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// One protocol's own establishment, on the candidate that won.
class Handshake {
 public:
  struct Facts;  ///< the library's own; may grow
  Handshake() = default;
  explicit Handshake(Facts&& facts);

  [[nodiscard]] const std::string& protocol() const;
  [[nodiscard]] Duration duration() const;
  /// As the protocol measured it.
  [[nodiscard]] std::optional<Duration> rtt() const;
  /// What was agreed on, as name and value: {"alpn", "h2"}.
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& details() const;
  /// Of TLS and DTLS.
  [[nodiscard]] const std::optional<SecurityReport>& security() const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

/// How a connection came to be, or why it did not. Times count from the call.
class Report {
 public:
  struct Facts;  ///< the library's own; may grow
  Report() = default;
  explicit Report(Facts&& facts);

  /// "C8"
  [[nodiscard]] const std::string& id() const;
  [[nodiscard]] const Endpoint& endpoint() const;
  /// Top first: {"length-prefixed", "tcp"}.
  [[nodiscard]] const std::vector<std::string>& stack() const&;
  [[nodiscard]] std::vector<std::string> stack() &&;
  /// Once connected.
  [[nodiscard]] const std::optional<SocketAddress>& remote() const;
  [[nodiscard]] const std::optional<SocketAddress>& local() const;
  /// That the local address belongs to; may be empty.
  [[nodiscard]] const std::string& interface() const;
  [[nodiscard]] Duration total() const;
  /// Whole rounds that failed, before one succeeded or at all.
  [[nodiscard]] std::size_t previous_attempts() const;
  /// In the order they were answered; the last 64.
  [[nodiscard]] const std::vector<Resolution>& resolutions() const&;
  [[nodiscard]] std::vector<Resolution> resolutions() &&;
  /// In the order they started; the last 256.
  [[nodiscard]] const std::vector<Attempt>& attempts() const&;
  [[nodiscard]] std::vector<Attempt> attempts() &&;
  [[nodiscard]] const std::vector<Handshake>& handshakes() const&;
  [[nodiscard]] std::vector<Handshake> handshakes() &&;
  /// How it is secured; of one that failed, whom the last attempt met and why that one was not trusted.
  /// Nothing if there is no such protocol in the stack, or none came that far.
  [[nodiscard]] std::optional<SecurityReport> security() const;
  /// The last one, unless ready.
  [[nodiscard]] const std::optional<Error>& error() const;
  /// The same with another error: for a program that gave up for a reason of its own.
  [[nodiscard]] Report with_error(Error error) const;

 private:
  [[nodiscard]] const Facts& facts() const;
  std::shared_ptr<const Facts> facts_;
};

// One line for people each, safe to print whatever came over the network.

/// `192.0.2.1 (300 s)`
[[nodiscard]] std::string to_string(const ResolvedRecord& record);
/// `AAAA www.example.com: 2001:db8::1 (300 s), from query in 12 ms`, or why there is no answer
[[nodiscard]] std::string to_string(const Resolution& resolution);
/// `C8.1.2 tcp 192.0.2.1:443: won after 20 ms`
[[nodiscard]] std::string to_string(const Attempt& attempt);
/// `tcp in 20 ms`
[[nodiscard]] std::string to_string(const Handshake& handshake);
/// `C8 example.com:443: connected to 192.0.2.1:443 after 290 ms, 2 attempts`, or the error
[[nodiscard]] std::string to_string(const Report& report);

}  // namespace BOWLINE_API bowline
