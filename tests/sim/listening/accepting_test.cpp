#include <gtest/gtest.h>

#include <bowline/stack.h>

#include "framers.h"
#include "story.h"

// What becomes of connections between the network and whoever accepts them.

namespace bowline::test {
namespace {

/// One message for each octet; an octet is also all that may wait.
class Octets : public PlainFramer {
 public:
  static std::unique_ptr<Framer> make() { return std::make_unique<Octets>(); }
  [[nodiscard]] std::string_view name() const override { return "octets"; }
  Result<void> handle_input(FramerContext& context) override {
    while (!context.input().empty()) context.deliver_input(1);
    return {};
  }
  [[nodiscard]] std::size_t message_bytes_max() const override { return 1; }
  [[nodiscard]] std::size_t input_bytes_max() const override { return 1; }
};

/// Speaks first, a second after the start.
class Late final : public Octets {
 public:
  static std::unique_ptr<Framer> make() { return std::make_unique<Late>(); }
  Result<bool> start(FramerContext& context) override {
    context.wake_at(context.now() + 1s);
    return false;
  }
  Result<void> handle_timeout(FramerContext& context) override {
    context.write(std::as_bytes(std::span("late", 4)));
    return {};
  }
};

TEST(Framers, speak_by_their_timer_before_they_are_ready) {
  Scene scene;
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 80), framed(Late::make, tcp()));
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  Outcome heard(scene.accepted.front().receive(4));
  scene.sim.run_for(2s);
  ASSERT_TRUE(heard.is_ok());
  EXPECT_EQ((*heard.result)->text(), "late");
}

TEST(Framers, are_only_held_to_the_input_that_they_leave_alone) {
  Scene scene;
  Listener<MessageConnection> octets =
      *listen(*scene.web_loop, everywhere(82), framed(Octets::make, tcp()));
  std::optional<MessageConnection> server;
  octets.on_connection([&](MessageConnection connection) { server = std::move(connection); });
  StreamConnection client = connect(*scene.loop, host("www.example.com", 82), tcp());
  Outcome sent(client.send("four"));
  ASSERT_TRUE(scene.sim.run_until([&] { return server.has_value() && sent.is_ok(); }));
  for (const char* expected : {"f", "o", "u", "r"}) {
    Outcome received(server->receive());
    scene.sim.run_for(100ms);
    ASSERT_TRUE(received.is_ok()) << to_string(received.result->error());
    EXPECT_EQ((*received.result)->text(), expected);
  }
}

TEST(Listeners, threat_14_a_listener_out_of_sockets_accepts_within_a_second_of_having_some) {
  Scene scene(1, few_sockets());
  std::optional<Shortage> shortage(scene.web);
  StreamConnection client = scene.connect_to_web();
  ASSERT_TRUE(client.ready().wait().has_value()) << "the system itself shakes hands";
  scene.sim.run_for(30s);
  EXPECT_TRUE(scene.accepted.empty());
  shortage.reset();
  EXPECT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }, 1s));
}

TEST(Hold, keeps_a_loop_running_that_has_nothing_else_to_do) {
  Scene scene;
  std::optional<Loop::Hold> hold = scene.loop->hold();
  scene.sim.after(1s, [&] { scene.loop->post([&] { hold.reset(); }); });
  const Instant start = scene.sim.now();
  scene.loop->run();
  EXPECT_EQ(scene.sim.now() - start, 1s);
}

}  // namespace
}  // namespace bowline::test
