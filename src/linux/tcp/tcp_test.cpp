#include <netinet/in.h>
#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "linux/linux_scene.h"

namespace bowline::linux_host {
namespace {

std::vector<std::unique_ptr<TcpScene::Pair>> connect_some(TcpScene& scene, std::size_t count) {
  std::vector<std::unique_ptr<TcpScene::Pair>> pairs;
  while (pairs.size() < count) pairs.push_back(scene.connect());
  return pairs;
}

/// Reads until the end of the stream.
std::string read_all(Scene& scene, TcpScene::End& end) {
  std::string all;
  EXPECT_TRUE(scene.run_until([&] {
    while (end.watcher.readable) {
      const auto part = read(*end.socket, 65'536);
      EXPECT_TRUE(part.has_value());
      if (!part.has_value()) return true;
      all += part->text;
      if (part->transfer.end) return true;
      if (part->transfer.blocked) end.watcher.readable = false;
    }
    return false;
  }));
  return all;
}

TEST(Tcp, carries_bytes_both_ways) {
  TcpScene scene;
  const auto pair = scene.connect();
  EXPECT_EQ(write(*pair->client.socket, "over")->bytes, 4u);
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_EQ(read(*pair->server.socket)->text, "over");
  EXPECT_EQ(write(*pair->server.socket, "and back")->bytes, 8u);
  ASSERT_TRUE(scene.run_until([&] { return pair->client.watcher.readable; }));
  EXPECT_EQ(read(*pair->client.socket)->text, "and back");
}

TEST(Tcp, carries_bytes_over_ipv6) {
  TcpScene scene(loopback(Family::ipv6));
  const auto pair = scene.connect();
  EXPECT_TRUE(pair->server.socket->remote_address().ip.is_v6());
  EXPECT_EQ(pair->server.socket->remote_address(), pair->client.socket->local_address());
}

TEST(Tcp, writes_pieces_in_order) {
  TcpScene scene;
  const auto pair = scene.connect();
  std::vector<std::string> texts;
  std::string expected;
  for (int i = 0; i < 64; ++i) expected += texts.emplace_back(std::to_string(i) + ",");
  std::vector<std::span<const std::byte>> pieces;
  for (const auto& text : texts) pieces.push_back(as_bytes(text));
  EXPECT_EQ(pair->client.socket->write(pieces)->bytes, expected.size());
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_EQ(read(*pair->server.socket)->text, expected);
}

TEST(Tcp, writing_nothing_is_no_error) {
  TcpScene scene;
  const auto pair = scene.connect();
  const auto nothing = pair->client.socket->write({});
  EXPECT_EQ(nothing->bytes, 0u);
  EXPECT_FALSE(nothing->blocked);
  EXPECT_FALSE(write(*pair->client.socket, "")->blocked);
}

TEST(Tcp, a_full_read_is_not_blocked_and_a_short_one_is) {
  TcpScene scene;
  const auto pair = scene.connect();
  static_cast<void>(write(*pair->client.socket, "abcdef"));
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_FALSE(read(*pair->server.socket, 4)->transfer.blocked);
  EXPECT_TRUE(read(*pair->server.socket, 4)->transfer.blocked);
}

TEST(Tcp, reports_each_side_once_until_a_transfer_says_blocked) {
  TcpScene scene;
  const auto pair = scene.connect();
  const int before = pair->server.watcher.reports;
  static_cast<void>(write(*pair->client.socket, "a"));
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  static_cast<void>(write(*pair->client.socket, "b"));
  scene.run_ready();
  EXPECT_EQ(pair->server.watcher.reports, before + 1);
  EXPECT_EQ(read(*pair->server.socket)->text, "ab");

  pair->server.watcher.readable = pair->server.watcher.writable = false;
  static_cast<void>(write(*pair->client.socket, "c"));
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_FALSE(pair->server.watcher.writable);
}

TEST(Tcp, data_with_the_end_behind_it_comes_in_one_read) {
  TcpScene scene;
  const auto pair = scene.connect();
  static_cast<void>(write(*pair->client.socket, "last words"));
  ASSERT_TRUE(pair->client.socket->finish().has_value());
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  const auto last = read(*pair->server.socket);
  EXPECT_EQ(last->text, "last words");
  EXPECT_TRUE(last->transfer.end);
}

TEST(Tcp, the_other_direction_lives_on_after_a_half_close) {
  TcpScene scene;
  const auto pair = scene.connect();
  ASSERT_TRUE(pair->client.socket->finish().has_value());
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_TRUE(read(*pair->server.socket)->transfer.end);
  static_cast<void>(write(*pair->server.socket, "still here"));
  ASSERT_TRUE(scene.run_until([&] { return pair->client.watcher.readable; }));
  EXPECT_EQ(read(*pair->client.socket)->text, "still here");
}

TEST(Tcp, destroying_a_socket_still_delivers_what_was_written) {
  TcpScene scene;
  const auto pair = scene.connect();
  static_cast<void>(write(*pair->client.socket, "testament"));
  pair->client.socket.reset();
  EXPECT_EQ(read_all(scene, pair->server), "testament");
}

TEST(Tcp, an_abort_reaches_the_peer_as_a_reset) {
  TcpScene scene;
  const auto pair = scene.connect();
  pair->client.socket->abort();
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_EQ(read(*pair->server.socket).error().kind(), ErrorKind::reset);
}

TEST(Tcp, data_before_a_reset_is_delivered_and_the_reset_is_reported_afterwards) {
  TcpScene scene;
  const auto pair = scene.connect();
  static_cast<void>(write(*pair->client.socket, "before"));
  pair->client.socket->abort();
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  const auto data = read(*pair->server.socket);
  ASSERT_TRUE(data.has_value());
  EXPECT_EQ(data->text, "before");
  EXPECT_TRUE(data->transfer.blocked);
  pair->server.watcher.readable = false;
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_EQ(read(*pair->server.socket).error().kind(), ErrorKind::reset);
}

TEST(Tcp, a_reset_behind_the_end_is_reported) {
  TcpScene scene;
  const auto pair = scene.connect();
  ASSERT_TRUE(pair->client.socket->finish().has_value());
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.readable; }));
  EXPECT_TRUE(read(*pair->server.socket)->transfer.end);
  EXPECT_TRUE(pair->server.socket->check().has_value());
  pair->server.watcher.writable = false;
  pair->client.socket->abort();
  ASSERT_TRUE(scene.run_until([&] { return pair->server.watcher.writable; }));
  EXPECT_EQ(pair->server.socket->check().error().kind(), ErrorKind::reset);
}

