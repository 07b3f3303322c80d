#include "uplinks.h"

#include <gtest/gtest.h>

#include <set>

// What parameters say about the way holds for connections, and for the questions that they ask.

namespace bowline::test {
namespace {

using enum ConnectionState;

std::string interface_of(StreamConnection& connection) {
  const Result<void> ready = connection.ready().wait();
  return ready.has_value() ? connection.report().interface() : to_string(ready.error());
}

TEST(Constraints, choose_the_interface_of_a_connection) {
  Uplinks scene;
  StreamConnection usual = scene.connect_to_web();
  EXPECT_EQ(interface_of(usual), "eth0");
  StreamConnection cellular = scene.connect_to_web(Parameters().require(InterfaceType::cellular));
  EXPECT_EQ(interface_of(cellular), "wwan0");
  StreamConnection not_wired = scene.connect_to_web(Parameters().prohibit(InterfaceType::wired));
  EXPECT_EQ(interface_of(not_wired), "wwan0");
  StreamConnection not_eth0 = scene.connect_to_web(Parameters().prohibit_interface("eth0"));
  EXPECT_EQ(interface_of(not_eth0), "wwan0");
  StreamConnection cheap = scene.connect_to_web(Parameters().prohibit_expensive(true));
  EXPECT_EQ(interface_of(cheap), "eth0");
}

TEST(Constraints, wait_for_an_interface_that_does_and_say_what_is_missing) {
  Uplinks scene;
  scene.cable().set_running(false);
  StreamConnection connection =
      scene.connect_to_web(Parameters().prohibit_expensive(true).connect_within(30s));
  std::string why;
  connection.on_state([&](ConnectionState state, const Error* error) {
    if (state == waiting) why = error->message();
  });
  scene.sim.run_for(3s);
  EXPECT_EQ(connection.state(), waiting);
  EXPECT_EQ(why,
            "eth0: it has no carrier; eth0: no route leads there; wwan0: it is expensive, "
            "which is prohibited");
  scene.cable().set_running(true);
  scene.sim.run_for(500ms);
  EXPECT_EQ(connection.state(), ready);
  EXPECT_EQ(interface_of(connection), "eth0");
}

TEST(Constraints, fail_at_once_for_those_who_do_not_wait) {
  Uplinks scene;
  StreamConnection connection =
      scene.connect_to_web(Parameters().require(InterfaceType::wifi).wait(Waiting::never));
  const Result<void> result = connection.ready().wait();
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::unreachable);
  EXPECT_EQ(result.error().domain(), ErrorDomain::policy);
  EXPECT_EQ(result.error().message(),
            "eth0: another type of interface is required; wwan0: another "
            "type of interface is required");
}

TEST(Constraints, the_next_interface_that_does_is_tried_where_the_first_leads_nowhere) {
  Uplinks scene;
  scene.home.attach(scene.sim.add_network("island"), "wlan0", {"10.7.0.2/24"},
                    sim::AttachOptions().medium(sim::Medium::wifi).metric(5));
  // The servers of the island's network do not answer: it is cut off.
  StreamConnection connection =
      scene.connect_to_web(Parameters().prohibit(InterfaceType::cellular).connect_within(10s));
  EXPECT_EQ(interface_of(connection), "eth0");
  EXPECT_LT(connection.report().total(), 3500ms);
  StreamConnection address =
      connect(*scene.loop, host("203.0.113.80", 80), tcp(),
              Parameters().prohibit(InterfaceType::cellular).connect_within(10s));
  EXPECT_EQ(interface_of(address), "eth0");
  EXPECT_EQ(address.report().attempts().size(), 2U);
}

TEST(Constraints, hold_for_udp) {
  Uplinks scene;
  DatagramConnection flow = connect(*scene.loop, host("203.0.113.80", 9), udp(),
                                    Parameters().require(InterfaceType::cellular));
  ASSERT_TRUE(flow.ready().wait().has_value());
  EXPECT_EQ(to_string(flow.local_address()->ip), "100.64.0.10");
}

TEST(Constraints, towards_this_host_its_loopback_counts) {
  Uplinks scene;
  Listener<StreamConnection> listener = *listen(*scene.loop, any(7), tcp());
  StreamConnection own =
      connect(*scene.loop, host("192.0.2.10", 7), tcp(), Parameters().prohibit_expensive(true));
  EXPECT_TRUE(own.ready().wait().has_value());
  StreamConnection wired = connect(*scene.loop, host("192.0.2.10", 7), tcp(),
                                   Parameters().require(InterfaceType::wired).wait(Waiting::never));
  EXPECT_EQ(wired.ready().wait().error().kind(), ErrorKind::unreachable);
}

TEST(Constraints, local_only_reaches_nobody_beyond_a_router) {
  Uplinks scene;
  sim::Host& printer = scene.sim.add_host("printer");
  printer.attach(scene.internet, "eth0", {"192.0.2.77/24"});
  Loop printer_loop(printer);
  Listener<StreamConnection> listener = *listen(printer_loop, any(80), tcp());
  const Parameters near = Parameters().local_only(true).wait(Waiting::never);
  StreamConnection printing = connect(*scene.loop, host("192.0.2.77", 80), tcp(), near);
  EXPECT_EQ(interface_of(printing), "eth0");
  scene.dns->add("mixed.example.com", "A", "203.0.113.80");
  scene.dns->add("mixed.example.com", "A", "192.0.2.77");
  StreamConnection by_name = connect(*scene.loop, host("mixed.example.com", 80), tcp(), near);
  ASSERT_EQ(interface_of(by_name), "eth0");
  EXPECT_EQ(to_string(by_name.remote_address()->ip), "192.0.2.77");
  StreamConnection far = scene.connect_to_web(near);
  const Result<void> refused = far.ready().wait();
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message().find("beyond a router"), std::string::npos)
      << to_string(refused.error());
}

