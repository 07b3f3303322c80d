// What a race does beyond the acceptance table: options, reports, and misuse.

#include "core/eyeballs/race.h"

#include <gtest/gtest.h>

#include "core/eyeballs/race_script.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> five_ipv6() {
  return {"2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8::5"};
}

TEST(Race, literal_addresses_need_no_query_and_no_wait) {
  RaceScript script;
  script.target.query_service = true;
  script.target.addresses = script.all_reached({"192.0.2.1", "2001:db8::1"});
  script.run();
  EXPECT_EQ(script.asked(), "");
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 192.0.2.1");
}

TEST(Race, a_growing_delay_starts_at_0_50_150_350_and_750_ms) {
  RaceScript script;
  script.options.attempt_delay = 50ms;
  script.options.attempt_delay_growth = 2;
  script.none(RaceQuery::ipv4, 0ms);
  script.ipv6(0ms, five_ipv6());
  script.run();
  EXPECT_EQ(script.started(),
            "0 2001:db8::1, 50 2001:db8::2, 150 2001:db8::3, 350 2001:db8::4, 750 2001:db8::5");
}

TEST(Race, a_full_house_holds_the_next_start_until_one_leaves) {
  RaceScript script;
  script.options.trace = &trace_always;
  script.options.concurrent_max = 2;
  script.none(RaceQuery::ipv4, 0ms);
  script.ipv6(0ms, five_ipv6());
  script.fails("2001:db8::1", 900ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 2001:db8::2, 900 2001:db8::3");
  EXPECT_NE(script.transcript.find("# attempt_blocked 2 are running"), std::string::npos);
}

TEST(Race, an_attempt_that_takes_too_long_has_failed) {
  RaceScript script;
  script.options.attempt_timeout = 100ms;
  script.none(RaceQuery::ipv4, 0ms);
  script.ipv6(0ms, {"2001:db8::1", "2001:db8::2"});
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 100 2001:db8::2");
  EXPECT_EQ(script.result(), "failed timed_out at 200");
  EXPECT_EQ(script.cancelled, (std::vector<Race::AttemptId>{1, 2}));
}

TEST(Race, history_leads_to_the_quicker_address_but_not_always) {
  int followed = 0;
  constexpr int runs = 1000;
  for (std::uint64_t seed = 0; seed < runs; ++seed) {
    RaceScript script;
    script.seed = seed;
    script.history.record_success({RaceScript::address("2001:db8::2"), 443}, 10ms, Instant(1s));
    script.none(RaceQuery::ipv4, 0ms);
    script.ipv6(0ms, {"2001:db8::1", "2001:db8::2"});
    script.run(10ms);
    followed += script.order() == "2001:db8::2" ? 1 : 0;
  }
  // Fifteen of sixteen, within four standard deviations.
  EXPECT_NEAR(followed, runs * 15.0 / 16, 31);
}

TEST(Race, without_protocols_or_a_target_it_fails_at_once) {
  RaceScript nothing_to_speak;
  nothing_to_speak.target.protocols.clear();
  nothing_to_speak.run();
  EXPECT_EQ(nothing_to_speak.result(), "failed invalid_argument at 0");

  RaceScript nowhere;
  nowhere.target.name.clear();
  nowhere.run();
  EXPECT_EQ(nowhere.result(), "failed invalid_argument at 0");
}

TEST(Race, waits_for_answers_still_out_when_all_attempts_have_failed) {
  RaceScript script;
  script.ipv6(0ms, {"2001:db8::1"});
  script.fails("2001:db8::1", 5ms);
  script.ipv4(3s, {"192.0.2.1"});
  script.connects("192.0.2.1", 20ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 3000 192.0.2.1");
  EXPECT_EQ(script.result(), "won 192.0.2.1 at 3020");
}

TEST(Race, cancelled_before_the_start_it_stays_silent) {
  SeededRandom random(1);
  Race::Target target;
  target.name = "a.example";
  Race race({}, target, nullptr, random);
  race.cancel(Instant(1s));
  EXPECT_FALSE(race.poll().has_value());
  EXPECT_FALSE(race.deadline().has_value());
}

TEST(Race, early_and_repeated_timeouts_do_nothing) {
  RaceScript script;
  script.ipv6(0ms, {"2001:db8::1", "2001:db8::2"});
  for (const auto when : {0ms, 10ms, 10ms, 200ms, 249ms})
    script.at(when, [](Race& race, Instant now) { race.handle_timeout(now); });
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 2001:db8::2");
}

TEST(Race, tells_the_protocols_by_name) {
  EXPECT_EQ(to_string(CandidateProtocol::tcp), "tcp");
  EXPECT_EQ(to_string(CandidateProtocol::udp), "udp");
  EXPECT_EQ(to_string(CandidateProtocol::tls), "tls");
  EXPECT_EQ(to_string(CandidateProtocol::quic), "quic");
}

TEST(Race, a_failed_refresh_leaves_the_stale_addresses) {
  RaceScript script;
  script.none(RaceQuery::ipv6, 0ms);
  RaceAnswer stale = script.addresses(RaceQuery::ipv4, {"192.0.2.1", "192.0.2.2"});
  stale.stale = true;
  script.answer(stale, 0ms);
  script.none(RaceQuery::ipv4, 100ms, ErrorKind::resolution_failed);
  script.fails("192.0.2.1", 200ms);
  script.connects("192.0.2.2", 20ms);
  script.run();
  EXPECT_EQ(script.result(), "won 192.0.2.2 at 220") << script.transcript;
}

TEST(Race, a_fresh_answer_that_says_the_same_alias_keeps_the_rest_of_the_chain) {
  RaceScript script;
  RaceAnswer stale = RaceScript::blank(RaceQuery::service);
  stale.positive = stale.stale = true;
  stale.alias = "b.example";
  script.answer(stale, 0ms);
  script.alias(100ms, "b.example");
  script.alias(10ms, "c.example", "b.example");
  for (const char* name : {"a.example", "b.example"}) {
    script.none(RaceQuery::ipv6, 0ms, ErrorKind::name_not_found, name);
    script.none(RaceQuery::ipv4, 0ms, ErrorKind::name_not_found, name);
  }
  script.none(RaceQuery::service, 0ms, ErrorKind::name_not_found, "c.example");
  script.ipv6(200ms, {"2001:db8::1"}, "c.example");
  script.ipv4(200ms, {"192.0.2.1"}, "c.example");
  script.connects("2001:db8::1", 20ms);
  script.run();
  EXPECT_EQ(script.winner, 1u);
}

TEST(Race, the_end_of_an_alias_is_tried_after_its_services_and_before_the_origin) {
  RaceScript script;
  script.alias(0ms, "pool.example");
  script.services(0ms, {RaceScript::service(1, "edge.example")}, "pool.example");
  script.none(RaceQuery::ipv6, 0ms, ErrorKind::name_not_found, "a.example");
  script.none(RaceQuery::ipv4, 0ms, ErrorKind::name_not_found, "a.example");
  script.none(RaceQuery::ipv4, 0ms, ErrorKind::name_not_found, "pool.example");
  script.ipv6(0ms, {"2001:db8::20"}, "pool.example");
  script.none(RaceQuery::ipv4, 0ms, ErrorKind::name_not_found, "edge.example");
  script.ipv6(0ms, {"2001:db8::30"}, "edge.example");
  script.fails("2001:db8::30", 20ms);
  script.connects("2001:db8::20", 20ms);
  script.run();
  EXPECT_EQ(script.order(), "2001:db8::30 2001:db8::20");
}

}  // namespace
}  // namespace bowline::core
