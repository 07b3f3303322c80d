#include "secure_scene.h"

#include <memory>
#include <string>
#include <vector>

// Bytes that leave with the handshake of a session that is resumed: saved round trips, refusals, replays.

namespace bowline::test {
namespace {

using namespace std::chrono_literals;

/// A client that asks a question each time it comes, of a server that takes early data.
struct EarlyScene : SecureScene {
  explicit EarlyScene(std::size_t early_bytes_max = 1000)
      : server(tls(SecurityOptions().identity(web_identity()).early_data_max(early_bytes_max))) {}

  struct Visit {
    std::string answer;
    bool was_resumed = false;
    bool was_early = false;
    Duration took{};
  };
  /// Asks, and hears the echo.
  Result<Visit> visit(std::string question, const Endpoint& to = host("www.example.com", 443)) {
    const Instant begun = loop->now();
    StreamConnection client = connect_with(options, to);
    const std::size_t bytes = question.size();
    client.send_replayable(std::move(question)).detach();
    BOWLINE_TRY(const Message got, client.receive_exactly(bytes).wait());
    Visit seen{std::string(got.text()), client.security()->is_resumed(),
               client.security()->is_early_data_accepted(), loop->now() - begun};
    BOWLINE_TRY_VOID(client.close().wait());
    return seen;
  }

