#include <bowline/address.h>

#include <algorithm>
#include <array>
#include <unordered_set>

#include <gtest/gtest.h>

#include "base/random.h"

namespace bowline {
namespace {

IpAddress ip(std::string_view text) { return IpAddress::parse(text).value(); }

TEST(IpAddress, reads_and_writes_the_canonical_form) {
  struct Row {
    std::string_view text, canonical;
  };
  const Row rows[] = {
      {"0.0.0.0", "0.0.0.0"},
      {"255.255.255.255", "255.255.255.255"},
      {"192.0.2.1", "192.0.2.1"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"},
      {"FF01:0:0:0:0:0:0:101", "ff01::101"},
      {"2001:0db8::0001", "2001:db8::1"},
      {"0:0:0:0:0:0:0:0", "::"},
      // RFC 5952 4.2.2: a single zero group stays.
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      // RFC 5952 4.2.3: the longest run, and the first of equals.
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"1:0:0:2:3:4:0:0", "1::2:3:4:0:0"},
      {"1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"},
      // RFC 4291 2.5.5: an IPv4 address inside.
      {"::ffff:192.0.2.128", "::ffff:192.0.2.128"},
      {"0:0:0:0:0:FFFF:129.144.52.38", "::ffff:129.144.52.38"},
      {"::ffff:0:0", "::ffff:0.0.0.0"},
      {"::13.1.68.3", "::d01:4403"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
      {"fe80::1%3", "fe80::1%3"},
      {"fe80::1%4294967295", "fe80::1%4294967295"},
      {"fe80::1%0", "fe80::1"},
  };
  for (const Row& row : rows) {
    const auto address = IpAddress::parse(row.text);
    ASSERT_TRUE(address.has_value()) << row.text;
    EXPECT_EQ(to_string(*address), row.canonical);
  }
}

TEST(IpAddress, refuses_everything_else) {
  const std::string_view rows[] = {
      "",
      " ",
      "1",
      "1.2.3",
      "1.2.3.4.5",
      "1.2.3.4.",
      ".1.2.3.4",
      "1..2.3",
      "256.1.1.1",
      "1.2.3.999",
      "01.2.3.4",
      "1.2.3.00",
      "0x7f.0.0.1",
      "127.1",
      "2130706433",
      "1.2.3.4 ",
      " 1.2.3.4",
      "+1.2.3.4",
      "-1.2.3.4",
      "1.2.3.4%1",
      "1.2.3.a",
      "99999999999.1.1.1",
      ":",
      ":::",
      "::1::",
      "1::2::3",
      ":1",
      "1:",
      ":1::",
      "::1:",
      "1:2:3:4:5:6:7",
      "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::",
      "::1:2:3:4:5:6:7:8",
      "1:2:3:4::5:6:7:8",
      "12345::",
      "00001::",
      "g::",
      "0x1::",
      "-1::",
      "::1.2.3",
      "::1.2.3.4:5",
      "1.2.3.4::",
      "::1.2.3.4.5",
      "::01.2.3.4",
      "::256.1.1.1",
      "1:2:3:4:5:6:7:1.2.3.4",
      "1:2:3:4:5:1.2.3.4",
      "[::1]",
      "::1 ",
      "fe80::1%",
      "fe80::1%eth0",
      "fe80::1%-1",
      "fe80::1%01",
      "fe80::1%4294967296",
      "fe80::1%1%2",
      "fe80::%1:2",
  };
  for (const std::string_view text : rows) {
    const auto address = IpAddress::parse(text);
    ASSERT_FALSE(address.has_value()) << text;
    EXPECT_EQ(address.error().kind(), ErrorKind::malformed);
    EXPECT_EQ(address.error().subject(), text);
  }
  EXPECT_EQ(IpAddress::parse(std::string_view("::1\0", 4)).has_value(), false);
  EXPECT_LE(IpAddress::parse(std::string(1 << 20, ':')).error().subject().size(), 128U);
}

TEST(IpAddress, reads_back_what_it_writes) {
  const std::uint64_t seed = 5952;
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (int round = 0; round < 20'000; ++round) {
    std::array<std::uint8_t, 16> octets{};
    random.fill(std::as_writable_bytes(std::span(octets)));
    const std::uint64_t zeros = random.next();  // so that runs of zero groups are common
    for (std::size_t group = 0; group < 8; ++group)
      if ((zeros >> group & 1) != 0) octets[2 * group] = octets[2 * group + 1] = 0;
    const auto v6 = IpAddress::v6(octets, static_cast<std::uint32_t>(zeros % 3));
    ASSERT_EQ(ip(to_string(v6)), v6) << to_string(v6);
    const auto v4 = IpAddress::v4({octets[0], octets[1], octets[2], octets[3]});
    ASSERT_EQ(ip(to_string(v4)), v4);
    const IpPrefix prefix(v6, static_cast<unsigned>(random.below(129)));
    ASSERT_EQ(IpPrefix::parse(to_string(prefix)).value(), prefix);
    const SocketAddress socket(v6, static_cast<std::uint16_t>(random.next()));
    ASSERT_EQ(SocketAddress::parse(to_string(socket)).value(), socket);
  }
}

TEST(IpAddress, knows_what_kind_of_address_it_is) {
  EXPECT_TRUE(IpAddress::any(Family::ipv4).is_unspecified());
  EXPECT_TRUE(IpAddress::any(Family::ipv6).is_unspecified());
  EXPECT_EQ(to_string(IpAddress::loopback(Family::ipv4)), "127.0.0.1");
  EXPECT_EQ(to_string(IpAddress::loopback(Family::ipv6)), "::1");
  EXPECT_TRUE(ip("127.255.0.1").is_loopback());
  EXPECT_FALSE(ip("128.0.0.1").is_loopback());
  EXPECT_FALSE(ip("::2").is_loopback());
  EXPECT_TRUE(ip("169.254.1.1").is_link_local());
  EXPECT_TRUE(ip("febf::1").is_link_local());
  EXPECT_FALSE(ip("fec0::1").is_link_local());
  EXPECT_TRUE(ip("224.0.0.251").is_multicast());
  EXPECT_TRUE(ip("239.255.255.255").is_multicast());
  EXPECT_FALSE(ip("240.0.0.1").is_multicast());
  EXPECT_TRUE(ip("ff02::fb").is_multicast());
}

TEST(IpAddress, maps_ipv4_into_ipv6_and_back) {
  EXPECT_EQ(to_string(ip("192.0.2.1").mapped()), "::ffff:192.0.2.1");
  EXPECT_EQ(ip("::ffff:192.0.2.1").unmapped(), ip("192.0.2.1"));
  EXPECT_TRUE(ip("::ffff:192.0.2.1").is_v4_mapped());
  EXPECT_FALSE(ip("::fffe:192.0.2.1").is_v4_mapped());
  EXPECT_EQ(ip("2001:db8::1").mapped(), ip("2001:db8::1"));
  EXPECT_EQ(ip("2001:db8::1").unmapped(), ip("2001:db8::1"));
}

TEST(IpAddress, differs_by_scope_and_family) {
  EXPECT_NE(ip("fe80::1%1"), ip("fe80::1%2"));
  EXPECT_EQ(ip("fe80::1").with_scope(2), ip("fe80::1%2"));
  EXPECT_NE(ip("0.0.0.0"), ip("::"));
  const std::unordered_set<IpAddress> set{ip("fe80::1%1"), ip("fe80::1%2"), ip("0.0.0.0"), ip("::"),
                                          ip("::")};
  EXPECT_EQ(set.size(), 4U);
  const std::unordered_set<SocketAddress> sockets{{ip("::1"), 1}, {ip("::1"), 2}, {ip("::1"), 1}};
  EXPECT_EQ(sockets.size(), 2U);
}

TEST(IpPrefix, clears_the_bits_beyond_its_length) {
  EXPECT_EQ(to_string(IpPrefix::parse("2001:db8:ffff::1/33").value()), "2001:db8:8000::/33");
  EXPECT_EQ(to_string(IpPrefix::parse("192.0.2.255/25").value()), "192.0.2.128/25");
  EXPECT_EQ(to_string(IpPrefix::parse("1.2.3.4/0").value()), "0.0.0.0/0");
  EXPECT_EQ(to_string(IpPrefix::parse("1.2.3.4/32").value()), "1.2.3.4/32");
  EXPECT_EQ(to_string(IpPrefix::parse("fe80::1%2/64").value()), "fe80::%2/64");
}

TEST(IpPrefix, refuses_what_is_not_one) {
  for (const std::string_view text : {"", "/", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "::/129",
                                      "::/064", "::/-1", "/8", "1.2.3.4/8/8", "::/ 8"})
    EXPECT_FALSE(IpPrefix::parse(text).has_value()) << text;
}

TEST(IpPrefix, contains_addresses_of_its_family_that_share_its_bits) {
  const IpPrefix prefix = IpPrefix::parse("192.0.2.0/25").value();
  EXPECT_TRUE(prefix.contains(ip("192.0.2.127")));
  EXPECT_FALSE(prefix.contains(ip("192.0.2.128")));
  EXPECT_FALSE(prefix.contains(ip("::ffff:192.0.2.1")));
  EXPECT_TRUE(IpPrefix().contains(ip("8.8.8.8")));
  EXPECT_FALSE(IpPrefix().contains(ip("::")));
  EXPECT_TRUE(IpPrefix::parse("fe80::/10").value().contains(ip("fe80::1%7")));
}

TEST(IpAddress, hashes_of_neighbours_lie_far_apart) {
  const auto low_bits_of = [](const char* text, std::size_t changed) {
    std::unordered_set<std::size_t> seen;
    std::array<std::uint8_t, 16> octets{};
    std::ranges::copy(ip(text).mapped().octets(), octets.begin());
    for (int i = 0; i < 4096; ++i) {
      octets[changed] = static_cast<std::uint8_t>(i);
      octets[changed - 1] = static_cast<std::uint8_t>(i >> 8);
      seen.insert(std::hash<IpAddress>()(IpAddress::v6(octets).unmapped()) % 4096);
    }
    return seen.size();
  };
  // Of 4096 balls thrown into as many urns, 63 % of the urns get one.
  EXPECT_GT(low_bits_of("192.0.2.1", 15), 2400U);
  EXPECT_GT(low_bits_of("2001:db8::1", 15), 2400U);
  EXPECT_GT(low_bits_of("2001:db8::1", 7), 2400U);
}

TEST(IpPrefix, common_length_counts_leading_bits) {
  EXPECT_EQ(common_prefix_length(ip("192.0.2.1"), ip("192.0.2.1")), 32U);
  EXPECT_EQ(common_prefix_length(ip("0.0.0.0"), ip("128.0.0.0")), 0U);
  EXPECT_EQ(common_prefix_length(ip("2001:db8::"), ip("2001:db9::")), 31U);
  EXPECT_EQ(common_prefix_length(ip("::"), ip("::")), 128U);
  EXPECT_EQ(common_prefix_length(ip("::"), ip("0.0.0.0")), 0U);
}

TEST(SocketAddress, needs_brackets_around_ipv6_only) {
  EXPECT_EQ(to_string(SocketAddress::parse("192.0.2.1:53").value()), "192.0.2.1:53");
  EXPECT_EQ(to_string(SocketAddress::parse("[2001:DB8::1]:65535").value()), "[2001:db8::1]:65535");
  EXPECT_EQ(to_string(SocketAddress::parse("[fe80::1%3]:0").value()), "[fe80::1%3]:0");
  for (const std::string_view text :
       {"", ":", ":53", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "192.0.2.1:053",
        "192.0.2.1:+1", "[192.0.2.1]:53", "::1:53", "[::1]", "[::1]53", "[]:53", "[::1:53",
        "::1]:53", "[[::1]]:53", "192.0.2.1:5 3"})
    EXPECT_FALSE(SocketAddress::parse(text).has_value()) << text;
}

}  // namespace
}  // namespace bowline
