#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "linux/linux_scene.h"

namespace bowline::linux_host {
namespace {

using ports::InterfaceType;
using ports::NetworkSnapshot;

struct ChangeCount final : ports::NetworkObserver {
  int changes = 0;
  void handle_network_change() override { ++changes; }
};

/// A thread in a network namespace of its own; what it starts lives there too.
class NamespaceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root for a network namespace";
    if (std::system("ip -V >/dev/null 2>&1") != 0) GTEST_SKIP() << "needs iproute2";
  }

  template <class Body>
  static void run_inside(Body body) {
    std::jthread([&] {
      ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
      body();
    });
  }
  static void ip(const std::string& arguments) {
    ASSERT_EQ(std::system(("ip " + arguments).c_str()), 0);
  }

  static std::shared_ptr<const NetworkSnapshot> snapshot_of(Scene& scene) {
    return scene.network().snapshot().value();
  }
};

TEST(KernelNetwork, sees_the_loopback_interface) {
  const Scene scene;
  const auto network = scene.network().snapshot().value();
  const auto* lo = network->find("lo");
  ASSERT_NE(lo, nullptr);
  EXPECT_EQ(network->find(lo->index), lo);
  EXPECT_EQ(lo->type, InterfaceType::loopback);
  EXPECT_TRUE(lo->up && lo->running);
  EXPECT_GE(lo->mtu, 1500u);
  const auto address = std::ranges::find(lo->addresses, IpAddress::loopback(Family::ipv4),
                                         &ports::InterfaceAddress::address);
  ASSERT_NE(address, lo->addresses.end());
  EXPECT_EQ(to_string(address->prefix), "127.0.0.0/8");
}

TEST(KernelNetwork, gives_the_same_snapshot_while_nothing_changes) {
  const Scene scene;
  EXPECT_EQ(scene.network().snapshot().value(), scene.network().snapshot().value());
  EXPECT_EQ(scene.network().snapshot().value()->find("no such interface"), nullptr);
}

TEST(KernelNetwork, chooses_the_source_address_of_loopback) {
  const Scene scene;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const auto source = scene.network().source_for(IpAddress::loopback(family), 0);
    ASSERT_TRUE(source.has_value());
    EXPECT_EQ(source->address, IpAddress::loopback(family));
    EXPECT_EQ(source->interface_index, scene.network().snapshot().value()->find("lo")->index);
    EXPECT_FALSE(source->deprecated);
  }
}

TEST_F(NamespaceTest, without_a_route_there_is_no_source_and_no_connection) {
  run_inside([] {
    Scene scene;
    Watcher watcher;
    const IpAddress far = IpAddress::v4({192, 0, 2, 1});
    EXPECT_FALSE(scene.network().source_for(far, 0).has_value());
    EXPECT_EQ(scene.network().connect({far, 80}, {}, {}, watcher).error().kind(),
              ErrorKind::unreachable);
  });
}

TEST_F(NamespaceTest, sees_interfaces_addresses_and_routes_come_and_go) {
  run_inside([] {
    Scene scene;
    ChangeCount count;
    scene.network().observe(&count);
    const auto empty = snapshot_of(scene);
    EXPECT_EQ(empty->find("va"), nullptr);
    EXPECT_FALSE(empty->find("lo")->up);

    ip("link add va mtu 1400 type veth peer name vb");
    ip("link set va up");
    ip("link set vb up");
    ip("addr add 192.0.2.7/24 dev va");
    ip("addr add 2001:db8::7/64 dev va nodad");
    ip("addr add 2001:db8::8/64 dev va nodad preferred_lft 0");
    ip("route add default via 192.0.2.1 metric 50");
    const auto full =
        snapshot_of(scene);  // not later than the change, whatever the poller has seen
    ASSERT_TRUE(scene.run_until([&] { return count.changes > 0; }));

    const auto* va = full->find("va");
    ASSERT_NE(va, nullptr);
    EXPECT_EQ(va->type, InterfaceType::wired);
    EXPECT_TRUE(va->up && va->running);
    EXPECT_EQ(va->mtu, 1400u);
    const auto old = IpAddress::parse("2001:db8::8").value();
    const auto deprecated =
        std::ranges::find(va->addresses, old, &ports::InterfaceAddress::address);
    ASSERT_NE(deprecated, va->addresses.end());
    EXPECT_TRUE(deprecated->deprecated);
    const auto link_local = std::ranges::find_if(
        va->addresses, [](const auto& candidate) { return candidate.address.is_link_local(); });
    ASSERT_NE(link_local, va->addresses.end());
    EXPECT_EQ(link_local->address.scope_id(), va->index);

    const auto way_out = std::ranges::find_if(full->routes, [](const auto& route) {
      return route.destination.length() == 0 && route.destination.address().is_v4();
    });
    ASSERT_NE(way_out, full->routes.end());
    EXPECT_EQ(to_string(way_out->gateway.value()), "192.0.2.1");
    EXPECT_EQ(way_out->metric, 50u);
    EXPECT_EQ(way_out->interface_index, va->index);

    const auto source = scene.network().source_for(IpAddress::v4({198, 51, 100, 1}), 0);
    ASSERT_TRUE(source.has_value());
    EXPECT_EQ(to_string(source->address), "192.0.2.7");
    EXPECT_EQ(source->interface_index, va->index);

    ip("link del va");
    ASSERT_TRUE(scene.run_until([&] { return snapshot_of(scene)->find("va") == nullptr; }));
    EXPECT_EQ(*snapshot_of(scene), *empty);
  });
}

