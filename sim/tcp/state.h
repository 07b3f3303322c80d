#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/edge_table.h"

namespace bowline::sim {

/// RFC 9293 3.3.2, without the states before there is a connection.
enum class TcpState : std::uint8_t {
  syn_sent,
  syn_received,
  established,
  fin_wait_1,
  fin_wait_2,
  close_wait,
  closing,
  last_ack,
  time_wait,
  closed,
};
[[nodiscard]] std::string_view to_string(TcpState state);  // as written here

enum class TcpTrigger : std::uint8_t {
  handshake_done,
  fin_sent,
  fin_acknowledged,
  fin_received,
  time_wait_over,
  failed,  ///< reset, timed out, aborted or unreachable
};

using TcpEdge = Edge<TcpState, TcpTrigger>;

/// RFC 9293 figure 5, without simultaneous open.
inline constexpr auto tcp_edges = std::to_array<TcpEdge>({
    {TcpState::syn_sent, TcpTrigger::handshake_done, TcpState::established},
    {TcpState::syn_sent, TcpTrigger::failed, TcpState::closed},
    {TcpState::syn_received, TcpTrigger::handshake_done, TcpState::established},
    {TcpState::syn_received, TcpTrigger::failed, TcpState::closed},
    {TcpState::established, TcpTrigger::fin_sent, TcpState::fin_wait_1},
    {TcpState::established, TcpTrigger::fin_received, TcpState::close_wait},
    {TcpState::established, TcpTrigger::failed, TcpState::closed},
    {TcpState::fin_wait_1, TcpTrigger::fin_acknowledged, TcpState::fin_wait_2},
    {TcpState::fin_wait_1, TcpTrigger::fin_received, TcpState::closing},
    {TcpState::fin_wait_1, TcpTrigger::failed, TcpState::closed},
    {TcpState::fin_wait_2, TcpTrigger::fin_received, TcpState::time_wait},
    {TcpState::fin_wait_2, TcpTrigger::failed, TcpState::closed},
    {TcpState::close_wait, TcpTrigger::fin_sent, TcpState::last_ack},
    {TcpState::close_wait, TcpTrigger::failed, TcpState::closed},
    {TcpState::closing, TcpTrigger::fin_acknowledged, TcpState::time_wait},
    {TcpState::closing, TcpTrigger::failed, TcpState::closed},
    {TcpState::last_ack, TcpTrigger::fin_acknowledged, TcpState::closed},
    {TcpState::last_ack, TcpTrigger::failed, TcpState::closed},
    {TcpState::time_wait, TcpTrigger::time_wait_over, TcpState::closed},
    {TcpState::time_wait, TcpTrigger::failed, TcpState::closed},
});
static_assert(edges_are_unique(tcp_edges));
static_assert(state_is_final(tcp_edges, TcpState::closed));

}  // namespace bowline::sim
