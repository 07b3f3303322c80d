// Acceptance table of Happy Eyeballs, rows about service records: hints, priorities, aliases.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/eyeballs/race_script.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

TEST(RaceAcceptance, h11_hints_are_tried_at_once_and_replaced_by_records) {
  RaceScript script;
  RaceService service = RaceScript::service(1, "a.example");
  service.hints = script.all_reached({"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"});
  script.services(0ms, {service});
  script.ipv6(300ms, {"2001:db8::9"});
  script.ipv4(300ms, {"192.0.2.9"});
  script.run();
  EXPECT_EQ(script.asked(), "a.example service ipv6 ipv4");
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 192.0.2.1, 500 2001:db8::9, 750 192.0.2.9");
}

TEST(RaceAcceptance, h11_hints_of_the_other_family_wait_for_the_preferred_one) {
  RaceScript script;
  RaceService service = RaceScript::service(1, "a.example");
  service.hints = script.all_reached({"192.0.2.1"});
  script.services(0ms, {service});
  script.ipv6(30ms, {"2001:db8::1"});
  script.run();
  EXPECT_EQ(script.started(), "30 2001:db8::1, 280 192.0.2.1");

  RaceScript silent;
  silent.services(0ms, {service});
  silent.run();
  EXPECT_EQ(silent.started(), "50 192.0.2.1");
}

TEST(RaceAcceptance, h11_hints_stay_if_the_name_cannot_be_asked) {
  RaceScript script;
  RaceService service = RaceScript::service(1, "b.example");
  service.hints = script.all_reached({"2001:db8::1", "2001:db8::2"});
  script.services(0ms, {service});
  script.none(RaceQuery::ipv6, 10ms, ErrorKind::timed_out, "b.example");
  script.none(RaceQuery::ipv4, 10ms, ErrorKind::name_not_found, "b.example");
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 2001:db8::2");
}

