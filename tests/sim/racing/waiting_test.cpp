#include <gtest/gtest.h>

#include "story.h"

// The states that a connection goes through, what it waits for, and when it gives up.

namespace bowline::test {
namespace {

using enum ConnectionState;
using States = std::vector<ConnectionState>;

TEST(States, come_in_order_and_cancelled_is_the_last) {
  Scene scene;
  StreamConnection connection = scene.connect_to_web();
  EXPECT_EQ(connection.state(), setup);
  Story story;
  story.follow(connection, scene.sim);
  ASSERT_TRUE(connection.ready().wait().has_value());
  ASSERT_TRUE(connection.close().wait().has_value());
  EXPECT_EQ(connection.state(), cancelled);
  connection.cancel();
  connection.abort();
  connection.restart();
  scene.sim.run_for(1s);
  EXPECT_EQ(story.states(), (States{preparing, ready, cancelled}));
}

TEST(States, failed_is_followed_only_by_cancelled) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Story story;
  story.follow(scene.client, scene.sim);
  scene.server.abort();
  Outcome received(scene.client.receive());
  ASSERT_TRUE(scene.sim.run_until([&] { return story.has(failed); }));
  EXPECT_EQ(received.error(), ErrorKind::reset);
  EXPECT_EQ(scene.client.error()->kind(), ErrorKind::reset);
  scene.client.restart();
  scene.client.cancel();
  scene.sim.run_for(1s);
  EXPECT_EQ(story.states(), (States{failed, cancelled}));
  EXPECT_EQ(story.changes.front().error, ErrorKind::reset);
}

TEST(States, are_told_outside_of_the_call_that_changes_them) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Story story;
  story.follow(scene.client, scene.sim);
  scene.client.cancel();
  EXPECT_EQ(scene.client.state(), cancelled);
  EXPECT_TRUE(story.changes.empty());
  scene.loop->run();
  EXPECT_EQ(story.states(), States{cancelled}) << "run() returned with a change untold";
}

TEST(States, preparing_and_waiting_alternate_until_the_server_is_back) {
  Scene scene;
  const SocketAddress address = scene.listener.local_address();
  scene.listener.close();
  StreamConnection connection = scene.connect_to_web(Parameters().wait(Waiting::for_peer));
  Story story;
  story.follow(connection, scene.sim);
  scene.sim.after(5s, [&] {
    scene.listener = *listen(*scene.web_loop, Endpoint(address), tcp());
    scene.listener.on_connection([](StreamConnection) {});
  });
  ASSERT_TRUE(connection.ready().wait().has_value());
  scene.sim.run_for(1s);
  ASSERT_GE(story.changes.size(), 6U);
  for (std::size_t i = 0; i + 1 < story.changes.size(); ++i)
    EXPECT_EQ(story.changes[i].state, i % 2 == 0 ? preparing : waiting);
  EXPECT_EQ(story.changes.back().state, ready);
  for (const Story::Change& change : story.changes) {
    if (change.state == waiting) {
      EXPECT_EQ(change.error, ErrorKind::refused);
    }
  }
}

/// How long each pause in `waiting` was.
std::vector<Duration> pauses(const Story& story) {
  std::vector<Duration> pauses;
  for (std::size_t i = 0; i + 1 < story.changes.size(); ++i)
    if (story.changes[i].state == waiting)
      pauses.push_back(story.changes[i + 1].at - story.changes[i].at);
  return pauses;
}

TEST(Waiting, doubles_its_pause_from_one_second_to_sixty_for_a_server_that_refuses) {
  Scene scene;
  scene.listener.close();
  StreamConnection connection =
      scene.connect_to_web(Parameters().wait(Waiting::for_peer).connect_without_limit());
  Story story;
  story.follow(connection, scene.sim);
  scene.sim.run_for(10min);
  const std::vector<Duration> all = pauses(story);
  ASSERT_GE(all.size(), 9U);
  Duration longest = 1s;
  for (const Duration pause : all) {
    EXPECT_LE(pause, longest);
    EXPECT_GE(pause, longest / 2);
    longest = std::min<Duration>(longest * 2, 60s);
  }
}

TEST(Waiting, tries_a_silent_server_again_too) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  Parameters parameters;
  parameters.wait(Waiting::for_peer).attempt_timeout(2s);
  StreamConnection connection = scene.connect_to_web(parameters);
  Story story;
  story.follow(connection, scene.sim);
  scene.sim.run_for(20s);
  ASSERT_TRUE(story.has(waiting));
  EXPECT_EQ(story.changes[1].error, ErrorKind::timed_out);
  scene.internet.clear_rules();
  ASSERT_TRUE(connection.ready().wait().has_value());
}

TEST(Waiting, ends_at_once_by_restart) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::reset);
  Parameters parameters;
  parameters.wait(Waiting::for_peer).retry_delay(1h, 1h);
  StreamConnection connection = scene.connect_to_web(parameters);
  ASSERT_TRUE(scene.sim.run_until([&] { return connection.state() == waiting; }));
  scene.internet.clear_rules();
  const Instant restarted = scene.sim.now();
  connection.restart();
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_LE(scene.sim.now() - restarted, 100ms);
}

