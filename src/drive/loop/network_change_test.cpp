#include "drive/loop/network_change.h"

#include <gtest/gtest.h>

#include <functional>

namespace bowline::drive {
namespace {

using ports::Interface;
using ports::InterfaceType;
using ports::NetworkSnapshot;
using ports::Route;

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }

Interface interface(std::uint32_t index, const char* name, InterfaceType type,
                    std::initializer_list<const char*> addresses) {
  Interface made{index, name, type, true, true, 1500, {}};
  for (const char* const text : addresses)
    made.addresses.push_back(
        {prefix(std::string(text) + "/24"), address(text), false, false, false});
  return made;
}

/// A laptop: a cable with the default route, and Wi-Fi with a route to another network.
NetworkSnapshot laptop() {
  NetworkSnapshot network;
  network.interfaces = {interface(1, "lo", InterfaceType::loopback, {"127.0.0.1"}),
                        interface(2, "eth0", InterfaceType::wired, {"192.0.2.10"}),
                        interface(3, "wlan0", InterfaceType::wifi, {"198.51.100.10"})};
  network.routes = {Route{prefix("0.0.0.0/0"), address("192.0.2.1"), 2, 100},
                    Route{prefix("192.0.2.0/24"), std::nullopt, 2, 0},
                    Route{prefix("198.51.100.0/24"), std::nullopt, 3, 0}};
  return network;
}

NetworkChange after(const std::function<void(NetworkSnapshot&)>& edit) {
  NetworkSnapshot changed = laptop();
  edit(changed);
  return {std::make_shared<const NetworkSnapshot>(laptop()),
          std::make_shared<const NetworkSnapshot>(std::move(changed))};
}

const IpAddress elsewhere = address("203.0.113.80");
const IpAddress on_wifi = address("198.51.100.53");
const IpAddress this_host = address("127.0.0.53");

/// Which of the three a change concerns.
std::string concerned(const NetworkChange& change) {
  return std::string(change.affects(elsewhere) ? "elsewhere " : "") +
         (change.affects(on_wifi) ? "wifi " : "") + (change.affects(this_host) ? "this_host" : "");
}

TEST(NetworkChange, without_a_snapshot_concerns_everybody) {
  const auto known = std::make_shared<const NetworkSnapshot>(laptop());
  EXPECT_EQ(concerned(NetworkChange(nullptr, known)), "elsewhere wifi this_host");
  EXPECT_EQ(concerned(NetworkChange(known, nullptr)), "elsewhere wifi this_host");
  EXPECT_TRUE(NetworkChange(known, nullptr).is_any());
  EXPECT_EQ(NetworkChange(known, nullptr).describe(), "details are not known");
}

TEST(NetworkChange, of_nothing_concerns_nobody) {
  const NetworkChange same = after([](NetworkSnapshot&) {});
  EXPECT_FALSE(same.is_any());
  EXPECT_EQ(concerned(same), "");
  EXPECT_TRUE(same.interfaces().empty());
}

TEST(NetworkChange, one_more_address_concerns_nobody) {
  const NetworkChange alias = after([](NetworkSnapshot& network) {
    network.interfaces[1].addresses.push_back(
        {prefix("192.0.2.0/24"), address("192.0.2.11"), false, false, false});
  });
  EXPECT_TRUE(alias.is_any());
  EXPECT_EQ(concerned(alias), "");
  EXPECT_FALSE(alias.affects_defaults());
  EXPECT_EQ(alias.describe(), "eth0: addresses");
}

TEST(NetworkChange, a_lost_address_concerns_those_behind_its_interface) {
  const NetworkChange lost = after([](NetworkSnapshot& network) {
    network.interfaces[2].addresses = {
        {prefix("198.51.100.0/24"), address("198.51.100.11"), false, false, false}};
  });
  EXPECT_EQ(concerned(lost), "wifi ");
}

TEST(NetworkChange, a_lost_default_route_concerns_those_elsewhere_and_proxies_on_this_host) {
  const NetworkChange lost =
      after([](NetworkSnapshot& network) { network.routes.erase(network.routes.begin()); });
  EXPECT_EQ(concerned(lost), "elsewhere this_host");
  EXPECT_TRUE(lost.affects_defaults());
  EXPECT_EQ(lost.describe(), "eth0: routes");
}

TEST(NetworkChange, a_better_default_route_concerns_those_elsewhere) {
  const NetworkChange better = after([](NetworkSnapshot& network) {
    network.routes.push_back({prefix("0.0.0.0/0"), address("198.51.100.1"), 3, 50});
  });
  EXPECT_EQ(concerned(better), "elsewhere this_host");
  const NetworkChange worse = after([](NetworkSnapshot& network) {
    network.routes.push_back({prefix("0.0.0.0/0"), address("198.51.100.1"), 3, 200});
  });
  EXPECT_EQ(concerned(worse), "");
}

TEST(NetworkChange, another_gateway_is_another_network) {
  const NetworkChange moved =
      after([](NetworkSnapshot& network) { network.routes[0].gateway = address("192.0.2.2"); });
  EXPECT_EQ(concerned(moved), "elsewhere this_host");
}

TEST(NetworkChange, a_carrier_that_is_lost_concerns_those_behind_it) {
  const NetworkChange lost =
      after([](NetworkSnapshot& network) { network.interfaces[2].running = false; });
  EXPECT_EQ(concerned(lost), "wifi ");
  EXPECT_EQ(lost.describe(), "wlan0: link");
}

TEST(NetworkChange, another_mtu_concerns_nobody) {
  EXPECT_EQ(concerned(after([](NetworkSnapshot& network) { network.interfaces[1].mtu = 1400; })),
            "");
}

TEST(NetworkChange, a_tunnel_may_have_rules_of_its_own_and_concerns_everybody) {
  const NetworkChange tunnel = after([](NetworkSnapshot& network) {
    network.interfaces.push_back(interface(4, "wg0", InterfaceType::tunnel, {"10.0.0.1"}));
  });
  EXPECT_EQ(concerned(tunnel), "elsewhere wifi this_host");
  const NetworkChange bridge = after([](NetworkSnapshot& network) {
    network.interfaces.push_back(interface(4, "docker0", InterfaceType::other, {"172.17.0.1"}));
  });
  EXPECT_EQ(concerned(bridge), "");
}

TEST(NetworkChange, asked_for_one_interface_looks_at_its_routes_only) {
  const NetworkChange lost =
      after([](NetworkSnapshot& network) { network.routes.erase(network.routes.begin()); });
  EXPECT_TRUE(lost.affects(elsewhere, 2));
  EXPECT_FALSE(lost.affects(on_wifi, 3));
  EXPECT_FALSE(lost.affects(elsewhere, 3)) << "there was no way there, and there is none";
}

TEST(NetworkChange, without_default_routes_each_route_counts_for_proxies_on_this_host) {
  NetworkSnapshot island = laptop();
  island.routes.erase(island.routes.begin());
  NetworkSnapshot cut = island;
  cut.routes.pop_back();
  const NetworkChange change(std::make_shared<const NetworkSnapshot>(island),
                             std::make_shared<const NetworkSnapshot>(cut));
  EXPECT_EQ(concerned(change), "wifi this_host");
}

}  // namespace
}  // namespace bowline::drive
