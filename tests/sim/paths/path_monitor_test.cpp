#include "uplinks.h"

#include <gtest/gtest.h>

// A stream of paths: what is told, when, and why a path is not satisfied.

namespace bowline::test {
namespace {

TEST(PathMonitor, gives_the_path_of_the_system_at_once_and_then_each_change) {
  Uplinks scene;
  PathMonitor monitor(*scene.loop);
  const Path first = monitor.next().wait().value();
  EXPECT_TRUE(first.is_satisfied() && first.supports_ipv4() && first.supports_ipv6());
  EXPECT_EQ(names_of(first), (Names{"eth0", "wwan0"}));
  EXPECT_FALSE(first.is_expensive());
  EXPECT_TRUE(first.uses(InterfaceType::cellular));
  EXPECT_EQ(first.gateways().size(), 3U);
  EXPECT_EQ(to_string(first.dns_servers().at(0)), "198.51.100.53:53");

  scene.cable().set_running(false);
  const Path second = monitor.next().wait().value();
  EXPECT_EQ(names_of(second), (Names{"wwan0"}));
  EXPECT_TRUE(second.is_expensive());
  EXPECT_EQ(second, monitor.current());

  scene.phone().set_up(false);
  const Path third = monitor.next().wait().value();
  EXPECT_FALSE(third.is_satisfied());
  EXPECT_EQ(reasons_of(third),
            (Names{"eth0 no_carrier", "eth0 no_route", "wwan0 interface_down", "wwan0 no_route"}));
  EXPECT_NE(to_string(third).find("eth0: it has no carrier"), std::string::npos);
}

TEST(PathMonitor, tells_nothing_while_nothing_is_different_for_its_question) {
  Uplinks scene;
  PathMonitor wired(*scene.loop, Parameters().require(InterfaceType::wired));
  int told = 0;
  wired.on_update([&](const Path&) { ++told; });
  scene.sim.run_for(1s);
  EXPECT_EQ(told, 1);
  scene.phone().set_up(false);
  scene.phone().set_up(true);
  scene.sim.run_for(1s);
  EXPECT_EQ(told, 1);
  scene.cable().add_address("192.0.2.44/24");
  scene.sim.run_for(1s);
  EXPECT_EQ(told, 2);
}

TEST(PathMonitor, what_nobody_took_is_replaced_by_what_is_newer) {
  Uplinks scene;
  PathMonitor monitor(*scene.loop);
  for (int i = 0; i < 1000; ++i) {
    scene.cable().set_running(i % 2 != 0);
    scene.sim.run_for(1ms);
  }
  EXPECT_EQ(names_of(monitor.next().wait().value()), (Names{"eth0", "wwan0"}));
  Operation<Path> none = monitor.next();
  bool done = false;
  none.start([&](Result<Path>&&) { done = true; });
  scene.sim.run_for(1s);
  EXPECT_FALSE(done);
}

TEST(PathMonitor, says_for_one_endpoint_which_interfaces_lead_there_and_why_not) {
  Uplinks scene;
  sim::Network& lab = scene.sim.add_network("lab");
  scene.home.attach(lab, "eth1", {"10.0.0.10/24"}, sim::AttachOptions().default_route(false));
  const auto towards = [&](const Endpoint& endpoint, const Parameters& parameters = {}) {
    return PathMonitor::towards(*scene.loop, endpoint, parameters).value().current();
  };
  EXPECT_EQ(names_of(towards(host("10.0.0.7", 80))), (Names{"eth1", "eth0", "wwan0"}));
  EXPECT_EQ(names_of(towards(host("127.0.0.1", 80))), (Names{"lo"}));
  EXPECT_EQ(reasons_of(towards(host("203.0.113.80", 80),
                               Parameters().prohibit_expensive(true).prohibit_interface("eth0"))),
            (Names{"eth0 interface_prohibited", "wwan0 expensive_prohibited", "eth1 no_route"}));
  EXPECT_EQ(reasons_of(towards(host("203.0.113.80", 80), Parameters().local_only(true))),
            (Names{"eth0 not_local", "wwan0 not_local", "eth1 no_route"}));
  EXPECT_EQ(PathMonitor::towards(*scene.loop, host("bad name", 1)).error().kind(),
            ErrorKind::invalid_argument);
}

TEST(PathMonitor, a_name_without_anybody_to_ask_is_a_reason_and_a_new_server_ends_it) {
  Uplinks scene;
  scene.home.remove_file("/etc/resolv.conf");
  PathMonitor monitor = PathMonitor::towards(*scene.loop, host("www.example.com", 80)).value();
  EXPECT_EQ(reasons_of(monitor.next().wait().value()), (Names{" no_resolver"}));
  scene.home.write_file("/etc/resolv.conf", "nameserver 198.51.100.53\n");
  EXPECT_TRUE(monitor.next().wait().value().is_satisfied());
}

TEST(PathMonitor, knows_what_the_administrator_and_the_system_say_of_interfaces) {
  Uplinks scene;
  PathMonitor monitor(*scene.loop, Parameters().prohibit_constrained(true));
  EXPECT_EQ(names_of(monitor.next().wait().value()), (Names{"eth0", "wwan0"}));
  scene.home.write_file("/etc/bowline/interfaces.conf",
                        "wwan* not-expensive nat64=64:ff9b::/96\n"
                        "eth0 constrained expensive type=peer_to_peer\n");
  const Path second = monitor.next().wait().value();
  EXPECT_EQ(names_of(second), (Names{"wwan0"}));
  EXPECT_FALSE(second.is_expensive());
  EXPECT_EQ(to_string(*second.interfaces()[0].nat64_prefix()), "64:ff9b::/96");
  scene.phone().set_constrained(true);
  const Path third = monitor.next().wait().value();
  EXPECT_EQ(reasons_of(third),
            (Names{"eth0 constrained_prohibited", "wwan0 constrained_prohibited"}));
  EXPECT_EQ(scene.loop->path().value().interfaces()[1].type(), InterfaceType::peer_to_peer);
}

TEST(PathMonitor, ends_with_its_handle_and_with_its_loop) {
  Uplinks scene;
  {
    PathMonitor monitor(*scene.loop);
    (void)monitor.next().wait();
    Result<Path> ended = Error(ErrorKind::internal, "test", "untouched");
    Operation<Path> pending = monitor.next();
    pending.start([&](Result<Path>&& path) { ended = std::move(path); });
    monitor.close();
    scene.sim.run_for(1ms);
    EXPECT_EQ(ended.error().kind(), ErrorKind::closed);
    EXPECT_EQ(monitor.next().wait().error().kind(), ErrorKind::closed);
    EXPECT_TRUE(scene.loop->residents().empty());
  }
  PathMonitor kept(*scene.loop);
  kept.on_update([&](const Path&) { ADD_FAILURE(); });
  ASSERT_EQ(scene.loop->residents().size(), 1U);
  EXPECT_EQ(scene.loop->residents()[0].kind(), ResidentKind::path_monitor);
  EXPECT_EQ(scene.loop->residents()[0].state(), "satisfied");
  scene.loop.reset();
  EXPECT_TRUE(kept.current().is_satisfied());
}

TEST(PathMonitor, its_handler_may_drop_it) {
  Uplinks scene;
  std::optional<PathMonitor> monitor(std::in_place, *scene.loop);
  int told = 0;
  monitor->on_update([&, held = std::string(100, 'x')](const Path&) {
    monitor.reset();
    told += static_cast<int>(held.size());
  });
  scene.sim.run_for(1s);
  EXPECT_EQ(told, 100);
}

}  // namespace
}  // namespace bowline::test