TEST(Waiting, ends_at_once_when_the_local_network_changes_in_any_way) {
  using Change = void (*)(sim::Host&);
  const std::vector<std::pair<const char*, Change>> changes{
      {"an address", [](sim::Host& host) { host.interface("eth0").add_address("192.0.2.99/24"); }},
      {"a carrier", [](sim::Host& host) { host.interface("eth0").set_running(false); }},
      {"a route", [](sim::Host& host) { host.add_route("10.0.0.0/8", host.interface("eth0")); }},
  };
  for (const auto& [what, change] : changes) {
    Scene scene;
    scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::reset);
    Parameters parameters;
    parameters.wait(Waiting::for_peer).retry_delay(1h, 1h);
    StreamConnection connection = scene.connect_to_web(parameters);
    ASSERT_TRUE(scene.sim.run_until([&] { return connection.state() == waiting; }));
    Story story;
    story.follow(connection, scene.sim);
    change(scene.home);
    scene.sim.run_for(100ms);
    ASSERT_FALSE(story.changes.empty()) << what;
    EXPECT_EQ(story.changes.front().state, preparing) << what;
  }
}

TEST(FailFast, waiting_turned_off_fails_after_one_round) {
  Scene scene;
  scene.listener.close();
  Parameters parameters;
  parameters.wait(Waiting::never);
  StreamConnection connection = scene.connect_to_web(parameters);
  Story story;
  story.follow(connection, scene.sim);
  const Result<void> result = connection.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::refused);
  EXPECT_EQ(result.error().attempts().size(), 2U);
  scene.sim.run_for(1s);
  EXPECT_EQ(story.states(), (States{preparing, failed}));
}

TEST(FailFast, connect_within_is_a_deadline_over_all_rounds) {
  Scene scene;
  scene.listener.close();
  Parameters parameters;
  parameters.wait(Waiting::for_peer).connect_within(10s);
  StreamConnection connection = scene.connect_to_web(parameters);
  const Instant start = scene.sim.now();
  Story story;
  story.follow(connection, scene.sim);
  const Result<void> result = connection.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(scene.sim.now() - start, 10s);
  EXPECT_EQ(result.error().kind(), ErrorKind::refused) << "it was in a pause, for that reason";
  EXPECT_FALSE(result.error().attempts().empty());
  EXPECT_GE(connection.report().previous_attempts(), 3U);
  scene.sim.run_for(2min);
  EXPECT_EQ(story.changes.back().state, failed);
}

TEST(FailFast,
     a_refusal_or_an_unknown_name_ends_a_connection_at_once_unless_the_peer_is_waited_for) {
  for (const Waiting waiting : {Waiting::never, Waiting::for_network, Waiting::for_peer}) {
    Scene scene;
    scene.listener.close();
    StreamConnection refused = scene.connect_to_web(Parameters().wait(waiting));
    StreamConnection unknown =
        connect(*scene.loop, host("nowhere.example.com", 80), tcp(), Parameters().wait(waiting));
    scene.sim.run_for(1s);
    EXPECT_EQ(refused.state() == failed, waiting != Waiting::for_peer) << to_string(waiting);
    EXPECT_EQ(unknown.state() == failed, waiting != Waiting::for_peer) << to_string(waiting);
    if (waiting == Waiting::for_peer) continue;
    EXPECT_EQ(refused.error()->kind(), ErrorKind::refused);
    EXPECT_EQ(unknown.error()->kind(), ErrorKind::name_not_found);
  }
}

TEST(FailFast, nothing_waits_longer_than_a_minute_unasked) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  StreamConnection silent = scene.connect_to_web();
  StreamConnection patient = scene.connect_to_web(Parameters().connect_without_limit());
  scene.sim.run_for(59s);
  EXPECT_EQ(silent.state(), preparing);
  scene.sim.run_for(1s);
  EXPECT_EQ(silent.state(), failed);
  EXPECT_EQ(silent.error()->kind(), ErrorKind::timed_out);
  EXPECT_FALSE(silent.error()->reason());
  EXPECT_EQ(patient.state(), preparing);
}

TEST(FailFast, a_time_out_says_what_it_met_before) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp().family(Family::ipv6), sim::Verdict::reset);
  scene.internet.add_rule(sim::Match().tcp().family(Family::ipv4), sim::Verdict::drop);
  StreamConnection connection = scene.connect_to_web(Parameters().connect_within(5s));
  const Result<void> result = connection.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(result.error().reason(), ErrorKind::refused);
  EXPECT_EQ(result.error().attempts().size(), 2U);
}

TEST(FailFast, a_deadline_after_hundreds_of_attempts_is_as_good_as_one_after_two) {
  Scene scene;
  for (int i = 1; i <= 60; ++i)
    scene.dns->add("many.example.com", "A", "203.0.113." + std::to_string(100 + i));
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  Parameters parameters;
  parameters.wait(Waiting::for_peer).attempt_timeout(5s).retry_delay(1s, 1s).connect_within(10min);
  StreamConnection connection =
      connect(*scene.loop, host("many.example.com", 80), tcp(), parameters);
  const Result<void> result = connection.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(connection.report().attempts().size(), 256U);
}

}  // namespace
}  // namespace bowline::test
