#include "core/eyeballs/names/move_on.h"

#include <algorithm>

namespace bowline::core {

namespace {

/// The groups of the best priority that has, or may get, addresses; is one of them complete enough
/// to start with?
bool best_groups_are_ready(std::span<const ServiceGroup> groups) {
  while (!groups.empty()) {
    const auto end = std::ranges::find_if(groups, [&](const ServiceGroup& group) {
      return group.priority != groups.front().priority;
    });
    const auto alternatives = groups.first(static_cast<std::size_t>(end - groups.begin()));
    const auto is_ready = [](const ServiceGroup& group) {
      return group.has_addresses() && group.is_preferred_settled;
    };
    const auto is_open = [](const ServiceGroup& group) {
      return group.has_addresses() || group.is_pending;
    };
    if (std::ranges::any_of(alternatives, is_ready)) return true;
    if (std::ranges::any_of(alternatives, is_open)) return false;
    groups = groups.subspan(alternatives.size());
  }
  return false;
}

}  // namespace

bool MoveOnTest::may_start(std::span<const ServiceGroup> groups, bool is_service_settled,
                           Instant now) {
  is_waiting_ = std::ranges::any_of(groups, &ServiceGroup::has_addresses);
  if (!is_waiting_) return false;
  if (!first_address_at_) first_address_at_ = now;
  if ((is_service_settled && best_groups_are_ready(groups)) ||
      now - *first_address_at_ >= resolution_delay_)
    is_waiting_ = false;
  return !is_waiting_;
}

std::optional<Instant> MoveOnTest::deadline() const {
  if (!is_waiting_) return std::nullopt;
  return *first_address_at_ + resolution_delay_;
}

}  // namespace bowline::core