TEST(RaceAcceptance, h12_a_tried_hint_goes_on_while_untried_ones_vanish) {
  RaceScript script;
  RaceService service = RaceScript::service(1, "a.example");
  service.hints = script.all_reached({"2001:db8::1", "2001:db8::2"});
  script.services(0ms, {service});
  script.ipv6(100ms, {"2001:db8::9"});
  script.none(RaceQuery::ipv4, 100ms);
  script.connects("2001:db8::1", 400ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 2001:db8::9");
  EXPECT_EQ(script.result(), "won 2001:db8::1 at 400");
}

TEST(RaceAcceptance, h13_a_hint_equal_to_a_record_is_tried_once) {
  RaceScript script;
  RaceService service = RaceScript::service(1, "a.example");
  service.hints = script.all_reached({"2001:db8::1"});
  script.services(0ms, {service});
  script.ipv6(100ms, {"2001:db8::1"});
  script.none(RaceQuery::ipv4, 100ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1");
}

TEST(RaceAcceptance, h26_a_service_without_a_common_protocol_is_not_attempted) {
  RaceScript elsewhere;
  RaceService service = RaceScript::service(1, "b.example", {"h3"});
  service.no_default_alpn = true;
  service.hints = elsewhere.all_reached({"2001:db8::2"});
  elsewhere.services(0ms, {service});
  elsewhere.ipv6(0ms, {"2001:db8::1"});
  elsewhere.ipv6(0ms, {"2001:db8::2"}, "b.example");
  elsewhere.run();
  EXPECT_EQ(elsewhere.started(), "0 2001:db8::1");

  RaceScript here;
  service.target = "a.example";
  here.services(0ms, {service});
  here.ipv6(0ms, {"2001:db8::1"});
  here.none(RaceQuery::ipv4, 0ms);
  here.run();
  EXPECT_EQ(here.started(), "");
  EXPECT_EQ(here.result(), "failed unsupported at 0");
}

TEST(RaceAcceptance, h27_the_better_priority_is_started_in_full_before_the_next) {
  RaceScript script;
  script.services(0ms,
                  {RaceScript::service(2, "svc2.example"), RaceScript::service(1, "svc1.example")});
  script.none(RaceQuery::ipv6, 0ms);
  script.none(RaceQuery::ipv4, 0ms);
  script.ipv6(0ms, {"2001:db8::11", "2001:db8::12"}, "svc1.example");
  script.ipv4(0ms, {"192.0.2.11"}, "svc1.example");
  script.ipv6(0ms, {"2001:db8::21"}, "svc2.example");
  script.none(RaceQuery::ipv4, 0ms, ErrorKind::name_not_found, "svc2.example");
  script.connects("2001:db8::21", 30ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::11, 250 192.0.2.11, 500 2001:db8::12, 750 2001:db8::21");
  EXPECT_EQ(script.result(), "won 2001:db8::21 at 780");
  EXPECT_EQ(script.cancelled.size(), 3u);
  EXPECT_EQ(script.starts[3].attempt.target, "svc2.example");
}

TEST(RaceAcceptance, h28_equal_priorities_are_shuffled_evenly) {
  constexpr int runs = 1000;
  std::map<std::string, int> first;
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    RaceScript script;
    script.seed = seed;
    script.target.ask_ipv4 = false;
    std::vector<RaceService> records;
    for (const char* name : {"b.example", "c.example", "d.example", "e.example"}) {
      RaceService record = RaceScript::service(1, name);
      record.hints = script.all_reached({std::string("2001:db8::") + name[0]});
      records.push_back(record);
    }
    script.services(0ms, records);
    script.run(10ms);
    ++first[script.order()];
  }
  ASSERT_EQ(first.size(), 4u);
  double chi_square = 0;
  for (const auto& [name, count] : first) chi_square += (count - 250.0) * (count - 250.0) / 250.0;
  EXPECT_LT(chi_square, 16.27);  // three degrees of freedom, one in a thousand
}

TEST(RaceAcceptance, h29_addresses_without_a_service_come_last) {
  RaceScript script;
  script.services(5ms, {RaceScript::service(1, "b.example")});
  script.ipv6(0ms, {"2001:db8::1"});
  script.none(RaceQuery::ipv4, 0ms);
  script.ipv6(5ms, {"2001:db8::2"}, "b.example");
  script.ipv4(5ms, {"192.0.2.2"}, "b.example");
  script.run();
  EXPECT_EQ(script.started(), "10 2001:db8::2, 260 192.0.2.2, 510 2001:db8::1");
}

TEST(RaceAcceptance, h30_who_requires_ech_uses_only_endpoints_that_offer_it) {
  RaceScript script;
  script.target.require_ech = true;
  RaceService plain = RaceScript::service(1, "b.example");
  RaceService with_ech = RaceScript::service(2, "c.example");
  with_ech.ech = {std::byte{1}};
  script.services(0ms, {plain, with_ech});
  script.ipv6(0ms, {"2001:db8::1"});
  script.none(RaceQuery::ipv4, 0ms);
  for (const char* name : {"b.example", "c.example"})
    script.none(RaceQuery::ipv4, 0ms, ErrorKind::name_not_found, name);
  script.ipv6(0ms, {"2001:db8::2"}, "b.example");
  script.ipv6(0ms, {"2001:db8::3"}, "c.example");
  script.fails("2001:db8::3", 20ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::3");
  EXPECT_EQ(script.result(), "failed refused at 20");
}

TEST(RaceAcceptance, h30_no_endpoint_with_ech_is_an_error_without_an_attempt) {
  RaceScript script;
  script.target.require_ech = true;
  script.none(RaceQuery::service, 20ms);
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.run();
  EXPECT_EQ(script.started(), "");
  EXPECT_EQ(script.result(), "failed unsupported at 20");
}

TEST(RaceAcceptance, h31_a_chain_of_two_aliases_resolves) {
  RaceScript script;
  script.alias(10ms, "b.example");
  script.alias(10ms, "c.example", "b.example");
  script.none(RaceQuery::service, 10ms, ErrorKind::name_not_found, "c.example");
  for (const char* name : {"a.example", "b.example"})
    for (const RaceQuery query : {RaceQuery::ipv6, RaceQuery::ipv4})
      script.none(query, 10ms, ErrorKind::name_not_found, name);
  script.ipv6(10ms, {"2001:db8::3"}, "c.example");
  script.ipv4(10ms, {"192.0.2.3"}, "c.example");
  script.run();
  EXPECT_EQ(
      script.asked(),
      "a.example service ipv6 ipv4; b.example service ipv6 ipv4; c.example service ipv6 ipv4");
  EXPECT_EQ(script.started(), "30 2001:db8::3, 280 192.0.2.3");
}

TEST(RaceAcceptance, h31_a_loop_of_aliases_is_an_error) {
  RaceScript script;
  script.alias(10ms, "b.example");
  script.alias(10ms, "a.example", "b.example");
  for (const char* name : {"a.example", "b.example"})
    for (const RaceQuery query : {RaceQuery::ipv6, RaceQuery::ipv4})
      script.none(query, 5ms, ErrorKind::name_not_found, name);
  script.run();
  EXPECT_EQ(script.result(), "failed resolution_failed at 20");
  EXPECT_NE(to_string(*script.error).find("loop"), std::string::npos);
}

TEST(RaceAcceptance, h31_a_chain_of_twenty_aliases_ends_at_the_limit) {
  RaceScript script;
  std::string name = "a.example";
  for (int link = 1; link <= 20; ++link) {
    const std::string next = "a" + std::to_string(link) + ".example";
    script.alias(10ms, next, name);
    for (const RaceQuery query : {RaceQuery::ipv6, RaceQuery::ipv4})
      script.none(query, 5ms, ErrorKind::name_not_found, name);
    name = next;
  }
  script.run();
  EXPECT_EQ(script.result(), "failed resolution_failed at 90");
  EXPECT_EQ(script.asks.size(), 9u);
}

TEST(RaceAcceptance, h31_an_alias_alone_is_not_service_information) {
  RaceScript script;
  script.alias(0ms, "b.example");
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.run(60ms);
  EXPECT_EQ(script.started(), "50 2001:db8::1");
}

TEST(RaceAcceptance, h31_an_alias_hides_service_records_beside_it) {
  RaceScript script;
  RaceAnswer both = RaceScript::blank(RaceQuery::service);
  both.positive = true;
  both.alias = "b.example";
  both.services = {RaceScript::service(1, "evil.example")};
  script.target.query_service = true;
  script.answer(both, 0ms);
  script.run();
  EXPECT_EQ(script.asked(), "a.example service ipv6 ipv4; b.example service ipv6 ipv4");
}

TEST(RaceAcceptance, own_name_and_alternative_start_at_once_on_the_own_addresses) {
  RaceScript script;
  script.services(0ms,
                  {RaceScript::service(1, "a.example"), RaceScript::service(2, "alt.example")});
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.ipv6(30ms, {"2001:db8::2"}, "alt.example");
  script.ipv4(30ms, {"192.0.2.2"}, "alt.example");
  script.run();
  EXPECT_EQ(script.asked(), "a.example service ipv6 ipv4; alt.example ipv6 ipv4");
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 192.0.2.1, 500 2001:db8::2, 750 192.0.2.2");
}

TEST(RaceAcceptance, a_better_alternative_is_given_the_resolution_delay) {
  RaceScript script;
  script.services(0ms,
                  {RaceScript::service(2, "a.example"), RaceScript::service(1, "alt.example")});
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.ipv6(30ms, {"2001:db8::2"}, "alt.example");
  script.run(1s);
  EXPECT_EQ(script.started(), "30 2001:db8::2, 280 2001:db8::1, 530 192.0.2.1");
}

}  // namespace
}  // namespace bowline::core
