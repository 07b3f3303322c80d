#include "core/eyeballs/order/destination_rank.h"

#include <gtest/gtest.h>

#include <optional>

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

IpAddress parsed_address(const char* text) { return IpAddress::parse(text).value(); }
constexpr Instant now{1s};

Destination to(const char* text, const char* source = nullptr) {
  const IpAddress parsed = parsed_address(text);
  Destination made;
  made.address = made.remote = parsed;
  if (source != nullptr) made.source = parsed_address(source);
  return made;
}

RankingRules rules(const PolicyTable& table = PolicyTable::rfc6724()) {
  RankingRules made;
  made.policy = &table;
  return made;
}

bool precedes(const Destination& a, const Destination& b, const RankingRules& by = rules()) {
  const bool first = rank_destination(a, by, now) < rank_destination(b, by, now);
  const bool second = rank_destination(b, by, now) < rank_destination(a, by, now);
  return first && !second;
}

TEST(DestinationRank, rule_1_avoids_what_has_no_route) {
  EXPECT_TRUE(precedes(to("192.0.2.1", "192.0.2.9"), to("2001:db8::1")));
}

// RFC 6724 section 10.2, in its order.
TEST(DestinationRank, sorts_the_examples_of_the_rfc) {
  EXPECT_TRUE(
      precedes(to("2001:db8:1::1", "2001:db8:1::2"), to("198.51.100.121", "169.254.13.78")));
  EXPECT_TRUE(precedes(to("198.51.100.121", "198.51.100.117"), to("2001:db8:1::1", "fe80::1")));
  EXPECT_TRUE(precedes(to("2001:db8:1::1", "2001:db8:1::2"), to("10.1.2.3", "10.1.2.4")));
  EXPECT_TRUE(precedes(to("fe80::1", "fe80::2"), to("2001:db8:1::1", "2001:db8:1::2")));
  EXPECT_TRUE(
      precedes(to("2001:db8:1::1", "2001:db8:1::2"), to("2002:c633:6401::1", "2002:c633:6401::2")));
  EXPECT_TRUE(
      precedes(to("2002:c633:6401::1", "2002:c633:6401::2"), to("2001:db8:1::1", "fe80::2")));
}

TEST(DestinationRank, rule_3_avoids_deprecated_sources) {
  Destination deprecated = to("2001:db8:1::1", "2001:db8:1::2");
  deprecated.source_is_deprecated = true;
  EXPECT_TRUE(precedes(to("2001:db8:2::1", "2001:db8:3::2"), deprecated));
}

TEST(DestinationRank, rule_5_prefers_matching_labels) {
  EXPECT_TRUE(precedes(to("2001:db8:1::1", "2001:db8:1::2"), to("fd00::1", "2001:db8:1::2")));
}

TEST(DestinationRank, rule_7_prefers_native_transport) {
  Destination translated = to("192.0.2.1");
  translated.is_translated = true;
  EXPECT_TRUE(precedes(to("192.0.2.2", "192.0.2.9"), translated));
  EXPECT_TRUE(precedes(translated, to("192.0.2.2")));
}

TEST(DestinationRank, rule_8_prefers_the_smaller_scope) {
  EXPECT_TRUE(precedes(to("ff02::1", "fe80::2"), to("ff0e::1", "2001:db8::2")));
}

TEST(DestinationRank, rule_9_prefers_the_longer_prefix_up_to_the_subnet_and_for_ipv6_only) {
  EXPECT_TRUE(
      precedes(to("2001:db8:1::1", "2001:db8:1::2"), to("2001:db8:8000::1", "2001:db8:1::2")));
  const Destination near = to("2001:db8::1", "2001:db8::2");
  const Destination far = to("2001:db8::ffff", "2001:db8::2");
  EXPECT_EQ(rank_destination(near, rules(), now), rank_destination(far, rules(), now));
  const Destination near_ipv4 = to("192.0.2.1", "192.0.2.2");
  const Destination far_ipv4 = to("10.0.0.1", "192.0.2.2");
  EXPECT_EQ(rank_destination(near_ipv4, rules(), now), rank_destination(far_ipv4, rules(), now));
}

TEST(DestinationRank, a_lower_round_trip_time_comes_before_rule_9) {
  History history;
  history.record_success({parsed_address("2001:db8:8000::1"), 443}, 10ms, now);
  history.record_success({parsed_address("2001:db8:1::1"), 443}, 30ms, now);
  RankingRules with_history = rules();
  with_history.history = &history;
  const Destination near = to("2001:db8:1::1", "2001:db8:1::2");
  const Destination quick = to("2001:db8:8000::1", "2001:db8:1::2");
  const Destination unknown = to("2001:db8:1::3", "2001:db8:1::2");
  EXPECT_TRUE(precedes(quick, near, with_history));
  EXPECT_TRUE(precedes(near, unknown, with_history));
  // Never across what rules 1 to 8 decide.
  history.record_success({parsed_address("192.0.2.1"), 443}, 1ms, now);
  EXPECT_TRUE(precedes(near, to("192.0.2.1", "192.0.2.9"), with_history));
}

TEST(DestinationRank, an_address_used_before_comes_before_a_new_one) {
  History history;
  history.record_success({parsed_address("2001:db8:1::1"), 443}, 10ms, Instant(1s));
  RankingRules with_history = rules();
  with_history.history = &history;
  const Instant later = now + 1h;  // the time is forgotten, the use is not
  const auto used = rank_destination(to("2001:db8:1::1", "2001:db8:1::2"), with_history, later);
  const auto fresh = rank_destination(to("2001:db8:1::3", "2001:db8:1::2"), with_history, later);
  EXPECT_LT(used, fresh);
}

TEST(DestinationRank, a_preference_for_ipv4_lifts_it_over_ipv6_but_not_over_usability) {
  RankingRules ipv4_first = rules();
  ipv4_first.preferred_family = Family::ipv4;
  EXPECT_TRUE(precedes(to("192.0.2.1", "192.0.2.9"), to("2001:db8::1", "2001:db8::2"), ipv4_first));
  EXPECT_TRUE(precedes(to("2001:db8::1", "2001:db8::2"), to("192.0.2.1"), ipv4_first));
}

TEST(DestinationRank, the_policy_table_decides_between_unique_local_and_ipv4) {
  const Destination local = to("fd00:2::1", "fd00:1::1");
  const Destination ipv4 = to("192.0.2.1", "192.0.2.9");
  const PolicyTable updated = PolicyTable::rfc6724_update({});
  EXPECT_TRUE(precedes(ipv4, local));
  EXPECT_TRUE(precedes(local, ipv4, rules(updated)));
}

TEST(DestinationRank, scopes_are_those_of_the_rfc) {
  const std::pair<const char*, int> rows[] = {
      {"::1", 2},          {"fe80::1", 2},   {"fec0::1", 5},     {"fd00::1", 14},
      {"2001:db8::1", 14}, {"127.0.0.1", 2}, {"169.254.0.1", 2}, {"10.0.0.1", 14},
      {"ff02::1", 2},      {"ff05::1", 5},   {"ff0e::1", 14}};
  for (const auto& [text, scope] : rows)
    EXPECT_EQ(address_scope(parsed_address(text)), scope) << text;
}

}  // namespace
}  // namespace bowline::core
