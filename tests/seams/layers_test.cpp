#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "drive/establish/candidates/tcp_candidate.h"
#include "drive/loop/loop.h"
#include "greeting.h"
#include "scene.h"

namespace bowline::test {
namespace {

/// Further ports of the server echo all that comes or say nothing at all.
struct LayerScene : Scene {
  LayerScene() { web.interface("eth0").add_address("203.0.113.81/24"); }

  void listen_at(const char* address, std::uint16_t port, bool echoes) {
    auto opened = listen(*web_loop, host(address, port), tcp());
    ASSERT_TRUE(opened.has_value());
    opened->on_connection([this, echoes](StreamConnection connection) {
      accepted.push_back(std::move(connection));
      if (echoes) echo(accepted.back());
    });
    listeners.push_back(*std::move(opened));
  }
  void echo(StreamConnection connection) {
    connection.receive().detach([this, connection](Result<Message> got) mutable {
      if (!got.has_value() || got->end_of_stream()) return;
      heard[connection.local_address()->port] += std::string(got->text());
      const auto kept = std::make_shared<Message>(*std::move(got));
      connection.send(kept->bytes()).detach([kept](const Result<void>&) {});
      echo(connection);
    });
  }

  std::vector<Listener<StreamConnection>> listeners;
  std::map<std::uint16_t, std::string> heard;  ///< by port
  std::vector<SeenContext> seen;
};

TEST(Layers, a_stack_of_two_shakes_hands_bottom_first_and_then_carries_bytes) {
  LayerScene scene;
  scene.listen_at("203.0.113.80", 443, true);
  const StandInStack stack(
      {{.layers = {greeting("lower", scene.seen), greeting("upper", scene.seen)}}});
  StreamConnection client = connect(*scene.loop, host("203.0.113.80", 443), stack);
  ASSERT_TRUE(client.send("hello").wait().has_value());
  EXPECT_EQ(client.receive(5).wait()->text(), "hello");
  EXPECT_EQ(scene.heard[443], "lower\nupper\nhello");
  const Report report = client.report();
  ASSERT_EQ(report.handshakes().size(), 3U);
  EXPECT_EQ(report.handshakes()[0].protocol(), "tcp");
  EXPECT_EQ(report.handshakes()[0].duration(), 20ms);
  EXPECT_EQ(report.handshakes()[1].protocol(), "lower");
  EXPECT_EQ(report.handshakes()[1].duration(), 20ms);
  ASSERT_EQ(report.handshakes()[1].details().size(), 1U);
  EXPECT_EQ(report.handshakes()[1].details()[0].first, "greeted");
  EXPECT_EQ(report.handshakes()[2].protocol(), "upper");
  EXPECT_EQ(report.handshakes()[2].duration(), 20ms);
  ASSERT_EQ(scene.seen.size(), 2U);
  EXPECT_EQ(scene.seen[0].role, drive::LayerRole::client);
  EXPECT_EQ(scene.seen[0].host, "203.0.113.80");
  EXPECT_EQ(to_string(scene.seen[0].remote), "203.0.113.80:443");
}

TEST(Layers, a_peer_that_never_greets_loses_the_race_to_the_next_address) {
  LayerScene scene;
  scene.listen_at("2001:db8:2::80", 443, false);
  scene.listen_at("203.0.113.80", 443, true);
  const StandInStack stack(
      {{.layers = {greeting("lower", scene.seen), greeting("upper", scene.seen)}}});
  StreamConnection client = connect(*scene.loop, host("www.example.com", 443), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_EQ(to_string(*client.remote_address()), "203.0.113.80:443");
  const Report report = client.report();
  ASSERT_EQ(report.attempts().size(), 2U);
  EXPECT_EQ(report.attempts()[0].outcome(), AttemptOutcome::lost);
  // H23: once its transport is up, after 20 ms, a handshake is given 250 ms from there.
  EXPECT_EQ(report.attempts()[1].started() - report.attempts()[0].started(), 270ms);
}

TEST(Layers, a_failed_handshake_starts_the_next_attempt_at_once_and_names_its_layer) {
  LayerScene scene;
  scene.listen_at("203.0.113.80", 443, true);
  auto rude = listen(*scene.web_loop, host("2001:db8:2::80", 443), tcp());
  rude->on_connection([&](StreamConnection connection) {
    connection.send("go away, please\n").detach();
    scene.accepted.push_back(std::move(connection));
  });
  const StandInStack stack({{.layers = {greeting("lower", scene.seen)}}});
  StreamConnection client = connect(*scene.loop, host("www.example.com", 443), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  const Report report = client.report();
  ASSERT_EQ(report.attempts().size(), 2U);
  EXPECT_EQ(report.attempts()[0].outcome(), AttemptOutcome::failed);
  EXPECT_EQ(report.attempts()[0].error()->subject(), "lower [2001:db8:2::80]:443");
  EXPECT_LE(report.attempts()[1].started() - *report.attempts()[0].ended(), 10ms);
}

TEST(Layers, a_layer_that_cannot_be_made_fails_the_attempt) {
  LayerScene scene;
  scene.listen_at("203.0.113.80", 443, true);
  const drive::Layer broken{
      "broken",
      [](const drive::LayerContext&,
         std::unique_ptr<ports::ByteStream>) -> Result<std::unique_ptr<drive::HandshakingStream>> {
        return Error(ErrorKind::unsupported, "break", "it has no such option");
      }};
  const StandInStack stack({{.layers = {greeting("lower", scene.seen), broken}}});
  StreamConnection client = connect(*scene.loop, host("203.0.113.80", 443), stack);
  const Result<void> ready = client.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::unsupported);
}

TEST(Layers, an_attempt_may_be_dropped_at_any_moment_of_its_handshakes) {
  for (Duration at = 0ms; at <= 100ms; at += 5ms) {
    LayerScene scene;
    scene.listen_at("203.0.113.80", 443, true);
    const StandInStack stack(
        {{.layers = {greeting("lower", scene.seen), greeting("upper", scene.seen)}}});
    StreamConnection client = connect(*scene.loop, host("203.0.113.80", 443), stack);
    scene.sim.run_for(at);
    client.cancel();
    scene.sim.run_for(1s);
    EXPECT_EQ(client.state(), ConnectionState::cancelled);
    for (const StreamConnection& accepted : scene.accepted)
      EXPECT_NE(accepted.report().remote().has_value(),
                accepted.state() == ConnectionState::failed);
  }
}

/// An alternative that is no TCP to the race; a TCP connection stands in for it.
drive::StackAlternative quic_stand_in(std::vector<SeenContext>& seen) {
  drive::StackAlternative result;
  result.protocol = core::CandidateProtocol::quic;
  result.transport = drive::Transport::udp;
  result.alpn = {"h3"};
  result.layers = {greeting("h3", seen)};
  result.understands_ech = true;
  result.make_bottom = [](const drive::Approach& approach) {
    return std::make_unique<drive::TcpCandidate>(
        approach.loop.host().network(),
        drive::TcpCandidate::Target{approach.remote, approach.binding, {}});
  };
  return result;
}

drive::StackAlternative tls_stand_in(std::vector<SeenContext>& seen) {
  drive::StackAlternative result;
  result.protocol = core::CandidateProtocol::tls;
  result.alpn = {"h2", "http/1.1"};
  result.layers = {greeting("h2", seen)};
  return result;
}

TEST(Alternatives, without_a_service_record_the_preferred_one_is_tried_first) {
  LayerScene scene;
  scene.listen_at("2001:db8:2::80", 443, true);
  const StandInStack stack({tls_stand_in(scene.seen), quic_stand_in(scene.seen)});
  StreamConnection client = connect(*scene.loop, host("www.example.com", 443), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  ASSERT_EQ(client.report().attempts().size(), 1U);
  EXPECT_EQ(client.report().attempts()[0].protocol(), "tls");
  EXPECT_EQ(scene.heard[443], "h2\n");
  EXPECT_EQ(scene.seen[0].alpn, (std::vector<std::string>{"h2", "http/1.1"}));
  EXPECT_EQ(scene.dns->count("www.example.com", "HTTPS"), 1U);
}

TEST(Alternatives, an_https_record_decides_on_the_alternative_the_port_and_the_target) {
  LayerScene scene;
  scene.listen_at("2001:db8:2::80", 443, true);
  scene.listen_at("203.0.113.81", 8443, true);
  scene.dns->add("www.example.com", "HTTPS",
                 "1 alt.example.com alpn=h3 no-default-alpn port=8443 ech=AAECAw==");
  scene.dns->add("alt.example.com", "A", "203.0.113.81");
  const StandInStack stack({tls_stand_in(scene.seen), quic_stand_in(scene.seen)});
  StreamConnection client = connect(*scene.loop, host("www.example.com", 443), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  const Report report = client.report();
  ASSERT_EQ(report.attempts().size(), 1U);
  EXPECT_EQ(report.attempts()[0].protocol(), "quic");
  EXPECT_EQ(to_string(*report.remote()), "203.0.113.81:8443");
  ASSERT_EQ(scene.seen.size(), 1U);
  EXPECT_EQ(scene.seen[0].layer, "h3");
  EXPECT_EQ(scene.seen[0].host, "www.example.com");
  EXPECT_EQ(scene.seen[0].target, "alt.example.com");
  EXPECT_EQ(scene.seen[0].alpn, (std::vector<std::string>{"h3"}));
  EXPECT_EQ(scene.seen[0].ech_bytes, 4U);
}

TEST(Alternatives, the_hints_of_a_record_stand_in_for_a_target_that_cannot_be_asked) {
  LayerScene scene;
  scene.listen_at("203.0.113.81", 443, true);
  scene.dns->remove("www.example.com", "A").remove("www.example.com", "AAAA");
  scene.dns->add("www.example.com", "HTTPS", "1 alt.example.com alpn=h2 ipv4hint=203.0.113.81");
  scene.dns->script("alt.example.com", "*", sim::DnsBehavior().rcode(2));
  const StandInStack stack({tls_stand_in(scene.seen)});
  StreamConnection client = connect(*scene.loop, host("www.example.com", 443), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_EQ(to_string(*client.remote_address()), "203.0.113.81:443");
}

TEST(Alternatives, a_record_for_another_port_is_asked_for_under_that_port) {
  LayerScene scene;
  scene.listen_at("203.0.113.81", 9000, true);
  scene.dns->add("_8443._https.www.example.com", "HTTPS", "1 alt.example.com alpn=h2 port=9000");
  scene.dns->add("alt.example.com", "A", "203.0.113.81");
  const StandInStack stack({tls_stand_in(scene.seen)});
  StreamConnection client = connect(*scene.loop, host("www.example.com", 8443), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_EQ(to_string(*client.remote_address()), "203.0.113.81:9000");
  EXPECT_EQ(scene.dns->count("www.example.com", "HTTPS"), 0U);
}

TEST(Alternatives, a_record_that_needs_what_nobody_understands_is_left_aside) {
  LayerScene scene;
  scene.listen_at("2001:db8:2::80", 443, true);
  scene.dns->add("www.example.com", "HTTPS", "1 alt.example.com mandatory=ech ech=AAECAw==");
  const StandInStack stack({tls_stand_in(scene.seen)});
  StreamConnection client = connect(*scene.loop, host("www.example.com", 443), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_EQ(to_string(*client.remote_address()), "[2001:db8:2::80]:443");
}

TEST(Alternatives, a_stack_that_speaks_no_http_asks_for_no_https_records) {
  LayerScene scene;
  scene.listen_at("2001:db8:2::80", 443, true);
  const StandInStack stack({{.layers = {greeting("own", scene.seen)}, .alpn = {"own/1"}}});
  StreamConnection client = connect(*scene.loop, host("www.example.com", 443), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_EQ(scene.dns->count("www.example.com", "HTTPS"), 0U);
}

}  // namespace
}  // namespace bowline::test
