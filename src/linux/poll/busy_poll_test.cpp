#include "linux/poll/busy_poll.h"

#include <gtest/gtest.h>

#include "linux/linux_scene.h"

namespace bowline::linux_host {
namespace {

using namespace std::chrono_literals;

/// How many sleeps pass until it looks again.
int sleeps_passed(BusyPoll& poll) {
  int passed = 0;
  while (!poll.is_due()) ++passed;
  return passed;
}

TEST(BusyPoll, is_off_at_first) { EXPECT_FALSE(BusyPoll().is_on()); }

TEST(BusyPoll, goes_on_while_it_finds_something) {
  BusyPoll poll;
  poll.set_longest(50us);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(poll.is_due());
    poll.note(true);
  }
}

TEST(BusyPoll, is_tried_ever_more_rarely_while_it_finds_nothing) {
  BusyPoll poll;
  poll.set_longest(50us);
  std::vector<int> passed;
  for (int i = 0; i < 9; ++i) {
    passed.push_back(sleeps_passed(poll));
    poll.note(false);
  }
  EXPECT_EQ(passed, std::vector({0, 1, 2, 4, 8, 16, 32, 64, 64}));
}

TEST(BusyPoll, one_find_brings_it_back) {
  BusyPoll poll;
  poll.set_longest(50us);
  for (int i = 0; i < 9; ++i) poll.note(false);
  poll.note(true);
  EXPECT_EQ(sleeps_passed(poll), 0);
}

/// Counts the looks at what is ready; before the third of them, something comes.
struct ComesLate final : Faults {
  ports::Host* host = nullptr;
  int looks = 0;
  int next(Call call) override {
    if (call == Call::epoll_wait && ++looks == 3 && host != nullptr) host->poller().wake();
    return 0;
  }
};

TEST(Poller, that_polls_busily_finds_what_comes_meanwhile_without_sleeping) {
  ComesLate late;
  const Scene scene(make_host(late).value());
  late.host = scene.host.get();
  scene.host->poller().set_busy_poll(std::chrono::hours(1));
  scene.host->poller().wait(std::nullopt);
  EXPECT_EQ(late.looks, 3);
}

TEST(Poller, that_polls_busily_keeps_its_deadline) {
  ComesLate never;
  const Scene scene(make_host(never).value());
  scene.host->poller().set_busy_poll(Duration::max());
  const Instant until = scene.now() + 1ms;
  scene.host->poller().wait(until);
  EXPECT_GE(scene.now(), until);
}

TEST(Poller, sleeps_once_it_has_polled_busily_for_nothing) {
  ComesLate never;
  const Scene scene(make_host(never).value());
  scene.host->poller().set_busy_poll(1us);
  scene.host->poller().wait(scene.now() + 1ms);
  never.looks = 0;
  scene.host->poller().wait(scene.now() + 1ms);
  EXPECT_EQ(never.looks, 1);
}

TEST(Poller, does_not_poll_busily_when_it_must_not_block) {
  ComesLate never;
  const Scene scene(make_host(never).value());
  scene.host->poller().set_busy_poll(std::chrono::hours(1));
  scene.host->poller().wait(Instant());
  EXPECT_EQ(never.looks, 1);
}

}  // namespace
}  // namespace bowline::linux_host
