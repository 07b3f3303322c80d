#include <gtest/gtest.h>

#include <stdexcept>

#include <bowline/stack.h>

#include "story.h"

// How connections end when somebody is late, speaks out of turn, or leaves.

namespace bowline::test {
namespace {

using enum ConnectionState;

TEST(Deadline, holds_when_it_falls_together_with_the_end_of_the_last_attempt) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  const Parameters parameters = Parameters().connect_within(400ms).attempt_timeout(400ms);
  StreamConnection connection = connect(*scene.loop, host("203.0.113.80", 80), tcp(), parameters);
  const Result<void> ready = connection.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(connection.state(), failed);
  EXPECT_EQ(connection.report().total(), 400ms);
}

TEST(Deadline, may_be_as_long_as_a_duration_can_say) {
  Scene scene;
  StreamConnection connection = scene.connect_to_web(
      Parameters().connect_within(Duration::max()).attempt_timeout(Duration::max()));
  EXPECT_TRUE(connection.ready().wait().has_value());
}

TEST(Family, that_the_parameters_exclude_is_not_spoken_to_an_address) {
  Scene scene;
  StreamConnection connection =
      connect(*scene.loop, host("203.0.113.80", 80), tcp(), Parameters().only(Family::ipv6));
  const Result<void> ready = connection.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::invalid_argument);
  EXPECT_TRUE(connection.report().attempts().empty());
}

TEST(Waiting, threat_10_a_network_that_flaps_does_not_make_a_flood_of_tries) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::reset);
  StreamConnection connection =
      scene.connect_to_web(Parameters().wait(Waiting::for_peer).retry_delay(1h, 1h));
  ASSERT_TRUE(scene.sim.run_until([&] { return connection.state() == waiting; }));
  Story story;
  story.follow(connection, scene.sim);
  for (int i = 0; i < 100; ++i) {
    scene.home.interface("eth0").add_address("192.0.2." + std::to_string(100 + i) + "/24");
    scene.sim.run_for(40ms);
  }
  std::size_t rounds = 0;
  for (const Story::Change& change : story.changes) rounds += change.state == preparing ? 1 : 0;
  EXPECT_GE(rounds, 2U);
  EXPECT_LE(rounds, 5U) << "in four seconds";
}

TEST(Close, delivers_everything_to_a_peer_that_still_speaks) {
  for (const Duration behind : {Duration(0), Duration(2ms), Duration(30ms)}) {
    Connected scene;
    ASSERT_TRUE(scene.connected);
    const std::string answer(1'500'000, 'x');
    Reader reader(scene.client);
    Outcome sent(scene.server.send(answer));
    Outcome closed(scene.server.close());
    ASSERT_TRUE(scene.sim.run_until([&] { return closed.is_done(); }));
    scene.sim.run_for(behind);
    Outcome word(scene.client.send("one word more"));
    scene.sim.run_for(20s);
    EXPECT_TRUE(closed.is_ok());
    EXPECT_TRUE(reader.ended) << (reader.error ? to_string(*reader.error) : "no end");
    EXPECT_EQ(reader.text.size(), answer.size());
  }
}

TEST(Close, delivers_every_message_of_a_framer_that_left_some_unread) {
  Scene scene;
  const auto stack = length_prefixed(tcp());
  std::optional<MessageConnection> server;
  Listener<MessageConnection> listener = *listen(*scene.web_loop, everywhere(81), stack);
  listener.on_connection([&](MessageConnection connection) { server = std::move(connection); });
  MessageConnection client = connect(*scene.loop, host("www.example.com", 81), stack);
  Outcome unread(client.send("nobody reads this"));
  ASSERT_TRUE(scene.sim.run_until([&] { return server.has_value() && unread.is_ok(); }));
  scene.sim.run_for(100ms);
  const std::string answer(1'500'000, 'x');
  Outcome sent(server->send(answer));
  Outcome received(client.receive());
  ASSERT_TRUE(scene.sim.run_until([&] { return sent.is_done(); }));
  Outcome closed(server->close());
  scene.sim.run_for(20s);
  EXPECT_TRUE(closed.is_ok());
  ASSERT_TRUE(received.is_ok());
  EXPECT_EQ((*received.result)->size(), answer.size());
}

TEST(Close, of_a_lingering_socket_ends_with_close_within) {
  Connected scene(Parameters().close_within(3s));
  ASSERT_TRUE(scene.connected);
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  ASSERT_TRUE(scene.client.send("into the void").wait().has_value());
  ASSERT_TRUE(scene.client.close().wait().has_value());
  const Instant start = scene.sim.now();
  scene.client = {};
  scene.loop->run();
  EXPECT_EQ(scene.sim.now() - start, 3s);
}

TEST(LoopGone, destroys_the_state_handler_without_a_call) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  std::vector<ConnectionState> told;
  auto captured = std::make_shared<int>(0);
  const std::weak_ptr<int> watch = captured;
  scene.client.on_state([&told, captured, holds = scene.client](
                            ConnectionState state, const Error*) { told.push_back(state); });
  captured.reset();
  scene.loop.reset();
  EXPECT_TRUE(told.empty());
  EXPECT_EQ(scene.client.state(), cancelled);
  EXPECT_TRUE(watch.expired());
}

TEST(Run, does_what_was_posted_before_it) {
  Scene scene;
  bool done = false;
  scene.loop->post([&] { done = true; });
  scene.loop->run();
  EXPECT_TRUE(done);
}

TEST(Run,
     threat_113_an_exception_that_leaves_a_callback_leaves_it_and_the_next_goes_on_with_the_rest) {
  Scene scene;
  int done = 0;
  for (int i = 0; i < 3; ++i) {
    scene.loop->post([&] { ++done; });
    scene.loop->post([] { throw std::runtime_error("by the program"); });
    scene.loop->sleep(1s).detach([&](const Result<void>&) {
      ++done;
      throw std::runtime_error("by the program");
    });
  }
  for (int i = 0; i < 6; ++i) EXPECT_THROW(scene.loop->run(), std::runtime_error);
  scene.loop->run();
  EXPECT_EQ(done, 6);
}

TEST(Receive, behind_one_that_was_dropped_gets_what_that_one_had_taken) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  std::vector<std::byte> room(100);
  std::optional<Operation<std::size_t>> dropped = scene.server.receive_into(room, 100);
  dropped->start([](const Result<std::size_t>&) { FAIL(); });
  Outcome sent(scene.client.send("half of it"));
  scene.sim.run_for(100ms);
  dropped.reset();
  Outcome received(scene.server.receive());
  scene.sim.run_for(100ms);
  ASSERT_TRUE(received.is_ok());
  EXPECT_EQ((*received.result)->text(), "half of it");
}

TEST(Stop, known_before_the_start_starts_nothing) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Operation<void> send = scene.client.send("never");
  send.cancel();
  std::optional<ErrorKind> kind;
  send.start([&](const Result<void>& result) { kind = result.error().kind(); });
  Reader reader(scene.server);
  scene.sim.run_for(1s);
  EXPECT_EQ(kind, ErrorKind::cancelled);
  EXPECT_EQ(reader.text, "");
}

}  // namespace
}  // namespace bowline::test