TEST(Constraints, what_a_simulated_host_cannot_do_is_an_error_that_names_it) {
  Uplinks scene;
  const auto refusal = [&](const TcpOptions& stack) {
    StreamConnection connection =
        connect(*scene.loop, host("203.0.113.80", 80), stack, Parameters().wait(Waiting::never));
    const Result<void> result = connection.ready().wait();
    return result.has_value() ? std::string("ready") : result.error().message();
  };
  EXPECT_EQ(refusal(tcp().multipath(true)), "multipath: a simulated host does not have it");
  EXPECT_EQ(refusal(tcp().fast_open(true)), "fast open: a simulated host does not have it");
  EXPECT_EQ(refusal(tcp().pacing_bytes_per_second(1000)),
            "pacing: a simulated host does not have it");
  EXPECT_EQ(refusal(tcp().max_segment_bytes(500).hop_limit(9)), "ready");
}

TEST(Constraints, a_service_class_marks_the_packets_of_tcp_and_udp) {
  Uplinks scene;
  std::set<int> marked;
  scene.internet.add_rule(sim::Match().where([&](std::span<const std::byte> packet) {
    const int version = std::to_integer<int>(packet[0]) >> 4;
    const int traffic_class = version == 4 ? std::to_integer<int>(packet[1])
                                           : (std::to_integer<int>(packet[0]) & 15) << 4 |
                                                 std::to_integer<int>(packet[1]) >> 4;
    marked.insert(traffic_class >> 2);
    return false;
  }),
                          sim::Verdict::drop);
  const auto classes = [&](ServiceClass service_class) {
    scene.sim.run_for(1min);  // until nothing of earlier ones is on its way
    marked.clear();
    const Parameters parameters = Parameters().service_class(service_class);
    StreamConnection stream = connect(*scene.loop, host("203.0.113.80", 80), tcp(), parameters);
    (void)stream.ready().wait();
    DatagramConnection flow = connect(*scene.loop, host("2001:db8:2::80", 9), udp(), parameters);
    (void)flow.send("x").wait();
    scene.sim.run_for(1s);
    return marked;
  };
  EXPECT_EQ(classes(ServiceClass::best_effort), (std::set<int>{0}));
  // What the peer answers is its own.
  EXPECT_EQ(classes(ServiceClass::voice), (std::set<int>{0, 46}));
  EXPECT_EQ(classes(ServiceClass::background), (std::set<int>{0, 8}));
  EXPECT_EQ(classes(ServiceClass::video), (std::set<int>{0, 34}));
}

TEST(Constraints, a_listener_honours_what_is_about_its_interface) {
  Uplinks scene;
  const auto refused = [&](const Parameters& parameters) {
    const auto listener = listen(*scene.loop, any(80), tcp(), parameters);
    return listener.has_value() ? std::string("listens") : std::string(listener.error().subject());
  };
  EXPECT_EQ(refused(Parameters().prefer_address(AddressPreference::stable)), "prefer_address");
  EXPECT_EQ(refused(Parameters().service_class(ServiceClass::voice)), "listens");
}

}  // namespace
}  // namespace bowline::test
