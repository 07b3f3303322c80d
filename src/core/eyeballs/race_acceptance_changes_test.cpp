// Acceptance table of Happy Eyeballs, rows about what changes during a race, NAT64, caps and the
// end.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/eyeballs/race_script.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

std::vector<RaceAddress> many(const RaceScript& script, int count) {
  std::vector<RaceAddress> made;
  for (int i = 0; i < count; ++i) {
    const auto high = static_cast<std::uint8_t>(i >> 8);
    const auto low = static_cast<std::uint8_t>(i & 0xff);
    made.push_back({IpAddress::v6({0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, high, low}),
                    script.source_ipv6, false});
  }
  return made;
}

TEST(RaceAcceptance, h34_success_stops_asking_and_late_replies_change_nothing) {
  RaceScript script;
  script.ipv6(0ms, {"2001:db8::1"});
  script.connects("2001:db8::1", 20ms);
  script.at(520ms, [&](Race& race, Instant now) {
    race.handle_answer(script.addresses(RaceQuery::ipv4, {"192.0.2.1"}), now);
  });
  script.run();
  EXPECT_EQ(script.result(), "won 2001:db8::1 at 20");
  EXPECT_EQ(script.stops, 1u);
  EXPECT_EQ(script.starts.size(), 1u);
}

TEST(RaceAcceptance, h35_a_refreshed_answer_keeps_what_runs_and_replaces_what_waits) {
  RaceScript script;
  script.none(RaceQuery::ipv4, 0ms);
  script.ipv6(0ms, {"2001:db8::1", "2001:db8::2"});
  script.ipv6(100ms, {"2001:db8::8", "2001:db8::9"});
  script.connects("2001:db8::1", 600ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 2001:db8::8, 500 2001:db8::9");
  EXPECT_EQ(script.result(), "won 2001:db8::1 at 600");
}

TEST(RaceAcceptance, h37_attempts_from_a_lost_source_fail_over_at_once) {
  RaceScript script;
  script.ipv6(0ms, {"2001:db8::1", "2001:db8::2"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.connects("192.0.2.1", 20ms);
  script.at(100ms,
            [&](Race& race, Instant now) { race.handle_source_lost(*script.source_ipv6, now); });
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 100 192.0.2.1");
  EXPECT_EQ(script.result(), "won 192.0.2.1 at 120");
  EXPECT_EQ(script.cancelled, std::vector<Race::AttemptId>{1});
}

TEST(RaceAcceptance, h37_untried_addresses_of_a_lost_source_go_to_the_end) {
  RaceScript script;
  script.ipv6(0ms, {"2001:db8::1", "2001:db8::2"});
  script.ipv4(0ms, {"192.0.2.1", "192.0.2.2"});
  script.at(100ms,
            [&](Race& race, Instant now) { race.handle_source_lost(*script.source_ipv6, now); });
  script.run(900ms);
  EXPECT_EQ(script.started(), "0 2001:db8::1, 100 192.0.2.1, 350 192.0.2.2, 600 2001:db8::2");
}

TEST(RaceAcceptance, h37_a_history_that_was_cleared_ranks_nothing) {
  RaceScript old_network;
  old_network.seed = 3;
  old_network.history.record_success({RaceScript::address("2001:db8::2"), 443}, 10ms, Instant(1s));
  old_network.ipv6(0ms, {"2001:db8::1", "2001:db8::2"});
  old_network.none(RaceQuery::ipv4, 0ms);
  old_network.run();
  EXPECT_EQ(old_network.order(), "2001:db8::2 2001:db8::1");

  RaceScript new_network;
  new_network.seed = 3;
  new_network.history.record_success({RaceScript::address("2001:db8::2"), 443}, 10ms, Instant(1s));
  new_network.history.forget_if([](const IpAddress&) { return true; });
  new_network.ipv6(0ms, {"2001:db8::1", "2001:db8::2"});
  new_network.none(RaceQuery::ipv4, 0ms);
  new_network.run();
  EXPECT_EQ(new_network.order(), "2001:db8::1 2001:db8::2");
}

RaceScript with_nat64() {
  RaceScript script;
  script.target.nat64_prefix = IpPrefix::parse("64:ff9b::/96").value();
  script.source_ipv4.reset();
  return script;
}

TEST(RaceAcceptance, h38_an_ipv4_literal_is_reached_through_the_nat64) {
  RaceScript script = with_nat64();
  script.target.addresses = script.all_reached({"192.0.2.1"});
  script.run();
  EXPECT_EQ(script.asked(), "");
  EXPECT_EQ(script.started(), "0 64:ff9b::c000:201");
}

TEST(RaceAcceptance, h38_loopback_and_link_local_literals_are_not_synthesised) {
  for (const char* literal : {"127.0.0.1", "169.254.1.2", "0.0.0.0", "255.255.255.255"}) {
    RaceScript script = with_nat64();
    script.target.addresses = script.all_reached({literal});
    script.run();
    EXPECT_EQ(script.started(), std::string("0 ") + literal);
  }
}

TEST(RaceAcceptance, h38_answers_and_hints_are_synthesised_too) {
  RaceScript script = with_nat64();
  RaceService service = RaceScript::service(1, "a.example");
  service.hints = script.all_reached({"192.0.2.1"});
  script.services(0ms, {service});
  script.none(RaceQuery::ipv6, 0ms);
  script.ipv4(100ms, {"192.0.2.2"});
  script.run();
  EXPECT_EQ(script.started(), "0 64:ff9b::c000:201, 250 64:ff9b::c000:202");
}

TEST(RaceAcceptance, h39_a_synthesised_ipv6_answer_counts_as_ipv4) {
  RaceScript script = with_nat64();
  script.ipv6(0ms, {"64:ff9b::c000:201", "2001:db8::1", "2001:db8::2"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.run();
  EXPECT_EQ(script.order(), "2001:db8::1 64:ff9b::c000:201 2001:db8::2");
}

TEST(RaceAcceptance, h40_unique_local_or_ipv4_first_is_a_matter_of_the_table) {
  const auto order = [](const PolicyTable* table) {
    RaceScript script;
    script.source_ipv6 = RaceScript::address("fd00:1::1");
    script.options.policy = table;
    script.ipv4(0ms, {"192.0.2.1"});
    script.ipv6(1ms, {"fd00:2::1"});
    script.run();
    return script.order();
  };
  EXPECT_EQ(order(nullptr), "192.0.2.1 fd00:2::1");
  EXPECT_EQ(order(&PolicyTable::rfc6724()), "192.0.2.1 fd00:2::1");
  const PolicyTable updated = PolicyTable::rfc6724_update({});
  EXPECT_EQ(order(&updated), "fd00:2::1 192.0.2.1");
}

TEST(RaceAcceptance, h42_ten_thousand_addresses_are_capped_and_still_interleaved) {
  RaceScript script;
  script.options.trace = &trace_always;
  RaceAnswer flood = RaceScript::blank(RaceQuery::ipv6);
  flood.positive = true;
  flood.addresses = many(script, 10'000);
  script.answer(flood, 0ms);
  script.ipv4(0ms, {"192.0.2.1", "192.0.2.2"});
  script.run(2min);
  EXPECT_EQ(script.starts.size(), 32u);  // the cap on attempts at once: nothing ever ends here
  EXPECT_TRUE(script.starts[1].attempt.remote.ip.is_v4());
  EXPECT_TRUE(script.starts[3].attempt.remote.ip.is_v4());
  EXPECT_NE(script.transcript.find("# candidates_capped 9936 dropped"), std::string::npos);
}

TEST(RaceAcceptance, h42_the_cap_holds_over_the_whole_race) {
  RaceScript script;
  script.options.attempt_timeout = 100ms;
  RaceAnswer flood = RaceScript::blank(RaceQuery::ipv6);
  flood.positive = true;
  flood.addresses = many(script, 10'000);
  script.answer(flood, 0ms);
  std::ranges::reverse(flood.addresses);
  script.answer(flood, 1s);
  script.ipv4(0ms, {"192.0.2.1"});
  script.run();
  EXPECT_EQ(script.starts.size(), 64u);
  EXPECT_EQ(script.error->attempts().size(), 64u);
}

TEST(RaceAcceptance, h44_cancel_leaves_nothing_behind_whenever_it_comes) {
  for (int at = 0; at <= 700; at += 5) {
    RaceScript script;
    script.none(RaceQuery::service, 20ms);
    script.ipv4(30ms, {"192.0.2.1"});
    script.ipv6(200ms, {"2001:db8::1"});
    script.connects("2001:db8::1", 280ms);
    bool is_quiet = false;
    const auto when = std::chrono::milliseconds(at);
    script.at(when, [&](Race& race, Instant now) { race.cancel(now); });
    script.at(when, [&](Race& race, Instant) { is_quiet = !race.deadline() && !race.poll(); });
    script.run();
    EXPECT_TRUE(is_quiet) << at;
    const auto running = std::ranges::count_if(
        script.starts, [](const RaceScript::Start& start) { return !start.ended; });
    EXPECT_EQ(running, 0) << script.transcript;
    // Asking stops only where something was outstanding: until the last answer at 200 ms.
    EXPECT_EQ(script.stops, at <= 200 ? 1u : 0u) << script.transcript;
    EXPECT_EQ(script.result(), at <= 610 ? "undecided" : "won 2001:db8::1 at 610") << at;
  }
}

}  // namespace
}  // namespace bowline::core