TEST(Tcp, a_write_that_does_not_fit_blocks_and_is_reported_when_it_does) {
  TcpScene scene;
  const auto pair = scene.connect();
  const std::string text(32 << 20, 'x');
  const auto first = write(*pair->client.socket, text);
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(first->blocked);
  ASSERT_GT(first->bytes, 0u);
  pair->client.watcher.writable = false;

  std::size_t written = first->bytes;
  std::size_t received = 0;
  ASSERT_TRUE(scene.run_until([&] {
    while (std::exchange(pair->client.watcher.writable, false)) {
      const auto more = write(*pair->client.socket, std::string_view(text).substr(written));
      written += more->bytes;
      pair->client.watcher.writable = false;
    }
    while (pair->server.watcher.readable) {
      const auto part = read(*pair->server.socket, 1 << 20);
      received += part->transfer.bytes;
      if (part->transfer.blocked) pair->server.watcher.readable = false;
    }
    return received == text.size();
  }));
  EXPECT_EQ(written, text.size());
}

TEST(Tcp, a_port_where_nobody_listens_refuses) {
  TcpScene scene;
  const SocketAddress nobody = scene.listener->local_address();
  scene.listener.reset();
  Watcher watcher;
  const auto connecting = scene.network().connect(nobody, {}, {}, watcher);
  ASSERT_FALSE(connecting.has_value());
  EXPECT_EQ(connecting.error().kind(), ErrorKind::refused);
  EXPECT_EQ(connecting.error().subject(), to_string(nobody));
}

