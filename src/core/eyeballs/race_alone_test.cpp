// A race of one address must go as the full race would go, which gets the same address twice here and so has
// one candidate, too.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/eyeballs/race_script.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

constexpr const char* peer = "192.0.2.1";

/// All that a user of the race sees of it.
std::string told(std::size_t times, const std::function<void(RaceScript&)>& prepare) {
  RaceScript script;
  script.target.name.clear();
  script.target.addresses = script.all_reached(std::vector<std::string>(times, peer));
  prepare(script);
  script.run(10s);
  std::string text = script.transcript + script.started() + ": " + script.result();
  if (script.error) text += ": " + to_string(*script.error);
  return text;
}

void expect_same(const std::function<void(RaceScript&)>& prepare) {
  EXPECT_EQ(told(1, prepare), told(2, prepare));
}

TEST(RaceAlone, wins_as_the_full_race_does) {
  expect_same([](RaceScript& script) { script.connects(peer, 20ms); });
}

TEST(RaceAlone, fails_as_the_full_race_does) {
  expect_same([](RaceScript& script) { script.fails(peer, 20ms); });
  expect_same([](RaceScript& script) {
    script.target.name = "a.example";
    script.fails(peer, 0ms, ErrorKind::untrusted);
  });
}

TEST(RaceAlone, gives_an_attempt_its_limit_as_the_full_race_does) {
  expect_same([](RaceScript& script) { script.options.attempt_timeout = 3s; });
}

TEST(RaceAlone, loses_its_source_as_the_full_race_does) {
  expect_same([](RaceScript& script) {
    script.at(50ms, [&script](Race& race, Instant now) {
      race.handle_source_lost(*script.source_ipv6, now);  // not its own
    });
    script.at(100ms, [&script](Race& race, Instant now) {
      race.handle_source_lost(*script.source_ipv4, now);
    });
  });
}

TEST(RaceAlone, is_cancelled_as_the_full_race_is) {
  for (const Duration when : {0ms, 10ms, 20ms, 30ms})
    expect_same([when](RaceScript& script) {
      script.connects(peer, 20ms);
      script.at(when, [](Race& race, Instant now) { race.cancel(now); });
    });
}

TEST(RaceAlone, writes_the_same_trace) {
  expect_same([](RaceScript& script) {
    script.options.trace = &trace_always;
    script.connects(peer, 20ms);
  });
  expect_same([](RaceScript& script) {
    script.options.trace = &trace_always;
    script.fails(peer, 20ms);
  });
}

TEST(RaceAlone, goes_as_the_full_race_does_in_random_worlds) {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    expect_same([seed](RaceScript& script) {
      SeededRandom random(seed);
      const auto one_in = [&](std::uint64_t count) { return random.below(count) == 0; };
      const auto some_time = [&] { return std::chrono::milliseconds(random.below(3000)); };
      if (one_in(2)) script.options.attempt_timeout = 1ms + some_time();
      if (one_in(3)) script.target.name = "a.example";
      if (one_in(3)) script.progresses(peer, some_time());
      if (one_in(2)) script.connects(peer, some_time());
      if (one_in(2)) script.fails(peer, some_time());
      const auto cancel = [](Race& race, Instant now) { race.cancel(now); };
      if (one_in(3)) script.at(some_time(), cancel);
      const auto lose = [&script](Race& race, Instant now) {
        race.handle_source_lost(*script.source_ipv4, now);
      };
      // The full race would write down the order once more, which the loss has not changed.
      if (one_in(2)) {
        script.options.trace = &trace_always;
      } else {
        script.at(some_time(), lose);
      }
      // An answer that nobody asked for, and inputs about attempts that never were.
      const auto confuse = [&script](Race& race, Instant now) {
        race.handle_answer(script.addresses(RaceQuery::ipv4, {"192.0.2.9"}), now);
        race.handle_ready(7, now);
        race.handle_attempt_failure(0, Error(ErrorKind::reset, "connect", "unknown"), now);
      };
      if (one_in(3)) script.at(some_time(), confuse);
    });
    ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

}  // namespace
}  // namespace bowline::core
