#include <gtest/gtest.h>
#include <bowline/bowline.h>

#include <atomic>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

namespace bowline {
namespace {

using namespace std::chrono_literals;

/// What many threads do to one loop. Plain members are the loop's.
struct Crowd {
  static constexpr int threads = 64;
  static constexpr int operations = 10'000;
  /// Of the operations. As many are stopped, and the others posted.
  static constexpr int calls = 100;

  Loop loop;
  std::optional<Loop::Hold> hold = loop.hold();
  int posted = 0;
  int stopped = 0;
  std::atomic<int> called = 0;
  std::atomic<int> working = threads;

  void work() {
    for (int i = 0; i < operations; ++i) {
      switch (i % (operations / calls)) {
        case 0: call(); break;
        case 1: stop(); break;
        default: loop.post([this] { ++posted; }); break;
      }
    }
    if (--working == 0) loop.post([this] { hold.reset(); });
  }
  void call() {
    if (loop.call([this] { return loop.sleep(0s); }).has_value()) ++called;
  }
  /// The token is triggered about when the operation starts.
  void stop() {
    std::stop_source source;
    loop.post([this, token = source.get_token()] {
      loop.sleep(1h).stop_on(token).detach([this](const Result<void>& slept) {
        if (!slept.has_value() && slept.error().kind() == ErrorKind::cancelled) ++stopped;
      });
    });
    source.request_stop();
  }
};

TEST(Threads, threat_114_64_of_them_with_10_000_operations_each_on_one_loop) {
  Crowd crowd;
  std::vector<std::jthread> threads;
  for (int i = 0; i < Crowd::threads; ++i) threads.emplace_back([&] { crowd.work(); });
  crowd.loop.run();
  EXPECT_EQ(crowd.called, Crowd::threads * Crowd::calls);
  EXPECT_EQ(crowd.stopped, Crowd::threads * Crowd::calls);
  EXPECT_EQ(crowd.posted, Crowd::threads * (Crowd::operations - 2 * Crowd::calls));
}

TEST(Threads, a_loop_that_polls_busily_hears_the_others) {
  Loop loop;
  loop.set_busy_poll(1ms);
  std::optional<Loop::Hold> hold = loop.hold();
  int posted = 0;
  std::jthread other([&] {
    for (int i = 0; i < 1000; ++i) {
      const Result<void> slept = loop.call([&] {
        ++posted;
        return loop.sleep(0s);
      });
      EXPECT_TRUE(slept.has_value());
    }
    loop.post([&] { hold.reset(); });
  });
  loop.run();
  EXPECT_EQ(posted, 1000);
}

TEST(Threads, a_remote_outlives_its_loop) {
  std::optional<Loop> loop(std::in_place);
  const Remote remote = loop->remote();
  bool ran = false;
  EXPECT_TRUE(remote.post([&] { ran = true; }));
  loop->run();
  EXPECT_TRUE(ran);
  loop.reset();
  EXPECT_FALSE(remote.post([] {}));
  remote.stop();
  const Result<void> called = remote.call([]() -> Operation<void> { return {}; });
  EXPECT_EQ(called.error().kind(), ErrorKind::cancelled);
  const Remote none;
  EXPECT_FALSE(none.post([] {}));
  EXPECT_EQ(none.call([]() -> Operation<void> { return {}; }).error().kind(), ErrorKind::cancelled);
}

TEST(Threads, calls_end_when_run_has_ended_and_are_allowed_when_it_runs_again) {
  Loop loop;
  std::atomic<int> cancelled = 0;
  std::vector<std::jthread> workers;
  for (int i = 0; i < 8; ++i)
    workers.emplace_back([&, remote = loop.remote()] {
      // One call after the other, as a worker does that knows of nothing else.
      for (;;) {
        const Result<void> slept = remote.call([&] { return loop.sleep(1h); });
        if (slept.has_value()) continue;
        if (slept.error().kind() == ErrorKind::cancelled) ++cancelled;
        return;
      }
    });
  const auto hold = loop.hold();
  loop.sleep(5ms).detach([&](const Result<void>&) { loop.stop(); });
  loop.run();
  workers.clear();
  EXPECT_EQ(cancelled, 8);

  std::optional<Result<void>> again;
  loop.post([&] {
    workers.emplace_back([&, remote = loop.remote()] {
      again = remote.call([&] { return loop.sleep(0s); });
      remote.stop();
    });
  });
  loop.run();
  workers.clear();
  EXPECT_TRUE(again->has_value());
}

TEST(Threads, a_loop_that_goes_while_others_call_and_post_tells_them_all) {
  for (int round = 0; round < 20; ++round) {
    std::optional<Loop> loop(std::in_place);
    std::atomic<int> refused = 0;
    std::vector<std::jthread> workers;
    for (int i = 0; i < 4; ++i)
      workers.emplace_back([&refused, remote = loop->remote(), core = &*loop] {
        while (remote.post([] {})) {
        }
        if (!remote.call([core] { return core->sleep(0s); }).has_value()) ++refused;
      });
    for (int i = 0; i < 20; ++i) loop->run_ready();
    loop.reset();
    workers.clear();
    EXPECT_EQ(refused, 4);
  }
}

}  // namespace
}  // namespace bowline
