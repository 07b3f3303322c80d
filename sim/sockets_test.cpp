#include "sim/tests/two_hosts.h"

namespace bowline::sim {
namespace {

TEST(SimStream, connects_in_one_round_trip_and_measures_it) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"));
  Stream stream(lab.app);
  EXPECT_EQ(lab.connect(stream, server_v6), 20ms);
  EXPECT_TRUE(stream.connected);
  EXPECT_EQ(stream.socket->statistics().smoothed_rtt, 20ms);
  EXPECT_EQ(stream.socket->remote_address(), address(server_v6));
  EXPECT_EQ(stream.socket->local_address().ip, ip("2001:db8::1"));
}

TEST(SimStream, takes_a_port_of_its_own_that_nobody_has_unless_both_allow_it) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"));
  Server here(lab.client, address("[::]:7000"));
  ports::Binding binding;
  binding.port = 5000;
  Stream first(lab.app), second(lab.app), listening(lab.app);
  ASSERT_TRUE(first.connect(address(server_v4), binding).has_value());
  EXPECT_EQ(second.connect(address("198.51.100.2:80"), binding).error().kind(),
            ErrorKind::address_in_use);
  binding.source = ip("192.0.2.1");
  EXPECT_EQ(second.connect(address("198.51.100.2:80"), binding).error().kind(),
            ErrorKind::address_in_use);
  binding.reuse_address = true;
  EXPECT_EQ(second.connect(address("198.51.100.2:80"), binding).error().kind(),
            ErrorKind::address_in_use);
  binding.port = 7000;
  EXPECT_EQ(listening.connect(address(server_v4), binding).error().kind(),
            ErrorKind::address_in_use);

  binding.port = 6000;
  Stream third(lab.app), fourth(lab.app);
  ASSERT_TRUE(third.connect(address(server_v4), binding).has_value());
  EXPECT_TRUE(fourth.connect(address("198.51.100.2:80"), binding).has_value());
  EXPECT_EQ(second.connect(address(server_v4), binding).error().kind(), ErrorKind::address_in_use)
      << "the same flow twice";
}

TEST(SimStream, to_a_closed_port_is_refused) {
  TwoHosts lab;
  Stream stream(lab.app);
  EXPECT_EQ(lab.connect(stream, server_v4), 20ms);
  ASSERT_TRUE(stream.error);
  EXPECT_EQ(stream.error->kind(), ErrorKind::refused);
}

TEST(SimStream, into_a_black_hole_times_out_after_the_last_syn) {
  TwoHosts lab;
  lab.net.add_rule(Match().to("198.51.100.1").tcp(), Verdict::drop);
  Stream stream(lab.app);
  EXPECT_EQ(lab.connect(stream, server_v4), 7s);
  ASSERT_TRUE(stream.error);
  EXPECT_EQ(stream.error->kind(), ErrorKind::timed_out);
}

TEST(SimStream, meets_every_verdict_with_the_error_of_linux) {
  struct Row {
    Verdict verdict;
    ErrorKind v4, v6;
  };
  const Row rows[] = {
      {Verdict::reset, ErrorKind::refused, ErrorKind::refused},
      {Verdict::port_unreachable, ErrorKind::refused, ErrorKind::refused},
      {Verdict::host_unreachable, ErrorKind::unreachable, ErrorKind::unreachable},
      {Verdict::net_unreachable, ErrorKind::unreachable, ErrorKind::unreachable},
      {Verdict::prohibited, ErrorKind::unreachable, ErrorKind::unreachable},
  };
  for (const Row& row : rows) {
    TwoHosts lab;
    lab.net.add_rule(Match().to_port(80), row.verdict);
    Stream v4(lab.app), v6(lab.app);
    lab.connect(v4, server_v4);
    lab.connect(v6, server_v6);
    ASSERT_TRUE(v4.error && v6.error);
    EXPECT_EQ(v4.error->kind(), row.v4) << static_cast<int>(row.verdict);
    EXPECT_EQ(v6.error->kind(), row.v6) << static_cast<int>(row.verdict);
  }
}

TEST(SimStream, goes_on_when_the_rule_is_used_up) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"));
  lab.net.add_rule(Match().tcp_syn().first(2), Verdict::drop);
  Stream stream(lab.app);
  EXPECT_EQ(lab.connect(stream, server_v4), 3020ms);
  EXPECT_TRUE(stream.connected);
}

