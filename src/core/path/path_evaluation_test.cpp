#include "core/path/path_evaluation.h"

#include <gtest/gtest.h>

#include <chrono>

namespace bowline::core {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }
IpPrefix prefix(std::string_view text) { return IpPrefix::parse(text).value(); }

PathLink link(std::uint32_t index, const char* name, InterfaceType type,
              std::initializer_list<std::string_view> addresses) {
  PathLink made;
  made.index = index;
  made.name = name;
  made.type = type;
  made.up = made.running = true;
  for (const std::string_view address : addresses) made.addresses.push_back(ip(address));
  return made;
}

/// A cable, a phone network that costs, and loopback.
struct Home {
  std::vector<PathLink> links{link(1, "lo", InterfaceType::loopback, {"127.0.0.1", "::1"}),
                              link(2, "eth0", InterfaceType::wired, {"192.0.2.10", "2001:db8::10"}),
                              link(3, "wwan0", InterfaceType::cellular, {"10.0.0.10"})};
  std::vector<PathRoute> routes{
      {prefix("0.0.0.0/0"), 2, 100, true},     {prefix("0.0.0.0/0"), 3, 700, true},
      {prefix("192.0.2.0/24"), 2, 100, false}, {prefix("10.0.0.0/24"), 3, 700, false},
      {prefix("10.9.0.0/16"), 2, 50, true},    {prefix("::/0"), 2, 1024, true},
      {prefix("fe80::/64"), 3, 256, false}};
  Home() { links[2].expensive = true; }
  [[nodiscard]] PathEvaluation evaluate(const PathRequirements& wanted = {},
                                        const PathTarget& target = {}) const {
    return evaluate_path(NetworkView(links, routes), wanted, target);
  }
};

std::vector<PathProblem> problems(const PathEvaluation& path) {
  std::vector<PathProblem> found;
  for (const PathObstacle& one : path.obstacles) found.push_back(one.problem);
  return found;
}

using Links = std::vector<std::uint32_t>;
using Problems = std::vector<PathProblem>;
using enum PathProblem;

TEST(PathEvaluation, puts_the_links_in_the_order_of_their_default_routes) {
  Home home;
  EXPECT_EQ(home.evaluate().links, (Links{2, 3}));
  EXPECT_TRUE(home.evaluate().ipv4 && home.evaluate().ipv6);
  home.routes[0].metric = 900;
  home.routes[5].metric = 1024;
  EXPECT_EQ(home.evaluate().links, (Links{3, 2}));
}

TEST(PathEvaluation, follows_the_longest_prefix_towards_an_address) {
  const Home home;
  EXPECT_EQ(home.evaluate({}, {ip("10.0.0.1")}).links, (Links{3, 2}));
  EXPECT_EQ(home.evaluate({}, {ip("10.9.9.9")}).links, (Links{2, 3}));
  EXPECT_EQ(home.evaluate({}, {ip("2001:db8:9::1")}).links, (Links{2}));
  EXPECT_FALSE(home.evaluate({}, {ip("2001:db8:9::1")}).ipv4);
}

TEST(PathEvaluation, an_address_of_this_host_is_reached_over_loopback) {
  Home home;
  EXPECT_EQ(home.evaluate({}, {ip("127.0.0.1")}).links, (Links{1}));
  EXPECT_EQ(home.evaluate({}, {ip("192.0.2.10")}).links, (Links{1}));
  PathRequirements wired;
  wired.type = InterfaceType::wired;
  EXPECT_EQ(problems(home.evaluate(wired, {ip("::1")})), (Problems{type_required}));
}

TEST(PathEvaluation, says_every_reason_of_every_link) {
  Home home;
  home.links[1].up = false;
  home.links[1].running = false;
  home.links[2].constrained = true;
  PathRequirements wanted;
  wanted.type = InterfaceType::wifi;
  wanted.prohibit_expensive = wanted.prohibit_constrained = true;
  wanted.prohibited_types = {InterfaceType::cellular};
  wanted.prohibited_interfaces = {"eth0"};
  const PathEvaluation path = home.evaluate(wanted);
  EXPECT_EQ(problems(path),
            (Problems{interface_prohibited, type_required, interface_down, type_required,
                      type_prohibited, expensive_prohibited, constrained_prohibited}));
  EXPECT_EQ(path.obstacles[0].link_name, "eth0");
  EXPECT_EQ(path.obstacles[3].link_index, 3U);
  EXPECT_TRUE(path.links.empty());
}

