#include <gtest/gtest.h>

#include <set>

#include "free_sockets.h"
#include "story.h"

namespace bowline::test {
namespace {

TEST(Scenario, connects_by_name_over_ipv6_first) {
  Scene scene;
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  const Report report = connection.report();
  EXPECT_EQ(to_string(*report.remote()), "[2001:db8:2::80]:80");
  EXPECT_EQ(report.interface(), "eth0");
  EXPECT_EQ(report.resolutions().size(), 2U);
  ASSERT_EQ(report.attempts().size(), 1U);
  EXPECT_EQ(attempt(report, 0).outcome(), AttemptOutcome::won);
  // One round trip for the name and one for the handshake, 20 ms each.
  EXPECT_GE(report.total(), 40ms);
  EXPECT_LT(report.total(), 60ms);
}

TEST(Scenario, threat_1_a_black_holed_ipv6_address_costs_one_attempt_delay) {
  Scene scene;
  scene.internet.add_rule(sim::Match().family(Family::ipv6), sim::Verdict::drop);
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  const Report report = connection.report();
  EXPECT_EQ(to_string(*report.remote()), "203.0.113.80:80");
  ASSERT_EQ(report.attempts().size(), 2U);
  EXPECT_EQ(attempt(report, 0).outcome(), AttemptOutcome::lost);
  EXPECT_EQ(attempt(report, 1).outcome(), AttemptOutcome::won);
  EXPECT_EQ(attempt(report, 1).started() - attempt(report, 0).started(), 250ms);
  EXPECT_LE(report.total(), 20ms + 50ms + 250ms + 20ms + 50ms);
}

TEST(Scenario, threat_2_a_silent_aaaa_answer_costs_one_resolution_delay) {
  Scene scene;
  scene.dns->script("www.example.com", "AAAA", sim::DnsBehavior().drop());
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  const Report report = connection.report();
  EXPECT_EQ(to_string(*report.remote()), "203.0.113.80:80");
  EXPECT_EQ(attempt(report, 0).started(), 20ms + 50ms);
}

TEST(Scenario, threat_2_a_late_aaaa_answer_joins_the_race) {
  Scene scene;
  scene.dns->script("www.example.com", "AAAA", sim::DnsBehavior().delay(500ms));
  scene.internet.add_rule(sim::Match().family(Family::ipv4).tcp(), sim::Verdict::drop);
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_EQ(to_string(*connection.remote_address()), "[2001:db8:2::80]:80");
  EXPECT_LE(connection.report().total(), 600ms);
}

TEST(Scenario, threat_2_servfail_for_aaaa_never_hangs) {
  Scene scene;
  scene.dns->script("www.example.com", "AAAA", sim::DnsBehavior().rcode(2));
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_EQ(to_string(*connection.remote_address()), "203.0.113.80:80");
  EXPECT_LE(connection.report().total(), 200ms);
}

TEST(Scenario, threat_3_sixty_three_dead_addresses_and_one_alive_keep_the_deadline) {
  Scene scene;
  for (int i = 1; i <= 63; ++i)
    scene.dns->add("many.example.com", "A", "203.0.113." + std::to_string(100 + i));
  scene.dns->add("many.example.com", "A", "203.0.113.80");
  Parameters parameters;
  parameters.wait(Waiting::never).connect_within(30s);
  const Instant start = scene.loop->now();
  StreamConnection connection =
      connect(*scene.loop, host("many.example.com", 80), tcp(), parameters);
  const Result<void> ready = connection.ready().wait();
  EXPECT_LE(scene.loop->now() - start, 30s + 50ms);
  const Report report = connection.report();
  for (std::size_t i = 1; i < report.attempts().size(); ++i)
    EXPECT_GE(attempt(report, i).started() - attempt(report, i - 1).started(), 100ms);
  if (ready.has_value()) {
    EXPECT_EQ(to_string(*connection.remote_address()), "203.0.113.80:80");
  }
}

TEST(Scenario, threat_4_a_reset_starts_the_next_attempt_within_ten_milliseconds) {
  Scene scene;
  scene.internet.add_rule(sim::Match().family(Family::ipv6).tcp(), sim::Verdict::reset);
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  const Report report = connection.report();
  ASSERT_EQ(report.attempts().size(), 2U);
  EXPECT_EQ(attempt(report, 0).outcome(), AttemptOutcome::refused);
  EXPECT_LE(attempt(report, 1).started() - *attempt(report, 0).ended(), 10ms);
}

TEST(Scenario, threat_4_an_icmp_unreachable_starts_the_next_attempt_within_ten_milliseconds) {
  Scene scene;
  scene.internet.add_rule(sim::Match().family(Family::ipv6).tcp(), sim::Verdict::host_unreachable);
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  const Report report = connection.report();
  ASSERT_EQ(report.attempts().size(), 2U);
  EXPECT_EQ(attempt(report, 0).outcome(), AttemptOutcome::unreachable);
  EXPECT_LE(attempt(report, 1).started() - *attempt(report, 0).ended(), 10ms);
}

TEST(Scenario, threat_9_a_route_that_appears_after_three_seconds_is_used_at_once) {
  Scene scene;
  sim::Interface& eth0 = scene.home.interface("eth0");
  eth0.set_up(false);
  std::vector<ConnectionState> states;
  StreamConnection connection = scene.connect_to_web();
  connection.on_state([&](ConnectionState state, const Error*) { states.push_back(state); });
  scene.sim.after(3s, [&] { eth0.set_up(true); });
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_NE(std::ranges::find(states, ConnectionState::waiting), states.end());
  EXPECT_LE(connection.report().total(), 3500ms);
}

TEST(Scenario, a_name_that_does_not_exist_is_told_at_the_last_answer) {
  Scene scene;
  Parameters parameters;
  parameters.wait(Waiting::never);
  StreamConnection connection =
      connect(*scene.loop, host("nowhere.example.com", 80), tcp(), parameters);
  const Result<void> ready = connection.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::name_not_found);
  EXPECT_LE(connection.report().total(), 50ms);
}

TEST(Scenario, a_deadline_ends_a_race_over_black_holes_with_every_attempt_listed) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  Parameters parameters;
  parameters.connect_within(2s);
  StreamConnection connection = scene.connect_to_web(parameters);
  const Result<void> ready = connection.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(ready.error().attempts().size(), 2U);
  EXPECT_EQ(connection.report().total(), 2s);
}

