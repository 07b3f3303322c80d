#include <poll.h>

#include <algorithm>
#include <new>
#include <thread>

#include "linux/linux_scene.h"

namespace bowline::linux_host {
namespace {

bool is_readable(int descriptor, int timeout_ms = 0) {
  pollfd wanted{descriptor, POLLIN, 0};
  return ::poll(&wanted, 1, timeout_ms) == 1;
}

TEST(Poller, returns_at_its_deadline_and_not_before) {
  const Scene scene;
  const Instant until = scene.now() + std::chrono::microseconds(300);
  while (scene.now() < until) scene.host->poller().wait(until);
  EXPECT_LT(scene.now() - until, std::chrono::seconds(2));
}

TEST(Poller, does_not_block_when_the_deadline_has_passed) {
  const Scene scene;
  scene.host->poller().wait(Instant());
  scene.host->poller().wait(scene.now());
}

TEST(Poller, a_wake_before_the_wait_ends_it) {
  const Scene scene;
  scene.host->poller().wake();
  scene.host->poller().wake();
  scene.host->poller().wait(std::nullopt);
  EXPECT_FALSE(is_readable(scene.host->poller().descriptor()));
}

TEST(Poller, is_woken_from_another_thread_each_time) {
  const Scene scene;
  std::atomic<int> posted = 0;
  std::jthread other([&] {
    for (int i = 1; i <= 1000; ++i) {
      posted = i;
      scene.host->poller().wake();
      posted.wait(i);
    }
  });
  for (int i = 1; i <= 1000; ++i) {
    while (posted != i) scene.host->poller().wait(std::nullopt);
    posted = 0;
    posted.notify_one();
  }
}

TEST(Poller, its_descriptor_shows_a_wake) {
  const Scene scene;
  EXPECT_FALSE(is_readable(scene.host->poller().descriptor()));
  scene.host->poller().wake();
  EXPECT_TRUE(is_readable(scene.host->poller().descriptor()));
}

TEST(Poller, its_descriptor_shows_the_armed_instant) {
  const Scene scene;
  auto& poller = scene.host->poller();
  poller.arm(scene.now() + std::chrono::milliseconds(2));
  EXPECT_TRUE(is_readable(poller.descriptor(), 5000));
  poller.wait(scene.now());
  EXPECT_FALSE(is_readable(poller.descriptor()));
}

TEST(Poller, its_descriptor_shows_an_instant_that_passed_before_it_was_armed_every_time) {
  const Scene scene;
  auto& poller = scene.host->poller();
  for (int i = 0; i < 3; ++i) {
    poller.arm(Instant());
    EXPECT_TRUE(is_readable(poller.descriptor(), 5000));
    poller.wait(scene.now());
  }
}

TEST(Poller, forgets_an_instant_that_was_replaced) {
  const Scene scene;
  auto& poller = scene.host->poller();
  poller.arm(scene.now() - std::chrono::seconds(1));
  poller.arm(std::nullopt);
  EXPECT_FALSE(is_readable(poller.descriptor()));
  poller.arm(scene.now() + std::chrono::hours(1));
  EXPECT_FALSE(is_readable(poller.descriptor()));
}

TEST(Poller, its_descriptor_shows_a_socket_that_became_ready) {
  TcpScene scene;
  const auto pair = scene.connect();
  scene.run_ready();
  EXPECT_FALSE(is_readable(scene.host->poller().descriptor()));
  static_cast<void>(write(*pair->client.socket, "x"));
  EXPECT_TRUE(is_readable(scene.host->poller().descriptor(), 5000));
}

TEST(Poller, delivers_more_sockets_than_fit_into_one_batch) {
  TcpScene scene;
  std::vector<std::unique_ptr<TcpScene::Pair>> pairs;
  for (int i = 0; i < 300; ++i) pairs.push_back(scene.connect());
  for (const auto& pair : pairs) static_cast<void>(write(*pair->client.socket, "x"));
  EXPECT_TRUE(scene.run_until([&] {
    return std::ranges::all_of(pairs,
                               [](const auto& pair) { return pair->server.watcher.readable; });
  }));
}

TEST(Poller, goes_on_with_the_rest_after_an_exception) {
  TcpScene scene;
  std::vector<std::unique_ptr<TcpScene::Pair>> pairs;
  for (int i = 0; i < 10; ++i) pairs.push_back(scene.connect());
  for (const auto& pair : pairs) {
    pair->server.watcher.then = [](ports::Readiness) { throw std::bad_alloc(); };
    static_cast<void>(write(*pair->client.socket, "x"));
  }
  for (std::size_t told = 0; told < pairs.size(); ++told)
    EXPECT_THROW(scene.host->poller().wait(scene.now() + std::chrono::seconds(5)), std::bad_alloc);
  for (const auto& pair : pairs) EXPECT_TRUE(pair->server.watcher.readable);
}

}  // namespace
}  // namespace bowline::linux_host
