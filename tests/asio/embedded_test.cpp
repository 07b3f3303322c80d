#include <gtest/gtest.h>
#include <unistd.h>
#include <bowline/asio.h>
#include <bowline/bowline.h>

#include <asio/awaitable.hpp>
#include <asio/bind_executor.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>
#include <asio/use_future.hpp>
#include <chrono>
#include <future>
#include <optional>
#include <string>

namespace bowline {
namespace {

using namespace std::chrono_literals;

constexpr auto embedded_patience = 60s;

/// The example of docs/embedding.md: a loop whose descriptor an io_context watches.
struct Embedded : testing::Test {
  Embedded() { arm(); }

  void arm() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [this](std::error_code error) {
      if (error) return;
      loop.run_ready();
      arm();
    });
  }

  /// Runs nothing but the context.
  template <class Done>
  bool run_until(Done done) {
    const auto limit = std::chrono::steady_clock::now() + embedded_patience;
    while (!done())
      if (context.run_one_until(limit) == 0) return false;
    return true;
  }

  /// Accepts one connection after the other and sends back what it says first.
  Listener<StreamConnection> make_echo_listener() {
    auto listener =
        listen(loop, SocketAddress(IpAddress::loopback(Family::ipv4), 0), tcp()).value();
    listener.on_connection([](StreamConnection connection) {
      connection.receive().detach([connection](Result<Message> message) mutable {
        if (message.has_value()) connection.send(message->bytes(), Last::yes).detach();
      });
    });
    return listener;
  }

  asio::io_context context;
  asio::io_context other;
  Loop loop;
  asio::posix::stream_descriptor descriptor{context, ::dup(loop.descriptor())};
};

asio::awaitable<std::string> ask(StreamConnection connection, std::string question) {
  const Result<void> ready = co_await async_start(connection.ready(), asio::use_awaitable);
  if (!ready.has_value()) co_return to_string(ready.error().kind());
  const Result<void> sent = co_await async_start(connection.send(question), asio::use_awaitable);
  if (!sent.has_value()) co_return to_string(sent.error());
  const Result<Message> reply =
      co_await async_start(connection.receive(question.size()), asio::use_awaitable);
  if (!reply.has_value()) co_return to_string(reply.error());
  std::string text(reply->text());
  const Result<void> closed = co_await async_start(connection.close(), asio::use_awaitable);
  co_return closed.has_value() ? text : to_string(closed.error());
}

TEST_F(Embedded, a_coroutine_connects_sends_receives_and_closes) {
  const auto listener = make_echo_listener();
  std::string reply;
  StreamConnection connection = connect(loop, listener.local_address(), tcp());
  asio::co_spawn(context, ask(connection, "hello"),
                 [&](const std::exception_ptr&, std::string text) { reply = std::move(text); });
  ASSERT_TRUE(run_until([&] { return !reply.empty(); }));
  EXPECT_EQ(reply, "hello");
}

TEST_F(Embedded, a_coroutine_hears_of_an_error) {
  auto listener = make_echo_listener();
  const SocketAddress nobody = listener.local_address();
  listener.close();
  std::string reply;
  StreamConnection connection = connect(loop, nobody, tcp(), Parameters().wait(Waiting::never));
  asio::co_spawn(context, ask(connection, "hello"),
                 [&](const std::exception_ptr&, std::string text) { reply = std::move(text); });
  ASSERT_TRUE(run_until([&] { return !reply.empty(); }));
  EXPECT_EQ(reply, to_string(ErrorKind::refused));
}

asio::awaitable<void> nap(Loop& loop, int& naps) {
  for (int i = 0; i < 3; ++i) {
    const Result<void> slept = co_await async_start(loop.sleep(1ms), asio::use_awaitable);
    naps += slept.has_value() ? 1 : 0;
    // On from here the coroutine runs outside of the loop's turn again.
    co_await asio::post(asio::use_awaitable);
  }
}

TEST_F(Embedded, a_timer_that_is_set_outside_of_the_loops_turn_fires) {
  int naps = 0;
  asio::co_spawn(context, nap(loop, naps), asio::detached);
  EXPECT_TRUE(run_until([&] { return naps == 3; }));
}

TEST_F(Embedded, a_connection_that_is_started_by_the_context_is_established) {
  const auto listener = make_echo_listener();
  std::optional<StreamConnection> connection;
  asio::post(context, [&] { connection = connect(loop, listener.local_address(), tcp()); });
  EXPECT_TRUE(
      run_until([&] { return connection && connection->state() == ConnectionState::ready; }));
}

TEST_F(Embedded, datagrams_that_are_sent_by_the_context_leave) {
  auto listener = listen(loop, SocketAddress(IpAddress::loopback(Family::ipv4), 0), udp()).value();
  std::optional<DatagramConnection> flow;
  listener.on_connection([&](DatagramConnection connection) { flow = std::move(connection); });
  DatagramConnection client = connect(loop, listener.local_address(), udp());
  ASSERT_TRUE(run_until([&] { return client.state() == ConnectionState::ready; }));
  asio::post(context, [&] { client.send("one").detach(); });
  EXPECT_TRUE(run_until([&] { return flow.has_value(); }));
}

TEST_F(Embedded, a_task_that_is_posted_to_the_loop_runs) {
  bool ran = false;
  asio::post(context, [&] { loop.post([&] { ran = true; }); });
  EXPECT_TRUE(run_until([&] { return ran; }));
}

TEST_F(Embedded, a_future_gets_the_result) {
  const auto listener = make_echo_listener();
  StreamConnection connection = connect(loop, listener.local_address(), tcp());
  std::future<Result<void>> sent = async_start(connection.send("hello"), asio::use_future);
  std::future<Result<Message>> reply = async_start(connection.receive(5), asio::use_future);
  ASSERT_TRUE(run_until([&] { return reply.wait_for(0s) == std::future_status::ready; }));
  EXPECT_TRUE(sent.get().has_value());
  EXPECT_EQ(reply.get().value().text(), "hello");
}

TEST_F(Embedded, a_callback_gets_the_result_on_its_executor_and_not_in_the_call) {
  std::optional<Result<void>> result;
  bool is_in_other = false;
  async_start(loop.sleep(1ms), asio::bind_executor(other.get_executor(), [&](Result<void> slept) {
                is_in_other = other.get_executor().running_in_this_thread();
                result = std::move(slept);
              }));
  EXPECT_FALSE(result.has_value());
  // Like every asynchronous operation of Asio's it counts as work of the handler's context.
  EXPECT_EQ(other.poll(), 0U);
  EXPECT_FALSE(other.stopped());
  ASSERT_TRUE(run_until([&] { return other.poll() > 0; }));
  EXPECT_TRUE(is_in_other);
  EXPECT_TRUE(result.has_value() && result->has_value());
  EXPECT_EQ(other.poll(), 0U);
  EXPECT_TRUE(other.stopped());
}

TEST_F(Embedded, an_operation_that_is_pending_ends_when_the_loop_goes) {
  std::optional<Loop> short_lived(Loop{});
  std::optional<ErrorKind> error;
  async_start(short_lived->sleep(1h), asio::bind_executor(context, [&](Result<void> slept) {
                if (!slept.has_value()) error = slept.error().kind();
              }));
  short_lived.reset();
  ASSERT_TRUE(run_until([&] { return error.has_value(); }));
  EXPECT_EQ(error, ErrorKind::cancelled);
}

}  // namespace
}  // namespace bowline
