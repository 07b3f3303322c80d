#include "sim/tests/two_hosts.h"

namespace bowline::sim {
namespace {

TEST(SimListener, shows_ipv4_peers_of_a_dual_stack_socket_as_ipv4) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"));
  Stream stream(lab.app);
  lab.connect(stream, server_v4);
  lab.sim.run_for(1s);
  EXPECT_EQ(server.streams.front()->socket->remote_address().ip, ip("192.0.2.1"));
  EXPECT_EQ(server.streams.front()->socket->local_address(), address(server_v4));
}

TEST(SimListener, that_is_not_dual_stack_refuses_ipv4) {
  TwoHosts lab;
  ports::ListenOptions options;
  options.dual_stack = false;
  Server server(lab.server, address("[::]:80"), true, options);
  Stream stream(lab.app);
  lab.connect(stream, server_v4);
  EXPECT_TRUE(stream.error);
}

TEST(SimListener, a_port_is_taken_once_unless_shared) {
  TwoHosts lab;
  Server first(lab.server, address("[::]:80"));
  ports::ListenOptions options;
  SocketAddress v4 = address("0.0.0.0:80");
  EXPECT_EQ(first.app.ports->network().listen(v4, options, first).error().kind(),
            ErrorKind::address_in_use);
  v4.port = 0;
  const auto other = first.app.ports->network().listen(v4, options, first);
  ASSERT_TRUE(other.has_value());
  EXPECT_NE((*other)->local_address().port, 0);
}

TEST(SimListener, several_share_a_port_and_the_connections) {
  TwoHosts lab;
  ports::ListenOptions options;
  options.reuse_port = true;
  options.backlog = 100;
  Host& big = lab.sim.add_host("big");
  big.attach(lab.net, "eth0", {"203.0.113.1/24"});
  Server one(big, address("[::]:80"), true, options), two(big, address("[::]:80"), true, options);
  std::vector<std::unique_ptr<Stream>> streams;
  for (int i = 0; i < 60; ++i) {
    streams.push_back(std::make_unique<Stream>(lab.app));
    lab.connect(*streams.back(), "203.0.113.1:80");
  }
  lab.sim.run_for(1s);
  EXPECT_EQ(one.streams.size() + two.streams.size(), 60u);
  EXPECT_GT(one.streams.size(), 15u);
  EXPECT_GT(two.streams.size(), 15u);
}

TEST(SimListener, ignores_what_comes_to_a_full_queue_until_there_is_room) {
  TwoHosts lab;
  ports::ListenOptions options;
  options.backlog = 1;
  Server server(lab.server, address("[::]:80"), true, options);
  server.accepting = false;
  Stream first(lab.app), second(lab.app);
  lab.connect(first, server_v4);
  ASSERT_TRUE(second.connect(address(server_v4)).has_value());
  lab.sim.run_for(500ms);
  EXPECT_FALSE(second.connected || second.error);
  server.accepting = true;
  server.handle_readiness({});
  lab.sim.run_for(1s);
  EXPECT_TRUE(second.connected);
}

TEST(SimListener, that_goes_resets_what_it_did_not_accept) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"));
  server.accepting = false;
  Stream stream(lab.app);
  lab.connect(stream, server_v4);
  lab.sim.run_for(1s);
  server.listener.reset();
  lab.sim.run_for(1s);
  ASSERT_TRUE(stream.error);
  EXPECT_EQ(stream.error->kind(), ErrorKind::reset);
}

TEST(SimListener, gives_out_what_was_reset_in_the_queue_with_the_bytes_that_came_before) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"), false);
  server.accepting = false;
  Stream client(lab.app);
  lab.connect(client, server_v4);
  client.say("last words");
  lab.sim.run_for(1s);
  client.socket->abort();
  lab.sim.run_for(1s);
  server.accepting = true;
  server.handle_readiness({});
  ASSERT_EQ(server.streams.size(), 1u);
  lab.sim.run_for(1s);
  EXPECT_EQ(server.streams.front()->heard, "last words");
  ASSERT_TRUE(server.streams.front()->error);
  EXPECT_EQ(server.streams.front()->error->kind(), ErrorKind::reset);
}

TEST(SimListener, leaves_a_connection_in_the_queue_while_its_host_has_no_socket) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"));
  server.accepting = false;
  std::vector<std::unique_ptr<Datagrams>> sockets;
  for (std::uint16_t port = 1; port < 10; ++port)
    sockets.push_back(std::make_unique<Datagrams>(server.app, port));
  Stream stream(lab.app);
  lab.connect(stream, server_v4);
  EXPECT_TRUE(stream.connected);
  lab.sim.run_for(1s);
  EXPECT_EQ(server.listener->accept().error().kind(), ErrorKind::resources_exhausted);
  sockets.pop_back();
  EXPECT_NE(server.listener->accept().value(), nullptr);
}

/// Client's end at a port of its own, so that the next connection has the same two ends.
ports::Binding always_port_5000() {
  ports::Binding binding;
  binding.port = 5000;
  binding.reuse_address = true;
  return binding;
}

TEST(SimListener, takes_a_connection_in_place_of_a_dead_one_that_somebody_still_holds) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"));
  Stream first(lab.app), second(lab.app);
  lab.connect(first, server_v4, always_port_5000());
  lab.sim.run_for(1s);
  first.socket->abort();
  first.socket.reset();
  lab.sim.run_for(1s);
  ASSERT_EQ(server.streams.size(), 1u);
  ASSERT_TRUE(server.streams[0]->error) << "it heard of the reset, and holds the socket";
  EXPECT_EQ(lab.connect(second, server_v4, always_port_5000()), 20ms);
  EXPECT_TRUE(second.connected);
  lab.sim.run_for(1s);
  server.streams[0].reset();
  second.say("echo");
  EXPECT_TRUE(lab.sim.run_until([&] { return second.heard == "echo"; }, 1s));
}

TEST(SimListener, takes_a_connection_in_place_of_one_in_time_wait) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"), false);
  Stream first(lab.app), second(lab.app);
  lab.connect(first, server_v4, always_port_5000());
  lab.sim.run_for(100ms);
  server.streams.at(0)->socket.reset();  // closes first
  lab.sim.run_for(100ms);
  ASSERT_TRUE(first.ended);
  first.socket.reset();
  lab.sim.run_for(100ms);
  EXPECT_EQ(lab.connect(second, server_v4, always_port_5000()), 20ms);
  EXPECT_TRUE(second.connected);
}

TEST(SimHost, counts_no_socket_that_was_closed) {
  TwoHosts lab;
  Host& small = lab.sim.add_host("small", HostOptions().sockets(1));
  small.attach(lab.net, "eth0", {"203.0.113.1/24"});
  Server server(lab.server, address("[::]:80"));
  App app{small};
  for (int i = 0; i < 3; ++i) {
    Stream stream(app);
    lab.connect(stream, server_v4);
    EXPECT_TRUE(stream.connected) << i;
  }
}

TEST(SimHost, has_so_many_sockets_and_no_more) {
  TwoHosts lab;
  App app(lab.server);
  std::vector<std::unique_ptr<Datagrams>> sockets;
  for (std::uint16_t port = 1; port <= 10; ++port)
    sockets.push_back(std::make_unique<Datagrams>(app, port));
  Stream stream(app);
  EXPECT_EQ(stream.connect(address("192.0.2.1:80")).error().kind(), ErrorKind::resources_exhausted);
  sockets.pop_back();
  EXPECT_TRUE(stream.connect(address("192.0.2.1:80")).has_value());
}

}  // namespace
}  // namespace bowline::sim
