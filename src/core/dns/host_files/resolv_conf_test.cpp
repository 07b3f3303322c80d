#include "core/dns/host_files/resolv_conf.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

using namespace std::chrono_literals;
using Texts = std::vector<std::string>;

Texts servers_of(const ResolvConf& conf) {
  Texts all;
  for (const SocketAddress& server : conf.config.entries.at(0).servers)
    all.push_back(to_string(server));
  return all;
}

TEST(ResolvConf, reads_servers_search_and_options) {
  const auto conf = parse_resolv_conf(
      "# by hand\n"
      "nameserver 192.0.2.1\n"
      "nameserver 2001:db8::1   ; second\n"
      "search corp.example lab.example.\n"
      "options ndots:2 timeout:3 attempts:4 rotate use-vc edns0\n");
  EXPECT_EQ(servers_of(conf), (Texts{"192.0.2.1:53", "[2001:db8::1]:53"}));
  EXPECT_EQ(conf.config.entries[0].search, (Texts{"corp.example", "lab.example"}));
  EXPECT_EQ(conf.config.ndots, 2U);
  EXPECT_EQ(conf.config.timeout, Duration(3s));
  EXPECT_EQ(conf.config.attempts, 4U);
  EXPECT_TRUE(conf.config.rotate);
  EXPECT_TRUE(conf.config.only_tcp);
  EXPECT_TRUE(conf.warnings.empty());
}

TEST(ResolvConf, names_no_server_that_is_not_in_the_file) {
  EXPECT_EQ(servers_of(parse_resolv_conf("")), Texts{});
}

TEST(ResolvConf, takes_the_last_search_or_domain_line) {
  EXPECT_EQ(parse_resolv_conf("search a b\ndomain c d\n").config.entries[0].search, Texts{"c"});
  EXPECT_EQ(parse_resolv_conf("domain c\nsearch a b\n").config.entries[0].search,
            (Texts{"a", "b"}));
  EXPECT_EQ(parse_resolv_conf("search a\nsearch .\n").config.entries[0].search, Texts{"."});
}

TEST(ResolvConf, takes_ports_and_zones) {
  const auto index = [](std::string_view name) {
    return name == "eth0" ? std::optional(7U) : std::nullopt;
  };
  const auto conf = parse_resolv_conf(
      "nameserver [2001:db8::1]:5353\nnameserver 192.0.2.1:5353\nnameserver fe80::1%eth0\n"
      "nameserver [fe80::2%eth0]:54\nnameserver fe80::1%eth9\n",
      index);
  EXPECT_EQ(servers_of(conf),
            (Texts{"[2001:db8::1]:5353", "192.0.2.1:5353", "[fe80::1%7]:53", "[fe80::2%7]:54"}));
  EXPECT_EQ(conf.warnings, Texts{"line 5: \"fe80::1%eth9\" is not an address"});
}

TEST(ResolvConf, refuses_bad_ports) {
  for (const char* text : {"192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:", "[2001:db8::1]:x",
                           "[192.0.2.1]:53", "2001:db8::1]:53", "192.0.2.1:99999999999999999999"})
    EXPECT_EQ(parse_resolv_conf(std::string("nameserver ") + text).warnings.size(), 1U) << text;
}

TEST(ResolvConf, cuts_numbers_to_their_bounds) {
  const auto conf =
      parse_resolv_conf("options ndots:99999999999999999999 timeout:0 attempts:99 ndots:x\n");
  EXPECT_EQ(conf.config.ndots, 15U);
  EXPECT_EQ(conf.config.timeout, Duration(1s));
  EXPECT_EQ(conf.config.attempts, 5U);
  EXPECT_EQ(conf.warnings.size(), 1U);
}

TEST(ResolvConf, cuts_the_timeout_to_what_a_lookup_has_time_for) {
  EXPECT_EQ(parse_resolv_conf("options timeout:5").config.timeout, Duration(5s));
  EXPECT_TRUE(parse_resolv_conf("options timeout:5").warnings.empty());
  const auto conf = parse_resolv_conf("options timeout:30");
  EXPECT_EQ(conf.config.timeout, Duration(5s));
  EXPECT_EQ(conf.warnings, Texts{"line 1: option \"timeout:30\" counts as 5 seconds"});
}

