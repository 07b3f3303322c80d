#include "core/eyeballs/names/nat64.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

IpPrefix prefix(const char* text) { return IpPrefix::parse(text).value(); }
IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

// RFC 6052 section 2.4, and the well-known prefix.
constexpr std::pair<const char*, const char*> vectors[] = {
    {"2001:db8::/32", "2001:db8:c000:221::"},
    {"2001:db8:100::/40", "2001:db8:1c0:2:21::"},
    {"2001:db8:122::/48", "2001:db8:122:c000:2:2100::"},
    {"2001:db8:122:300::/56", "2001:db8:122:3c0:0:221::"},
    {"2001:db8:122:344::/64", "2001:db8:122:344:c0:2:2100::"},
    {"2001:db8:122:344::/96", "2001:db8:122:344::192.0.2.33"},
    {"64:ff9b::/96", "64:ff9b::192.0.2.33"},
};

TEST(Nat64, synthesises_the_examples_of_rfc6052) {
  for (const auto& [from, to] : vectors)
    EXPECT_EQ(synthesise_nat64(prefix(from), address("192.0.2.33")), address(to)) << from;
}

TEST(Nat64, finds_the_address_inside_again) {
  for (const auto& [from, to] : vectors)
    EXPECT_EQ(extract_nat64(prefix(from), address(to)), address("192.0.2.33")) << from;
}

TEST(Nat64, leaves_this_host_this_link_and_everybody_alone) {
  for (const char* never :
       {"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.0.1", "169.254.1.1", "255.255.255.255"})
    EXPECT_FALSE(synthesise_nat64(prefix("64:ff9b::/96"), address(never)).has_value()) << never;
  for (const char* fine : {"1.0.0.0", "10.0.0.1", "126.1.1.1", "169.253.1.1", "255.255.255.254"})
    EXPECT_TRUE(synthesise_nat64(prefix("2001:db8::/96"), address(fine)).has_value()) << fine;
}

TEST(Nat64, keeps_private_addresses_from_the_well_known_prefix) {
  for (const char* own : {"10.0.0.1", "100.64.0.1", "172.31.255.255", "192.0.0.8", "192.168.1.1",
                          "198.19.0.1", "255.255.255.254"}) {
    EXPECT_FALSE(synthesise_nat64(prefix("64:ff9b::/96"), address(own)).has_value()) << own;
    EXPECT_TRUE(synthesise_nat64(prefix("2001:db8::/96"), address(own)).has_value()) << own;
  }
  for (const char* global : {"1.0.0.0", "11.0.0.0", "100.128.0.1", "172.32.0.1", "192.1.0.1",
                             "192.169.0.1", "198.20.0.1", "239.255.255.255"})
    EXPECT_TRUE(synthesise_nat64(prefix("64:ff9b::/96"), address(global)).has_value()) << global;
  EXPECT_FALSE(extract_nat64(prefix("64:ff9b::/96"), address("64:ff9b::10.0.0.1")).has_value());
}

TEST(Nat64, knows_only_the_prefix_lengths_of_the_rfc) {
  for (unsigned length = 0; length <= 128; ++length) {
    const bool known = length == 32 || length == 40 || length == 48 || length == 56 ||
                       length == 64 || length == 96;
    const IpPrefix tried(address("2001:db8::"), length);
    EXPECT_EQ(synthesise_nat64(tried, address("192.0.2.1")).has_value(), known) << length;
    EXPECT_EQ(extract_nat64(tried, address("2001:db8::1:2")).has_value() && !known, false)
        << length;
  }
}

TEST(Nat64, does_not_touch_addresses_of_the_wrong_family_or_place) {
  EXPECT_FALSE(synthesise_nat64(prefix("64:ff9b::/96"), address("2001:db8::1")).has_value());
  EXPECT_FALSE(synthesise_nat64(prefix("10.0.0.0/32"), address("192.0.2.1")).has_value());
  EXPECT_FALSE(extract_nat64(prefix("64:ff9b::/96"), address("2001:db8::1")).has_value());
  EXPECT_FALSE(extract_nat64(prefix("64:ff9b::/96"), address("192.0.2.1")).has_value());
  EXPECT_FALSE(extract_nat64(prefix("64:ff9b::/96"), address("64:ff9b::127.0.0.1")).has_value());
}

}  // namespace
}  // namespace bowline::core
