#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "measure.h"
#include "servers.h"

// What a host runs short of, and gets back: routes and descriptors.

namespace bowline::test {
namespace {

struct Shortage : Lab {};

/// So that it is the event that ends the wait, and no timer.
Parameters never_by_itself() { return Parameters().retry_delay(60s, 60s); }

TEST_F(Shortage, threat_9_a_connection_without_a_route_waits_and_goes_on_once_there_is_one) {
  far("ip address add 203.0.113.1/32 dev lo");
  const Child web = start_listener(*this, 80, Conduct::echo);
  constexpr Duration limit = 500ms;
  const Duration best = best_of_a_few(limit, [&] {
    near("ip route del default");
    Loop loop;
    StreamConnection connection = connect(loop, at("203.0.113.1"), tcp(), never_by_itself());
    std::optional<ErrorKind> reason;
    connection.on_state([&](ConnectionState state, const Error* error) {
      if (state == ConnectionState::waiting) reason = error->kind();
    });
    EXPECT_TRUE(run_until(loop, [&] { return reason.has_value(); }));
    EXPECT_EQ(reason, ErrorKind::unreachable);
    run_for(loop, 500ms);
    EXPECT_EQ(connection.state(), ConnectionState::waiting);
    near("ip route add default via 192.0.2.2");
    const Stopwatch watch;
    EXPECT_TRUE(run_until(loop, [&] { return connection.state() == ConnectionState::ready; }));
    return watch.elapsed();
  });
  EXPECT_LE(best, limit);
  std::printf("route added: connected %s later\n", to_string(best).c_str());
}

TEST_F(Shortage, threat_9_a_name_on_a_host_without_network_waits_and_goes_on_once_there_is_one) {
  const Child web = start_listener(*this, 80, Conduct::echo);
  const Child dns = start_dns(*this, {"A=192.0.2.2", "AAAA=2001:db8::2"});
  constexpr Duration limit = 500ms;
  const Duration best = best_of_a_few(limit, [&] {
    near("ip link set near down");
    Loop loop;
    StreamConnection connection = connect(loop, host(name, 80), tcp(), never_by_itself());
    EXPECT_TRUE(run_until(loop, [&] { return connection.state() == ConnectionState::waiting; }));
    run_for(loop, 300ms);
    near("ip link set near up");
    const Stopwatch watch;
    EXPECT_TRUE(run_until(loop, [&] { return connection.state() == ConnectionState::ready; }));
    return watch.elapsed();
  });
  EXPECT_LE(best, limit);
  std::printf("link up: connected by name %s later\n", to_string(best).c_str());
}

// Sanitizers take several times as much.
constexpr double cpu_share_max = is_sanitized ? 0.2 : 0.05;

/// Share of one processor that `run` took.
double cpu_share(const std::function<void()>& run) {
  const Stopwatch watch;
  const Duration before = cpu_time();
  run();
  return std::chrono::duration<double>(cpu_time() - before) /
         std::chrono::duration<double>(watch.elapsed());
}

TEST_F(Shortage,
       threat_14_a_listener_without_descriptors_rests_and_accepts_all_once_there_are_some) {
  constexpr std::size_t peers = 50;
  Loop loop;
  const EchoServer server(loop, 7000);
  DescriptorLimit limit(open_descriptors_and(3));
  const Child clients = start([] {
    const DescriptorLimit enough(1000);
    Loop own;
    std::vector<StreamConnection> connections;
    for (std::size_t i = 0; i < peers; ++i) {
      connections.push_back(connect(own, at(near_v4, 7000), tcp()));
      connections.back().send("hello").detach();
    }
    run_for(own, patience);
  });
  ASSERT_TRUE(run_until(loop, [&] { return server.listener.accepted_count() > 0; }));
  run_for(loop, 300ms);
  EXPECT_LT(server.listener.accepted_count(), peers);
  const double share = cpu_share([&] { run_for(loop, 2s); });
  EXPECT_LT(share, cpu_share_max);
  limit.restore();
  const Stopwatch watch;
  EXPECT_TRUE(run_until(loop, [&] { return server.listener.accepted_count() == peers; }));
  std::printf(
      "no descriptors to accept with: %.2f %% processor, all accepted %s after they came back\n",
      share * 100, to_string(watch.elapsed()).c_str());
}

TEST_F(Shortage, threat_14_connections_without_descriptors_rest_and_go_on_once_there_are_some) {
  const Child web = start_listener(*this, 80, Conduct::echo);
  const Child dns = start_dns(*this, {"A=192.0.2.2", "AAAA=2001:db8::2"});
  Loop loop;
  DescriptorLimit limit(open_descriptors_and(0));
  std::vector<StreamConnection> connections;
  for (int i = 0; i < 20; ++i)
    connections.push_back(connect(loop, i % 2 == 0 ? at(far_v6) : host(name, 80), tcp(),
                                  Parameters().wait(Waiting::for_peer)));
  const auto all = [&](ConnectionState state) {
    return [&connections, state] {
      return std::ranges::all_of(connections,
                                 [state](const auto& one) { return one.state() == state; });
    };
  };
  ASSERT_TRUE(run_until(loop, all(ConnectionState::waiting)));
  for (const StreamConnection& connection : connections) {
    const std::optional<Error> error = connection.report().error();
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->kind(), ErrorKind::resources_exhausted) << to_string(*error);
  }
  const double share = cpu_share([&] { run_for(loop, 3s); });
  EXPECT_LT(share, cpu_share_max);
  limit.restore();
  const Stopwatch watch;
  EXPECT_TRUE(run_until(loop, all(ConnectionState::ready)));
  std::printf(
      "no descriptors to connect with: %.2f %% processor, all ready %s after they came back\n",
      share * 100, to_string(watch.elapsed()).c_str());
}

TEST_F(Shortage, threat_14_a_loop_without_descriptors_is_an_error_and_not_an_end) {
  DescriptorLimit limit(open_descriptors_and(0));
  const Result<Loop> loop = Loop::open();
  ASSERT_FALSE(loop.has_value());
  EXPECT_EQ(loop.error().kind(), ErrorKind::resources_exhausted);
}

}  // namespace
}  // namespace bowline::test
