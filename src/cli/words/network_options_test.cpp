#include "cli/words/network_options.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

#include "cli/demo/demo_parts.h"

namespace bowline::cli {
namespace {

/// What `bowline connect WORDS` would reach, or why it refuses to try.
std::string outcome(std::initializer_list<const char*> words) {
  std::vector<const char*> all{"connect"};
  all.insert(all.end(), words.begin(), words.end());
  Loop loop;
  const auto invocation = read_arguments(all);
  if (!invocation.has_value()) return invocation.error().message();
  const auto options = read_network_options(*invocation, loop);
  if (!options.has_value()) return options.error().message();
  const auto endpoint = read_remote(*invocation, *options, loop);
  return endpoint.has_value() ? to_string(*endpoint) : endpoint.error().message();
}

TEST(NetworkOptions, takes_names_addresses_and_urls) {
  EXPECT_EQ(outcome({"example.com", "443"}), "example.com:443");
  EXPECT_EQ(outcome({"2001:db8::1", "443"}), "[2001:db8::1]:443");
  EXPECT_EQ(outcome({"https://example.com/path"}), "example.com:443");
  EXPECT_EQ(outcome({"--interface", "lo", "--source", "[::1]:4000", "::1", "1"}), "[::1]:1");
  EXPECT_EQ(outcome({"--server", "192.0.2.53", "--timeout", "0.5", "h", "1"}), "h:1");
}

TEST(NetworkOptions, refuses_what_makes_no_sense) {
  EXPECT_EQ(outcome({"h", "0"}), "the port '0' is not a number from 1 to 65535");
  EXPECT_EQ(outcome({"h", "65536"}), "the port '65536' is not a number from 1 to 65535");
  EXPECT_EQ(outcome({"h", "-1"}), "there is no option '-1'");
  EXPECT_EQ(outcome({"h"}), "PORT is missing behind 'h'");
  EXPECT_EQ(outcome({"https://h/", "1"}), "a URL names the port itself: leave out '1'");
  EXPECT_EQ(outcome({"-4", "-6", "h", "1"}), "-4 and -6 exclude each other");
  EXPECT_EQ(outcome({"--udp", "--tcp", "h", "1"}), "--udp and --tcp exclude each other");
  EXPECT_EQ(outcome({"-4", "::1", "1"}), "::1 is not an IPv4 address, and the options want one");
  EXPECT_EQ(outcome({"--source", "::1", "127.0.0.1", "1"}),
            "127.0.0.1 is not an IPv6 address, and the options want one");
  EXPECT_EQ(outcome({"-4", "--source", "::1", "h", "1"}),
            "--source '::1': -4 wants an IPv4 address");
  EXPECT_EQ(outcome({"--source", "example.com", "h", "1"}), "'example.com' is not an IP address");
  EXPECT_EQ(outcome({"--server", "192.0.2.53:x", "h", "1"}),
            "the port 'x' is not a number from 1 to 65535");
  for (const char* seconds : {"0", "-1", "nan", "inf", "1e99", "", "1s"})
    EXPECT_EQ(outcome({"--timeout", seconds, "h", "1"}),
              "--timeout '" + std::string(seconds) +
                  "': not a number of seconds, more than 0 and up to 604800");
}

TEST(NetworkOptions, a_mapped_address_is_one_of_ipv4) {
  EXPECT_EQ(outcome({"-6", "::ffff:192.0.2.1", "1"}),
            "192.0.2.1 is not an IPv6 address, and the options want one");
  EXPECT_EQ(outcome({"-6", "http://[::ffff:192.0.2.1]/"}),
            "192.0.2.1 is not an IPv6 address, and the options want one");
  EXPECT_EQ(outcome({"-4", "::ffff:192.0.2.1", "1"}), "192.0.2.1:1");
  EXPECT_EQ(outcome({"-6", "--source", "::ffff:192.0.2.1", "h", "1"}),
            "--source '::ffff:192.0.2.1': -6 wants an IPv6 address");
}

TEST(NetworkOptions, refuses_interfaces_that_are_not_there) {
  EXPECT_EQ(outcome({"--interface", "lp", "h", "1"}),
            "this host has no interface 'lp'; did you mean 'lo'?");
  EXPECT_TRUE(outcome({"fe80::1%nonexistent0", "1"})
                  .starts_with("this host has no interface 'nonexistent0'; it has "));
}

TEST(NetworkOptions, refuses_addresses_without_their_scope_or_with_a_wrong_one) {
  EXPECT_EQ(outcome({"fe80::1", "1"}),
            "the link-local address fe80::1 needs its interface, as fe80::1%eth0");
  EXPECT_EQ(outcome({"--interface", "lo", "fe80::1", "1"}), "[fe80::1]:1");
  EXPECT_EQ(outcome({"fe80::1%lo", "1"}), "[fe80::1%lo]:1");
  EXPECT_EQ(outcome({"192.0.2.1%lo", "1"}),
            "the name holds a percent sign, as only an IPv6 address may before its interface");
  EXPECT_EQ(outcome({"fe80::1%4000000", "1"}),
            "this host has no interface with the number 4000000");
}

TEST(NetworkOptions, refuses_servers_and_sources_without_their_scope) {
  const std::string why = "the link-local address fe80::1 needs its interface, as fe80::1%eth0";
  EXPECT_EQ(outcome({"--server", "fe80::1", "h", "1"}), why);
  EXPECT_EQ(outcome({"--server", "[fe80::1]:5353", "h", "1"}), why);
  EXPECT_EQ(outcome({"--source", "fe80::1", "h", "1"}), why);
  EXPECT_EQ(outcome({"--server", "fe80::1%lo", "h", "1"}), "h:1");
  EXPECT_EQ(outcome({"--server", "fe80::1%1", "h", "1"}), "h:1");
  EXPECT_EQ(outcome({"--interface", "lo", "--source", "fe80::1", "h", "1"}), "h:1");
  EXPECT_EQ(outcome({"--server", "fe80::1%4000000", "h", "1"}),
            "this host has no interface with the number 4000000");
}

TEST(NetworkOptions, an_address_may_have_a_port) {
  Loop loop;
  const auto shown = [&](std::string_view text) {
    return to_string(read_address(text, 53, {}, loop).value());
  };
  EXPECT_EQ(shown("192.0.2.1"), "192.0.2.1:53");
  EXPECT_EQ(shown("192.0.2.1:5353"), "192.0.2.1:5353");
  EXPECT_EQ(shown("2001:db8::1"), "[2001:db8::1]:53");
  EXPECT_EQ(shown("[2001:db8::1]"), "[2001:db8::1]:53");
  EXPECT_EQ(shown("[2001:db8::1]:5353"), "[2001:db8::1]:5353");
}

TEST(DemoDns, answers_no_bytes_that_are_no_query) {
  const std::vector<IpAddress> addresses{IpAddress::loopback(Family::ipv4)};
  const std::vector<std::byte> query{std::byte{1}, std::byte{2},   std::byte{1}, std::byte{0},
                                     std::byte{0}, std::byte{1},   std::byte{0}, std::byte{0},
                                     std::byte{0}, std::byte{0},   std::byte{0}, std::byte{0},
                                     std::byte{1}, std::byte{'x'}, std::byte{0}, std::byte{0},
                                     std::byte{1}, std::byte{0},   std::byte{1}};
  for (std::size_t size = 0; size < query.size(); ++size)
    EXPECT_TRUE(answer_query(std::span(query).first(size), addresses).empty()) << size;
  const auto response = answer_query(query, addresses);
  EXPECT_EQ(response.size(), query.size() + 16);
  EXPECT_EQ(response.back(), std::byte{1});
}

}  // namespace
}  // namespace bowline::cli
