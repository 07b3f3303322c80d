// Acceptance table of Happy Eyeballs, rows about resolving: which queries, when the first attempt
// starts.

#include <gtest/gtest.h>

#include "core/eyeballs/race_script.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

TEST(RaceAcceptance, h1_asks_service_ipv6_ipv4_in_this_order_in_one_tick) {
  RaceScript script;
  script.target.query_service = true;
  script.run();
  EXPECT_EQ(script.asked(), "a.example service ipv6 ipv4");
  EXPECT_EQ(script.asks.at(0).at, 0ms);
}

TEST(RaceAcceptance, h2_asks_only_for_families_that_the_network_has) {
  RaceScript no_ipv6;
  no_ipv6.target.ask_ipv6 = false;
  no_ipv6.run();
  EXPECT_EQ(no_ipv6.asked(), "a.example ipv4");

  RaceScript no_ipv4;
  no_ipv4.target.ask_ipv4 = false;
  no_ipv4.run();
  EXPECT_EQ(no_ipv4.asked(), "a.example ipv6");

  RaceScript with_nat64;
  with_nat64.target.nat64_prefix = IpPrefix::parse("64:ff9b::/96").value();
  with_nat64.source_ipv4.reset();
  with_nat64.run();
  EXPECT_EQ(with_nat64.asked(), "a.example ipv6 ipv4");
}

TEST(RaceAcceptance, h2_a_network_without_any_family_fails_at_once) {
  RaceScript script;
  script.target.ask_ipv6 = script.target.ask_ipv4 = false;
  script.run();
  EXPECT_EQ(script.asked(), "");
  EXPECT_EQ(script.result(), "failed unreachable at 0");
}

TEST(RaceAcceptance, h3_starts_at_the_ipv6_answer_and_takes_ipv4_second) {
  RaceScript script;
  script.none(RaceQuery::service, 0ms);
  script.ipv6(0ms, {"2001:db8::1", "2001:db8::2"});
  script.ipv4(2ms, {"192.0.2.1"});
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 192.0.2.1, 500 2001:db8::2");
}

TEST(RaceAcceptance, h4_waits_for_ipv6_that_comes_within_the_resolution_delay) {
  RaceScript script;
  script.none(RaceQuery::service, 0ms);
  script.ipv4(0ms, {"192.0.2.1"});
  script.ipv6(10ms, {"2001:db8::1"});
  script.run();
  EXPECT_EQ(script.started(), "10 2001:db8::1, 260 192.0.2.1");
}

TEST(RaceAcceptance, h5_late_ipv6_joins_when_it_arrives_if_the_attempt_delay_is_over) {
  RaceScript script;
  script.none(RaceQuery::service, 0ms);
  script.ipv4(0ms, {"192.0.2.1"});
  script.ipv6(500ms, {"2001:db8::1"});
  script.run();
  EXPECT_EQ(script.started(), "50 192.0.2.1, 500 2001:db8::1");
}

TEST(RaceAcceptance, h5_late_ipv6_waits_for_the_attempt_delay) {
  RaceScript script;
  script.none(RaceQuery::service, 0ms);
  script.ipv4(0ms, {"192.0.2.1", "192.0.2.2"});
  script.ipv6(100ms, {"2001:db8::1"});
  script.run();
  EXPECT_EQ(script.started(), "50 192.0.2.1, 300 2001:db8::1, 550 192.0.2.2");
}

TEST(RaceAcceptance, h6_never_waits_for_ipv6_beyond_the_resolution_delay) {
  RaceScript script;
  script.none(RaceQuery::service, 0ms);
  script.ipv4(0ms, {"192.0.2.1"});
  script.connects("192.0.2.1", 20ms);
  script.run();
  EXPECT_EQ(script.result(), "won 192.0.2.1 at 70");
  EXPECT_EQ(script.stops, 1u);
}

TEST(RaceAcceptance, h7_a_negative_ipv6_answer_ends_the_wait) {
  for (const ErrorKind kind :
       {ErrorKind::name_not_found, ErrorKind::resolution_failed, ErrorKind::timed_out}) {
    RaceScript script;
    script.none(RaceQuery::service, 0ms);
    script.ipv4(0ms, {"192.0.2.1"});
    script.none(RaceQuery::ipv6, 5ms, kind);
    script.run(1s);
    EXPECT_EQ(script.started(), "5 192.0.2.1") << to_string(kind);
  }
}

