#include <gtest/gtest.h>
#include <bowline/async.h>
#include <bowline/task_group.h>

#include <expected>
#include <optional>
#include <stdexcept>
#include <string>

#include "story.h"

// Tasks: where their exceptions go, and groups of them.

namespace bowline::test {
namespace {

Task<int> count_after(Loop& loop, Duration duration, bool throws = false) {
  const Result<void> slept = co_await loop.sleep(duration);
  if (throws || !slept.has_value()) throw std::runtime_error("by the program");
  co_return 7;
}
Task<> pass_on(Loop& loop, Duration duration) {
  const int count = co_await count_after(loop, duration, true);
  static_cast<void>(count);
}
Task<std::string> catch_it(Loop& loop) {
  std::string caught;
  try {
    co_await pass_on(loop, 1s);
  } catch (const std::runtime_error& error) {
    caught = error.what();
  }
  co_return caught;
}
Task<> throw_at_once() {
  throw std::runtime_error("by the program");
  co_return;
}

TEST(Tasks, an_exception_goes_to_the_awaiter) {
  Scene scene;
  std::optional<std::string> got;
  spawn(catch_it(*scene.loop),
        [&](std::expected<std::string, std::exception_ptr> end) { got = *end; });
  scene.loop->run();
  EXPECT_EQ(got, "by the program");
}

TEST(Tasks, an_exception_that_nobody_wants_leaves_run_and_the_frame_is_gone) {
  Scene scene;
  spawn(pass_on(*scene.loop, 1s));
  int slept = 0;
  scene.loop->sleep(1s).detach([&](const Result<void>&) { ++slept; });
  EXPECT_THROW(scene.loop->run(), std::runtime_error);
  scene.loop->run();
  EXPECT_EQ(slept, 1);
}

TEST(Tasks, an_exception_before_the_first_wait_leaves_spawn) {
  EXPECT_THROW(spawn(throw_at_once()), std::runtime_error);
}

TEST(Tasks, the_end_of_a_spawned_task_gets_what_it_returns_or_throws) {
  Scene scene;
  std::optional<int> returned;
  bool thrown = false;
  spawn(count_after(*scene.loop, 1s),
        [&](std::expected<int, std::exception_ptr> end) { returned = *end; });
  spawn(pass_on(*scene.loop, 1s), [&](std::expected<void, std::exception_ptr> end) {
    thrown = !end.has_value();
    EXPECT_THROW(std::rethrow_exception(end.error()), std::runtime_error);
  });
  scene.loop->run();
  EXPECT_EQ(returned, 7);
  EXPECT_TRUE(thrown);
}

TEST(Tasks, an_exception_of_the_end_itself_leaves_run) {
  Scene scene;
  spawn(count_after(*scene.loop, 1s), [](const std::expected<int, std::exception_ptr>&) {
    throw std::runtime_error("by the program");
  });
  EXPECT_THROW(scene.loop->run(), std::runtime_error);
}

struct Alive {
  explicit Alive(int& counted) : count(counted) { ++count; }
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;
  ~Alive() { --count; }
  int& count;
};
Task<> live(Loop& loop, int& count, int& ended, Duration duration) {
  const Alive alive(count);
  const Result<void> slept = co_await loop.sleep(duration);
  ended += slept.has_value() ? 1 : 100;
}
Task<> cancel_its_own(Loop& loop, TaskGroup& group, int& count, int& went_on) {
  const Alive alive(count);
  const Result<void> slept = co_await loop.sleep(1s);
  group.cancel();
  went_on += slept.has_value() ? 1 : 100;
  const Result<void> never = co_await loop.sleep(1s);
  went_on += never.has_value() ? 1000 : 10'000;
}

TEST(TaskGroup, is_joined_when_the_last_task_has_ended) {
  Scene scene;
  int count = 0;
  int ended = 0;
  TaskGroup group(*scene.loop);
  EXPECT_TRUE(group.join().wait().has_value());
  for (int i = 1; i <= 10; ++i) group.spawn(live(*scene.loop, count, ended, 1s * i));
  EXPECT_EQ(group.size(), 10U);
  const Instant start = scene.sim.now();
  EXPECT_TRUE(group.join().wait().has_value());
  EXPECT_EQ(scene.sim.now() - start, 10s);
  EXPECT_EQ(ended, 10);
  EXPECT_EQ(count, 0);
}

TEST(TaskGroup, cancels_its_tasks_by_itself_and_when_it_goes) {
  Scene scene;
  int count = 0;
  int ended = 0;
  {
    TaskGroup group(*scene.loop);
    for (int i = 0; i < 10; ++i) group.spawn(live(*scene.loop, count, ended, 1h));
    std::optional<Result<void>> joined;
    group.join().detach([&](Result<void> result) { joined = std::move(result); });
    EXPECT_EQ(count, 10);
    group.cancel();
    EXPECT_EQ(count, 0);
    scene.sim.run_for(1ms);
    EXPECT_TRUE(joined.has_value());
    group.spawn(live(*scene.loop, count, ended, 1h));
    EXPECT_EQ(group.size(), 1U);
  }
  EXPECT_EQ(count, 0);
  EXPECT_EQ(ended, 0);
}

TEST(TaskGroup, may_be_cancelled_by_one_of_its_tasks) {
  Scene scene;
  int count = 0;
  int ended = 0;
  int went_on = 0;
  TaskGroup group(*scene.loop);
  group.spawn(live(*scene.loop, count, ended, 1h));
  group.spawn(cancel_its_own(*scene.loop, group, count, went_on));
  EXPECT_TRUE(group.join().wait().has_value());
  EXPECT_EQ(count, 0);
  EXPECT_EQ(went_on, 1);
  EXPECT_EQ(ended, 0);
}

TEST(TaskGroup, goes_with_its_loop) {
  Scene scene;
  int count = 0;
  int ended = 0;
  TaskGroup group(*scene.loop);
  group.spawn(live(*scene.loop, count, ended, 1h));
  group.join().detach([](const Result<void>&) { FAIL(); });
  scene.loop.reset();
  EXPECT_EQ(count, 0);
  EXPECT_EQ(group.size(), 0U);
}

}  // namespace
}  // namespace bowline::test
