#include "core/eyeballs/race_phase.h"

namespace bowline::core {

std::string_view to_string(RacePhase phase) {
  switch (phase) {
    case RacePhase::idle: return "idle";
    case RacePhase::resolving: return "resolving";
    case RacePhase::racing: return "racing";
    case RacePhase::won: return "won";
    case RacePhase::failed: return "failed";
    case RacePhase::cancelled: return "cancelled";
  }
  return "unknown";
}

std::string_view to_string(RaceTrigger trigger) {
  switch (trigger) {
    case RaceTrigger::start: return "start";
    case RaceTrigger::move_on: return "move_on";
    case RaceTrigger::ready: return "ready";
    case RaceTrigger::nothing_left: return "nothing_left";
    case RaceTrigger::cancel: return "cancel";
  }
  return "unknown";
}

}  // namespace bowline::core