TEST(Tcp, a_connection_to_its_own_port_counts_as_refused) {
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

TEST(Tcp, a_connection_within_the_host_is_there_at_once) {
  TcpScene scene;
  Watcher watcher;
  const auto connecting =
      scene.network().connect(scene.listener->local_address(), {}, {}, watcher).value();
  EXPECT_TRUE(connecting.done);
  EXPECT_EQ(write(*connecting.socket, "hello")->bytes, 5u);
  scene.run_ready();
  EXPECT_EQ(watcher.reports, 0) << "there is nothing to finish, and room to write from the start";
}

TEST(Tcp, a_client_that_speaks_first_is_heard_of_together_with_what_it_says) {
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

TEST(Tcp, a_connection_that_takes_its_time_is_reported_and_finished) {
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

TEST(Tcp, a_connection_to_its_own_port_counts_as_refused_however_long_it_takes) {
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

TEST(TcpStream, both_families_connect_from_one_port_at_the_same_time) {
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

TEST(Tcp, binds_to_the_source_port_and_interface_asked_for) {
  TcpScene scene;
  Watcher watcher;
  ports::Binding binding;
  binding.source = IpAddress::v4({127, 0, 0, 9});
  binding.interface_index = scene.network().snapshot().value()->find("lo")->index;
  const auto socket = scene.connect(scene.listener->local_address(), binding, watcher);
  ASSERT_TRUE(scene.run_until([&] { return scene.listening.readable; }));
  EXPECT_EQ(scene.listener->accept().value()->remote_address().ip, *binding.source);
}

TEST(Tcp, an_interface_or_address_that_is_not_here_is_unavailable) {
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

TEST(Tcp, sets_every_option) {
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

TEST(Tcp, measures_the_round_trip) {
  TcpScene scene;
  const auto pair = scene.connect();
  const auto statistics = pair->client.socket->statistics();
  ASSERT_TRUE(statistics.smoothed_rtt.has_value());
  EXPECT_LT(*statistics.smoothed_rtt, std::chrono::seconds(1));
  EXPECT_EQ(statistics.bytes_retransmitted, 0u);
}

TEST(Listener, shows_ipv4_peers_of_a_dual_stack_listener_as_ipv4) {
  TcpScene scene(SocketAddress(IpAddress::any(Family::ipv6), 0));
  const auto pair = scene.connect(loopback(Family::ipv4, scene.listener->local_address().port));
  EXPECT_EQ(pair->server.socket->remote_address().ip, IpAddress::loopback(Family::ipv4));
  EXPECT_EQ(pair->server.socket->local_address().ip, IpAddress::loopback(Family::ipv4));
}

TEST(Listener, without_dual_stack_takes_ipv6_only) {
  ports::ListenOptions options;
  options.dual_stack = false;
  TcpScene scene(SocketAddress(IpAddress::any(Family::ipv6), 0), options);
  Watcher watcher;
  const SocketAddress by_ipv4 = loopback(Family::ipv4, scene.listener->local_address().port);
  EXPECT_EQ(scene.network().connect(by_ipv4, {}, {}, watcher).error().kind(), ErrorKind::refused);
}

TEST(Listener, connects_to_a_mapped_address_by_ipv4) {
  TcpScene scene;
  SocketAddress to = scene.listener->local_address();
  to.ip = to.ip.mapped();
  EXPECT_EQ(scene.connect(to)->client.socket->remote_address(), scene.listener->local_address());
}

TEST(Listener, gives_nothing_when_the_queue_is_empty_and_reports_the_next_one) {
  TcpScene scene;
  const auto first = scene.connect();
  EXPECT_EQ(scene.listener->accept().value(), nullptr);
  scene.listening.readable = false;
  EXPECT_NE(scene.connect(), nullptr);
}

TEST(Listener, refuses_a_port_in_use) {
  TcpScene scene;
  Watcher watcher;
  EXPECT_EQ(scene.network().listen(scene.listener->local_address(), {}, watcher).error().kind(),
            ErrorKind::address_in_use);
}

TEST(Listener, gets_another_port_when_the_one_chosen_for_it_is_taken_at_the_last_moment) {
  struct TakenTwice final : Faults {
    int listens = 0;
    int next(Call call) override { return call == Call::listen && ++listens <= 2 ? EADDRINUSE : 0; }
  } faults;
  const auto host = make_host(faults).value();
  Watcher watcher;
  const SocketAddress any_port(IpAddress::loopback(Family::ipv4), 0);
  EXPECT_TRUE(host->network().listen(any_port, {}, watcher).has_value());
  EXPECT_EQ(faults.listens, 3);
}

TEST(Listener, never_gets_another_port_than_the_one_it_asked_for) {
  struct Taken final : Faults {
    int next(Call call) override { return call == Call::listen ? EADDRINUSE : 0; }
  } faults;
  const auto host = make_host(faults).value();
  Watcher watcher;
  const SocketAddress one(IpAddress::loopback(Family::ipv4), 4711);
  EXPECT_EQ(host->network().listen(one, {}, watcher).error().kind(), ErrorKind::address_in_use);
}

TEST(Listener, shares_a_port_when_both_ask_for_it) {
  ports::ListenOptions options;
  options.reuse_port = true;
  TcpScene scene(loopback(), options);
  Watcher watcher;
  EXPECT_TRUE(
      scene.network().listen(scene.listener->local_address(), options, watcher).has_value());
}

TEST(Listener, an_accepted_connection_reports_what_came_before_it_was_observed) {
  TcpScene scene;
  Watcher client;
  const auto socket = scene.connect(scene.listener->local_address(), {}, client);
  ASSERT_TRUE(scene.run_until([&] { return scene.listening.readable; }));
  static_cast<void>(write(*socket, "early"));
  const auto accepted = scene.listener->accept().value();
  scene.run_ready();  // its events come while nobody watches
  Watcher server;
  accepted->observe(server);
  ASSERT_TRUE(scene.run_until([&] { return server.readable; }));
  EXPECT_EQ(read(*accepted)->text, "early");
}

TEST(Listener, keeps_the_connection_queued_while_descriptors_are_exhausted) {
  TcpScene scene;
  Watcher client;
  const auto socket = scene.connect(scene.listener->local_address(), {}, client);
  ASSERT_TRUE(scene.run_until([&] { return scene.listening.readable; }));

  rlimit limit;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit none{0, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const auto refused = scene.listener->accept();
  const auto connecting = scene.network().connect(scene.listener->local_address(), {}, {}, client);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);

  EXPECT_EQ(refused.error().kind(), ErrorKind::resources_exhausted);
  EXPECT_EQ(connecting.error().kind(), ErrorKind::resources_exhausted);
  EXPECT_NE(scene.listener->accept().value(), nullptr);
}

TEST(Observers, may_destroy_their_own_socket) {
  TcpScene scene;
  const auto pairs = connect_some(scene, 8);
  for (const auto& pair : pairs) {
    pair->server.watcher.then = [&server = pair->server](ports::Readiness) {
      server.socket.reset();
    };
    static_cast<void>(write(*pair->client.socket, "x"));
  }
  EXPECT_TRUE(scene.run_until([&] {
    return std::ranges::all_of(pairs,
                               [](const auto& pair) { return pair->server.socket == nullptr; });
  }));
}

TEST(Observers, may_destroy_any_other_socket_of_the_same_batch) {
  TcpScene scene;
  const auto pairs = connect_some(scene, 32);
  int reports = 0;
  for (const auto& pair : pairs) {
    pair->server.watcher.then = [&](ports::Readiness) {
      ++reports;
      for (const auto& other : pairs) other->server = {};
    };
    static_cast<void>(write(*pair->client.socket, "x"));
  }
  ASSERT_TRUE(scene.run_until([&] { return reports > 0; }));
  scene.run_ready();
  EXPECT_EQ(reports, 1);
}

TEST(Observers, a_new_socket_on_a_closed_ones_descriptor_hears_nothing_of_the_old_events) {
  TcpScene scene;
  auto pairs = connect_some(scene, 2);
  Watcher fresh;
  std::unique_ptr<ports::StreamListener> replacement;
  const auto replace_other = [&](TcpScene::End& other) {
    return [&](ports::Readiness) {
      if (replacement != nullptr) return;
      other.socket.reset();
      replacement = scene.network().listen(loopback(), {}, fresh).value();
    };
  };
  pairs[0]->server.watcher.then = replace_other(pairs[1]->server);
  pairs[1]->server.watcher.then = replace_other(pairs[0]->server);
  static_cast<void>(write(*pairs[0]->client.socket, "x"));
  static_cast<void>(write(*pairs[1]->client.socket, "x"));
  ASSERT_TRUE(scene.run_until([&] { return replacement != nullptr; }));
  scene.run_ready();
  EXPECT_EQ(fresh.reports, 0);
}

}  // namespace
}  // namespace bowline::linux_host
