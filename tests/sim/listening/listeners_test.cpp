#include <gtest/gtest.h>

#include "story.h"

// How many connections a listener takes, and what it counts.

namespace bowline::test {
namespace {

using enum ConnectionState;

TEST(Listeners, keep_a_cap_on_open_connections_and_serve_the_queue_when_one_closes) {
  Scene scene;
  scene.listener.limit_open(2);
  std::vector<StreamConnection> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(scene.connect_to_web());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.accepted.size(), 2U);
  EXPECT_EQ(scene.listener.open_count(), 2U);
  // A handler may only be called by the loop: not while the vector that it appends to is being cleared.
  scene.accepted.clear();
  EXPECT_TRUE(scene.accepted.empty());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.accepted.size(), 2U);
  EXPECT_EQ(scene.listener.accepted_count(), 4U);
  scene.listener.limit_open(100);
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.accepted.size(), 3U);
}

TEST(Listeners, deliver_only_as_many_as_they_have_credits_for) {
  Scene scene;
  scene.listener.limit_new(2);
  std::vector<StreamConnection> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(scene.connect_to_web());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.accepted.size(), 2U);
  scene.accepted.clear();
  scene.sim.run_for(1s);
  EXPECT_TRUE(scene.accepted.empty()) << "credits are not a cap on open ones";
  scene.listener.limit_new(1);
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.accepted.size(), 1U);
}

TEST(Listeners, count_and_mark_connections_that_end_before_a_byte) {
  Scene scene;
  scene.connect_to_web().ready().wait().value();
  StreamConnection aborted = scene.connect_to_web();
  aborted.ready().wait().value();
  scene.sim.run_for(100ms);
  aborted.abort();
  StreamConnection real = scene.connect_to_web();
  ASSERT_TRUE(real.send("a byte").wait().has_value());
  real = {};
  ASSERT_TRUE(scene.sim.run_until([&] { return scene.accepted.size() == 3; }));
  std::vector<std::unique_ptr<Reader>> readers;
  for (const StreamConnection& connection : scene.accepted)
    readers.push_back(std::make_unique<Reader>(connection));
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.listener.also_ran_count(), 2U);
  EXPECT_TRUE(scene.accepted[0].is_also_ran());
  EXPECT_TRUE(scene.accepted[1].is_also_ran());
  EXPECT_FALSE(scene.accepted[2].is_also_ran());
}

}  // namespace
}  // namespace bowline::test
