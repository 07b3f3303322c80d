#include "drive/establish/handshakes.h"

#include <gtest/gtest.h>

namespace bowline::drive {
namespace {

using namespace std::chrono_literals;

constexpr Instant moment(Duration after) { return Instant(1s) + after; }

TEST(Handshakes, take_what_their_layers_agreed_on) {
  std::vector<Handshake::Facts> handshakes{{"tcp", 10ms, {}, {}}, {"tls", 20ms, {}, {}}};
  add_layer_facts(handshakes, {{"tcp", {}, {}, 9ms, {}}, {"tls", {}, {}, {}, {{"alpn", "h2"}}}});
  ASSERT_EQ(handshakes.size(), 2U);
  EXPECT_EQ(handshakes[0].duration, 10ms);
  EXPECT_EQ(handshakes[0].rtt, 9ms);
  EXPECT_EQ(handshakes[1].duration, 20ms);
  EXPECT_EQ(handshakes[1].details,
            (std::vector<std::pair<std::string, std::string>>{{"alpn", "h2"}}));
}

TEST(Handshakes, are_added_for_layers_that_have_none_in_their_place) {
  std::vector<Handshake::Facts> handshakes{{"tcp", 10ms, {}, {}}, {"tls", 20ms, {}, {}}};
  add_layer_facts(handshakes, {{"tcp", {}, {}, {}, {}},
                               {"tap", moment(1ms), moment(4ms), {}, {}},
                               {"tls", {}, {}, {}, {}},
                               {"tap", {}, {}, {}, {}}});
  ASSERT_EQ(handshakes.size(), 4U);
  EXPECT_EQ(handshakes[1].protocol, "tap");
  EXPECT_EQ(handshakes[1].duration, 3ms);
  EXPECT_EQ(handshakes[2].duration, 20ms);
  EXPECT_EQ(handshakes[3].protocol, "tap");
  EXPECT_EQ(handshakes[3].duration, 0ms);
}

}  // namespace
}  // namespace bowline::drive