TEST(SimStream, without_a_route_fails_at_once) {
  Simulation sim(1);
  Host& lonely = sim.add_host("lonely");
  App app(lonely);
  Stream stream(app);
  const auto result = stream.connect(address(server_v4));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().kind(), ErrorKind::unreachable);
}

TEST(SimStream, binds_where_it_is_told) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"));
  ports::Binding binding;
  binding.source = ip("192.0.2.1");
  binding.port = 5000;
  Stream stream(lab.app), again(lab.app), elsewhere(lab.app);
  lab.connect(stream, server_v4, binding);
  EXPECT_EQ(stream.socket->local_address(), address("192.0.2.1:5000"));
  EXPECT_EQ(again.connect(address(server_v4), binding).error().kind(), ErrorKind::address_in_use);
  binding.source = ip("192.0.2.99");
  EXPECT_EQ(elsewhere.connect(address(server_v4), binding).error().kind(),
            ErrorKind::address_unavailable);
}

TEST(SimStream, delivers_data_then_the_reset) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"), false);
  Stream stream(lab.app);
  lab.connect(stream, server_v4);
  lab.sim.run_for(1s);
  stream.deaf = true;
  server.streams.front()->say("last words");
  lab.sim.run_for(1s);
  server.streams.front()->socket->abort();
  lab.sim.run_for(1s);
  stream.listen_again();
  EXPECT_EQ(stream.heard, "last words");
  ASSERT_TRUE(lab.sim.run_until([&] { return stream.error.has_value(); }, 1s));
  EXPECT_EQ(stream.error->kind(), ErrorKind::reset);
}

TEST(SimStream, what_was_written_is_delivered_after_the_socket_is_gone) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"), false);
  auto stream = std::make_unique<Stream>(lab.app);
  lab.connect(*stream, server_v4);
  const std::string text(100'000, 'x');
  stream->say(text);
  stream.reset();
  EXPECT_TRUE(lab.sim.run_until(
      [&] { return !server.streams.empty() && server.streams.front()->ended; }, 10s));
  EXPECT_EQ(server.streams.front()->heard.size(), text.size());
}

TEST(SimStream, a_reader_that_rests_stops_the_writer_and_none_is_lost) {
  TwoHosts lab;
  Server server(lab.server, address("[::]:80"), false);
  server.deaf = true;
  Stream stream(lab.app);
  lab.connect(stream, server_v4);
  const std::string text(2'000'000, 'x');
  stream.say(text);
  stream.finish();
  lab.sim.run_for(10s);
  Stream& reader = *server.streams.front();
  EXPECT_TRUE(reader.heard.empty());
  const std::span<const std::byte> more = as_bytes(text);
  const ports::Transfer transfer = stream.socket->write(std::span(&more, 1)).value();
  EXPECT_TRUE(transfer.blocked) << "both buffers are full";
  reader.listen_again();
  EXPECT_TRUE(lab.sim.run_until([&] { return reader.ended; }, 100s));
  EXPECT_EQ(reader.heard.size(), text.size() + transfer.bytes);
}

TEST(SimStream, talks_to_its_own_host) {
  TwoHosts lab;
  Server server(lab.client, address("[::]:80"));
  for (const std::string_view to : {"127.0.0.1:80", "[::1]:80", "192.0.2.1:80"}) {
    Stream stream(lab.app);
    lab.connect(stream, to);
    stream.say("hello");
    EXPECT_TRUE(lab.sim.run_until([&] { return stream.heard == "hello"; }, 1s)) << to;
    EXPECT_EQ(stream.socket->local_address().ip, address(to).ip);
  }
}

TEST(SimDatagrams, go_both_ways_with_both_addresses) {
  TwoHosts lab;
  App server_app(lab.server);
  Datagrams client(lab.app, 1000), server(server_app, 2000);
  EXPECT_TRUE(client.send(address("198.51.100.1:2000"), "ping").has_value());
  EXPECT_TRUE(client.send(address("[2001:db8:1::1]:2000"), "").has_value());
  lab.sim.run_for(1s);
  ASSERT_EQ(server.heard.size(), 2u);
  EXPECT_EQ(server.heard[0].text, "ping");
  EXPECT_EQ(server.heard[0].remote, address("192.0.2.1:1000"));
  EXPECT_EQ(server.heard[0].local, ip("198.51.100.1"));
  EXPECT_EQ(server.heard[1].text, "");
  EXPECT_EQ(server.heard[1].remote, address("[2001:db8::1]:1000"));
}