TEST_F(NamespaceTest, sees_each_next_hop_of_a_multipath_route) {
  run_inside([] {
    Scene scene;
    ip("link add va type veth peer name vb");
    ip("addr add 192.0.2.7/24 dev va");
    ip("addr add 198.51.100.7/24 dev vb");
    ip("link set va up");
    ip("link set vb up");
    ip("route add 203.0.113.0/24 nexthop via 192.0.2.1 nexthop via 198.51.100.1");
    const auto network = snapshot_of(scene);
    const auto hops = std::ranges::count_if(network->routes, [](const auto& route) {
      return to_string(route.destination) == "203.0.113.0/24" && route.gateway.has_value();
    });
    EXPECT_EQ(hops, 2);
  });
}

TEST_F(NamespaceTest, knows_the_types_of_virtual_interfaces) {
  run_inside([] {
    Scene scene;
    ip("tuntap add mode tun name t0");
    ip("link add va type veth peer name vb");
    const auto network = snapshot_of(scene);
    EXPECT_EQ(network->find("t0")->type, InterfaceType::tunnel);
    EXPECT_EQ(network->find("vb")->type, InterfaceType::wired);
  });
}

TEST_F(NamespaceTest, ends_up_with_the_kernels_state_after_more_changes_than_the_queue_holds) {
  run_inside([] {
    Scene scene;
    ChangeCount count;
    scene.network().observe(&count);
    static_cast<void>(snapshot_of(scene));
    ip("link add va type veth peer name vb");
    ip("link set va up");
    const std::string route = "route add 203.0.113.$((i % 250))/32 dev va metric $i";
    const std::string routes = "(for i in $(seq 3000); do echo " + route + "; done)";
    ASSERT_EQ(std::system((routes + " | ip -batch -").c_str()), 0);
    ip("route flush dev va");
    ip("addr add 192.0.2.7/24 dev va");
    ASSERT_TRUE(scene.run_until([&] { return count.changes > 0; }));
    EXPECT_LT(count.changes, 10);
    Scene fresh;
    EXPECT_EQ(*snapshot_of(scene), *snapshot_of(fresh));
  });
}

TEST_F(NamespaceTest, sizes_datagrams_by_the_mtu_of_the_route) {
  run_inside([] {
    Scene scene;
    ip("link add va mtu 1400 type veth peer name vb");
    ip("link set va up");
    ip("link set vb up");
    ip("addr add 192.0.2.7/24 dev va");
    ip("addr add 2001:db8::7/64 dev va nodad");
    Watcher watcher;
    const auto socket = scene.network().open_datagram({}, watcher).value();
    const SocketAddress v4(IpAddress::v4({192, 0, 2, 8}), 9);
    const SocketAddress v6(IpAddress::parse("2001:db8::8").value(), 9);
    EXPECT_EQ(socket->datagram_bytes_max(v4), 1400u - 28);
    EXPECT_EQ(socket->datagram_bytes_max(v6), 1400u - 48);

    const std::string fits(1400 - 28, 'x');
    const std::string large(1400 - 27, 'x');
    const auto send = [&](std::string_view text, std::size_t segment_bytes) {
      const ports::DatagramRun run{v4, {}, segment_bytes, as_bytes(text)};
      return socket->send(std::span(&run, 1));
    };
    EXPECT_TRUE(send(fits, fits.size()).has_value());
    EXPECT_EQ(send(large, large.size()).error().kind(), ErrorKind::message_too_large);
    const std::string segments(4 * large.size(), 'x');
    EXPECT_EQ(send(segments, large.size()).error().kind(), ErrorKind::message_too_large);
  });
}

TEST_F(NamespaceTest, hears_of_a_narrower_path_without_failing_anything_else) {
  run_inside([] {
    ip("link set lo up");
    ip("netns add bowline-router");
    const auto router = [](const std::string& arguments) { ip("-n bowline-router " + arguments); };
    ip("link add va type veth peer name vb netns bowline-router");
    ip("addr add 192.0.2.7/24 dev va");
    ip("link set va up");
    ip("route add default via 192.0.2.1");
    router("addr add 192.0.2.1/24 dev vb");
    router("link set vb up");
    router("link add narrow mtu 1200 type veth peer name far");
    router("addr add 198.51.100.1/24 dev narrow");
    router("link set narrow up");
    router("link set far up");
    ip("netns exec bowline-router sysctl -q -w net.ipv4.ip_forward=1");
    for (const auto peer : {std::uint8_t{2}, std::uint8_t{3}}) {
      Scene scene;
      Watcher watcher;
      ports::DatagramOptions options;
      options.connect_to = SocketAddress(IpAddress::v4({198, 51, 100, peer}), 9);
      const auto socket = scene.network().open_datagram(options, watcher).value();
      const auto send = [&](std::string_view text) {
        const ports::DatagramRun run{{}, {}, text.size(), as_bytes(text)};
        return socket->send(std::span(&run, 1));
      };
      EXPECT_TRUE(send(std::string(1472, 'x')).has_value());
      EXPECT_TRUE(scene.run_until([&] { return socket->datagram_bytes_max({}) == 1172; }));
      std::array<ports::ReceivedRun, 1> into;
      if (peer == 2) {
        EXPECT_TRUE(socket->receive(into).has_value());
      } else {
        EXPECT_TRUE(send("small").has_value());
      }
      EXPECT_EQ(send(std::string(1472, 'x')).error().kind(), ErrorKind::message_too_large);
    }
    ip("netns del bowline-router");
  });
}

}  // namespace
}  // namespace bowline::linux_host
