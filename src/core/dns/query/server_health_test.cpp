#include "core/dns/query/server_health.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

const SocketAddress near_server(IpAddress::v4({192, 0, 2, 1}), 53);
const SocketAddress far_server(IpAddress::v4({192, 0, 2, 2}), 53);
const std::vector<SocketAddress> both = {near_server, far_server};

struct HealthFixture {
  SeededRandom random{1};
  ServerHealth health{{}, random};
  Instant now{1s};
};

TEST(ServerHealth, waits_two_seconds_for_a_server_it_knows_nothing_about) {
  HealthFixture f;
  EXPECT_EQ(f.health.timeout(near_server, 0), 2s);
}

TEST(ServerHealth, waits_five_round_trips_within_the_bounds) {
  HealthFixture f;
  f.health.record_reply(near_server, 100ms, f.now);
  EXPECT_EQ(f.health.timeout(near_server, 0), 500ms);
  f.health.record_reply(far_server, 1ms, f.now);
  EXPECT_EQ(f.health.timeout(far_server, 0), 250ms);
  EXPECT_EQ(f.health.timeout(far_server, 1), 500ms);
  EXPECT_EQ(f.health.timeout(far_server, 30), 5s);
}

TEST(ServerHealth, averages_over_replies) {
  HealthFixture f;
  f.health.record_reply(near_server, 80ms, f.now);
  f.health.record_reply(near_server, 160ms, f.now);
  EXPECT_EQ(f.health.timeout(near_server, 0), 450ms);  // (80 * 7 + 160) / 8 = 90
}

TEST(ServerHealth, puts_a_silent_server_last_for_five_seconds) {
  HealthFixture f;
  EXPECT_TRUE(f.health.record_silence(near_server, f.now));
  EXPECT_FALSE(f.health.record_silence(near_server, f.now));
  for (int i = 0; i < 100; ++i) {
    const auto order = f.health.order(both, f.now + 5s - 1ns);
    EXPECT_EQ(order[0].server, far_server);
    EXPECT_EQ(order[1].server, near_server);
    EXPECT_FALSE(order[1].probe);
  }
}

TEST(ServerHealth, then_probes_it_with_a_tenth_of_the_queries) {
  HealthFixture f;
  (void)f.health.record_silence(near_server, f.now);
  int probes = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto order = f.health.order(both, f.now + 5s);
    probes += order[0].server == near_server && order[0].probe;
  }
  EXPECT_NEAR(probes, 1000, 100);
}

TEST(ServerHealth, trusts_a_server_again_once_it_answers) {
  HealthFixture f;
  (void)f.health.record_silence(near_server, f.now);
  f.health.record_reply(near_server, std::nullopt, f.now);
  EXPECT_EQ(f.health.order(both, f.now)[0].server, near_server);
}

TEST(ServerHealth, keeps_the_order_when_all_are_silent) {
  HealthFixture f;
  (void)f.health.record_silence(far_server, f.now);
  (void)f.health.record_silence(near_server, f.now);
  const auto order = f.health.order(both, f.now);
  EXPECT_EQ(order[0].server, near_server);
  EXPECT_EQ(order[1].server, far_server);
}

TEST(ServerHealth, remembers_a_bounded_number_of_servers) {
  HealthFixture f;
  ServerHealth health({.servers_max = 4}, f.random);
  for (std::uint8_t i = 0; i < 100; ++i)
    health.record_reply(SocketAddress(IpAddress::v4({10, 0, 0, i}), 53), 100ms, f.now + i * 1s);
  EXPECT_EQ(health.timeout(SocketAddress(IpAddress::v4({10, 0, 0, 0}), 53), 0), 2s);
  EXPECT_EQ(health.timeout(SocketAddress(IpAddress::v4({10, 0, 0, 99}), 53), 0), 500ms);
}

}  // namespace
}  // namespace bowline::core
