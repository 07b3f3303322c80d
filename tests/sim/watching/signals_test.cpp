#include <csignal>

#include "story.h"

namespace bowline::test {
namespace {

TEST(SimulatedSignals, reach_every_loop_of_their_host_that_waited) {
  Scene scene;
  Loop second(scene.web);
  Outcome first_told(scene.web_loop->signal({SIGINT, SIGTERM}));
  Outcome second_told(second.signal({SIGINT}));
  Outcome elsewhere(scene.loop->signal({SIGINT}));
  scene.web.send_signal(SIGINT);
  scene.sim.run_for(1s);
  ASSERT_TRUE(first_told.is_ok());
  EXPECT_EQ(**first_told.result, SIGINT);
  EXPECT_TRUE(second_told.is_ok());
  EXPECT_FALSE(elsewhere.is_done());
}

TEST(SimulatedSignals, are_kept_for_those_who_wait_again) {
  Scene scene;
  scene.web.send_signal(SIGINT);
  Outcome first(scene.web_loop->signal({SIGINT}));
  scene.sim.run_for(1s);
  EXPECT_FALSE(first.is_done()) << "it came before anybody had ever waited";
  scene.web.send_signal(SIGINT);
  scene.sim.run_for(1s);
  EXPECT_TRUE(first.is_ok());
  scene.web.send_signal(SIGINT);
  scene.web.send_signal(SIGINT);
  scene.sim.run_for(1s);
  Outcome second(scene.web_loop->signal({SIGINT}));
  scene.sim.run_for(1s);
  EXPECT_TRUE(second.is_ok());
  Outcome third(scene.web_loop->signal({SIGINT}));
  scene.sim.run_for(1s);
  EXPECT_FALSE(third.is_done());
}

TEST(SimulatedHosts, have_neither_descriptors_nor_standard_input) {
  Scene scene;
  Outcome readable(scene.loop->readable(0));
  Outcome input(scene.loop->standard_input().receive());
  scene.sim.run_for(1s);
  EXPECT_EQ(readable.error(), ErrorKind::unsupported);
  EXPECT_EQ(input.error(), ErrorKind::unsupported);
}

}  // namespace
}  // namespace bowline::test
