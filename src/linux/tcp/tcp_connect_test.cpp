#include <netinet/in.h>
#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "linux/linux_scene.h"

namespace bowline::linux_host {
namespace {

TEST(TcpConnect, a_port_where_nobody_listens_refuses) {
  TcpScene scene;
  const SocketAddress nobody = scene.listener->local_address();
  scene.listener.reset();
  Watcher watcher;
  const auto connecting = scene.network().connect(nobody, {}, {}, watcher);
  ASSERT_FALSE(connecting.has_value());
  EXPECT_EQ(connecting.error().kind(), ErrorKind::refused);
  EXPECT_EQ(connecting.error().subject(), to_string(nobody));
}

TEST(TcpConnect, a_connection_to_its_own_port_counts_as_refused) {
  TcpScene scene;
  const SocketAddress itself = scene.listener->local_address();
  scene.listener.reset();
  Watcher watcher;
  ports::Binding binding;
  binding.source = itself.ip;
  binding.port = itself.port;
  const auto connecting = scene.network().connect(itself, binding, {}, watcher);
  EXPECT_EQ(connecting.error().kind(), ErrorKind::refused);
}

TEST(TcpConnect, a_connection_within_the_host_is_there_at_once) {
  TcpScene scene;
  Watcher watcher;
  const auto connecting =
      scene.network().connect(scene.listener->local_address(), {}, {}, watcher).value();
  EXPECT_TRUE(connecting.done);
  EXPECT_EQ(write(*connecting.socket, "hello")->bytes, 5u);
  scene.run_ready();
  EXPECT_EQ(watcher.reports, 0) << "there is nothing to finish, and room to write from the start";
}

TEST(TcpConnect, a_client_that_speaks_first_is_heard_of_together_with_what_it_says) {
  TcpScene scene;
  Watcher watcher;
  ports::StreamOptions options;
  options.speaks_first = true;
  const auto connecting =
      scene.network().connect(scene.listener->local_address(), {}, options, watcher).value();
  ASSERT_TRUE(connecting.done);
  scene.run_ready();
  EXPECT_FALSE(scene.listening.readable);
  EXPECT_EQ(write(*connecting.socket, "hello")->bytes, 5u);
  ASSERT_TRUE(scene.run_until([&] { return scene.listening.readable; }));
  const auto accepted = scene.listener->accept().value();
  ASSERT_NE(accepted, nullptr);
  EXPECT_EQ(read(*accepted)->text, "hello");
}

/// The kernel says of the first connect that it goes on, even when that is within the host.
struct SlowConnect final : Faults {
  int connects = 0;
  int next(Call call) override { return call == Call::connect && ++connects == 2 ? EALREADY : 0; }
};

TEST(TcpConnect, a_connection_that_takes_its_time_is_reported_and_finished) {
  TcpScene listening;
  SlowConnect slow;
  const Scene scene(make_host(slow).value());
  Watcher watcher;
  const auto connecting =
      scene.network().connect(listening.listener->local_address(), {}, {}, watcher).value();
  ASSERT_FALSE(connecting.done);
  ASSERT_TRUE(scene.run_until([&] { return watcher.writable; }));
  EXPECT_TRUE(connecting.socket->finish_connect().has_value());
}

TEST(TcpConnect, a_connection_to_its_own_port_counts_as_refused_however_long_it_takes) {
  const SocketAddress itself = TcpScene().listener->local_address();
  SlowConnect slow;
  const Scene scene(make_host(slow).value());
  Watcher watcher;
  ports::Binding binding;
  binding.source = itself.ip;
  binding.port = itself.port;
  const auto connecting = scene.network().connect(itself, binding, {}, watcher).value();
  ASSERT_TRUE(scene.run_until([&] { return watcher.writable; }));
  EXPECT_EQ(connecting.socket->finish_connect().error().kind(), ErrorKind::refused);
}

/// A port that nobody has at the moment in either family, of no address.
ports::Binding from_a_free_port(const Scene& scene) {
  Watcher watcher;
  ports::Binding binding;
  const SocketAddress everywhere(IpAddress::any(Family::ipv6), 0);
  binding.port = scene.network().listen(everywhere, {}, watcher).value()->local_address().port;
  return binding;
}

TEST(TcpConnect, both_families_connect_from_one_port_at_the_same_time) {
  TcpScene ipv6(loopback(Family::ipv6));
  TcpScene ipv4;
  Watcher watcher;
  const auto first = ipv6.connect(ipv6.listener->local_address(), from_a_free_port(ipv6), watcher);
  ports::Binding same;
  same.port = first->local_address().port;
  const auto second = ipv4.network().connect(ipv4.listener->local_address(), same, {}, watcher);
  ASSERT_TRUE(second.has_value()) << to_string(second.error());
  EXPECT_EQ(second->socket->local_address().port, same.port);
}

TEST(TcpConnect, binds_to_the_source_port_and_interface_asked_for) {
  TcpScene scene;
  Watcher watcher;
  ports::Binding binding;
  binding.source = IpAddress::v4({127, 0, 0, 9});
  binding.interface_index = scene.network().snapshot().value()->find("lo")->index;
  const auto socket = scene.connect(scene.listener->local_address(), binding, watcher);
  ASSERT_TRUE(scene.run_until([&] { return scene.listening.readable; }));
  EXPECT_EQ(scene.listener->accept().value()->remote_address().ip, *binding.source);
}

TEST(TcpConnect, an_interface_or_address_that_is_not_here_is_unavailable) {
  TcpScene scene;
  Watcher watcher;
  ports::Binding interface;
  interface.interface_index = 999'999;
  const auto& to = scene.listener->local_address();
  EXPECT_EQ(scene.network().connect(to, interface, {}, watcher).error().kind(),
            ErrorKind::address_unavailable);
  ports::Binding source;
  source.source = IpAddress::v4({192, 0, 2, 1});
  EXPECT_EQ(scene.network().connect(to, source, {}, watcher).error().kind(),
            ErrorKind::address_unavailable);
}

TEST(TcpConnect, sets_every_option) {
  TcpScene scene;
  Watcher watcher;
  ports::StreamOptions options;
  options.keep_alive = true;
  options.keep_alive_idle = std::chrono::seconds(30);
  options.keep_alive_interval = std::chrono::milliseconds(1500);
  options.keep_alive_count = 3;
  options.user_timeout = std::chrono::seconds(20);
  options.send_buffer_bytes = 100'000;
  options.receive_buffer_bytes = 100'000;
  EXPECT_TRUE(
      scene.network().connect(scene.listener->local_address(), {}, options, watcher).has_value());
  options.keep_alive_idle = std::chrono::hours(100);  // the kernel takes at most 32767 seconds
  EXPECT_EQ(
      scene.network().connect(scene.listener->local_address(), {}, options, watcher).error().kind(),
      ErrorKind::invalid_argument);
}

TEST(TcpConnect, measures_the_round_trip) {
  TcpScene scene;
  const auto pair = scene.connect();
  const auto statistics = pair->client.socket->statistics();
  ASSERT_TRUE(statistics.smoothed_rtt.has_value());
  EXPECT_LT(*statistics.smoothed_rtt, std::chrono::seconds(1));
  EXPECT_EQ(statistics.bytes_retransmitted, 0u);
}

}  // namespace
}  // namespace bowline::linux_host