TEST(PathEvaluation, has_a_reason_for_each_thing_that_is_missing) {
  Home home;
  PathRequirements wanted;
  wanted.interface = "eth7";
  EXPECT_EQ(problems(home.evaluate(wanted)), (Problems{interface_missing}));
  wanted.interface = "wwan0";
  EXPECT_EQ(problems(home.evaluate(wanted, {ip("2001:db8::99")})), (Problems{no_address}));
  EXPECT_EQ(home.evaluate(wanted, {ip("10.0.0.7")}).links, (Links{3}));
  wanted.local_only = true;
  EXPECT_EQ(problems(home.evaluate(wanted, {ip("203.0.113.1")})), (Problems{not_local}));
  EXPECT_EQ(home.evaluate(wanted, {ip("10.0.0.7")}).links, (Links{3}));
  wanted = {};
  wanted.source = ip("192.0.2.99");
  EXPECT_EQ(problems(home.evaluate(wanted)), (Problems{source_missing, source_missing}));
  home.routes.clear();
  EXPECT_EQ(problems(home.evaluate()), (Problems{no_route, no_route}));
  home.links[1].running = home.links[2].running = false;
  home.links[1].addresses.clear();
  EXPECT_EQ(problems(home.evaluate()), (Problems{no_carrier, no_address, no_carrier, no_route}));
  home.links.resize(1);
  EXPECT_EQ(problems(home.evaluate()), (Problems{no_interface}));
  EXPECT_EQ(problems(evaluate_path({}, {}, {})), (Problems{no_interface}));
}

TEST(PathEvaluation, a_name_needs_somebody_to_ask) {
  const Home home;
  const PathEvaluation path = home.evaluate({}, {.lacks_resolver = true});
  EXPECT_EQ(problems(path), (Problems{no_resolver}));
  EXPECT_FALSE(path.is_satisfied());
}

TEST(PathEvaluation, ultra_constrained_links_are_for_those_who_allow_them) {
  Home home;
  home.links[1].ultra_constrained = true;
  EXPECT_EQ(home.evaluate().links, (Links{3}));
  PathRequirements wanted;
  wanted.allow_ultra_constrained = true;
  EXPECT_EQ(home.evaluate(wanted).links, (Links{2, 3}));
}

TEST(PathEvaluation, a_scoped_address_belongs_to_its_link) {
  Home home;
  home.links[1].addresses.push_back(ip("fe80::10%2"));
  home.links[2].addresses.push_back(ip("fe80::10%3"));
  home.routes.push_back({prefix("fe80::/64"), 2, 256, false});
  EXPECT_EQ(home.evaluate({}, {ip("fe80::7%3")}).links, (Links{3}));
  EXPECT_EQ(home.evaluate({}, {ip("fe80::7%2")}).links, (Links{2}));
  EXPECT_EQ(home.evaluate({}, {ip("fe80::10%3")}).links, (Links{1}));
}

TEST(PathEvaluation, keeps_its_reasons_few_and_its_answer_right_on_a_host_with_many_links) {
  Home home;
  home.links.resize(1);
  home.routes.clear();
  for (std::uint32_t i = 2; i < 1002; ++i) {
    home.links.push_back(link(i, "veth", InterfaceType::wired, {}));
    home.links.back().name += std::to_string(i);
  }
  EXPECT_EQ(home.evaluate().obstacles.size(), PathEvaluation::obstacles_max);
  home.links.back().addresses.push_back(ip("192.0.2.1"));
  home.routes.push_back({prefix("0.0.0.0/0"), 1001, 1, true});
  EXPECT_EQ(home.evaluate().links, (Links{1001}));
  EXPECT_TRUE(home.evaluate().is_satisfied());
}

TEST(NetworkView, finds_the_way_among_many_routes_as_a_look_at_all_of_them_does) {
  Home home;
  std::uint32_t state = 7;
  const auto chance = [&state](std::uint32_t below) {
    state = state * 1664525 + 1013904223;
    return (state >> 8) % below;
  };
  for (int i = 0; i < 2000; ++i) {
    const auto octet = [&] { return static_cast<std::uint8_t>(chance(4)); };
    const IpAddress to = IpAddress::v4({10, octet(), octet(), octet()});
    home.routes.push_back({IpPrefix(to, 8 + chance(25)), 2 + chance(2), chance(1000), false});
  }
  const NetworkView view(home.links, home.routes);
  for (int i = 0; i < 500; ++i) {
    const auto octet = [&] { return static_cast<std::uint8_t>(chance(4)); };
    const IpAddress to = IpAddress::v4({10, octet(), octet(), octet()});
    const PathRoute* best = nullptr;
    for (const PathRoute& route : home.routes) {
      if (!route.destination.contains(to)) continue;
      const auto rank = [](const PathRoute& one) {
        return std::pair(-static_cast<int>(one.destination.length()), one.metric);
      };
      if (best == nullptr || rank(route) < rank(*best)) best = &route;
    }
    const auto found = view.routes_to(to);
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found.front()->destination.length(), best->destination.length());
    EXPECT_EQ(found.front()->metric, best->metric);
  }
}

}  // namespace
}  // namespace bowline::core
