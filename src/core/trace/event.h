#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <bowline/error.h>

namespace bowline::core {

/// Every thing a machine may report about itself. Logs, transcripts and the waterfall are made of these.
enum class TraceKind : std::uint8_t {
  state_changed,       ///< connection: from -> to
  retry_scheduled,     ///< connection: waiting, next try in ...
  config_unused,       ///< resolver: a part of resolv.conf or hosts that has no effect, and why
  lookup_started,      ///< resolver: name and types
  query_sent,          ///< resolver: question, server, transport, which try
  reply_refused,       ///< resolver: a datagram that does not answer the question, and why
  server_parked,       ///< resolver: not asked for a while
  answered,            ///< resolver: one type's answer
  resolution_delayed,  ///< race: addresses known, waiting for the preferred family or service records
  candidates_ordered,  ///< race: the list after sorting
  candidates_capped,   ///< race: addresses beyond the cap were dropped
  attempt_started,     ///< attempt: protocol and address
  attempt_progressed,  ///< attempt: the transport is up, the handshake above it goes on
  attempt_blocked,     ///< race: the next start waits for a free place
  attempt_ended,       ///< attempt: won, lost or why it failed
  race_ended,          ///< race: won, failed or cancelled
  accepted,            ///< listener: a connection came in
  accept_paused,       ///< listener: out of descriptors or memory
  handshake_failed,    ///< listener: a connection came in, but did not become ready
  network_changed,     ///< loop: addresses, routes or links of an interface
  keys_logged,     ///< secure connections: their secrets are written to a file, which, or why not
  events_dropped,  ///< trace: more came than the queue to the sinks holds; how many
};
[[nodiscard]] std::string_view to_string(TraceKind kind);  // as written here

/// A machine makes notes while the flag that its options point to is true; null is never. The flag outlives
/// the machine.
using TraceFlag = const bool*;
inline constexpr bool trace_always = true;

/// One event of one machine; the driver adds the time and the id (`C8.1.2`).
///
/// `detail` is ASCII made by us from numbers, addresses and escaped names: safe to print.
struct TraceNote {
  TraceKind kind{};
  std::string detail;
  std::optional<Error> error;
};

}  // namespace bowline::core