TEST(History, holds_a_refusal_against_its_port_alone) {
  Scene scene;
  add_two_addresses(scene);
  EXPECT_EQ(first_remote(scene), "203.0.113.79:80") << "a dead one";
  StreamConnection refused = connect(*scene.loop, host("two.example.com", 81), tcp(),
                                     Parameters().wait(Waiting::never).attempt_timeout(1s));
  EXPECT_FALSE(refused.ready().wait().has_value());
  EXPECT_EQ(first_remote(scene), "203.0.113.80:80") << "it worked";
}

TEST(Scenario, a_shortage_of_this_host_is_not_held_against_an_address_that_works) {
  Scene scene(1, sim::HostOptions().sockets(20));
  add_two_addresses(scene);
  EXPECT_EQ(first_remote(scene), "203.0.113.79:80") << "a dead one";
  EXPECT_EQ(first_remote(scene), "203.0.113.80:80") << "it worked";
  {
    std::vector<Listener<StreamConnection>> listeners;
    for (;;) {
      auto listener =
          listen(*scene.loop, Endpoint(SocketAddress(IpAddress::any(Family::ipv4), 0)), tcp());
      if (!listener.has_value()) break;
      listeners.push_back(*std::move(listener));
    }
    StreamConnection connection = connect(*scene.loop, host("two.example.com", 80), tcp(),
                                          Parameters().wait(Waiting::for_peer));
    scene.sim.run_for(10s);
    EXPECT_EQ(connection.state(), ConnectionState::waiting);
  }
  EXPECT_EQ(first_remote(scene), "203.0.113.80:80");
}

TEST(Scenario, h37_what_was_learnt_of_addresses_is_forgotten_when_the_network_changes) {
  Scene scene;
  add_two_addresses(scene);
  EXPECT_EQ(first_remote(scene), "203.0.113.79:80") << "a dead one";
  EXPECT_EQ(first_remote(scene), "203.0.113.80:80") << "it worked";
  scene.home.interface("eth0").add_address("192.0.2.11/24");
  EXPECT_EQ(first_remote(scene), "203.0.113.80:80") << "an alias makes no other network";
  scene.home.interface("eth0").set_running(false);
  scene.sim.run_for(1s);
  scene.home.interface("eth0").set_running(true);
  EXPECT_EQ(first_remote(scene), "203.0.113.79:80");
}

