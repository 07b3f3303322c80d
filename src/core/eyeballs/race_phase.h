#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/edge_table.h"

namespace bowline::core {

/// Where a race is; the picture stands in race.h.
enum class RacePhase : std::uint8_t { idle, resolving, racing, won, failed, cancelled };
enum class RaceTrigger : std::uint8_t { start, move_on, ready, nothing_left, cancel };
[[nodiscard]] std::string_view to_string(RacePhase phase);
[[nodiscard]] std::string_view to_string(RaceTrigger trigger);

inline constexpr std::array race_phases{RacePhase::idle,   RacePhase::resolving,
                                        RacePhase::racing, RacePhase::won,
                                        RacePhase::failed, RacePhase::cancelled};
inline constexpr std::array race_triggers{RaceTrigger::start, RaceTrigger::move_on,
                                          RaceTrigger::ready, RaceTrigger::nothing_left,
                                          RaceTrigger::cancel};

inline constexpr auto race_edges = std::to_array<Edge<RacePhase, RaceTrigger>>({
    {RacePhase::idle, RaceTrigger::start, RacePhase::resolving},
    {RacePhase::idle, RaceTrigger::cancel, RacePhase::cancelled},
    {RacePhase::resolving, RaceTrigger::move_on, RacePhase::racing},
    {RacePhase::resolving, RaceTrigger::nothing_left, RacePhase::failed},
    {RacePhase::resolving, RaceTrigger::cancel, RacePhase::cancelled},
    {RacePhase::racing, RaceTrigger::ready, RacePhase::won},
    {RacePhase::racing, RaceTrigger::nothing_left, RacePhase::failed},
    {RacePhase::racing, RaceTrigger::cancel, RacePhase::cancelled},
});

static_assert(edges_are_unique(race_edges));
static_assert(states_are_reachable(race_edges, race_phases, RacePhase::idle));
static_assert(state_is_final(race_edges, RacePhase::won));
static_assert(state_is_final(race_edges, RacePhase::failed));
static_assert(state_is_final(race_edges, RacePhase::cancelled));

}  // namespace bowline::core
