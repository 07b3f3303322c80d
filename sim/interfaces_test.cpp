#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bowline/sim/simulation.h>

#include <vector>

#include "sim/tests/app.h"

namespace bowline::sim {
namespace {

using testing::Each;
using namespace std::chrono_literals;

/// A server on two links, and a client on the second.
struct TwoLinks {
  TwoLinks() {
    server.attach(first, "eth0", {"fe80::a/64"});
    server.attach(second, "eth1", {"fe80::b/64"});
    client.attach(second, "eth0", {"fe80::c/64"});
  }
  Simulation sim{1};
  Network& first = sim.add_network("first");
  Network& second = sim.add_network("second");
  Host& server = sim.add_host("server");
  Host& client = sim.add_host("client");
  App server_app{server};
  App client_app{client};
};

TEST(SimInterfaces, a_link_local_peer_has_a_zone_and_is_answered_on_its_link) {
  TwoLinks lab;
  Datagrams there(lab.server_app, 1000), here(lab.client_app, 1000);
  EXPECT_TRUE(here.send(address("[fe80::b%2]:1000"), "question").has_value());
  lab.sim.run_for(1s);
  ASSERT_EQ(there.heard.size(), 1u);
  EXPECT_EQ(to_string(there.heard[0].remote), "[fe80::c%3]:1000");
  EXPECT_EQ(to_string(there.heard[0].local), "fe80::b%3");
  EXPECT_TRUE(there.send(there.heard[0].remote, "answer").has_value());
  lab.sim.run_for(1s);
  EXPECT_EQ(here.heard.size(), 1u);
}

TEST(SimInterfaces, a_link_local_peer_is_accepted_on_its_link) {
  TwoLinks lab;
  Server there(lab.server, address("[::]:80"));
  Stream stream(lab.client_app);
  ASSERT_TRUE(stream.connect(address("[fe80::b%2]:80")).has_value());
  stream.say("hello");
  ASSERT_TRUE(lab.sim.run_until([&] { return stream.heard == "hello"; }, 1s));
  EXPECT_EQ(to_string(stream.socket->remote_address()), "[fe80::b%2]:80");
  EXPECT_EQ(to_string(there.streams[0]->socket->remote_address().ip), "fe80::c%3");
  EXPECT_EQ(to_string(there.streams[0]->socket->local_address()), "[fe80::b%3]:80");
}

TEST(SimInterfaces, a_refusal_on_a_link_reaches_whoever_is_refused) {
  TwoLinks lab;
  ports::DatagramOptions options;
  options.connect_to = address("[fe80::b%2]:1000");
  Datagrams datagrams(lab.client_app, options);
  EXPECT_TRUE(datagrams.send({}, "to nobody").has_value());
  Stream stream(lab.client_app);
  ASSERT_TRUE(stream.connect(address("[fe80::b%2]:80")).has_value());
  lab.sim.run_for(100ms);
  ASSERT_TRUE(datagrams.error && stream.error);
  EXPECT_EQ(datagrams.error->kind(), ErrorKind::refused);
  EXPECT_EQ(stream.error->kind(), ErrorKind::refused);
}

TEST(SimInterfaces, a_host_reaches_its_own_link_local_address) {
  TwoLinks lab;
  Server there(lab.server, address("[fe80::b%3]:80"));
  Stream stream(lab.server_app);
  ASSERT_TRUE(stream.connect(address("[fe80::b%3]:80")).has_value());
  EXPECT_TRUE(lab.sim.run_until([&] { return stream.connected; }, 1s));
}

TEST(SimInterfaces, no_link_local_address_is_connected_to_without_an_interface) {
  TwoLinks lab;
  Stream stream(lab.client_app);
  EXPECT_FALSE(stream.connect(address("[fe80::b]:80")).has_value());
  ports::Binding binding;
  binding.interface_index = 2;
  EXPECT_TRUE(stream.connect(address("[fe80::b]:80"), binding).has_value());
  EXPECT_EQ(to_string(stream.socket->remote_address().ip), "fe80::b%2");
}

TEST(SimInterfaces, no_link_local_address_is_bound_to_without_an_interface) {
  TwoLinks lab;
  ports::Network& network = lab.client_app.ports->network();
  Stream stream(lab.client_app);
  const auto try_all = [&](const char* local) {
    ports::DatagramOptions datagrams;
    datagrams.binding.source = address(local).ip;
    std::vector<bool> worked;
    worked.push_back(network.listen(address(local), {}, stream).has_value());
    worked.push_back(network.open_datagram(datagrams, stream).has_value());
    worked.push_back(stream.connect(address("[fe80::b%2]:80"), datagrams.binding).has_value());
    return worked;
  };
  EXPECT_THAT(try_all("[fe80::c]:80"), Each(false));
  EXPECT_THAT(try_all("[fe80::c%2]:80"), Each(true));
}

/// A server with two interfaces on one network.
struct TwoInterfaces {
  TwoInterfaces() { client.attach(net, "eth0", {"203.0.113.1/24"}); }
  Simulation sim{1};
  Network& net = sim.add_network("net");
  Host& server = sim.add_host("server");
  Host& client = sim.add_host("client");
  Interface& eth0 = server.attach(net, "eth0", {"192.0.2.1/24"});
  Interface& eth1 = server.attach(net, "eth1", {"198.51.100.1/24"});
  App server_app{server};
  App client_app{client};
};

ports::DatagramOptions bound_to(const Interface& interface) {
  ports::DatagramOptions options;
  options.family = Family::ipv4;
  options.binding.port = 1000;
  options.binding.interface_index = interface.index();
  return options;
}

TEST(SimInterfaces, sockets_share_a_port_and_hear_their_own_only) {
  TwoInterfaces lab;
  Datagrams first(lab.server_app, bound_to(lab.eth0)), second(lab.server_app, bound_to(lab.eth1));
  Datagrams client(lab.client_app, 1000);
  EXPECT_TRUE(client.send(address("192.0.2.1:1000"), "to eth0").has_value());
  EXPECT_TRUE(client.send(address("198.51.100.1:1000"), "to eth1").has_value());
  lab.sim.run_for(1s);
  ASSERT_EQ(first.heard.size(), 1u);
  EXPECT_EQ(first.heard[0].text, "to eth0");
  ASSERT_EQ(second.heard.size(), 1u);
  EXPECT_EQ(second.heard[0].text, "to eth1");
}

TEST(SimInterfaces, listeners_share_a_port_and_hear_their_own_only) {
  TwoInterfaces lab;
  ports::ListenOptions options;
  options.binding.interface_index = lab.eth1.index();
  Server second(lab.server, address("0.0.0.0:80"), true, options);
  Stream refused(lab.client_app), taken(lab.client_app);
  ASSERT_TRUE(refused.connect(address("192.0.2.1:80")).has_value());
  ASSERT_TRUE(taken.connect(address("198.51.100.1:80")).has_value());
  lab.sim.run_for(100ms);
  EXPECT_TRUE(refused.error && taken.connected);
  options.binding.interface_index = lab.eth0.index();
  Server first(lab.server, address("0.0.0.0:80"), true, options);
  Stream stream(lab.client_app);
  ASSERT_TRUE(stream.connect(address("192.0.2.1:80")).has_value());
  lab.sim.run_for(100ms);
  EXPECT_EQ(first.streams.size(), 1u);
}

}  // namespace
}  // namespace bowline::sim
