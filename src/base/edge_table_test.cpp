#include "base/edge_table.h"

#include <gtest/gtest.h>

namespace bowline {
namespace {

enum class Door { open, closed, broken };
enum class Act { push, pull, kick };
using DoorEdge = Edge<Door, Act>;

TEST(EdgeTable, leads_where_the_table_says_and_nowhere_else) {
  constexpr std::array edges{DoorEdge{Door::open, Act::push, Door::closed},
                             DoorEdge{Door::closed, Act::pull, Door::open},
                             DoorEdge{Door::closed, Act::kick, Door::broken}};
  static_assert(next_state(edges, Door::open, Act::push) == Door::closed);
  static_assert(!next_state(edges, Door::open, Act::pull).has_value());
  static_assert(edges_are_unique(edges));
  static_assert(
      states_are_reachable(edges, std::array{Door::open, Door::closed, Door::broken}, Door::open));
  static_assert(state_is_final(edges, Door::broken));
  static_assert(!state_is_final(edges, Door::open));
  EXPECT_EQ(next_state(edges, Door::closed, Act::kick), Door::broken);
}

TEST(EdgeTable, tells_ambiguous_and_unreachable_tables) {
  constexpr std::array edges{DoorEdge{Door::open, Act::push, Door::closed},
                             DoorEdge{Door::open, Act::push, Door::open}};
  static_assert(!edges_are_unique(edges));
  static_assert(!states_are_reachable(edges, std::array{Door::broken}, Door::open));
  constexpr std::array island{DoorEdge{Door::closed, Act::kick, Door::broken},
                              DoorEdge{Door::broken, Act::push, Door::closed},
                              DoorEdge{Door::open, Act::push, Door::open}};
  static_assert(!states_are_reachable(island, std::array{Door::open, Door::closed, Door::broken},
                                      Door::open));
}

}  // namespace
}  // namespace bowline