  Tls server;
  SecurityOptions options = trusting();
};

TEST(EarlyData, leaves_with_a_resumed_handshake_and_arrives_once) {
  EarlyScene scene;
  const auto listener = scene.serve(scene.server);
  const auto first = scene.visit("hello");
  ASSERT_TRUE(first.has_value()) << to_string(first.error());
  EXPECT_FALSE(first->was_resumed);
  EXPECT_FALSE(first->was_early) << "there is no ticket yet";
  const auto second = scene.visit("again");
  ASSERT_TRUE(second.has_value()) << to_string(second.error());
  EXPECT_TRUE(second->was_resumed);
  EXPECT_TRUE(second->was_early);
  EXPECT_EQ(second->answer, "again") << "neither lost nor doubled";
}

TEST(EarlyData, is_followed_by_all_that_was_sent_behind_it) {
  EarlyScene scene;
  const auto listener = scene.serve(scene.server);
  ASSERT_TRUE(scene.visit("hello").has_value());
  StreamConnection client = scene.connect_with(scene.options);
  client.send_replayable("one ").detach();
  client.send_replayable("two ").detach();
  client.send(std::string(100'000, 'x')).detach();
  client.send_replayable("last").detach();
  const Result<Message> got = client.receive_exactly(100'012).wait();
  ASSERT_TRUE(got.has_value()) << to_string(got.error());
  EXPECT_TRUE(client.security()->is_early_data_accepted());
  EXPECT_EQ(got->text(), "one two " + std::string(100'000, 'x') + "last");
}

TEST(EarlyData, that_the_server_refuses_is_sent_again) {
  EarlyScene scene(0);
  const auto listener = scene.serve(scene.server);
  for (int i = 0; i < 3; ++i) {
    const auto seen = scene.visit("hello");
    ASSERT_TRUE(seen.has_value()) << to_string(seen.error());
    EXPECT_FALSE(seen->was_early);
    EXPECT_EQ(seen->answer, "hello");
  }
}

TEST(EarlyData, above_what_the_server_takes_waits_for_the_handshake) {
  EarlyScene scene(10);
  const auto listener = scene.serve(scene.server);
  ASSERT_TRUE(scene.visit("hello").has_value());
  const auto large = scene.visit("more than ten octets");
  ASSERT_TRUE(large.has_value()) << to_string(large.error());
  EXPECT_TRUE(large->was_resumed);
  EXPECT_FALSE(large->was_early);
  EXPECT_EQ(large->answer, "more than ten octets");
}

TEST(EarlyData, does_not_leave_for_a_peer_that_is_not_trusted_any_more) {
  EarlyScene scene;
  const auto listener = scene.serve(tls(SecurityOptions().early_data_max(1000).identity(
      scene.identity(CertificateRequest("web").name("www.example.com").valid_for(2h)))));
  ASSERT_TRUE(scene.visit("hello").has_value());
  ASSERT_TRUE(scene.visit("again")->was_early);
  scene.sim.run_for(3h);
  const std::size_t before = scene.accepted.size();
  const auto late = scene.visit("secret");
  ASSERT_FALSE(late.has_value());
  EXPECT_EQ(late.error().kind(), ErrorKind::untrusted) << to_string(late.error());
  EXPECT_EQ(scene.accepted.size(), before) << "the server heard nothing";
}

TEST(EarlyData, that_is_withdrawn_after_it_left_ends_the_connection) {
  EarlyScene scene;
  const auto listener = scene.serve(scene.server);
  ASSERT_TRUE(scene.visit("hello").has_value());
  StreamConnection client = scene.connect_with(scene.options);
  std::optional<Operation<void>> asked(client.send_replayable("half a question"));
  asked->start([](const Result<void>&) {});
  scene.sim.run_for(45ms);  // the name is known, TCP is up, and the first flight is on its way
  asked.reset();
  const Result<void> ready = client.ready().wait();
  scene.sim.run_for(1s);
  EXPECT_EQ(client.state(), ConnectionState::cancelled)
      << "the peer must not take what it got for all of it";
}

TEST(EarlyData, options_without_sense_are_told_by_name) {
  SecureScene scene;
  const auto listener =
      listen(*scene.web_loop, host("203.0.113.80", 443),
             tls(SecurityOptions().identity(scene.web_identity()).early_data_max(2 << 20)));
  ASSERT_FALSE(listener.has_value());
  EXPECT_EQ(listener.error().kind(), ErrorKind::invalid_argument);
  EXPECT_NE(to_string(listener.error()).find("early_data_max"), std::string::npos);
}

/// Somebody on the way, who passes everything on and keeps a copy of what clients said.
struct Recorder {
  Recorder(Loop& on, const Endpoint& at, Endpoint to) : loop(on), target(std::move(to)) {
    listener = listen(loop, at, tcp()).value();
    listener.on_connection([this](StreamConnection client) {
      StreamConnection server = connect(loop, target, tcp());
      heard.emplace_back();
      pass(client, server, &heard.back());
      pass(server, client, nullptr);
    });
  }
  void pass(StreamConnection from, StreamConnection to, std::string* copy) {
    from.receive().detach([=, this](Result<Message> got) mutable {
      if (!got.has_value()) return to.abort();
      if (copy != nullptr) copy->append(got->text());
      if (got->end_of_stream()) return to.finish().detach();
      to.send(*std::move(got)).detach();
      pass(from, to, copy);
    });
  }
  Loop& loop;
  Endpoint target;
  Listener<StreamConnection> listener;
  std::list<std::string> heard;
};

TEST(Threats, threat_21_early_data_that_is_replayed_a_thousand_times_arrives_once) {
  EarlyScene scene;
  std::size_t executed = 0;
  auto listener = listen(*scene.web_loop, host("203.0.113.80", 443), scene.server).value();
  std::list<StreamConnection> kept;
  listener.on_connection([&](StreamConnection connection) {
    kept.push_back(connection);
    connection.receive().detach([&executed, connection](Result<Message> got) mutable {
      if (!got.has_value() || got->size() == 0) return;
      if (got->text() == "transfer") ++executed;
      connection.send(*std::move(got)).detach();
    });
  });
  const Recorder recorder(*scene.web_loop, host("203.0.113.80", 444), host("203.0.113.80", 443));
  const Endpoint through = host("www.example.com", 444);
  ASSERT_TRUE(scene.visit("hello", through).has_value());
  const auto second = scene.visit("transfer", through);
  ASSERT_TRUE(second.has_value()) << to_string(second.error());
  ASSERT_TRUE(second->was_early);
  ASSERT_EQ(executed, 1U);
  const std::string recorded = recorder.heard.back();
  for (int i = 0; i < 1000; ++i) {
    StreamConnection again = connect(*scene.loop, host("203.0.113.80", 443), tcp());
    again.send(recorded).detach();
    scene.sim.run_for(40ms);
    again.abort();
    kept.clear();
  }
  scene.sim.run_for(15s);
  EXPECT_EQ(executed, 1U);
  const auto later = scene.visit("hello", through);
  ASSERT_TRUE(later.has_value()) << "and honest clients still come in: "
                                 << to_string(later.error());
}

}  // namespace
}  // namespace bowline::test
