#include "core/dns/name/reverse.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

TEST(ReverseName, turns_an_address_round_and_back) {
  const std::pair<const char*, const char*> rows[] = {
      {"192.0.2.1", "1.2.0.192.in-addr.arpa"},
      {"0.0.0.0", "0.0.0.0.in-addr.arpa"},
      {"255.254.0.10", "10.0.254.255.in-addr.arpa"},
      {"2001:db8::a1", "1.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"},
      {"::", "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.ip6.arpa"},
  };
  for (const auto& [address, name] : rows) {
    const IpAddress parsed = IpAddress::parse(address).value();
    EXPECT_EQ(to_string(reverse_name(parsed)), name);
    EXPECT_EQ(reversed_address(reverse_name(parsed)), parsed) << address;
  }
  EXPECT_EQ(to_string(reverse_name(IpAddress::parse("fe80::1%3").value())).size(), 72U);
}

TEST(ReversedAddress, is_none_for_names_of_another_form) {
  for (const char* text :
       {"2.0.192.in-addr.arpa", "1.2.0.192.in-addr.example", "256.2.0.192.in-addr.arpa",
        "x.2.0.192.in-addr.arpa", "0.1.2.0.192.in-addr.arpa", "in-addr.arpa", "1.ip6.arpa",
        "10.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
        "g.a.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"})
    EXPECT_FALSE(reversed_address(wire::DnsName::parse(text).value()).has_value()) << text;
}

}  // namespace
}  // namespace bowline::core