TEST(Scenario, a_datagram_flow_teaches_nothing_of_its_address) {
  Scene scene;
  add_two_addresses(scene);
  DatagramConnection flow = connect(*scene.loop, host("203.0.113.79", 80), udp());
  ASSERT_TRUE(flow.ready().wait().has_value()) << "nothing was sent for that";
  EXPECT_EQ(first_remote(scene), "203.0.113.79:80") << "a dead one";
  EXPECT_EQ(first_remote(scene), "203.0.113.80:80") << "it worked";
  flow = connect(*scene.loop, host("203.0.113.79", 80), udp());
  ASSERT_TRUE(flow.ready().wait().has_value());
  EXPECT_EQ(first_remote(scene), "203.0.113.80:80");
}

TEST(Scenario, h37_an_attempt_from_an_address_that_is_lost_fails_over_at_once) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp().family(Family::ipv6), sim::Verdict::drop);
  StreamConnection connection = scene.connect_to_web();
  scene.sim.run_for(100ms);
  EXPECT_EQ(connection.state(), ConnectionState::preparing) << "IPv4 has its turn after 250 ms";
  scene.home.interface("eth0").remove_address("2001:db8:1::10");
  scene.sim.run_for(50ms);
  EXPECT_EQ(connection.state(), ConnectionState::ready);
  EXPECT_EQ(connection.remote_address()->ip.family(), Family::ipv4);
}

TEST(Scenario, an_address_is_asked_once_a_round) {
  Scene scene;
  StreamConnection connection =
      connect(*scene.loop, host("203.0.113.80", 81), tcp(), Parameters().wait(Waiting::never));
  EXPECT_EQ(connection.ready().wait().error().kind(), ErrorKind::refused);
  ASSERT_EQ(connection.report().attempts().size(), 1U);
  EXPECT_EQ(attempt(connection.report(), 0).outcome(), AttemptOutcome::refused);
  const std::string transcript = scene.sim.transcript();
  const std::size_t first = transcript.find("home.eth0 sends");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(transcript.find("home.eth0 sends", first + 1), std::string::npos) << transcript;
}

TEST(Scenario, the_same_seed_replays_bit_by_bit) {
  const auto run = [](std::uint64_t seed) {
    Scene scene(seed);
    scene.home.interface("eth0").set_link(sim::LinkOptions().delay(5ms).jitter(5ms).loss(0.2));
    StreamConnection connection = scene.connect_to_web();
    connection.send("hello").detach();
    (void)connection.ready().wait();
    return scene.sim.transcript();
  };
  EXPECT_EQ(run(7), run(7));
  EXPECT_NE(run(7), run(8));
}

TEST(Races, threat_7_ten_thousand_with_a_random_winner_leave_nothing_behind) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int races = 2'000;
#else
  constexpr int races = 10'000;
#endif
  constexpr int at_once = 50;
  Scene scene(7, sim::HostOptions().sockets(2'000));
  scene.web.interface("eth0").add_address("203.0.113.81/24");
  scene.web.interface("eth0").add_address("2001:db8:2::81/64");
  scene.dns->add("www.example.com", "A", "203.0.113.81");
  scene.dns->add("www.example.com", "AAAA", "2001:db8:2::81");
  scene.home.interface("eth0").set_link(sim::LinkOptions().delay(2ms).jitter(30ms));
  scene.internet.add_rule(sim::Match().tcp_syn().chance(0.3), sim::Verdict::drop);
  scene.internet.add_rule(sim::Match().tcp_syn().chance(0.2), sim::Verdict::reset);
  scene.internet.add_rule(sim::Match().tcp_syn().chance(0.1), sim::Verdict::host_unreachable);
  scene.listener.on_connection([](StreamConnection) {});
  std::set<std::string> winners;
  int decided = 0;
  Parameters parameters;
  parameters.attempt_delay(10ms).connect_within(10s);
  for (int started = 0; started < races; started += at_once) {
    std::vector<StreamConnection> connections;
    for (int i = 0; i < at_once; ++i) {
      connections.push_back(scene.connect_to_web(parameters));
      connections.back().ready().detach([&](const Result<void>&) { ++decided; });
    }
    ASSERT_TRUE(scene.sim.run_until([&] { return decided == started + at_once; }));
    for (const StreamConnection& connection : connections)
      if (const auto remote = connection.remote_address()) winners.insert(to_string(*remote));
  }
  EXPECT_EQ(winners.size(), 4U);
  scene.listener = {};
  EXPECT_TRUE(scene.sim.run_until_idle());
  scene.loop.reset();
  EXPECT_EQ(count_free_sockets(scene.home), 2'000U);
  scene.web_loop.reset();
  EXPECT_EQ(count_free_sockets(scene.web), 2'000U);
}

}  // namespace
}  // namespace bowline::test