TEST(SimDatagrams, a_run_is_cut_into_segments) {
  TwoHosts lab;
  App server_app(lab.server);
  Datagrams client(lab.app, 1000), server(server_app, 2000);
  EXPECT_EQ(client.send(address("198.51.100.1:2000"), "aaabbbc", 3).value(), 1u);
  lab.sim.run_for(1s);
  ASSERT_EQ(server.heard.size(), 3u);
  EXPECT_EQ(server.heard[1].text, "bbb");
  EXPECT_EQ(server.heard[2].text, "c");
}

TEST(SimDatagrams, a_connected_socket_is_told_once_that_nobody_listens) {
  TwoHosts lab;
  ports::DatagramOptions options;
  options.connect_to = address("198.51.100.1:2000");
  Datagrams client(lab.app, options);
  EXPECT_TRUE(client.send({}, "ping").has_value());
  lab.sim.run_for(1s);
  ASSERT_TRUE(client.error);
  EXPECT_EQ(client.error->kind(), ErrorKind::refused);
  EXPECT_TRUE(client.send({}, "ping").has_value()) << "it stays usable";
}

TEST(SimDatagrams, a_connected_socket_hears_its_peer_only) {
  TwoHosts lab;
  App server_app(lab.server);
  ports::DatagramOptions options;
  options.connect_to = address("198.51.100.1:2000");
  options.binding.port = 1000;
  Datagrams client(lab.app, options), peer(server_app, 2000), stranger(server_app, 3000);
  EXPECT_TRUE(peer.send(address("192.0.2.1:1000"), "peer").has_value());
  EXPECT_TRUE(stranger.send(address("192.0.2.1:1000"), "stranger").has_value());
  lab.sim.run_for(1s);
  ASSERT_EQ(client.heard.size(), 1u);
  EXPECT_EQ(client.heard[0].text, "peer");
}

TEST(SimDatagrams, know_how_large_they_may_be) {
  TwoHosts lab;
  Datagrams client(lab.app, 1000);
  const SocketAddress v4 = address("198.51.100.1:2000"), v6 = address("[2001:db8:1::1]:2000");
  EXPECT_EQ(client.socket->datagram_bytes_max(v4), 1472u);
  EXPECT_EQ(client.socket->datagram_bytes_max(v6), 1452u);
  EXPECT_TRUE(client.send(v4, std::string(1472, 'x')).has_value());
  EXPECT_EQ(client.send(v4, std::string(1473, 'x')).error().kind(), ErrorKind::message_too_large);
}

TEST(SimDatagrams, learn_of_a_smaller_path_from_the_first_that_is_too_large) {
  TwoHosts lab;
  lab.client.interface("eth0").set_link(LinkOptions().mtu(1400));
  Datagrams client(lab.app, 1000);
  const SocketAddress v6 = address("[2001:db8:1::1]:2000");
  EXPECT_TRUE(client.send(v6, std::string(1452, 'x')).has_value());
  lab.sim.run_for(1s);
  EXPECT_EQ(client.socket->datagram_bytes_max(v6), 1352u);
}

TEST(SimDatagrams, beyond_the_receive_buffer_are_dropped) {
  TwoHosts lab;
  App server_app(lab.server);
  server_app.ports->drive(nullptr);  // nobody reads
  ports::DatagramOptions options;
  options.binding.port = 2000;
  options.receive_buffer_bytes = 10 * (100 + 64);
  Datagrams client(lab.app, 1000), server(server_app, options);
  for (int i = 0; i < 20; ++i)
    EXPECT_TRUE(client.send(address("198.51.100.1:2000"), std::string(100, 'x')).has_value());
  lab.sim.run_for(1s);
  server_app.run_ready();
  EXPECT_EQ(server.heard.size(), 10u);
}

}  // namespace
}  // namespace bowline::sim
