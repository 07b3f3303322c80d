// Acceptance table of Happy Eyeballs, rows about pacing: when the next attempt starts.

#include <gtest/gtest.h>

#include <cstdio>

#include "core/eyeballs/race_script.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> addresses(const char* prefix, int count) {
  std::vector<std::string> made;
  for (int i = 1; i <= count; ++i) made.push_back(prefix + std::to_string(i));
  return made;
}

/// Both families answer at 0 ms, and nobody has service records.
RaceScript dual_stack(int ipv6, int ipv4) {
  RaceScript script;
  script.ipv6(0ms, addresses("2001:db8::", ipv6));
  script.ipv4(0ms, addresses("192.0.2.", ipv4));
  return script;
}

TEST(RaceAcceptance, h14_dropped_first_syn_lets_ipv4_start_at_250_ms) {
  RaceScript script = dual_stack(1, 1);
  script.connects("192.0.2.1", 20ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 192.0.2.1");
  EXPECT_EQ(script.result(), "won 192.0.2.1 at 270");
  EXPECT_EQ(script.cancelled, std::vector<Race::AttemptId>{1});
}

TEST(RaceAcceptance, h15_the_switch_point_is_the_attempt_delay) {
  for (int delay = 0; delay <= 400; delay += 5) {
    RaceScript script = dual_stack(1, 1);
    script.connects("2001:db8::1", std::chrono::milliseconds(delay));
    script.connects("192.0.2.1", 20ms);
    script.run();
    // At 270 ms both are ready in one turn, and the first to say so wins: the earlier attempt.
    const bool ipv6_wins = script.starts[*script.winner - 1].attempt.remote.ip.is_v6();
    EXPECT_EQ(ipv6_wins, delay <= 250 + 20) << delay;
    EXPECT_EQ(script.starts.size(), delay <= 250 ? 1u : 2u) << delay;
  }
}

TEST(RaceAcceptance, h16_a_quick_refusal_starts_the_next_at_the_floor) {
  for (const ErrorKind kind : {ErrorKind::reset, ErrorKind::refused, ErrorKind::unreachable}) {
    RaceScript script = dual_stack(1, 1);
    script.fails("2001:db8::1", 5ms, kind);
    script.run();
    EXPECT_EQ(script.started(), "0 2001:db8::1, 10 192.0.2.1");
  }
}

TEST(RaceAcceptance, h16_a_later_refusal_starts_the_next_at_once) {
  RaceScript script = dual_stack(1, 1);
  script.fails("2001:db8::1", 70ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 70 192.0.2.1");
}

TEST(RaceAcceptance, h17_twenty_refusals_are_over_in_200_ms_and_all_listed) {
  RaceScript script = dual_stack(10, 10);
  for (const auto& address : addresses("2001:db8::", 10)) script.fails(address, 5ms);
  for (const auto& address : addresses("192.0.2.", 10)) script.fails(address, 5ms);
  script.run();
  EXPECT_EQ(script.starts.size(), 20u);
  EXPECT_EQ(script.result(), "failed refused at 195");
  ASSERT_EQ(script.error->attempts().size(), 20u);
  EXPECT_EQ(script.error->attempts()[1].subject(), "192.0.2.1:443");
  EXPECT_EQ(script.error->subject(), "a.example:443");
}

TEST(RaceAcceptance, h18_a_failure_within_the_start_leads_on_at_the_floor) {
  RaceScript script = dual_stack(1, 1);
  script.fails("2001:db8::1", 0ms, ErrorKind::unreachable);
  script.connects("192.0.2.1", 20ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 10 192.0.2.1");
  EXPECT_EQ(script.result(), "won 192.0.2.1 at 30");
}

TEST(RaceAcceptance, h19_ten_and_ten_black_holes_alternate_each_250_ms) {
  RaceScript script = dual_stack(10, 10);
  script.run();
  ASSERT_EQ(script.starts.size(), 20u);
  for (int k = 0; k < 20; ++k) {
    const auto& start = script.starts[static_cast<std::size_t>(k)];
    EXPECT_EQ(start.at, k * 250ms);
    EXPECT_EQ(start.attempt.remote.ip.is_v6(), k % 2 == 0);
  }
  EXPECT_EQ(script.running_most, 20u);
}

TEST(RaceAcceptance, h20_a_family_count_of_two_leads_with_two) {
  RaceScript script = dual_stack(4, 2);
  script.options.preferred_family_count = 2;
  script.run();
  EXPECT_EQ(script.order(), "2001:db8::1 2001:db8::2 192.0.2.1 2001:db8::3 192.0.2.2 2001:db8::4");
}

TEST(RaceAcceptance, h21_a_late_family_is_next_at_the_unchanged_timer) {
  RaceScript script;
  script.ipv6(0ms, addresses("2001:db8::", 5));
  script.ipv4(100ms, {"192.0.2.1"});
  script.run(600ms);
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 192.0.2.1, 500 2001:db8::2");
}

TEST(RaceAcceptance, h22_the_delay_follows_the_first_retransmission_within_bounds) {
  const auto second_start = [](Duration rtt) {
    RaceScript script = dual_stack(1, 1);
    script.history.record_success({RaceScript::address("2001:db8::1"), 443}, rtt, Instant(1s));
    script.run();
    return script.starts.at(1).at;
  };
  EXPECT_EQ(second_start(400ms), 1200ms);
  EXPECT_EQ(second_start(5ms), 100ms);
  EXPECT_EQ(second_start(5s), 2000ms);
}

TEST(RaceAcceptance, h23_a_stalled_handshake_does_not_win_and_extends_the_timer_once) {
  RaceScript script;
  script.options.preferred_family = Family::ipv4;
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.progresses("192.0.2.1", 20ms);
  script.progresses("2001:db8::1", 150ms);
  script.connects("2001:db8::1", 300ms);
  script.run();
  EXPECT_EQ(script.started(), "0 192.0.2.1, 270 2001:db8::1");
  EXPECT_EQ(script.result(), "won 2001:db8::1 at 570");
}

TEST(RaceAcceptance, h24_a_rejected_certificate_is_a_failed_attempt_and_stays_in_the_report) {
  RaceScript script = dual_stack(1, 1);
  script.progresses("2001:db8::1", 20ms);
  script.fails("2001:db8::1", 40ms, ErrorKind::untrusted);
  script.fails("192.0.2.1", 30ms, ErrorKind::refused);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 40 192.0.2.1");
  EXPECT_EQ(script.result(), "failed untrusted at 70");
  ASSERT_EQ(script.error->attempts().size(), 2u);
  EXPECT_EQ(script.error->attempts()[0].kind(), ErrorKind::untrusted);
}

TEST(RaceAcceptance, h25_with_udp_443_dropped_tcp_starts_after_two_delays) {
  RaceScript script;
  script.target.protocols = {CandidateProtocol::quic, CandidateProtocol::tls};
  script.target.alpn = {"h3", "h2"};
  script.services(0ms, {RaceScript::service(1, "a.example", {"h3", "h2"})});
  script.ipv6(0ms, {"2001:db8::1"});
  script.ipv4(0ms, {"192.0.2.1"});
  script.connects("2001:db8::1/tls", 40ms);
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1/quic, 250 192.0.2.1/quic, 500 2001:db8::1/tls");
  EXPECT_EQ(script.result(), "won 2001:db8::1/tls at 540");
}

TEST(RaceAcceptance, h32_success_closes_the_others_and_ends_the_race) {
  RaceScript script = dual_stack(2, 1);
  script.connects("2001:db8::1", 600ms);
  script.connects("192.0.2.1", 900ms);
  script.fails("2001:db8::2", 900ms);
  script.run();
  EXPECT_EQ(script.result(), "won 2001:db8::1 at 600");
  EXPECT_EQ(script.cancelled, (std::vector<Race::AttemptId>{2, 3}));
}

TEST(RaceAcceptance, h33_two_ready_in_one_turn_are_one_winner_and_one_close) {
  RaceScript script = dual_stack(1, 1);
  script.connects("2001:db8::1", 270ms);
  script.connects("192.0.2.1", 20ms);
  script.run();
  EXPECT_EQ(script.result(), "won 2001:db8::1 at 270");
  EXPECT_EQ(script.cancelled, std::vector<Race::AttemptId>{2});
}

TEST(RaceAcceptance, h43_the_delay_does_not_depend_on_what_an_attempt_carries) {
  // Early data and its tickets are the stack's business; a race gives each leaf a number of its
  // own.
  RaceScript script = dual_stack(1, 1);
  script.target.protocols = {CandidateProtocol::quic};
  script.run();
  EXPECT_EQ(script.started(), "0 2001:db8::1, 250 192.0.2.1");
  EXPECT_NE(script.starts[0].attempt.attempt, script.starts[1].attempt.attempt);
}

}  // namespace
}  // namespace bowline::core
