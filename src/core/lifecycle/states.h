#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <bowline/connection_state.h>

#include "base/edge_table.h"

namespace bowline::core {

/// What moves a connection from one state to another.
enum class ConnectionTrigger : std::uint8_t {
  start,         ///< the first turn after it was made
  established,   ///< the top protocol of a candidate is ready
  round_failed,  ///< every candidate failed, and waiting is allowed
  retry,         ///< the network changed, the back-off ended, or restart() was called
  gave_up,       ///< no waiting, a deadline, or an error that waiting cannot mend
  lost,          ///< an established connection broke
  closed,        ///< the owner's close is done
};
[[nodiscard]] std::string_view to_string(ConnectionTrigger trigger);

inline constexpr std::array all_connection_states{
    ConnectionState::setup, ConnectionState::preparing, ConnectionState::waiting,
    ConnectionState::ready, ConnectionState::failed,    ConnectionState::cancelled,
};

/// setup -> preparing <-> waiting; preparing -> ready; anything -> failed -> cancelled, or straight to
/// cancelled.
inline constexpr std::array<Edge<ConnectionState, ConnectionTrigger>, 13> connection_edges{{
    {ConnectionState::setup, ConnectionTrigger::start, ConnectionState::preparing},
    {ConnectionState::setup, ConnectionTrigger::gave_up, ConnectionState::failed},
    {ConnectionState::setup, ConnectionTrigger::closed, ConnectionState::cancelled},
    {ConnectionState::preparing, ConnectionTrigger::established, ConnectionState::ready},
    {ConnectionState::preparing, ConnectionTrigger::round_failed, ConnectionState::waiting},
    {ConnectionState::preparing, ConnectionTrigger::gave_up, ConnectionState::failed},
    {ConnectionState::preparing, ConnectionTrigger::closed, ConnectionState::cancelled},
    {ConnectionState::waiting, ConnectionTrigger::retry, ConnectionState::preparing},
    {ConnectionState::waiting, ConnectionTrigger::gave_up, ConnectionState::failed},
    {ConnectionState::waiting, ConnectionTrigger::closed, ConnectionState::cancelled},
    {ConnectionState::ready, ConnectionTrigger::lost, ConnectionState::failed},
    {ConnectionState::ready, ConnectionTrigger::closed, ConnectionState::cancelled},
    {ConnectionState::failed, ConnectionTrigger::closed, ConnectionState::cancelled},
}};

static_assert(edges_are_unique(connection_edges));
static_assert(states_are_reachable(connection_edges, all_connection_states,
                                   ConnectionState::setup));
static_assert(state_is_final(connection_edges, ConnectionState::cancelled));

}  // namespace bowline::core
