#include <bowline/connection_state.h>
#include <bowline/datagram_facts.h>
#include <bowline/message.h>
#include <bowline/parameters.h>
#include <bowline/path.h>
#include <bowline/probe_reply.h>
#include <bowline/report.h>
#include <bowline/resident.h>
#include <bowline/trace.h>

#include <array>
#include <string_view>
#include <utility>

// The words that reports, logs and --json use for the enumerations of the public headers.

namespace bowline {

namespace {

template <class Enum, std::size_t Size>
std::string name_in(const std::array<std::string_view, Size>& names, Enum value) {
  return std::string(names[std::to_underlying(value)]);
}

}  // namespace

std::string to_string(ConnectionState state) {
  static constexpr std::array<std::string_view, 6> names{"setup", "preparing", "waiting",
                                                         "ready", "failed",    "cancelled"};
  return name_in(names, state);
}

std::string to_string(Waiting waiting) {
  static constexpr std::array<std::string_view, 3> names{"never", "for_network", "for_peer"};
  return name_in(names, waiting);
}

std::string to_string(Ecn ecn) {
  static constexpr std::array<std::string_view, 4> names{"not-ect", "ect(1)", "ect(0)", "ce"};
  return name_in(names, ecn);
}

std::string to_string(MessageKind kind) {
  static constexpr std::array<std::string_view, 6> names{"plain", "text", "binary",
                                                         "ping",  "pong", "close"};
  return name_in(names, kind);
}

std::string to_string(ResidentKind kind) {
  static constexpr std::array<std::string_view, 5> names{"connection", "listener", "lookup",
                                                         "path_monitor", "group"};
  return name_in(names, kind);
}

std::string to_string(InterfaceType type) {
  static constexpr std::array<std::string_view, 7> names{
      "other", "wifi", "cellular", "wired", "loopback", "tunnel", "peer_to_peer"};
  return name_in(names, type);
}

std::string to_string(ProbeOutcome outcome) {
  static constexpr std::array<std::string_view, 5> names{"reached", "hop_exceeded", "unreachable",
                                                         "prohibited", "too_large"};
  return name_in(names, outcome);
}

std::string to_string(ServiceClass service_class) {
  static constexpr std::array<std::string_view, 6> names{"best_effort", "background", "video",
                                                         "voice",       "responsive", "signaling"};
  return name_in(names, service_class);
}

std::string to_string(AddressPreference preference) {
  static constexpr std::array<std::string_view, 3> names{"system", "temporary", "stable"};
  return name_in(names, preference);
}

std::string to_string(ResolutionStatus status) {
  static constexpr std::array<std::string_view, 7> names{
      "ok", "nodata", "nxdomain", "servfail", "refused", "timeout", "malformed"};
  return name_in(names, status);
}

std::string to_string(ResolutionSource source) {
  static constexpr std::array<std::string_view, 5> names{"query", "cache", "hosts", "literal", "rule"};
  return name_in(names, source);
}

std::string to_string(ResolverTransport transport) {
  static constexpr std::array<std::string_view, 2> names{"udp", "tcp"};
  return name_in(names, transport);
}

std::string to_string(AttemptOutcome outcome) {
  static constexpr std::array<std::string_view, 9> names{"running",    "won",         "lost",
                                                         "refused",    "unreachable", "timeout",
                                                         "tls_failed", "failed",      "cancelled"};
  return name_in(names, outcome);
}

std::string to_string(const TraceEvent& event, Instant start) {
  std::string line = format_ms(event.at - start);
  line.insert(0, line.size() < 10 ? 10 - line.size() : 0, ' ');
  line.append(" ").append(event.id).append(" ").append(event.kind);
  if (!event.detail.empty()) line.append(" ").append(event.detail);
  if (event.error != nullptr) line.append(": ").append(to_string(*event.error));
  return line;
}

}  // namespace bowline
