#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "core/lifecycle/patience.h"
#include "core/lifecycle/states.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1s};

template <class Output>
const Output* as(const std::optional<Patience::Output>& output) {
  return output ? std::get_if<Output>(&*output) : nullptr;
}

std::string all_outcomes() {
  std::string table;
  for (const ConnectionState from : all_connection_states) {
    for (int i = 0; i <= std::to_underlying(ConnectionTrigger::closed); ++i) {
      const auto trigger = static_cast<ConnectionTrigger>(i);
      const auto to = next_state(connection_edges, from, trigger);
      table.append(to_string(from)).append(" + ").append(to_string(trigger)).append(" -> ");
      table.append(to ? to_string(*to) : "not allowed").append("\n");
    }
  }
  return table;
}

TEST(ConnectionStates, every_state_and_trigger_is_as_the_golden_file_says) {
  const std::string path = BOWLINE_SOURCE_DIR "/tests/golden/connection_states.txt";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << all_outcomes();
  std::stringstream golden;
  golden << std::ifstream(path).rdbuf();
  EXPECT_EQ(all_outcomes(), golden.str()) << "UPDATE_GOLDEN=1 rewrites " << path;
}

Patience::Options waiting(Waiting what) {
  Patience::Options options;
  options.waiting = what;
  return options;
}
Patience::Options for_peer() { return waiting(Waiting::for_peer); }

TEST(Patience, pauses_double_up_to_the_longest_and_stay_within_their_second_half) {
  SeededRandom random(1);
  Patience patience(for_peer(), random);
  patience.start(start);
  Duration full = 1s;
  Instant now = start;
  for (int round = 0; round < 10; ++round, full = std::min<Duration>(full * 2, 60s)) {
    patience.handle_round_failed(Error::from_errno(111, "connect"), true, now);
    const auto output = patience.poll();
    const auto* wait = as<Patience::Wait>(output);
    ASSERT_NE(wait, nullptr);
    EXPECT_LE(*wait->delay, full);
    EXPECT_GT(*wait->delay, full / 2);
    patience.handle_timeout(now += *wait->delay);
    EXPECT_NE(as<Patience::Retry>(patience.poll()), nullptr);
  }
}

TEST(Patience, pauses_for_want_of_descriptors_stay_short) {
  SeededRandom random(1);
  Patience patience(for_peer(), random);
  patience.start(start);
  Instant now = start;
  for (int round = 0; round < 10; ++round) {
    patience.handle_round_failed(Error::from_errno(EMFILE, "connect"), true, now);
    const auto output = patience.poll();
    const auto* wait = as<Patience::Wait>(output);
    ASSERT_NE(wait, nullptr);
    EXPECT_LE(*wait->delay, 1s);
    patience.handle_timeout(now += *wait->delay);
    EXPECT_NE(as<Patience::Retry>(patience.poll()), nullptr);
  }
}

TEST(Patience, early_and_repeated_timeouts_do_nothing) {
  SeededRandom random(1);
  Patience patience(for_peer(), random);
  patience.start(start);
  patience.handle_round_failed(Error::from_errno(111, "connect"), true, start);
  (void)patience.poll();
  patience.handle_timeout(start);
  EXPECT_FALSE(patience.poll());
  patience.handle_timeout(start + 1s);
  EXPECT_TRUE(patience.poll());
  patience.handle_timeout(start + 1s);
  EXPECT_FALSE(patience.poll());
}

TEST(Patience, gives_up_at_once_when_waiting_is_off) {
  SeededRandom random(1);
  Patience::Options options;
  options.waiting = Waiting::never;
  Patience patience(options, random);
  patience.start(start);
  patience.handle_round_failed(Error::from_errno(111, "connect"), true, start);
  const auto output = patience.poll();
  ASSERT_NE(as<Patience::GiveUp>(output), nullptr);
  EXPECT_EQ(as<Patience::GiveUp>(output)->error.kind(), ErrorKind::refused);
}

