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
