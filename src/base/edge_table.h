#pragma once

#include <array>
#include <cstddef>
#include <optional>

namespace bowline {

/// One allowed move of a state machine: in `from`, on `trigger`, to `to`.
template <class State, class Trigger>
struct Edge {
  State from;
  Trigger trigger;
  State to;
};

/// Where `trigger` leads from `state`; nothing if the table has no such edge.
template <class State, class Trigger, std::size_t Size>
[[nodiscard]] constexpr std::optional<State> next_state(
    const std::array<Edge<State, Trigger>, Size>& edges, State state, Trigger trigger) {
  for (const auto& edge : edges)
    if (edge.from == state && edge.trigger == trigger) return edge.to;
  return std::nullopt;
}

/// True if no state has two targets for one trigger.
template <class State, class Trigger, std::size_t Size>
[[nodiscard]] constexpr bool edges_are_unique(const std::array<Edge<State, Trigger>, Size>& edges) {
  for (std::size_t i = 0; i < Size; ++i)
    for (std::size_t j = i + 1; j < Size; ++j)
      if (edges[i].from == edges[j].from && edges[i].trigger == edges[j].trigger) return false;
  return true;
}

/// True if edges lead from `initial` to every state.
template <class State, class Trigger, std::size_t Size, std::size_t Count>
[[nodiscard]] constexpr bool states_are_reachable(
    const std::array<Edge<State, Trigger>, Size>& edges, const std::array<State, Count>& states,
    State initial) {
  std::array<State, Count + 1> reached{initial};
  std::size_t reached_count = 1;
  const auto is_reached = [&](State state) {
    for (std::size_t i = 0; i < reached_count; ++i)
      if (reached[i] == state) return true;
    return false;
  };
  for (std::size_t i = 0; i < reached_count; ++i)
    for (const auto& edge : edges)
      if (edge.from == reached[i] && !is_reached(edge.to) && reached_count <= Count)
        reached[reached_count++] = edge.to;
  for (State state : states)
    if (!is_reached(state)) return false;
  return true;
}

/// True if no edge leaves `state`.
template <class State, class Trigger, std::size_t Size>
[[nodiscard]] constexpr bool state_is_final(const std::array<Edge<State, Trigger>, Size>& edges,
                                            State state) {
  for (const auto& edge : edges)
    if (edge.from == state) return false;
  return true;
}

}  // namespace bowline