TEST(RaceAcceptance, h8_a_hanging_ipv4_lookup_does_not_matter) {
  RaceScript script;
  script.none(RaceQuery::service, 0ms);
  script.ipv6(0ms, {"2001:db8::1"});
  script.connects("2001:db8::1", 20ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1");
  EXPECT_EQ(script.result(), "won 2001:db8::1 at 20");
}

TEST(RaceAcceptance, h9_silent_service_records_cost_one_resolution_delay) {
  RaceScript script;
  script.target.query_service = true;
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.run();
  EXPECT_EQ(script.started(), "50 2001:db8::1, 300 192.0.2.1");
}

TEST(RaceAcceptance, h9_service_records_after_10_ms_start_the_race) {
  RaceScript script;
  script.services(10ms, {RaceScript::service(1, "a.example")});
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.run();
  EXPECT_EQ(script.started(), "10 2001:db8::1, 260 192.0.2.1");
}

TEST(RaceAcceptance, h9_an_ipv4_only_host_waits_for_service_records_too) {
  RaceScript script;
  script.target.ask_ipv6 = false;
  script.services(10ms, {RaceScript::service(1, "a.example")});
  script.ipv4(0ms, {"192.0.2.1"});
  script.run();
  EXPECT_EQ(script.started(), "10 192.0.2.1");
}

TEST(RaceAcceptance, h10_who_relies_on_ech_starts_nothing_before_the_service_answer) {
  RaceScript script;
  script.target.dns_protected = script.target.require_ech = true;
  RaceService with_ech = RaceScript::service(1, "a.example");
  with_ech.ech = {std::byte{1}};
  script.services(800ms, {with_ech});
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.run();
  EXPECT_EQ(script.started(), "800 2001:db8::1, 1050 192.0.2.1");
}

TEST(RaceAcceptance, h10_a_failed_service_query_over_protected_dns_ends_all) {
  RaceScript script;
  script.target.dns_protected = script.target.require_ech = true;
  script.none(RaceQuery::service, 10ms, ErrorKind::resolution_failed);
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(20ms, {"192.0.2.1"});
  script.run();
  EXPECT_EQ(script.started(), "");
  EXPECT_EQ(script.result(), "failed resolution_failed at 10");
  EXPECT_EQ(script.stops, 1u);
}

TEST(RaceAcceptance, h10_a_late_secure_failure_drops_attempts_that_run) {
  RaceScript script;
  script.target.query_service = true;
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  RaceAnswer refused = RaceScript::blank(RaceQuery::service);
  refused.secure_failure = true;
  script.answer(refused, 100ms);
  script.run();
  EXPECT_EQ(script.started(), "50 2001:db8::1");
  EXPECT_EQ(script.result(), "failed resolution_failed at 100");
  EXPECT_EQ(script.cancelled, std::vector<Race::AttemptId>{1});
}

TEST(RaceAcceptance, h36_a_stale_answer_is_tried_at_once_and_the_fresh_one_added) {
  RaceScript script;
  RaceAnswer stale = script.addresses(RaceQuery::ipv6, {"2001:db8::1"});
  stale.stale = true;
  script.answer(stale, 0ms);
  script.ipv6(40ms, {"2001:db8::2"});
  script.none(RaceQuery::ipv4, 0ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 2001:db8::2");
}

TEST(RaceAcceptance, h36_a_failed_stale_address_waits_for_the_fresh_answer) {
  RaceScript script;
  RaceAnswer stale = script.addresses(RaceQuery::ipv6, {"2001:db8::1"});
  stale.stale = true;
  script.answer(stale, 0ms);
  script.ipv6(80ms, {"2001:db8::2"});
  script.none(RaceQuery::ipv4, 0ms);
  script.fails("2001:db8::1", 5ms);
  script.connects("2001:db8::2", 20ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 80 2001:db8::2");
  EXPECT_EQ(script.result(), "won 2001:db8::2 at 100");
}

TEST(RaceAcceptance, h36_the_same_stale_and_fresh_address_is_tried_once) {
  RaceScript script;
  RaceAnswer stale = script.addresses(RaceQuery::ipv6, {"2001:db8::1"});
  stale.stale = true;
  script.answer(stale, 0ms);
  script.ipv6(80ms, {"2001:db8::1"});
  script.none(RaceQuery::ipv4, 0ms);
  script.fails("2001:db8::1", 5ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1");
  EXPECT_EQ(script.result(), "failed refused at 80");
}

TEST(RaceAcceptance, h41_all_negative_fails_at_the_last_answer) {
  RaceScript script;
  script.none(RaceQuery::service, 1ms);
  script.none(RaceQuery::ipv6, 5ms);
  script.none(RaceQuery::ipv4, 30ms);
  script.run();
  EXPECT_EQ(script.result(), "failed name_not_found at 30");
  EXPECT_TRUE(script.error->attempts().empty());
}

TEST(RaceAcceptance, h41_servers_that_fail_are_another_matter_than_names_that_do_not_exist) {
  RaceScript script;
  script.none(RaceQuery::ipv6, 5ms);
  script.none(RaceQuery::ipv4, 30ms, ErrorKind::timed_out);
  script.run();
  EXPECT_EQ(script.result(), "failed resolution_failed at 30");
}

TEST(RaceAcceptance, h45_the_other_family_first_is_the_mirror_image) {
  RaceScript h3;
  h3.options.preferred_family = Family::ipv4;
  h3.none(RaceQuery::service, 0ms);
  h3.ipv4(0ms, {"192.0.2.1", "192.0.2.2"});
  h3.ipv6(2ms, {"2001:db8::1"});
  h3.run();
  EXPECT_EQ(h3.started(), "0 192.0.2.1, 250 2001:db8::1, 500 192.0.2.2");

  RaceScript h4;
  h4.options.preferred_family = Family::ipv4;
  h4.ipv6(0ms, {"2001:db8::1"});
  h4.ipv4(10ms, {"192.0.2.1"});
  h4.run();
  EXPECT_EQ(h4.started(), "10 192.0.2.1, 260 2001:db8::1");

  RaceScript h5;
  h5.options.preferred_family = Family::ipv4;
  h5.ipv6(0ms, {"2001:db8::1"});
  h5.ipv4(500ms, {"192.0.2.1"});
  h5.run();
  EXPECT_EQ(h5.started(), "50 2001:db8::1, 500 192.0.2.1");

  RaceScript h7;
  h7.options.preferred_family = Family::ipv4;
  h7.ipv6(0ms, {"2001:db8::1"});
  h7.none(RaceQuery::ipv4, 5ms);
  h7.run();
  EXPECT_EQ(h7.started(), "5 2001:db8::1");
}

}  // namespace
}  // namespace bowline::core
