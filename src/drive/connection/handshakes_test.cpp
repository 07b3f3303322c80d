#include "drive/connection/handshakes.h"

#include <gtest/gtest.h>

namespace bowline::drive {
namespace {

using namespace std::chrono_literals;

constexpr Instant moment(Duration after) { return Instant(1s) + after; }

TEST(Handshakes, of_a_transport_that_says_nothing_take_the_whole_attempt) {
  const auto handshakes = handshakes_of({}, "udp", moment(1ms), moment(3ms));
  ASSERT_EQ(handshakes.size(), 1U);
  EXPECT_EQ(handshakes[0].protocol, "udp");
  EXPECT_EQ(handshakes[0].duration, 2ms);
  EXPECT_FALSE(handshakes[0].rtt);
}

TEST(Handshakes, of_a_transport_end_where_those_of_the_layer_above_begin) {
  const auto handshakes = handshakes_of(
      {{"tcp", {}, {}, 9ms, {}}, {"tls", moment(11ms), moment(31ms), {}, {{"alpn", "h2"}}}}, "tcp",
      moment(1ms), moment(31ms));
  ASSERT_EQ(handshakes.size(), 2U);
  EXPECT_EQ(handshakes[0].duration, 10ms);
  EXPECT_EQ(handshakes[0].rtt, 9ms);
  EXPECT_EQ(handshakes[1].protocol, "tls");
  EXPECT_EQ(handshakes[1].duration, 20ms);
  EXPECT_EQ(handshakes[1].details,
            (std::vector<std::pair<std::string, std::string>>{{"alpn", "h2"}}));
}

}  // namespace
}  // namespace bowline::drive
