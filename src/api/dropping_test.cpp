#include <gtest/gtest.h>
#include <time.h>
#include <bowline/bowline.h>

#include <vector>

#include "flows/ends.h"

// Dropping an operation takes constant time, however many others wait or are done.

namespace bowline {
namespace {

using namespace std::chrono_literals;
using flows::loopback;

/// Of this thread alone, whatever else the machine does.
double cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// Eight times as much takes eight times as long, and not 64 times.
template <class Work>
void expect_linear(int small, Work work) {
  constexpr int times = 8;
  const auto measure = [&](int count) {
    const double start = cpu_seconds();
    work(count);
    return cpu_seconds() - start;
  };
  const double once = measure(small);
  const double eight = measure(small * times);
  EXPECT_LT(eight, (once + 0.002) * times * 3);
}

TEST(Dropping, due_timers_in_callbacks_takes_time_in_proportion_to_their_number) {
  expect_linear(10'000, [](int count) {
    Loop loop;
    std::vector<Operation<void>> dropped(static_cast<std::size_t>(count));
    std::vector<Operation<void>> firing(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < firing.size(); ++i) {
      firing[i] = loop.sleep(0s);
      firing[i].start([&dropped, i](const Result<void>&) { dropped[i] = {}; });
    }
    for (Operation<void>& operation : dropped) {
      operation = loop.sleep(0s);
      operation.start([](const Result<void>&) {});
    }
    loop.run();
  });
}

TEST(Dropping, queued_operations_of_one_connection_takes_constant_time_each) {
  expect_linear(5'000, [](int count) {
    Loop loop;
    StreamConnection connection = connect(loop, loopback(), tcp());
    std::vector<Operation<Message>> receives(static_cast<std::size_t>(count));
    for (Operation<Message>& receive : receives) {
      receive = connection.receive();
      receive.start([](const Result<Message>&) {});
    }
    while (!receives.empty()) receives.pop_back();
  });
}

/// A chat server in the hour of its end: each client's receive has failed, and then each client is dropped.
TEST(Dropping, many_finished_receives_takes_constant_time_each) {
  struct Client {
    StreamConnection connection;
    Operation<Message> first;
    Operation<Message> second;
  };
  expect_linear(1'000, [](int count) {
    Loop loop;
    std::vector<Client> clients(static_cast<std::size_t>(count));
    for (Client& client : clients) {
      client.connection = connect(loop, loopback(), tcp());
      client.first = client.connection.receive();
      client.first.start([](const Result<Message>&) { FAIL(); });
      client.second = client.connection.receive();
      client.second.start([](const Result<Message>&) { FAIL(); });
    }
    for (Client& client : clients) client.connection.abort();
    for (Client& client : clients) client = {};
  });
}

}  // namespace
}  // namespace bowline
