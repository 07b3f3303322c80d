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

/// True if every state but `initial` is the target of an edge.
template <class State, class Trigger, std::size_t Size, std::size_t Count>
[[nodiscard]] constexpr bool states_are_reachable(
    const std::array<Edge<State, Trigger>, Size>& edges, const std::array<State, Count>& states,
    State initial) {
  for (State state : states) {
    bool reached = state == initial;
    for (const auto& edge : edges) reached = reached || edge.to == state;
    if (!reached) return false;
  }
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