TEST(Patience, a_deadline_in_a_pause_ends_it_with_what_kept_it_waiting) {
  SeededRandom random(1);
  Patience::Options options = for_peer();
  options.within = 5s;
  Patience patience(options, random);
  patience.start(start);
  patience.handle_round_failed(Error::from_errno(111, "connect"), true, start + 4900ms);
  (void)patience.poll();
  EXPECT_EQ(patience.deadline(), start + 5s);
  patience.handle_timeout(start + 5s);
  const auto output = patience.poll();
  ASSERT_NE(as<Patience::GiveUp>(output), nullptr);
  EXPECT_EQ(as<Patience::GiveUp>(output)->error.kind(), ErrorKind::refused);
  EXPECT_FALSE(as<Patience::GiveUp>(output)->error.reason());
  EXPECT_FALSE(patience.deadline());
}

TEST(Patience, a_deadline_in_a_round_is_a_time_out_for_the_reason_met_before) {
  SeededRandom random(1);
  Patience::Options options = for_peer();
  options.within = 5s;
  Patience patience(options, random);
  patience.start(start);
  patience.handle_round_failed(Error::from_errno(111, "connect"), true, start);
  (void)patience.poll();
  patience.hurry(start + 1s);
  ASSERT_NE(as<Patience::Retry>(patience.poll()), nullptr);
  patience.handle_timeout(start + 5s);
  const auto output = patience.poll();
  const auto* end = as<Patience::GiveUp>(output);
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(end->error.kind(), ErrorKind::timed_out);
  EXPECT_EQ(end->error.reason(), ErrorKind::refused);
  EXPECT_EQ(end->error.attempts().size(), 1U);
}

TEST(Patience, a_deadline_in_the_first_round_has_no_reason) {
  SeededRandom random(1);
  Patience::Options options;
  options.within = 60s;
  Patience patience(options, random);
  patience.start(start);
  EXPECT_EQ(patience.deadline(), start + 60s);
  patience.handle_timeout(start + 60s);
  const auto output = patience.poll();
  ASSERT_NE(as<Patience::GiveUp>(output), nullptr);
  EXPECT_EQ(as<Patience::GiveUp>(output)->error.kind(), ErrorKind::timed_out);
  EXPECT_FALSE(as<Patience::GiveUp>(output)->error.reason());
}

TEST(Patience, what_is_waited_for_decides_on_what_ends_a_connection) {
  struct Row {
    ErrorKind error;
    bool has_path;
    bool network_waits;
    bool peer_waits;
  };
  const Row rows[] = {
      {ErrorKind::unreachable, false, true, true},
      {ErrorKind::address_unavailable, false, true, true},
      {ErrorKind::resolution_failed, false, true, true},
      {ErrorKind::timed_out, false, true, true},
      {ErrorKind::unreachable, true, false, true},
      {ErrorKind::resolution_failed, true, false, true},
      {ErrorKind::timed_out, true, false, true},
      // Who answers was reached.
      {ErrorKind::refused, false, false, true},
      {ErrorKind::reset, false, false, true},
      {ErrorKind::refused, true, false, true},
      // A name that does not exist may be made, but not by this host's network.
      {ErrorKind::name_not_found, false, false, true},
      {ErrorKind::name_not_found, true, false, true},
      {ErrorKind::resources_exhausted, true, false, true},
      {ErrorKind::invalid_argument, false, false, false},
      {ErrorKind::untrusted, false, false, false},
      {ErrorKind::permission_denied, false, false, false},
  };
  for (const Row& row : rows) {
    for (const Waiting what : {Waiting::never, Waiting::for_network, Waiting::for_peer}) {
      SeededRandom random(1);
      Patience patience(waiting(what), random);
      patience.start(start);
      patience.handle_round_failed(Error(row.error, "connect", "in a table"), row.has_path, start);
      const bool waits = what == Waiting::for_network ? row.network_waits
                                                      : what == Waiting::for_peer && row.peer_waits;
      const auto output = patience.poll();
      EXPECT_EQ(as<Patience::Wait>(output) != nullptr, waits)
          << to_string(row.error) << ", path " << row.has_path << ", " << to_string(what);
      EXPECT_EQ(as<Patience::GiveUp>(output) != nullptr, !waits);
    }
  }
}

