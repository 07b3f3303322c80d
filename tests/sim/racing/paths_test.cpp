#include <gtest/gtest.h>
#include <bowline/stack.h>

#include "framers.h"
#include "story.h"

// What connections make of paths that come, go and behave, and what they learn of them.

namespace bowline::test {
namespace {

/// A client that may also go by another interface, to an address of one family.
struct TwoPaths : Scene {
  TwoPaths() {
    home.attach(internet, "wlan0", {"192.0.3.10/24", "2001:db8:3::10/64"},
                sim::AttachOptions().link(sim::LinkOptions().delay(5ms)));
    dns->add("one.example.com", "A", "203.0.113.80");
  }
  /// The address that the system would send from goes, and its interface with it.
  void lose_eth0() {
    home.interface("eth0").remove_address("192.0.2.10");
    home.interface("eth0").set_up(false);
  }
};

/// Is ready a while after the start.
class Slow final : public PlainFramer {
 public:
  static std::unique_ptr<Framer> make() { return std::make_unique<Slow>(); }
  [[nodiscard]] std::string_view name() const override { return "slow"; }
  Result<bool> start(FramerContext& context) override {
    context.wake_at(context.now() + 3s);
    return false;
  }
  Result<void> handle_input(FramerContext& context) override {
    context.consume(context.input().size());
    return {};
  }
  Result<void> handle_timeout(FramerContext& context) override {
    context.mark_ready();
    return {};
  }
};

TEST(Paths, h37_an_attempt_towards_a_literal_address_fails_over_too) {
  TwoPaths scene;
  scene.home.interface("eth0").set_link(sim::LinkOptions().loss(1.0));
  StreamConnection connection = connect(*scene.loop, host("203.0.113.80", 80), tcp());
  scene.sim.run_for(100ms);
  scene.lose_eth0();
  scene.sim.run_for(3s);
  EXPECT_EQ(connection.state(), ConnectionState::ready);
  ASSERT_TRUE(connection.ready().wait().has_value());
}

TEST(Paths, h37_an_interface_that_goes_down_loses_its_addresses) {
  TwoPaths scene;
  StreamConnection connection = connect(*scene.loop, host("one.example.com", 80), tcp());
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  scene.sim.run_for(100ms);
  scene.internet.clear_rules();
  scene.home.interface("eth0").set_up(false);
  scene.sim.run_for(3s);
  EXPECT_EQ(connection.state(), ConnectionState::ready);
  ASSERT_TRUE(connection.ready().wait().has_value());
}

TEST(Paths, h37_a_bound_source_is_not_lost_with_the_address_of_another_interface) {
  TwoPaths scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  StreamConnection connection = connect(*scene.loop, host("one.example.com", 80), tcp(),
                                        Parameters().source(*IpAddress::parse("192.0.3.10")));
  scene.sim.run_for(100ms);
  scene.home.interface("eth0").remove_address("192.0.2.10");
  scene.sim.run_for(10ms);
  EXPECT_EQ(connection.state(), ConnectionState::preparing);
  EXPECT_EQ(attempt(connection.report(), 0).outcome(), AttemptOutcome::running);
}

TEST(Paths, h37_a_bound_source_that_is_lost_fails_at_once) {
  TwoPaths scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  StreamConnection connection = connect(*scene.loop, host("one.example.com", 80), tcp(),
                                        Parameters().source(*IpAddress::parse("192.0.3.10")));
  scene.sim.run_for(100ms);
  scene.home.interface("wlan0").remove_address("192.0.3.10");
  scene.sim.run_for(10ms);
  EXPECT_NE(attempt(connection.report(), 0).outcome(), AttemptOutcome::running);
}

TEST(Paths, what_was_learnt_on_one_interface_is_not_believed_on_another) {
  TwoPaths scene;
  add_two_addresses(scene);
  EXPECT_EQ(first_remote(scene), "203.0.113.79:80") << "a dead one";
  EXPECT_EQ(first_remote(scene), "203.0.113.80:80") << "it worked over eth0";
  EXPECT_EQ(first_remote(scene, Parameters().interface("wlan0")), "203.0.113.79:80");
}

TEST(Paths, the_handshake_of_a_framer_is_no_round_trip_time) {
  Scene scene;
  {
    auto slow = connect(*scene.loop, host("www.example.com", 80), framed(Slow::make, tcp()));
    ASSERT_TRUE(slow.ready().wait().has_value());
    EXPECT_EQ(to_string(*slow.remote_address()), "[2001:db8:2::80]:80");
  }
  scene.internet.add_rule(sim::Match().family(Family::ipv6).tcp(), sim::Verdict::drop);
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  const Report report = connection.report();
  EXPECT_LE(attempt(report, 1).started() - attempt(report, 0).started(), 250ms);
}

TEST(Paths, a_handshake_that_lost_a_packet_is_no_round_trip_time) {
  Scene scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  StreamConnection first =
      connect(*scene.loop, host("www.example.com", 80), tcp(), Parameters().only(Family::ipv6));
  scene.sim.run_for(500ms);
  scene.internet.clear_rules();
  ASSERT_TRUE(first.ready().wait().has_value());
  scene.internet.add_rule(sim::Match().family(Family::ipv6).tcp(), sim::Verdict::drop);
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  const Report report = connection.report();
  EXPECT_LE(attempt(report, 1).started() - attempt(report, 0).started(), 250ms);
}

TEST(Paths, stale_addresses_are_tried_though_their_refresh_fails) {
  Scene scene;
  scene.dns->add("two.example.com", "A", "203.0.113.79", 1s);
  scene.dns->add("two.example.com", "A", "203.0.113.80", 1s);
  {
    StreamConnection c = connect(*scene.loop, host("two.example.com", 80), tcp());
    ASSERT_TRUE(c.ready().wait().has_value());
  }
  scene.home.interface("eth0").set_link(sim::LinkOptions().delay(5ms));
  scene.sim.run_for(10s);
  scene.dns->script("two.example.com", "A", sim::DnsBehavior().rcode(2));
  scene.dns->script("two.example.com", "AAAA", sim::DnsBehavior().rcode(2));
  // The address that worked is dead now, the other one alive.
  scene.internet.add_rule(sim::Match().to("203.0.113.80").tcp(), sim::Verdict::drop);
  scene.web.interface("eth0").add_address("203.0.113.79/24");
  StreamConnection connection =
      connect(*scene.loop, host("two.example.com", 80), tcp(),
              Parameters().expired_answers(true).wait(Waiting::never).attempt_timeout(5s));
  const auto ready = connection.ready().wait();
  EXPECT_TRUE(ready.has_value());
}

TEST(Paths, stale_addresses_survive_a_refresh_that_fails_before_the_other_family_answers) {
  Scene scene;
  scene.dns->add("one.example.com", "A", "203.0.113.80", 1s);
  {
    StreamConnection c = connect(*scene.loop, host("one.example.com", 80), tcp());
    ASSERT_TRUE(c.ready().wait().has_value());
  }
  scene.sim.run_for(10min);
  scene.dns->script("one.example.com", "A", sim::DnsBehavior().rcode(2));
  scene.dns->script("one.example.com", "AAAA", sim::DnsBehavior().rcode(2).delay(10ms));
  StreamConnection connection = connect(*scene.loop, host("one.example.com", 80), tcp(),
                                        Parameters().expired_answers(true).wait(Waiting::never));
  const auto ready = connection.ready().wait();
  EXPECT_TRUE(ready.has_value()) << to_string(ready.error());
}

TEST(Paths, threat_9_a_network_change_during_a_round_is_not_forgotten) {
  TwoPaths scene;
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  StreamConnection connection =
      connect(*scene.loop, host("one.example.com", 80), tcp(), Parameters().retry_delay(60s, 60s));
  scene.sim.run_for(500ms);
  EXPECT_EQ(connection.state(), ConnectionState::preparing);
  scene.internet.clear_rules();
  scene.lose_eth0();  // by which the round fails
  scene.sim.run_for(2s);
  EXPECT_EQ(connection.state(), ConnectionState::ready);
}

TEST(Paths, threat_9_a_network_change_that_ends_a_round_ends_the_pause_after_it) {
  TwoPaths scene;
  scene.internet.add_rule(sim::Match().from("203.0.113.80").tcp(), sim::Verdict::pass);
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::reset);
  StreamConnection connection =
      connect(*scene.loop, host("one.example.com", 80), tcp(),
              Parameters().wait(Waiting::for_peer).connect_without_limit());
  scene.sim.run_for(5min);  // refused again and again
  scene.internet.clear_rules();
  scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
  ASSERT_TRUE(
      scene.sim.run_until([&] { return connection.state() == ConnectionState::preparing; }));
  scene.sim.run_for(500ms);
  scene.internet.clear_rules();
  scene.lose_eth0();
  const Instant changed = scene.sim.now();
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_LE(scene.sim.now() - changed, 1500ms);
}

}  // namespace
}  // namespace bowline::test