TEST(ResolvConf, honours_each_option_of_the_manual_page) {
  const auto with = [](const char* options) {
    const auto conf = parse_resolv_conf(std::string("options ") + options);
    EXPECT_TRUE(conf.warnings.empty()) << options;
    return conf.config;
  };
  EXPECT_TRUE(with("no-aaaa").no_aaaa);
  EXPECT_TRUE(with("use-vc").only_tcp);
  EXPECT_TRUE(with("single-request").one_at_a_time);
  EXPECT_TRUE(with("rotate").rotate);
  EXPECT_TRUE(with("trust-ad").trust_ad);
  EXPECT_FALSE(with("no-tld-query").bare_labels);
  EXPECT_EQ(with("attempts:2").attempts, 2U);
  EXPECT_EQ(with("timeout:3").timeout, Duration(3s));
  EXPECT_EQ(with("ndots:5").ndots, 5U);
  EXPECT_TRUE(parse_resolv_conf("options no-reload").no_reload);
  const ResolverConfig none = with("edns0 single-request-reopen");
  EXPECT_FALSE(none.no_aaaa || none.only_tcp || none.one_at_a_time || none.rotate || none.trust_ad);
  EXPECT_TRUE(none.bare_labels);
  EXPECT_FALSE(none.timeout.has_value() || none.attempts.has_value());
  const ResolverConfig two = parse_resolv_conf("options rotate\noptions ndots:3\n").config;
  EXPECT_TRUE(two.rotate && two.ndots == 3) << "lines of options add up";
}

TEST(ResolvConf, names_what_has_no_meaning_and_makes_it_safe_to_print) {
  const auto conf = parse_resolv_conf(
      "options inet6 fancy\nsortlist 1.2.3.4\nnameserver \x1b[31m\nlookup file bind\n"
      " nameserver 192.0.2.1\n");
  EXPECT_EQ(
      conf.warnings,
      (Texts{"line 1: option \"inet6\" has no meaning here",
             "line 1: option \"fancy\" is not known",
             "line 2: keyword \"sortlist\" has no meaning here: addresses are sorted by RFC 6724",
             "line 3: \"\\x1b[31m\" is not an address", "line 4: keyword \"lookup\" is not known",
             "line 5: the keyword \"nameserver\" does not start the line"}));
}

TEST(ResolvConf, takes_old_forms_of_addresses) {
  EXPECT_EQ(
      servers_of(parse_resolv_conf(
          "nameserver 127.1\nnameserver 0x7f000002\nnameserver 010.0.0.1\nnameserver 10.1.258\n")),
      (Texts{"127.0.0.1:53", "127.0.0.2:53", "8.0.0.1:53", "10.1.1.2:53"}));
  for (const char* text : {"127.", "256.1", "1.2.3.4.5", "0x", "1.2.3.256", "08.1", "4294967296"})
    EXPECT_EQ(parse_resolv_conf(std::string("nameserver ") + text).warnings.size(), 1U) << text;
}

TEST(ResolvConf, takes_the_domain_of_the_host_and_the_environment) {
  const auto search = [](const char* text, const ResolvConfContext& context) {
    return parse_resolv_conf(text, {}, context).config.entries[0].search;
  };
  EXPECT_EQ(search("", {.host_name = "web1.corp.example"}), Texts{"corp.example"});
  EXPECT_EQ(search("", {.host_name = "web1"}), Texts{});
  EXPECT_EQ(search("", {.host_name = "web1."}), Texts{});
  EXPECT_EQ(search("search a\n", {.host_name = "web1.corp.example"}), Texts{"a"});
  EXPECT_EQ(search("search\n", {.host_name = "web1.corp.example"}), Texts{}) << "there is a list";
  EXPECT_EQ(search("search a\n", {.local_domain = "b c"}), (Texts{"b", "c"}));
  const auto conf = parse_resolv_conf("options ndots:1\n", {}, {.options = "ndots:4 rotate bogus"});
  EXPECT_EQ(conf.config.ndots, 4U);
  EXPECT_TRUE(conf.config.rotate);
  EXPECT_EQ(conf.warnings, Texts{"environment: option \"bogus\" is not known"});
}

TEST(ResolvConf, is_bounded) {
  std::string text = "search";
  for (int i = 0; i < 100; ++i) text += " d" + std::to_string(i);
  text += '\n';
  for (int i = 0; i < 100; ++i) text += "nameserver 10.0.0." + std::to_string(i) + '\n';
  for (int i = 0; i < 100; ++i) text += "nonsense\n";
  const auto conf = parse_resolv_conf(text);
  EXPECT_EQ(conf.config.entries[0].servers.size(), ResolvConf::servers_max);
  EXPECT_EQ(conf.config.entries[0].search.size(), ResolvConf::suffixes_max);
  EXPECT_EQ(conf.warnings.size(), ResolvConf::warnings_max);
  EXPECT_EQ(parse_resolv_conf(std::string(1 << 20, 'x')).warnings.size(), 1U);
}

}  // namespace
}  // namespace bowline::core
