#include "drive/loop/timer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/random.h"

namespace bowline::drive {
namespace {

using namespace std::chrono_literals;

struct Alarm final : Timer {
  void handle_timer() override {}
};

constexpr Instant at(Duration after) { return Instant(1s) + after; }

TEST(TimerQueue, without_timers_has_no_deadline) {
  TimerQueue queue;
  EXPECT_FALSE(queue.deadline());
  EXPECT_EQ(queue.pop_due(Instant::max()), nullptr);
}

TEST(TimerQueue, gives_out_what_is_due_and_nothing_else) {
  TimerQueue queue;
  Alarm early;
  Alarm late;
  queue.set(late, at(2ms));
  queue.set(early, at(1ms));
  EXPECT_EQ(queue.deadline(), at(1ms));
  EXPECT_EQ(queue.pop_due(at(1ms) - 1ns), nullptr);
  EXPECT_EQ(queue.pop_due(at(1ms)), &early);
  EXPECT_FALSE(early.is_armed());
  EXPECT_EQ(queue.pop_due(at(1ms)), nullptr);
  EXPECT_EQ(queue.deadline(), at(2ms));
}

TEST(TimerQueue, gives_out_timers_of_one_instant_in_the_order_in_which_they_were_armed) {
  TimerQueue queue;
  std::array<Alarm, 100> alarms;
  for (Alarm& alarm : alarms) queue.set(alarm, at(5ms));
  queue.set(alarms[0], at(5ms));  // armed anew, and so the last
  for (std::size_t i = 1; i < alarms.size(); ++i) EXPECT_EQ(queue.pop_due(at(5ms)), &alarms[i]);
  EXPECT_EQ(queue.pop_due(at(5ms)), &alarms[0]);
}

TEST(TimerQueue, forgets_a_timer_that_is_destroyed) {
  TimerQueue queue;
  Alarm stays;
  {
    Alarm goes;
    queue.set(goes, at(1ms));
    queue.set(stays, at(2ms));
  }
  EXPECT_EQ(queue.deadline(), at(2ms));
}

TEST(TimerQueue, lets_its_timers_go_when_it_is_destroyed) {
  std::array<Alarm, 10> alarms;
  {
    TimerQueue queue;
    for (std::size_t i = 0; i < alarms.size(); ++i) queue.set(alarms[i], at(i * 1ms));
  }
  EXPECT_TRUE(std::ranges::none_of(alarms, &Timer::is_armed));
}

/// The same, as plainly as possible.
class PlainQueue {
 public:
  void set(const Alarm& alarm, std::optional<Instant> at) {
    std::erase_if(armed_, [&](const Armed& armed) { return armed.alarm == &alarm; });
    if (at) armed_.push_back({&alarm, *at});
  }
  [[nodiscard]] std::optional<Instant> deadline() const {
    if (armed_.empty()) return std::nullopt;
    return std::ranges::min_element(armed_, {}, &Armed::at)->at;
  }
  const Alarm* pop_due(Instant now) {
    const auto first = std::ranges::min_element(armed_, {}, &Armed::at);
    if (first == armed_.end() || first->at > now) return nullptr;
    const Alarm* alarm = first->alarm;
    armed_.erase(first);
    return alarm;
  }

 private:
  struct Armed {
    const Alarm* alarm;
    Instant at;
  };
  std::vector<Armed> armed_;  // in the order of arming
};

TEST(TimerQueue, does_what_a_plain_list_does_through_any_operations) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom random(seed);
    TimerQueue queue;
    PlainQueue plain;
    std::vector<std::unique_ptr<Alarm>> alarms(64);
    for (auto& alarm : alarms) alarm = std::make_unique<Alarm>();
    for (int step = 0; step < 5'000; ++step) {
      std::unique_ptr<Alarm>& alarm = alarms[random.below(alarms.size())];
      const Instant when = at(Duration(static_cast<Duration::rep>(random.below(50))));
      switch (random.below(5)) {
        case 0:
          queue.set(*alarm, std::nullopt);
          plain.set(*alarm, std::nullopt);
          break;
        case 1:
          plain.set(*alarm, std::nullopt);
          alarm = std::make_unique<Alarm>();
          break;
        case 2: ASSERT_EQ(queue.pop_due(when), plain.pop_due(when)) << seed << " " << step; break;
        default:
          queue.set(*alarm, when);
          plain.set(*alarm, when);
          break;
      }
      ASSERT_EQ(queue.deadline(), plain.deadline()) << seed << " " << step;
    }
  }
}

}  // namespace
}  // namespace bowline::drive
