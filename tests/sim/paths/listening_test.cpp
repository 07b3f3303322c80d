#include "uplinks.h"

#include <gtest/gtest.h>

// Listeners that are choosy about interfaces.

namespace bowline::test {
namespace {

constexpr std::uint16_t port = 7777;

/// Whether the web server's host can connect to an address of the home.
bool reaches(Uplinks& scene, std::string_view address) {
  StreamConnection connection = connect(*scene.web_loop, host(address, port), tcp(),
                                        Parameters().wait(Waiting::never).connect_within(5s));
  return connection.ready().wait().has_value();
}

TEST(ChoosyListener, is_reached_over_the_interfaces_that_do_alone) {
  Uplinks scene;
  Listener<StreamConnection> listener =
      *listen(*scene.loop, any(port), tcp(), Parameters().prohibit_expensive(true));
  EXPECT_EQ(listener.local_address().port, port);
  EXPECT_TRUE(reaches(scene, "192.0.2.10"));
  EXPECT_TRUE(reaches(scene, "2001:db8:1::10"));
  EXPECT_FALSE(reaches(scene, "100.64.0.10"));
  StreamConnection own = connect(*scene.loop, host("127.0.0.1", port), tcp());
  EXPECT_TRUE(own.ready().wait().has_value());
}

TEST(ChoosyListener, waits_for_an_interface_and_follows_what_becomes_of_it) {
  Uplinks scene;
  scene.cable().set_running(false);
  Listener<StreamConnection> listener =
      *listen(*scene.loop, any(port), tcp(), Parameters().require(InterfaceType::wired));
  EXPECT_FALSE(reaches(scene, "100.64.0.10"));
  scene.cable().set_running(true);
  scene.sim.run_for(1ms);
  EXPECT_TRUE(reaches(scene, "192.0.2.10"));
  scene.home.write_file("/etc/bowline/interfaces.conf", "eth0 type=wifi\nwwan0 type=wired\n");
  scene.sim.run_for(1ms);
  EXPECT_FALSE(reaches(scene, "192.0.2.10"));
  EXPECT_TRUE(reaches(scene, "100.64.0.10"));
  listener.close();
  EXPECT_FALSE(reaches(scene, "100.64.0.10"));
}

TEST(ChoosyListener, keeps_the_port_that_the_system_chose) {
  Uplinks scene;
  Listener<StreamConnection> listener =
      *listen(*scene.loop, any(0), tcp(), Parameters().prohibit(InterfaceType::tunnel));
  const std::uint16_t chosen = listener.local_address().port;
  ASSERT_NE(chosen, 0);
  for (const char* address : {"192.0.2.10", "100.64.0.10"}) {
    StreamConnection connection =
        connect(*scene.web_loop, host(address, chosen), tcp(), Parameters().wait(Waiting::never));
    EXPECT_TRUE(connection.ready().wait().has_value()) << address;
  }
}

TEST(ChoosyListener, with_local_only_hears_nobody_beyond_a_router) {
  Uplinks scene;
  sim::Host& printer = scene.sim.add_host("printer");
  printer.attach(scene.internet, "eth0", {"192.0.2.77/24"});
  Loop printer_loop(printer);
  Listener<StreamConnection> listener =
      *listen(*scene.loop, any(port), tcp(), Parameters().local_only(true));
  std::vector<std::string> peers;
  listener.on_connection([&](StreamConnection connection) {
    peers.push_back(to_string(connection.remote_address()->ip));
  });
  StreamConnection near = connect(printer_loop, host("192.0.2.10", port), tcp());
  StreamConnection far = connect(*scene.web_loop, host("192.0.2.10", port), tcp());
  scene.sim.run_for(1s);
  EXPECT_EQ(peers, (Names{"192.0.2.77"}));
}

TEST(ChoosyListener, of_udp_makes_flows_of_the_interfaces_that_do_alone) {
  Uplinks scene;
  Listener<DatagramConnection> listener =
      *listen(*scene.loop, any(port), udp(), Parameters().prohibit_expensive(true));
  std::vector<std::string> heard;
  std::vector<DatagramConnection> flows;
  listener.on_connection([&](DatagramConnection flow) {
    heard.push_back(to_string(flow.local_address()->ip));
    flows.push_back(std::move(flow));
  });
  DatagramConnection over_phone = connect(*scene.web_loop, host("100.64.0.10", port), udp());
  DatagramConnection over_cable = connect(*scene.web_loop, host("192.0.2.10", port), udp());
  ASSERT_TRUE(over_phone.send("x").wait().has_value());
  ASSERT_TRUE(over_cable.send("x").wait().has_value());
  scene.sim.run_for(1s);
  EXPECT_EQ(heard, (Names{"192.0.2.10"}));
}

}  // namespace
}  // namespace bowline::test
