#include <gtest/gtest.h>

#include <bowline/bowline.h>
#include <bowline/sim/simulation.h>

#include <optional>
#include <string>
#include <vector>

#include "greeting.h"

// Layers that shake hands over an accepted stream, as TLS will.

namespace bowline::test {
namespace {

using namespace std::chrono_literals;

/// A server whose stack shakes hands twice, once in each of two layers.
struct AcceptedLayers {
  AcceptedLayers() {
    const sim::LinkOptions link = sim::LinkOptions().delay(5ms);
    home.attach(internet, "eth0", {"192.0.2.10/24"}, sim::AttachOptions().link(link));
    web.attach(internet, "eth0", {"203.0.113.80/24"}, sim::AttachOptions().link(link));
    loop.emplace(home);
    web_loop.emplace(web);
    const StandInStack stack({{.layers = {greeting("lower", seen), greeting("upper", seen)}}});
    listener = *listen(*web_loop, host("203.0.113.80", 443), stack);
  }
  StreamConnection connect_plain() { return connect(*loop, host("203.0.113.80", 443), tcp()); }

  sim::Simulation sim{1};
  sim::Network& internet = sim.add_network("internet");
  sim::Host& home = sim.add_host("home");
  sim::Host& web = sim.add_host("web");
  std::vector<SeenContext> seen;
  std::optional<Loop> loop;
  std::optional<Loop> web_loop;
  Listener<StreamConnection> listener;
};

TEST(AcceptedLayers, shake_hands_twice_before_the_connection_is_handed_out) {
  AcceptedLayers scene;
  std::optional<StreamConnection> accepted;
  scene.listener.on_connection([&](StreamConnection connection) { accepted = connection; });
  StreamConnection client = scene.connect_plain();
  client.send("lower\n").detach();
  scene.sim.run_for(1s);
  EXPECT_FALSE(accepted.has_value());
  EXPECT_EQ(scene.listener.preparing_count(), 1U);
  client.send("upper\nhello").detach();
  scene.sim.run_for(1s);
  ASSERT_TRUE(accepted.has_value());
  EXPECT_EQ(accepted->state(), ConnectionState::ready);
  std::string text;
  accepted->receive().detach([&](const Result<Message>& got) { text = got->text(); });
  scene.sim.run_for(1s);
  EXPECT_EQ(text, "hello");
  ASSERT_EQ(scene.seen.size(), 2U);
  EXPECT_EQ(scene.seen[0].role, drive::LayerRole::server);
  EXPECT_EQ(scene.seen[0].layer, "lower");
  EXPECT_EQ(scene.seen[0].remote, *accepted->remote_address());
}

TEST(AcceptedLayers, that_are_slow_or_wrong_do_not_hold_up_the_others) {
  AcceptedLayers scene;
  std::vector<StreamConnection> accepted;
  scene.listener.on_connection(
      [&](StreamConnection connection) { accepted.push_back(std::move(connection)); });
  StreamConnection silent = scene.connect_plain();
  StreamConnection half = scene.connect_plain();
  StreamConnection wrong = scene.connect_plain();
  StreamConnection right = scene.connect_plain();
  half.send("lower\nupp").detach();
  wrong.send("go away, please\n").detach();
  right.send("lower\nupper\n").detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(accepted.size(), 1U);
  EXPECT_EQ(scene.listener.handshake_failures(), 1U);
  EXPECT_EQ(scene.listener.preparing_count(), 2U);
  scene.sim.run_for(10s);
  EXPECT_EQ(scene.listener.handshake_failures(), 3U);
  EXPECT_EQ(scene.listener.open_count(), 1U);
}

}  // namespace
}  // namespace bowline::test
