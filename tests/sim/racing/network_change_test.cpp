#include <gtest/gtest.h>

#include "scene.h"

// What a change of the network means for what a loop has learnt, on loops that only resolve too.

namespace bowline::test {
namespace {

ResolutionSource source_of_www(Scene& scene) {
  Lookup lookup = resolve(*scene.loop, "www.example.com", {"A"}).value();
  return lookup.next().wait().value().value().source();
}

TEST(NetworkChange, an_alias_leaves_the_answers_of_dns_alone) {
  Scene scene;
  EXPECT_EQ(source_of_www(scene), ResolutionSource::query);
  scene.home.interface("eth0").add_address("192.0.2.11/24");
  scene.sim.run_for(1s);
  EXPECT_EQ(source_of_www(scene), ResolutionSource::cache);
}

TEST(NetworkChange, a_lost_way_to_the_server_drops_its_answers_on_a_loop_that_only_resolves) {
  Scene scene;
  EXPECT_EQ(source_of_www(scene), ResolutionSource::query);
  scene.home.interface("eth0").set_running(false);
  scene.sim.run_for(1s);
  scene.home.interface("eth0").set_running(true);
  EXPECT_EQ(source_of_www(scene), ResolutionSource::query);
}

TEST(NetworkChange, an_interface_that_does_not_lead_to_the_server_leaves_its_answers_alone) {
  Scene scene;
  sim::Network& lab = scene.sim.add_network("lab");
  scene.home.attach(lab, "eth1", {"10.0.0.10/24"}, sim::AttachOptions().default_route(false));
  EXPECT_EQ(source_of_www(scene), ResolutionSource::query);
  scene.home.interface("eth1").set_running(false);
  scene.sim.run_for(1s);
  EXPECT_EQ(source_of_www(scene), ResolutionSource::cache);
}

TEST(NetworkChange, is_told_to_sinks_and_what_changed_nothing_is_not) {
  Scene scene;
  (void)source_of_www(scene);
  std::vector<std::string> told;
  const Tracing tracing = scene.loop->trace([&](const TraceEvent& event) {
    if (event.kind == "network_changed") told.emplace_back(event.detail);
  });
  scene.home.interface("eth0").add_address("192.0.2.11/24");
  scene.sim.run_for(1s);
  scene.home.interface("eth0").set_up(true);  // as it is
  scene.sim.run_for(1s);
  EXPECT_EQ(told, std::vector<std::string>{"eth0: addresses"});
}

}  // namespace
}  // namespace bowline::test
