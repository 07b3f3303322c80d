#include "core/path/address_reach.h"

#include <gtest/gtest.h>

#include <string_view>

namespace bowline::core {
namespace {

bool is_public_text(std::string_view text) { return is_public(IpAddress::parse(text).value()); }

TEST(AddressReach, public_addresses_are_public) {
  for (const std::string_view text :
       {"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.0.1",
        "172.32.0.1", "192.167.0.1", "198.17.0.1", "223.255.255.255", "2606:4700::1111",
        "64:ff9b::101:101", "::ffff:1.1.1.1", "2002:101:101::1"})
    EXPECT_TRUE(is_public_text(text)) << text;
}

TEST(AddressReach, addresses_of_hosts_links_and_private_networks_are_not) {
  for (const std::string_view text : {"0.0.0.0",
                                      "0.1.2.3",
                                      "10.0.0.1",
                                      "100.64.0.1",
                                      "100.127.255.255",
                                      "127.0.0.1",
                                      "127.255.0.1",
                                      "169.254.169.254",
                                      "172.16.0.1",
                                      "172.31.255.255",
                                      "192.168.1.1",
                                      "198.18.0.1",
                                      "224.0.0.251",
                                      "255.255.255.255",
                                      "::",
                                      "::1",
                                      "::ffff:127.0.0.1",
                                      "::ffff:192.168.0.1",
                                      "::7f00:1",
                                      "fe80::1",
                                      "fc00::1",
                                      "fdff::1",
                                      "ff02::1",
                                      "64:ff9b::7f00:1",
                                      "64:ff9b::a00:1",
                                      "2002:c0a8:101::1",
                                      "2002:7f00:1::"})
    EXPECT_FALSE(is_public_text(text)) << text;
}

}  // namespace
}  // namespace bowline::core
