#include "core/trace/event.h"

namespace bowline::core {

std::string_view to_string(TraceKind kind) {
  switch (kind) {
    case TraceKind::state_changed: return "state_changed";
    case TraceKind::retry_scheduled: return "retry_scheduled";
    case TraceKind::config_unused: return "config_unused";
    case TraceKind::lookup_started: return "lookup_started";
    case TraceKind::query_sent: return "query_sent";
    case TraceKind::reply_refused: return "reply_refused";
    case TraceKind::server_parked: return "server_parked";
    case TraceKind::answered: return "answered";
    case TraceKind::resolution_delayed: return "resolution_delayed";
    case TraceKind::candidates_ordered: return "candidates_ordered";
    case TraceKind::candidates_capped: return "candidates_capped";
    case TraceKind::attempt_started: return "attempt_started";
    case TraceKind::attempt_progressed: return "attempt_progressed";
    case TraceKind::attempt_blocked: return "attempt_blocked";
    case TraceKind::attempt_ended: return "attempt_ended";
    case TraceKind::race_ended: return "race_ended";
    case TraceKind::accepted: return "accepted";
    case TraceKind::accept_paused: return "accept_paused";
    case TraceKind::handshake_failed: return "handshake_failed";
    case TraceKind::network_changed: return "network_changed";
    case TraceKind::keys_logged: return "keys_logged";
    case TraceKind::events_dropped: return "events_dropped";
  }
  return "unknown";
}

}  // namespace bowline::core
