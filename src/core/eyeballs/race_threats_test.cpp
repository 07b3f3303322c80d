// Rows of the acceptance table of faults that a race answers for: black holes, late answers,
// floods, races by the thousand, and records that must not be believed.

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "core/eyeballs/race_script.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

TEST(RaceThreats, threat_1_a_black_holed_ipv6_address_costs_250_ms) {
  RaceScript script;
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.connects("192.0.2.1", 30ms);
  script.run();
  EXPECT_EQ(script.result(), "won 192.0.2.1 at 280");
  EXPECT_EQ(script.cancelled, (std::vector<Race::AttemptId>{1}));
  EXPECT_EQ(script.winner, 2U);
}

TEST(RaceThreats, threat_2_a_late_missing_or_broken_ipv6_answer_costs_50_ms_at_most) {
  for (const int delay : {0, 10, 49, 50, 51, 400, 100'000}) {
    RaceScript late;
    late.ipv4(0ms, {"192.0.2.1"});
    late.ipv6(std::chrono::milliseconds(delay), {"2001:db8::1"});
    late.run();
    ASSERT_EQ(late.starts.size(), 2u) << delay;
    EXPECT_LE(late.starts[0].at, 50ms) << delay;
    EXPECT_EQ(late.starts[0].attempt.remote.ip.is_v6(), delay <= 50) << delay;
  }
  RaceScript broken;
  broken.ipv4(0ms, {"192.0.2.1"});
  broken.none(RaceQuery::ipv6, 20ms, ErrorKind::resolution_failed);
  broken.run();
  EXPECT_EQ(broken.started(), "20 192.0.2.1");
}

TEST(RaceThreats, threat_3_sixty_three_dead_addresses_do_not_hide_the_living_one) {
  RaceScript script;
  script.options.concurrent_max = 6;
  script.options.attempt_timeout = 2s;
  std::vector<std::string> addresses;
  for (int i = 1; i <= 64; ++i) addresses.push_back("192.0.2." + std::to_string(i));
  script.target.ask_ipv6 = false;
  script.ipv4(0ms, addresses);
  script.connects("192.0.2.64", 20ms);
  script.run();
  ASSERT_EQ(script.starts.size(), 64u);
  EXPECT_EQ(script.running_most, 6u);
  for (std::size_t i = 1; i < script.starts.size(); ++i)
    EXPECT_GE(script.starts[i].at - script.starts[i - 1].at, 100ms);
  // Six places, each taken for two seconds.
  EXPECT_EQ(script.result(), "won 192.0.2.64 at 20770");
}

TEST(RaceThreats, threat_3_the_limit_of_the_race_is_kept) {
  RaceScript script;
  script.options.concurrent_max = 6;
  script.options.race_timeout = 10s;
  std::vector<std::string> addresses;
  for (int i = 1; i <= 63; ++i) addresses.push_back("192.0.2." + std::to_string(i));
  script.ipv4(0ms, addresses);
  script.run();
  EXPECT_EQ(script.result(), "failed timed_out at 10000");
  EXPECT_EQ(script.error->attempts().size(), 6u);
}

TEST(RaceThreats, threat_3_the_limit_of_the_race_holds_while_resolving) {
  RaceScript script;
  script.options.race_timeout = 10s;
  script.run();
  EXPECT_EQ(script.result(), "failed timed_out at 10000");
  EXPECT_EQ(script.stops, 1u);
}

TEST(RaceThreats, threat_4_a_reset_starts_the_next_within_10_ms) {
  for (int after = 0; after <= 300; after += 20) {
    RaceScript script;
    script.ipv6(0ms, {"2001:db8::1"});
    script.ipv4(0ms, {"192.0.2.1"});
    script.fails("2001:db8::1", std::chrono::milliseconds(after), ErrorKind::reset);
    script.run();
    ASSERT_EQ(script.starts.size(), 2u);
    EXPECT_LE(script.starts[1].at, std::chrono::milliseconds(after) + 10ms);
  }
}

TEST(RaceThreats, threat_7_ten_thousand_races_with_a_random_winner_leave_nothing) {
  for (std::uint64_t seed = 0; seed < 10'000; ++seed) {
    SeededRandom random(seed);
    RaceScript script;
    script.seed = seed;
    script.ipv6(std::chrono::milliseconds(random.below(100)), {"2001:db8::1", "2001:db8::2"});
    script.ipv4(std::chrono::milliseconds(random.below(100)), {"192.0.2.1", "192.0.2.2"});
    for (const char* address : {"2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"})
      script.connects(address, std::chrono::milliseconds(random.below(1000)));
    script.run();  // checks the deadline and that every attempt has ended
    ASSERT_TRUE(script.winner.has_value()) << "seed " << seed << "\n" << script.transcript;
  }
}

TEST(RaceThreats, threat_8_an_unknown_mandatory_key_makes_a_record_absent) {
  RaceScript script;
  RaceService unknown = RaceScript::service(1, "b.example");
  unknown.usable = false;
  script.services(0ms, {unknown});
  script.ipv6(0ms, {"2001:db8::1"});
  script.none(RaceQuery::ipv4, 0ms);
  script.run();
  EXPECT_EQ(script.asked(), "a.example service ipv6 ipv4");
  EXPECT_EQ(script.started(), "0 2001:db8::1");
}

TEST(RaceThreats, threat_8_a_wrong_port_falls_back_to_the_name_itself) {
  RaceScript script;
  RaceService elsewhere = RaceScript::service(1, "a.example");
  elsewhere.port = 8443;
  script.services(0ms, {elsewhere});
  script.ipv6(0ms, {"2001:db8::1"});
  script.none(RaceQuery::ipv4, 0ms);
  script.fails("2001:db8::1", 20ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1 port 8443, 20 2001:db8::1");
}

TEST(RaceThreats, threat_8_no_record_changes_what_protocols_are_spoken) {
  const auto protocols_started = [](std::vector<std::string> alpn) {
    RaceScript script;
    script.target.protocols = {CandidateProtocol::quic, CandidateProtocol::tls};
    script.target.alpn = {"h3", "h2"};
    script.services(0ms, {RaceScript::service(1, "a.example", std::move(alpn))});
    script.ipv6(0ms, {"2001:db8::1"});
    script.none(RaceQuery::ipv4, 0ms);
    script.run();
    return script.started();
  };
  EXPECT_EQ(protocols_started({"h3", "h2"}), "0 2001:db8::1/quic, 250 2001:db8::1/tls");
  EXPECT_EQ(protocols_started({"http/1.1", "unheard-of"}), "0 2001:db8::1/tls")
      << "no QUIC at a server that does not offer it, and nothing below TLS";
}

TEST(RaceThreats, floods_of_services_and_names_are_capped) {
  RaceScript script;
  std::vector<RaceService> records;
  for (int i = 0; i < 1000; ++i)
    records.push_back(RaceScript::service(1, "svc" + std::to_string(i) + ".example"));
  script.services(0ms, records);
  records.clear();
  for (int i = 0; i < 1000; ++i)
    records.push_back(RaceScript::service(1, "more" + std::to_string(i) + ".example"));
  script.services(10ms, records);
  script.run(1s);
  EXPECT_EQ(script.asks.size(), 32u);
}

TEST(RaceThreats, answers_that_nobody_asked_for_are_ignored) {
  RaceScript script;
  script.target.ask_ipv4 = false;
  script.at(1ms, [&](Race& race, Instant now) {
    race.handle_answer(script.addresses(RaceQuery::ipv6, {"2001:db8::66"}, "evil.example"), now);
    race.handle_answer(script.addresses(RaceQuery::ipv4, {"192.0.2.66"}), now);
    race.handle_ready(1, now);
    race.handle_progress(7, now);
    race.handle_attempt_failure(0, Error(ErrorKind::refused, "connect", "never started"), now);
  });
  script.run(1s);
  EXPECT_EQ(script.started(), "");
  EXPECT_EQ(script.result(), "undecided");
}

}  // namespace
}  // namespace bowline::core
