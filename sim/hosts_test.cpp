#include <gtest/gtest.h>

#include <algorithm>

#include <bowline/sim/simulation.h>

#include "ports/network.h"
#include "sim/tests/app.h"

namespace bowline::sim {
namespace {

using namespace std::chrono_literals;

struct CountingObserver final : ports::NetworkObserver {
  void handle_network_change() override { ++changes; }
  int changes = 0;
};

/// A phone with two ways to the server.
struct RoamingLab {
  RoamingLab() {
    server.attach(net, "eth0", {"198.51.100.1/24", "2001:db8:1::1/64"});
    app.ports->network().observe(&observer);
  }
  [[nodiscard]] std::optional<ports::SourceAddress> source(std::string_view to,
                                                           std::uint32_t interface_index = 0) {
    return app.ports->network().source_for(ip(to), interface_index);
  }
  [[nodiscard]] std::shared_ptr<const ports::NetworkSnapshot> snapshot() {
    return app.ports->network().snapshot().value();
  }

  Simulation sim{1};
  Network& net = sim.add_network("internet");
  Host& phone = sim.add_host("phone");
  Host& server = sim.add_host("server");
  Interface& wifi =
      phone.attach(net, "wlan0", {"192.0.2.1/24", "2001:db8:a::1/64"},
                   AttachOptions().medium(Medium::wifi).link(LinkOptions().delay(10ms)));
  Interface& mobile = phone.attach(
      net, "wwan0", {"203.0.113.1/24", "2001:db8:b::1/64"},
      AttachOptions().medium(Medium::cellular).mtu(1400).link(LinkOptions().delay(50ms)));
  App app{phone};
  CountingObserver observer;
};

TEST(SimHost, shows_its_interfaces_addresses_and_routes) {
  RoamingLab lab;
  const auto snapshot = lab.snapshot();
  ASSERT_EQ(snapshot->interfaces.size(), 3u);
  EXPECT_EQ(snapshot->interfaces[0].name, "lo");
  EXPECT_EQ(snapshot->interfaces[0].type, ports::InterfaceType::loopback);
  const ports::Interface& wwan = snapshot->interfaces[2];
  EXPECT_EQ(wwan.name, "wwan0");
  EXPECT_EQ(wwan.index, 3u);
  EXPECT_EQ(wwan.type, ports::InterfaceType::cellular);
  EXPECT_EQ(wwan.mtu, 1400u);
  EXPECT_TRUE(wwan.up && wwan.running);
  ASSERT_EQ(wwan.addresses.size(), 2u);
  EXPECT_EQ(to_string(wwan.addresses[1].prefix), "2001:db8:b::/64");
  EXPECT_EQ(std::ranges::count(snapshot->routes, 0u,
                               [](const auto& route) { return route.destination.length(); }),
            4);
  EXPECT_EQ(std::ranges::count(snapshot->routes, 3u, &ports::Route::interface_index), 4);
}

TEST(SimHost, prefers_the_default_route_of_the_least_metric) {
  RoamingLab lab;
  EXPECT_EQ(lab.source("198.51.100.1")->address, ip("192.0.2.1"));
  EXPECT_EQ(lab.source("2001:db8:1::1")->interface_index, lab.wifi.index());
  EXPECT_EQ(lab.source("198.51.100.1", lab.mobile.index())->address, ip("203.0.113.1"));
}

TEST(SimHost, prefers_the_longest_prefix_to_any_metric) {
  RoamingLab lab;
  lab.phone.add_route("198.51.100.0/24", lab.mobile, 1000);
  EXPECT_EQ(lab.source("198.51.100.1")->interface_index, lab.mobile.index());
  lab.phone.remove_route("198.51.100.0/24", lab.mobile);
  EXPECT_EQ(lab.source("198.51.100.1")->interface_index, lab.wifi.index());
}

TEST(SimHost, prefers_sources_by_deprecation_and_then_by_prefix) {
  RoamingLab lab;
  lab.wifi.add_address("2001:db8:1:ffff::1/64");
  EXPECT_EQ(lab.source("2001:db8:1::1")->address, ip("2001:db8:1:ffff::1"));
  lab.wifi.set_deprecated("2001:db8:1:ffff::1", true);
  EXPECT_EQ(lab.source("2001:db8:1::1")->address, ip("2001:db8:a::1"));
  lab.wifi.set_deprecated("2001:db8:a::1", true);
  EXPECT_TRUE(lab.source("2001:db8:1::1")->deprecated);
}

TEST(SimHost, reaches_itself_over_loopback) {
  RoamingLab lab;
  EXPECT_EQ(lab.source("127.0.0.1")->interface_index, 1u);
  EXPECT_EQ(lab.source("203.0.113.1")->address, ip("203.0.113.1"));
}

TEST(SimHost, without_an_address_of_the_family_has_no_source) {
  Simulation sim(1);
  Network& net = sim.add_network("internet");
  Host& host = sim.add_host("host");
  host.attach(net, "eth0", {"192.0.2.1/24"});
  App app(host);
  EXPECT_TRUE(app.ports->network().source_for(ip("198.51.100.1"), 0));
  EXPECT_FALSE(app.ports->network().source_for(ip("2001:db8::1"), 0));
}

TEST(SimHost, tells_its_loops_of_every_change_from_inside_wait) {
  RoamingLab lab;
  const auto before = lab.snapshot();
  lab.wifi.set_up(false);
  lab.mobile.remove_address("203.0.113.1");
  EXPECT_EQ(lab.observer.changes, 0) << "only from inside wait";
  lab.sim.run_for(1ms);
  EXPECT_EQ(lab.observer.changes, 1) << "changes of one moment are one change";
  EXPECT_FALSE(lab.snapshot()->interfaces[1].up);
  EXPECT_TRUE(before->interfaces[1].up) << "a snapshot never changes";
  lab.wifi.set_running(false);
  lab.sim.run_for(1ms);
  EXPECT_EQ(lab.observer.changes, 2);
  lab.wifi.set_running(false);
  lab.sim.run_for(1ms);
  EXPECT_EQ(lab.observer.changes, 2) << "nothing changed";
}

TEST(SimHost, uses_the_other_way_when_an_interface_goes_down) {
  RoamingLab lab;
  Server server(lab.server, address("[::]:80"));
  lab.wifi.set_up(false);
  EXPECT_EQ(lab.source("198.51.100.1")->address, ip("203.0.113.1"));
  Stream stream(lab.app);
  ASSERT_TRUE(stream.connect(address("198.51.100.1:80")).has_value());
  EXPECT_TRUE(lab.sim.run_until([&] { return stream.connected; }, 1s));
  EXPECT_EQ(stream.socket->statistics().smoothed_rtt, 100ms);
  lab.wifi.set_up(true);
  EXPECT_EQ(lab.source("198.51.100.1")->address, ip("192.0.2.1"));
}

TEST(SimHost, a_connection_survives_when_its_interface_comes_back) {
  RoamingLab lab;
  Server server(lab.server, address("[::]:80"));
  Stream stream(lab.app);
  ports::Binding binding;
  binding.interface_index = lab.wifi.index();
  ASSERT_TRUE(stream.connect(address("198.51.100.1:80"), binding).has_value());
  ASSERT_TRUE(lab.sim.run_until([&] { return stream.connected; }, 1s));
  lab.wifi.set_running(false);
  stream.say("hello");
  lab.sim.run_for(5s);
  EXPECT_EQ(stream.heard, "");
  lab.wifi.set_running(true);
  EXPECT_TRUE(lab.sim.run_until([&] { return stream.heard == "hello"; }, 10s));
}

TEST(SimHost, bound_to_an_interface_a_connection_uses_no_other) {
  RoamingLab lab;
  Server server(lab.server, address("[::]:80"));
  Stream stream(lab.app);
  ports::Binding binding;
  binding.interface_index = lab.mobile.index();
  ASSERT_TRUE(stream.connect(address("198.51.100.1:80"), binding).has_value());
  ASSERT_TRUE(lab.sim.run_until([&] { return stream.connected; }, 1s));
  EXPECT_EQ(stream.socket->local_address().ip, ip("203.0.113.1"));
  lab.mobile.set_up(false);
  Stream second(lab.app);
  EXPECT_EQ(second.connect(address("198.51.100.1:80"), binding).error().kind(),
            ErrorKind::unreachable);
}

TEST(SimHost, packets_to_an_address_that_was_removed_vanish) {
  RoamingLab lab;
  Server server(lab.server, address("[::]:80"), false);
  Stream stream(lab.app);
  ASSERT_TRUE(stream.connect(address("198.51.100.1:80")).has_value());
  ASSERT_TRUE(lab.sim.run_until([&] { return !server.streams.empty(); }, 1s));
  lab.wifi.remove_address("192.0.2.1");
  server.streams.front()->say("hello?");
  lab.sim.run_for(3s);
  EXPECT_EQ(stream.heard, "");
  EXPECT_NE(lab.sim.transcript().find("nobody there"), std::string::npos);
}

TEST(SimHost, keeps_files_with_versions) {
  RoamingLab lab;
  ports::Files& files = lab.app.ports->files();
  EXPECT_EQ(files.version("/etc/resolv.conf"), 0u);
  EXPECT_FALSE(files.read("/etc/resolv.conf", 100).has_value());
  lab.phone.write_file("/etc/resolv.conf", "nameserver 192.0.2.53\n");
  const auto version = files.version("/etc/resolv.conf");
  EXPECT_NE(version, 0u);
  EXPECT_EQ(files.read("/etc/resolv.conf", 100).value(), "nameserver 192.0.2.53\n");
  EXPECT_EQ(files.read("/etc/resolv.conf", 5).value(), "names");
  lab.phone.write_file("/etc/resolv.conf", "nameserver 192.0.2.54\n");
  EXPECT_NE(files.version("/etc/resolv.conf"), version);
  lab.phone.remove_file("/etc/resolv.conf");
  EXPECT_EQ(files.version("/etc/resolv.conf"), 0u);
}

TEST(SimNetwork, drops_a_whole_family_while_a_rule_says_so) {
  RoamingLab lab;
  Server server(lab.server, address("[::]:80"));
  const RuleId rule = lab.net.add_rule(Match().family(Family::ipv6), Verdict::drop);
  Stream v4(lab.app), v6(lab.app);
  ASSERT_TRUE(v4.connect(address("198.51.100.1:80")).has_value());
  ASSERT_TRUE(v6.connect(address("[2001:db8:1::1]:80")).has_value());
  lab.sim.run_for(500ms);
  EXPECT_TRUE(v4.connected);
  EXPECT_FALSE(v6.connected);
  lab.net.remove_rule(rule);
  lab.sim.run_for(1s);
  EXPECT_TRUE(v6.connected) << "by the second SYN";
}

TEST(SimNetwork, the_first_rule_that_fits_decides) {
  RoamingLab lab;
  Server server(lab.server, address("[::]:80")), other(lab.server, address("[::]:81"));
  lab.net.add_rule(Match().tcp().to_port(80), Verdict::pass);
  lab.net.add_rule(Match().tcp().to("198.51.100.0/24"), Verdict::reset);
  Stream good(lab.app), bad(lab.app);
  ASSERT_TRUE(good.connect(address("198.51.100.1:80")).has_value());
  ASSERT_TRUE(bad.connect(address("198.51.100.1:81")).has_value());
  lab.sim.run_for(1s);
  EXPECT_TRUE(good.connected);
  EXPECT_TRUE(bad.error);
}

TEST(SimNetwork, rules_may_look_at_the_bytes) {
  RoamingLab lab;
  App server_app(lab.server);
  Datagrams client(lab.app, 1000), server(server_app, 2000);
  lab.net.add_rule(Match().udp().where([](std::span<const std::byte> packet) {
    return as_text(packet).ends_with("secret");
  }),
                   Verdict::drop);
  EXPECT_TRUE(client.send(address("198.51.100.1:2000"), "open").has_value());
  EXPECT_TRUE(client.send(address("198.51.100.1:2000"), "secret").has_value());
  lab.sim.run_for(1s);
  ASSERT_EQ(server.heard.size(), 1u);
  EXPECT_EQ(server.heard[0].text, "open");
}

}  // namespace
}  // namespace bowline::sim
