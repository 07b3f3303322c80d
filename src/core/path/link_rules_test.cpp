#include "core/path/link_rules.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

LinkFacts facts_of(const LinkRules& rules, std::string_view name) {
  LinkFacts facts;
  rules.apply(name, facts);
  return facts;
}

TEST(LinkRules, say_what_interfaces_are) {
  const LinkRules rules(
      "# comment\n"
      "wwan*  expensive constrained\n"
      "\n"
      "*      dns=192.0.2.53 dns=[2001:db8::53]:5353 domain=corp.example.\r\n"
      "wwan1  not-constrained type=wired ultra-constrained nat64=64:ff9b::/96 ; comment\n");
  EXPECT_TRUE(rules.warnings().empty());
  const LinkFacts one = facts_of(rules, "wwan1");
  EXPECT_EQ(one.expensive, true);
  EXPECT_EQ(one.constrained, false);
  EXPECT_EQ(one.ultra_constrained, true);
  EXPECT_EQ(one.type, InterfaceType::wired);
  EXPECT_EQ(to_string(*one.nat64_prefix), "64:ff9b::/96");
  ASSERT_EQ(one.dns_servers.size(), 2U);
  EXPECT_EQ(to_string(one.dns_servers[0]), "192.0.2.53:53");
  EXPECT_EQ(to_string(one.dns_servers[1]), "[2001:db8::53]:5353");
  EXPECT_EQ(one.dns_domains, std::vector<std::string>{"corp.example"});
  EXPECT_FALSE(facts_of(rules, "eth0").expensive);
  EXPECT_EQ(facts_of(rules, "wwan0").constrained, true);
}

TEST(LinkRules, patterns_match_whole_names) {
  const auto fits = [](const std::string& pattern, std::string_view name) {
    return facts_of(LinkRules(pattern + " expensive"), name).expensive.has_value();
  };
  EXPECT_TRUE(fits("eth0", "eth0"));
  EXPECT_FALSE(fits("eth0", "eth01"));
  EXPECT_FALSE(fits("eth", "eth0"));
  EXPECT_TRUE(fits("*", ""));
  EXPECT_TRUE(fits("e*0", "eth0"));
  EXPECT_TRUE(fits("e*0", "e00"));
  EXPECT_TRUE(fits("*h*0*", "eth0"));
  EXPECT_TRUE(fits("a*b*c", "abbc"));
  EXPECT_FALSE(fits("e*1", "eth0"));
  EXPECT_FALSE(fits("a*b*c", "acb"));
}

TEST(LinkRules, what_is_not_understood_is_told_and_the_rest_counts) {
  const LinkRules rules(
      "eth0 expnsive type=radio dns=nonsense dns=0.0.0.0 domain=. nat64=192.0.2.0/24 constrained\n"
      "eth1\n"
      "eth\x1b[0m not-\n");
  EXPECT_EQ(
      rules.warnings(),
      (std::vector<std::string>{
          "line 1: \"expnsive\" means nothing", "line 1: \"type=radio\" means nothing",
          "line 1: \"dns=nonsense\" means nothing", "line 1: \"dns=0.0.0.0\" means nothing",
          "line 1: \"domain=.\" means nothing", "line 1: \"nat64=192.0.2.0/24\" means nothing",
          "line 2: says nothing about the interface", "line 3: \"not-\" means nothing"}));
  EXPECT_EQ(facts_of(rules, "eth0").constrained, true);
}

TEST(LinkRules, have_their_bounds) {
  std::string many;
  for (int i = 0; i < 3000; ++i) many += "eth" + std::to_string(i) + " expensive wrong\n";
  const LinkRules rules(many);
  EXPECT_EQ(rules.warnings().size(), LinkRules::warnings_max);
  EXPECT_EQ(facts_of(rules, "eth1023").expensive, true);
  EXPECT_FALSE(facts_of(rules, "eth1024").expensive);
  std::string wide = "eth0";
  for (int i = 1; i < 200; ++i)
    wide += " dns=192.0.2." + std::to_string(i) + " domain=d" + std::to_string(i) + ".example";
  const LinkFacts facts = facts_of(LinkRules(wide), "eth0");
  EXPECT_EQ(facts.dns_servers.size(), LinkFacts::servers_max);
  EXPECT_EQ(facts.dns_domains.size(), LinkFacts::domains_max);
}

TEST(LinkFile, of_resolved_tells_servers_and_domains) {
  LinkFacts facts;
  read_link_file(
      "# This is private data. Do not parse.\n"
      "LLMNR=yes\n"
      "SERVERS=192.0.2.53 2001:db8::53 [fe80::1]:53%eth0#dns.example 192.0.2.53\n"
      "DOMAINS=home.example ~corp.example ~.\n"
      "broken\n"
      "SERVERS\n",
      facts);
  std::string servers;
  for (const SocketAddress& server : facts.dns_servers) servers += to_string(server) + " ";
  EXPECT_EQ(servers, "192.0.2.53:53 [2001:db8::53]:53 [fe80::1]:53 ");
  EXPECT_EQ(facts.dns_domains, (std::vector<std::string>{"home.example", "corp.example"}));
}

}  // namespace
}  // namespace bowline::core