TEST(Patience, who_waits_for_the_network_tries_again_only_when_it_changes) {
  SeededRandom random(1);
  Patience patience({}, random);
  patience.start(start);
  const Error unreachable(ErrorKind::unreachable, "connect", "no route");
  patience.handle_round_failed(unreachable, false, start);
  const auto output = patience.poll();
  ASSERT_NE(as<Patience::Wait>(output), nullptr);
  EXPECT_FALSE(as<Patience::Wait>(output)->delay);
  EXPECT_FALSE(patience.deadline());
  patience.handle_timeout(start + 1h);
  EXPECT_FALSE(patience.poll());
  patience.handle_network_change(start + 1h);
  EXPECT_NE(as<Patience::Retry>(patience.poll()), nullptr);
  patience.handle_round_failed(unreachable, false, start + 1h);
  (void)patience.poll();
  patience.hurry(start + 1h);
  EXPECT_NE(as<Patience::Retry>(patience.poll()), nullptr) << "restart()";
}

TEST(Patience, a_hurry_ends_a_pause_and_does_nothing_during_a_round) {
  SeededRandom random(1);
  Patience patience(for_peer(), random);
  patience.start(start);
  patience.hurry(start);
  EXPECT_FALSE(patience.poll());
  patience.handle_round_failed(Error::from_errno(111, "connect"), true, start);
  (void)patience.poll();
  patience.hurry(start + 1ms);
  EXPECT_NE(as<Patience::Retry>(patience.poll()), nullptr);
}

TEST(Patience,
     threat_10_a_flapping_network_ends_a_pause_once_a_second_even_if_every_try_fails_at_once) {
  SeededRandom random(1);
  Patience::Options options = for_peer();
  options.delay_min = 60s;
  Patience patience(options, random);
  patience.start(start);
  int tries = 0;
  patience.handle_round_failed(Error::from_errno(111, "connect"), true, start);
  const auto poll = [&](Instant now) {
    while (const auto output = patience.poll()) {
      if (as<Patience::Retry>(output) == nullptr) continue;
      ++tries;
      patience.handle_round_failed(Error::from_errno(111, "connect"), true, now);
    }
  };
  poll(start);
  // Three changes in one instant, and the next three 10 ms later.
  for (Duration at = 0s; at < 10s; at += 10ms) {
    patience.handle_timeout(start + at);
    poll(start + at);
    for (int change = 0; change < 3; ++change) {
      patience.handle_network_change(start + at);
      poll(start + at);
    }
  }
  EXPECT_EQ(tries, 10);
}

TEST(Patience, a_network_change_that_came_too_early_still_ends_the_next_pause) {
  SeededRandom random(1);
  Patience patience(for_peer(), random);
  const auto fail = [&](Instant now) {
    patience.handle_round_failed(Error::from_errno(111, "connect"), true, now);
    (void)patience.poll();
  };
  patience.start(start);
  fail(start);
  patience.handle_network_change(start);
  EXPECT_NE(as<Patience::Retry>(patience.poll()), nullptr);
  fail(start);
  patience.handle_network_change(start + 100ms);  // for a second after the first
  patience.hurry(start + 200ms);
  EXPECT_NE(as<Patience::Retry>(patience.poll()), nullptr);
  fail(start + 200ms);
  patience.handle_network_change(start + 300ms);
  EXPECT_EQ(patience.deadline(), start + 1s);
}

TEST(Patience, a_wrong_call_is_not_repeated) {
  SeededRandom random(1);
  Patience patience(for_peer(), random);
  patience.start(start);
  patience.handle_round_failed(Error(ErrorKind::unsupported, "connect", "no such option"), false,
                               start);
  EXPECT_NE(as<Patience::GiveUp>(patience.poll()), nullptr);
}

}  // namespace
}  // namespace bowline::core
