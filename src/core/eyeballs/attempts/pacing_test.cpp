#include "core/eyeballs/attempts/pacing.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

constexpr Instant first_start{1s};

TEST(AttemptPacing, lets_the_first_attempt_start_at_any_time) {
  const Race::Options options;
  const AttemptPacing pacing(options);
  EXPECT_LT(pacing.next_start(), first_start);
}

TEST(AttemptPacing, spaces_attempts_by_the_delay) {
  const Race::Options options;
  AttemptPacing pacing(options);
  pacing.note_start(1, std::nullopt, 0, first_start);
  EXPECT_EQ(pacing.next_start(), first_start + 250ms);
}

TEST(AttemptPacing, a_failure_of_the_newest_leaves_only_the_floor) {
  const Race::Options options;
  AttemptPacing pacing(options);
  pacing.note_start(1, std::nullopt, 0, first_start);
  pacing.note_start(2, std::nullopt, 1, first_start + 250ms);
  pacing.note_failure(2, true);
  EXPECT_EQ(pacing.next_start(), first_start + 260ms);
}

TEST(AttemptPacing, a_failure_of_an_older_one_changes_nothing_while_another_runs) {
  const Race::Options options;
  AttemptPacing pacing(options);
  pacing.note_start(1, std::nullopt, 0, first_start);
  pacing.note_start(2, std::nullopt, 1, first_start + 250ms);
  pacing.note_failure(1, true);
  EXPECT_EQ(pacing.next_start(), first_start + 500ms);
}

TEST(AttemptPacing, progress_extends_once_to_the_expected_end) {
  const Race::Options options;
  AttemptPacing pacing(options);
  pacing.note_start(1, std::nullopt, 0, first_start);
  pacing.note_progress(1, first_start + 100ms);
  EXPECT_EQ(pacing.next_start(), first_start + 350ms);
  pacing.note_progress(1, first_start + 200ms);
  EXPECT_EQ(pacing.next_start(), first_start + 350ms);
}

TEST(AttemptPacing, progress_never_shortens_and_never_revives_a_timer_that_has_fired) {
  Race::Options options;
  options.security_extension = 50ms;
  AttemptPacing pacing(options);
  pacing.note_start(1, std::nullopt, 0, first_start);
  pacing.note_progress(1, first_start + 100ms);
  EXPECT_EQ(pacing.next_start(), first_start + 250ms);
  pacing.note_progress(1, first_start + 300ms);
  EXPECT_EQ(pacing.next_start(), first_start + 250ms);
}

TEST(AttemptPacing, an_extension_ends_with_the_attempt_that_caused_it) {
  const Race::Options options;
  AttemptPacing pacing(options);
  pacing.note_start(1, std::nullopt, 0, first_start);
  pacing.note_start(2, std::nullopt, 1, first_start + 250ms);
  pacing.note_progress(1, first_start + 400ms);
  EXPECT_EQ(pacing.next_start(), first_start + 650ms);
  pacing.note_failure(1, true);
  EXPECT_EQ(pacing.next_start(), first_start + 500ms);
}

TEST(AttemptDelay, is_three_round_trips_within_bounds) {
  const Race::Options options;
  EXPECT_EQ(attempt_delay(options, std::nullopt, 0), 250ms);
  EXPECT_EQ(attempt_delay(options, 100ms, 0), 300ms);
  EXPECT_EQ(attempt_delay(options, 1ms, 0), 100ms);
  EXPECT_EQ(attempt_delay(options, 1s, 0), 2s);
  EXPECT_EQ(attempt_delay(options, Duration::max(), 0), 2s);
  EXPECT_EQ(attempt_delay(options, -5ms, 0), 100ms);
}

TEST(AttemptDelay, grows_with_each_attempt_that_still_runs) {
  Race::Options options;
  options.attempt_delay = 50ms;
  EXPECT_EQ(attempt_delay(options, std::nullopt, 3), 100ms);  // no growth: the minimum holds
  options.attempt_delay_growth = 2;
  EXPECT_EQ(attempt_delay(options, std::nullopt, 0), 50ms);
  EXPECT_EQ(attempt_delay(options, std::nullopt, 1), 100ms);
  EXPECT_EQ(attempt_delay(options, std::nullopt, 3), 400ms);
  EXPECT_EQ(attempt_delay(options, std::nullopt, 1000), 2s);
}

TEST(AttemptDelay, never_falls_below_10_ms_whatever_is_configured) {
  Race::Options options;
  options.attempt_delay = options.attempt_delay_min = options.attempt_delay_max = 0ms;
  options.attempt_spacing_min = 0ms;
  EXPECT_EQ(attempt_spacing(options), 10ms);
  EXPECT_EQ(attempt_delay(options, std::nullopt, 0), 10ms);
  EXPECT_EQ(attempt_delay(options, 1ms, 0), 10ms);
}

}  // namespace
}  // namespace bowline::core
