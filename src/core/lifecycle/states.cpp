#include "core/lifecycle/states.h"

#include <utility>

namespace bowline::core {

std::string_view to_string(ConnectionTrigger trigger) {
  static constexpr std::array<std::string_view, 7> names{
      "start", "established", "round_failed", "retry", "gave_up", "lost", "closed"};
  return names[std::to_underlying(trigger)];
}

}  // namespace bowline::core
