#include <gtest/gtest.h>

#include <bowline/stack.h>

#include "story.h"

// What becomes of connections and callbacks when the last handle or the loop goes.

namespace bowline::test {
namespace {

using enum ConnectionState;

TEST(LastHandle, closes_when_it_goes) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Reader reader(scene.server);
  StreamConnection copy = scene.client;
  scene.client = {};
  scene.sim.run_for(100ms);
  EXPECT_FALSE(reader.ended);
  copy = {};
  scene.sim.run_for(100ms);
  EXPECT_TRUE(reader.ended);
}

TEST(LastHandle, is_the_end_of_state_reports) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Story story;
  story.follow(scene.client, scene.sim);
  scene.client.cancel();
  scene.client = {};
  scene.sim.run_for(1s);
  EXPECT_TRUE(story.changes.empty());
}

TEST(LastHandle, of_a_listener_ends_its_accepts_and_leaves_its_connections) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  scene.listener.on_connection(nullptr);
  Outcome accepted(scene.listener.accept());
  scene.listener = {};
  scene.sim.run_for(100ms);
  EXPECT_EQ(accepted.error(), ErrorKind::closed);
  ASSERT_TRUE(scene.server.send("alive").wait().has_value());
  EXPECT_EQ(scene.client.receive(5).wait()->text(), "alive");
}

TEST(LoopEnd, calls_nothing_back_and_leaves_inert_handles) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  int calls = 0;
  scene.loop->sleep(1h).detach([&](const Result<void>&) { ++calls; });
  scene.client.receive().detach([&](const Result<Message>&) { ++calls; });
  scene.loop.reset();
  EXPECT_EQ(scene.client.state(), cancelled);
  scene.client.send("late").detach([&](const Result<void>&) { ++calls; });
  EXPECT_EQ(scene.client.close().wait().error().kind(), ErrorKind::cancelled);
  EXPECT_FALSE(scene.client.ready().wait().has_value());
  EXPECT_EQ(calls, 0);
  scene.client.restart();
  scene.client.abort();
  EXPECT_FALSE(scene.client.local_address().has_value());
  EXPECT_EQ(scene.client.report().attempts().size(), 1U);
}

TEST(LoopEnd, does_not_run_callbacks_that_start_again_and_again) {
  Scene scene;
  int calls = 0;
  Operation<void> tick;
  std::function<void(Result<void>)> again = [&](const Result<void>&) {
    ++calls;
    tick = scene.loop->sleep(1s);
    tick.start(again);
  };
  tick = scene.loop->sleep(1s);
  tick.start(again);
  scene.sim.run_for(10s);
  EXPECT_EQ(calls, 10);
  Loop going = std::move(*scene.loop);
  scene.loop.emplace(scene.home);
  {
    const Loop gone = std::move(going);
  }
  EXPECT_EQ(calls, 10);
  tick = {};
}

}  // namespace
}  // namespace bowline::test
