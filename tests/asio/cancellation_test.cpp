#include <gtest/gtest.h>
#include <bowline/asio.h>
#include <bowline/bowline.h>

#include <asio/awaitable.hpp>
#include <asio/bind_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <variant>

// What a handler of Asio's brings along beside itself: a cancellation slot, an executor, an allocator.

namespace bowline {
namespace {

using namespace std::chrono_literals;
using namespace asio::experimental::awaitable_operators;

constexpr auto patience = 60s;

/// A loop inside a context, driven by hand, and both ends of a connection on it.
struct Inside : testing::Test {
  Inside() {
    auto listener =
        listen(loop, SocketAddress(IpAddress::loopback(Family::ipv4), 0), tcp()).value();
    client = connect(loop, listener.local_address(), tcp());
    server = listener.accept().wait().value();
    EXPECT_TRUE(client.ready().wait().has_value());
  }
  template <class Done>
  bool run_until(Done done) {
    const auto limit = std::chrono::steady_clock::now() + patience;
    while (!done()) {
      if (std::chrono::steady_clock::now() > limit) return false;
      loop.run_ready();
      context.poll();
      context.restart();
    }
    return true;
  }

  asio::io_context context;
  Loop loop;
  StreamConnection client;
  StreamConnection server;
};

asio::awaitable<std::string> receive_for_a_while(StreamConnection& connection) {
  asio::steady_timer timer(co_await asio::this_coro::executor, 10ms);
  const std::variant<Result<Message>, std::monostate> first =
      co_await (async_start(connection.receive(), asio::use_awaitable) ||
                timer.async_wait(asio::use_awaitable));
  co_return first.index() == 1 ? "timer" : std::string(std::get<0>(first)->text());
}

TEST_F(Inside, a_receive_or_a_timer_is_over_when_the_timer_is_and_loses_nothing) {
  std::string got;
  asio::co_spawn(context, receive_for_a_while(client),
                 [&](const std::exception_ptr&, std::string text) { got = std::move(text); });
  ASSERT_TRUE(run_until([&] { return !got.empty(); }));
  EXPECT_EQ(got, "timer");
  ASSERT_TRUE(server.send("later").wait().has_value());
  EXPECT_EQ(client.receive(5).wait()->text(), "later");
}

asio::awaitable<std::string> sleep_for_a_while(Loop& loop, asio::steady_timer& timer) {
  const std::variant<std::monostate, Result<void>> first = co_await (
      timer.async_wait(asio::use_awaitable) || async_start(loop.sleep(1ms), asio::use_awaitable));
  co_return first.index() == 1 ? "sleep" : "timer";
}

TEST_F(Inside, an_operation_of_bowlines_may_be_the_first) {
  std::string got;
  asio::steady_timer timer(context, 1h);
  asio::co_spawn(context, sleep_for_a_while(loop, timer),
                 [&](const std::exception_ptr&, std::string text) { got = std::move(text); });
  ASSERT_TRUE(run_until([&] { return !got.empty(); }));
  EXPECT_EQ(got, "sleep");
}

TEST_F(Inside, a_signal_stops_an_operation) {
  asio::cancellation_signal signal;
  std::optional<ErrorKind> error;
  async_start(client.receive(),
              asio::bind_cancellation_slot(
                  signal.slot(), [&](Result<Message> message) { error = message.error().kind(); }));
  signal.emit(asio::cancellation_type::total);
  EXPECT_FALSE(error.has_value()) << "called inside the signal";
  ASSERT_TRUE(run_until([&] { return error.has_value(); }));
  EXPECT_EQ(error, ErrorKind::cancelled);
  signal.emit(asio::cancellation_type::terminal);  // nobody listens any more
}

TEST_F(Inside, a_signal_that_asks_for_no_effects_does_not_stop_what_may_have_some) {
  asio::cancellation_signal signal;
  std::optional<Result<void>> slept;
  async_start(loop.sleep(20ms),
              asio::bind_cancellation_slot(
                  signal.slot(), [&](Result<void> result) { slept = std::move(result); }));
  signal.emit(asio::cancellation_type::total);
  ASSERT_TRUE(run_until([&] { return slept.has_value(); }));
  EXPECT_TRUE(slept->has_value());
}

/// Counts what it has given out.
template <class T>
struct CountingAllocator {
  using value_type = T;
  explicit CountingAllocator(int& counted, int& alive) : count(&counted), live(&alive) {}
  template <class U>
  CountingAllocator(const CountingAllocator<U>& other)
      : count(other.count), live(other.live) {}  // NOLINT
  T* allocate(std::size_t n) {
    ++*count;
    ++*live;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* memory, std::size_t n) {
    --*live;
    std::allocator<T>().deallocate(memory, n);
  }
  template <class U>
  bool operator==(const CountingAllocator<U>& other) const {
    return count == other.count;
  }
  int* count;
  int* live;
};

struct AllocatingHandler {
  using allocator_type = CountingAllocator<void>;
  [[nodiscard]] allocator_type get_allocator() const { return allocator; }
  void operator()(const Result<void>&) { called(); }
  std::function<void()> called;
  allocator_type allocator;
};

TEST_F(Inside, memory_comes_from_the_handlers_allocator_and_is_back_before_the_call) {
  int count = 0;
  int live = 0;
  std::optional<int> live_in_call;
  async_start(loop.sleep(1ms), AllocatingHandler{[&] { live_in_call = live; },
                                                 CountingAllocator<void>(count, live)});
  EXPECT_EQ(count, 1);
  EXPECT_EQ(live, 1);
  ASSERT_TRUE(run_until([&] { return live_in_call.has_value(); }));
  EXPECT_EQ(live_in_call, 0);
}

TEST_F(Inside, a_loop_that_goes_posts_the_handler_and_does_not_call_it) {
  std::optional<Loop> short_lived(std::in_place);
  std::optional<ErrorKind> error;
  bool has_destroyed = false;
  async_start(short_lived->sleep(1h), asio::bind_executor(context, [&](const Result<void>& slept) {
                error = slept.error().kind();
              }));
  auto token = std::make_shared<int>();
  const std::weak_ptr<int> alive = token;
  async_start(short_lived->sleep(1h),
              [token, &has_destroyed](const Result<void>&) { has_destroyed = true; });
  token.reset();
  short_lived.reset();
  EXPECT_FALSE(error.has_value());
  EXPECT_TRUE(alive.expired()) << "without an executor of its own it is destroyed";
  EXPECT_FALSE(has_destroyed);
  ASSERT_TRUE(run_until([&] { return error.has_value(); }));
  EXPECT_EQ(error, ErrorKind::cancelled);
}

}  // namespace
}  // namespace bowline
