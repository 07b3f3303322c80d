#include "core/eyeballs/order/candidate_list.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

class CandidateListTest : public testing::Test {
 protected:
  CandidateListTest() { target.protocols = {CandidateProtocol::tls}; }

  static RankedAddresses addresses(const char* prefix, int count) {
    RankedAddresses made;
    for (int i = 1; i <= count; ++i) {
      const IpAddress address = IpAddress::parse(prefix + std::to_string(i)).value();
      RankedAddress& ranked = made.emplace_back();
      ranked.remote = address;
      ranked.family = address.family();
      ranked.rank.is_ipv4 = address.is_v4();
    }
    return made;
  }

  ServiceGroup group(std::uint16_t port = 443) const {
    ServiceGroup made;
    made.port = port;
    made.addresses = {&ipv4, &ipv6};
    return made;
  }

  std::string order(std::initializer_list<ServiceGroup> groups) {
    list.rebuild(groups, target, options, attempts);
    std::string text;
    for (const Candidate& candidate : list.all()) {
      text += (text.empty() ? "" : " ") + to_string(candidate.remote.ip);
      if (target.protocols.size() > 1) text += "/" + std::string(to_string(candidate.protocol));
      if (candidate.is_tried) text += "*";
    }
    return text;
  }

  Race::Options options;
  Race::Target target;
  Attempts attempts;
  RankedAddresses ipv4;
  RankedAddresses ipv6;
  CandidateList list;
};

TEST_F(CandidateListTest, interleaves_families) {
  ipv6 = addresses("2001:db8::", 4);
  ipv4 = addresses("192.0.2.", 2);
  EXPECT_EQ(order({group()}),
            "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 2001:db8::3 2001:db8::4");
}

TEST_F(CandidateListTest, leads_with_the_family_of_the_best_address) {
  ipv6 = addresses("2001:db8::", 1);
  ipv4 = addresses("192.0.2.", 2);
  ipv6[0].rank.is_unusable = true;
  EXPECT_EQ(order({group()}), "192.0.2.1 2001:db8::1 192.0.2.2");
}

TEST_F(CandidateListTest, leads_with_as_many_as_asked_for) {
  ipv6 = addresses("2001:db8::", 5);
  ipv4 = addresses("192.0.2.", 2);
  options.preferred_family_count = 3;
  EXPECT_EQ(order({group()}),
            "2001:db8::1 2001:db8::2 2001:db8::3 192.0.2.1 2001:db8::4 192.0.2.2 2001:db8::5");
}

TEST_F(CandidateListTest, deals_protocols_first_then_families) {
  target.protocols = {CandidateProtocol::quic, CandidateProtocol::tls};
  ipv6 = addresses("2001:db8::", 2);
  ipv4 = addresses("192.0.2.", 1);
  EXPECT_EQ(order({group()}),
            "2001:db8::1/quic 192.0.2.1/quic 2001:db8::1/tls 192.0.2.1/tls "
            "2001:db8::2/quic 2001:db8::2/tls");
}

TEST_F(CandidateListTest, keeps_groups_in_order_and_lists_an_endpoint_once) {
  ipv6 = addresses("2001:db8::", 2);
  EXPECT_EQ(order({group(), group()}), "2001:db8::1 2001:db8::2");
  EXPECT_EQ(order({group(443), group(8443)}), "2001:db8::1 2001:db8::2 2001:db8::1 2001:db8::2");
}

TEST_F(CandidateListTest, keeps_tried_ones_in_place_and_goes_on_with_the_rest) {
  ipv6 = addresses("2001:db8::", 2);
  order({group()});
  attempts.start({.remote = list.next()->remote,
                  .protocol = CandidateProtocol::tls,
                  .source = {},
                  .started = {},
                  .error = {}});
  list.mark_next_tried();
  EXPECT_EQ(to_string(list.next()->remote.ip), "2001:db8::2");
  ipv4 = addresses("192.0.2.", 1);
  EXPECT_EQ(order({group()}), "2001:db8::1* 192.0.2.1 2001:db8::2");
  EXPECT_EQ(to_string(list.next()->remote.ip), "192.0.2.1");
}

TEST_F(CandidateListTest, caps_what_is_untried_and_counts_the_rest) {
  ipv6 = addresses("2001:db8::", 9);
  ipv4 = addresses("192.0.2.", 2);
  options.candidates_max = 4;
  EXPECT_EQ(order({group()}), "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2");
  EXPECT_EQ(list.dropped(), 7u);
}

TEST_F(CandidateListTest, is_empty_without_groups) {
  EXPECT_EQ(order({}), "");
  EXPECT_EQ(list.next(), nullptr);
}

}  // namespace
}  // namespace bowline::core
