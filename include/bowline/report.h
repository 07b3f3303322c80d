#pragma once

#include <bowline/address.h>
#include <bowline/endpoint.h>
#include <bowline/error.h>
#include <bowline/export.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace BOWLINE_API bowline {

enum class ResolutionStatus : std::uint8_t {
  ok,
  nodata,
  nxdomain,
  servfail,
  refused,
  timeout,
  malformed
};
enum class ResolutionSource : std::uint8_t { query, cache, hosts, literal };
enum class ResolverTransport : std::uint8_t { udp, tcp };
[[nodiscard]] std::string_view to_string(ResolutionStatus status);
[[nodiscard]] std::string_view to_string(ResolutionSource source);
[[nodiscard]] std::string_view to_string(ResolverTransport transport);

/// One answer to one question: a name and a record type.
struct Resolution {
  std::string name;  ///< what was asked in the end, without trailing dot
  std::string type;  ///< "A", "AAAA", "HTTPS" ...
  ResolutionSource source{};
  ResolverTransport transport{};        ///< meaningful if source is query
  std::optional<SocketAddress> server;  ///< who answered, or was asked last
  Duration started{};                   ///< since the call
  Duration duration{};
  ResolutionStatus status{};
  bool stale = false;                ///< expired; a fresh one was asked for
  std::vector<std::string> answers;  ///< record data in presentation form, escaped
  std::vector<IpAddress> addresses;  ///< the same, for A and AAAA
  std::string canonical_name;        ///< the end of the CNAME chain, if there was one
  std::uint32_t ttl_seconds = 0;
  std::optional<Error> error;  ///< unless ok
};

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
[[nodiscard]] std::string_view to_string(AttemptOutcome outcome);

/// One candidate that was tried.
struct Attempt {
  std::string id;  ///< "C8.1.2": connection 8, round 1, attempt 2
  SocketAddress remote;
  std::string protocol;  ///< "tcp", "udp"
  Duration started{};    ///< since the call
  std::optional<Duration> ended;
  AttemptOutcome outcome = AttemptOutcome::running;
  std::optional<Error> error;
};

/// One protocol's own establishment, on the candidate that won.
struct Handshake {
  std::string protocol;
  Duration duration{};
  std::optional<Duration> rtt;  ///< as the protocol measured it
  /// What was agreed on, as name and value: {"alpn", "h2"}.
  std::vector<std::pair<std::string, std::string>> details = {};
};

/// How a connection came to be, or why it did not. Times count from the call.
struct Report {
  std::string id;  ///< "C8"
  Endpoint endpoint;
  std::vector<std::string> stack;       ///< top first: {"length-prefixed", "tcp"}
  std::optional<SocketAddress> remote;  ///< once connected
  std::optional<SocketAddress> local;
  std::string interface;  ///< that the local address belongs to; may be empty
  Duration total{};
  std::size_t previous_attempts = 0;  ///< whole rounds that failed, before one succeeded or at all
  std::vector<Resolution> resolutions;  ///< in the order they were answered; the last 64
  std::vector<Attempt> attempts;        ///< in the order they started; the last 256
  std::vector<Handshake> handshakes;    ///< of the attempt that won, the lowest layer first
  std::optional<Error> error;           ///< the last one, unless ready
};

}  // namespace BOWLINE_API bowline
