#include <gtest/gtest.h>
#include <bowline/async.h>
#include <bowline/bowline.h>

#include <string>
#include <thread>

#include "flows/ends.h"

// The public interface on real loopback sockets, in its four forms.

namespace bowline {
namespace {

using namespace std::chrono_literals;

Endpoint on_loopback(const ListenerHandle& listener) {
  return Endpoint(SocketAddress(IpAddress::loopback(Family::ipv4), listener.local_address().port));
}

Task<> echo(StreamConnection connection) {
  for (;;) {
    const Result<Message> received = co_await connection.receive();
    if (!received.has_value() || received->empty()) break;
    const Result<void> sent = co_await connection.send(received->bytes());
    if (!sent.has_value()) break;
  }
  const Result<void> closed = co_await connection.close();
  EXPECT_TRUE(closed.has_value());
}

struct Loopback : testing::Test {
  Loop loop;

  template <class Stack>
  auto listen_on(const Stack& stack) {
    auto listener =
        listen(loop, Endpoint(SocketAddress(IpAddress::loopback(Family::ipv4), 0)), stack);
    EXPECT_TRUE(listener.has_value()) << to_string(listener.error());
    return *listener;
  }
};

TEST_F(Loopback, a_stream_goes_there_and_back_and_ends_in_order) {
  auto listener = listen_on(tcp());
  listener.on_connection([](StreamConnection connection) { spawn(echo(std::move(connection))); });
  StreamConnection client = connect(loop, on_loopback(listener), tcp());
  EXPECT_EQ(client.state(), ConnectionState::setup);
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_EQ(client.state(), ConnectionState::ready);
  ASSERT_TRUE(client.send("hello", Last::yes).wait().has_value());
  const Result<Message> reply = client.receive(5).wait();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->text(), "hello");
  const Result<Message> end = client.receive().wait();
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->end_of_stream());
  EXPECT_EQ(client.state(), ConnectionState::ready);
  const Report report = client.report();
  ASSERT_EQ(report.attempts().size(), 1U);
  EXPECT_EQ(report.attempts().front().outcome(), AttemptOutcome::won);
  EXPECT_EQ(report.interface(), "lo");
  ASSERT_TRUE(client.close().wait().has_value());
  EXPECT_EQ(client.state(), ConnectionState::cancelled);
}

TEST_F(Loopback, sends_and_receives_started_before_ready_wait_for_it) {
  auto listener = listen_on(tcp());
  listener.on_connection([](StreamConnection connection) { spawn(echo(std::move(connection))); });
  StreamConnection client = connect(loop, on_loopback(listener), tcp());
  bool sent = false;
  client.send("early").detach([&](Result<void> result) { sent = result.has_value(); });
  const Result<Message> reply = client.receive(5).wait();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->text(), "early");
  EXPECT_TRUE(sent);
}

TEST_F(Loopback, a_refused_connection_fails_with_every_attempt_listed_when_waiting_is_off) {
  Parameters parameters;
  parameters.wait(Waiting::never);
  StreamConnection client = connect(loop, flows::nobody(), tcp(), parameters);
  const Result<void> ready = client.ready().wait();
  ASSERT_FALSE(ready.has_value());
  EXPECT_EQ(ready.error().kind(), ErrorKind::refused);
  EXPECT_EQ(ready.error().attempts().size(), 1U);
  EXPECT_EQ(client.state(), ConnectionState::failed);
}

TEST_F(Loopback, a_refused_connection_waits_and_tries_again_by_itself) {
  const Endpoint endpoint = flows::nobody();
  Parameters parameters;
  parameters.wait(Waiting::for_peer).retry_delay(10ms, 20ms);
  StreamConnection client = connect(loop, endpoint, tcp(), parameters);
  Result<Listener<StreamConnection>> revived = Error(ErrorKind::internal, "test", "not yet");
  client.on_state([&](ConnectionState state, const Error* error) {
    if (state != ConnectionState::waiting) return;
    ASSERT_NE(error, nullptr);
    EXPECT_EQ(error->kind(), ErrorKind::refused);
    if (!revived.has_value()) revived = listen(loop, endpoint, tcp());
  });
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_GE(client.report().previous_attempts(), 1U);
}

TEST_F(Loopback, datagrams_flow_both_ways_and_each_is_a_message) {
  auto listener = listen_on(udp());
  listener.on_connection([](DatagramConnection flow) {
    spawn([](DatagramConnection peer) -> Task<> {
      for (;;) {
        const Result<Message> received = co_await peer.receive();
        if (!received.has_value()) break;
        const Result<void> sent = co_await peer.send(received->bytes());
        EXPECT_TRUE(sent.has_value());
      }
    }(std::move(flow)));
  });
  DatagramConnection client = connect(loop, on_loopback(listener), udp());
  for (const std::string text : {"one", "two", ""}) {
    ASSERT_TRUE(client.send(text).wait().has_value());
    const Result<Message> reply = client.receive().wait();
    ASSERT_TRUE(reply.has_value()) << to_string(reply.error());
    EXPECT_EQ(reply->text(), text);
    EXPECT_TRUE(reply->is_complete());
    EXPECT_FALSE(reply->end_of_stream());
  }
  EXPECT_EQ(listener.accepted_count(), 1U);
}

TEST_F(Loopback, a_batch_of_datagrams_arrives_as_that_many) {
  auto listener = listen_on(udp());
  DatagramConnection server;
  listener.on_connection([&](DatagramConnection flow) { server = std::move(flow); });
  DatagramConnection client = connect(loop, on_loopback(listener), udp());
  const std::string datagrams(10 * 100 + 30, 'x');
  ASSERT_TRUE(client.send_batch(std::as_bytes(std::span(datagrams)), 100).wait().has_value());
  std::size_t count = 0;
  std::size_t bytes = 0;
  while (bytes < datagrams.size()) {
    if (!server) {
      loop.run_ready();
      continue;
    }
    const Result<MessageBatch> batch = server.receive_batch().wait();
    ASSERT_TRUE(batch.has_value());
    for (std::size_t i = 0; i < batch->size(); ++i) EXPECT_LE((*batch)[i].size(), 100U);
    count += batch->size();
    bytes += batch->buffer().size();
  }
  EXPECT_EQ(count, 11U);
}

TEST_F(Loopback, too_large_a_datagram_is_refused) {
  auto listener = listen_on(udp());
  DatagramConnection client = connect(loop, on_loopback(listener), udp());
  ASSERT_TRUE(client.ready().wait().has_value());
  const std::string datagram(70'000, 'x');
  const Result<void> sent = client.send(datagram).wait();
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().kind(), ErrorKind::message_too_large);
}

TEST_F(Loopback, length_prefixed_messages_keep_their_boundaries) {
  auto listener = listen_on(length_prefixed(tcp()));
  MessageConnection server;
  listener.on_connection([&](MessageConnection connection) { server = std::move(connection); });
  MessageConnection client = connect(loop, on_loopback(listener), length_prefixed(tcp()));
  const std::string large(300'000, 'l');
  client.send("small").detach();
  client.send("").detach();
  client.send(large).detach();
  ASSERT_TRUE(client.ready().wait().has_value());
  while (!server) loop.run_ready();
  for (const std::string& expected : {std::string("small"), std::string(), large}) {
    const Result<Message> message = server.receive().wait();
    ASSERT_TRUE(message.has_value()) << to_string(message.error());
    EXPECT_EQ(message->text(), expected);
    EXPECT_TRUE(message->is_complete());
  }
  EXPECT_EQ(client.report().stack(), (std::vector<std::string>{"length-prefixed", "tcp"}));
  ASSERT_TRUE(client.close().wait().has_value());
  const Result<Message> end = server.receive().wait();
  ASSERT_TRUE(end.has_value());
  EXPECT_TRUE(end->end_of_stream());
}

TEST_F(Loopback, a_stack_takes_its_options_where_it_is_written) {
  auto listener = listen_on(tcp());
  const Tcp stack = tcp().no_delay(false).user_timeout(5s);
  EXPECT_FALSE(stack.no_delay());
  StreamConnection client = connect(loop, on_loopback(listener), tcp().keep_alive(1s, 1s, 2));
  EXPECT_TRUE(client.ready().wait().has_value());
  MessageConnection framed =
      connect(loop, on_loopback(listener), length_prefixed(tcp().no_delay(false)));
  EXPECT_TRUE(framed.ready().wait().has_value());
}

TEST_F(Loopback, localhost_is_connected_by_name) {
  auto listener = listen_on(tcp());
  StreamConnection client = connect(loop, host("localhost", listener.local_address().port), tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  EXPECT_EQ(client.remote_address()->ip, IpAddress::loopback(Family::ipv4));
  EXPECT_FALSE(client.report().resolutions().empty());
}

TEST_F(Loopback, another_thread_calls_and_waits) {
  auto listener = listen_on(tcp());
  listener.on_connection([](StreamConnection connection) { spawn(echo(std::move(connection))); });
  const Endpoint endpoint = on_loopback(listener);
  std::thread other([&] {
    StreamConnection client;
    const Result<void> ready = loop.call([&] {
      client = connect(loop, endpoint, tcp());
      return client.ready();
    });
    EXPECT_TRUE(ready.has_value());
    const Result<void> closed = loop.call([&] { return client.close(); });
    EXPECT_TRUE(closed.has_value());
    loop.post([&, client = std::move(client)]() mutable {
      client = {};
      loop.stop();
    });
  });
  loop.run();
  other.join();
}

TEST_F(Loopback, a_call_from_another_thread_ends_with_the_loop) {
  std::optional<Result<void>> called;
  std::optional going(std::move(loop));
  std::thread other([&] {
    called = going->call([&] {
      going->stop();
      return going->sleep(1h);
    });
  });
  {
    const Loop::Hold hold = going->hold();
    going->run();
  }
  going.reset();
  other.join();
  EXPECT_EQ(called->error().kind(), ErrorKind::cancelled);
}

TEST_F(Loopback, a_call_that_throws_is_over_for_both_threads) {
  std::optional<Result<void>> called;
  std::thread other([&] {
    called = loop.call([&]() -> Operation<void> { throw std::runtime_error("from the call"); });
  });
  const Loop::Hold hold = loop.hold();
  EXPECT_THROW(loop.run(), std::runtime_error);
  other.join();
  EXPECT_EQ(called->error().kind(), ErrorKind::cancelled);
}

TEST_F(Loopback, a_stop_token_from_another_thread_cancels_a_receive) {
  auto listener = listen_on(tcp());
  StreamConnection client = connect(loop, on_loopback(listener), tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  std::stop_source source;
  std::thread other([&] { source.request_stop(); });
  const Result<Message> received = client.receive().stop_on(source.get_token()).wait();
  other.join();
  ASSERT_FALSE(received.has_value());
  EXPECT_EQ(received.error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(client.state(), ConnectionState::ready);
}

TEST_F(Loopback, dropping_the_last_handle_closes) {
  auto listener = listen_on(tcp());
  StreamConnection server;
  listener.on_connection([&](StreamConnection connection) { server = std::move(connection); });
  {
    StreamConnection client = connect(loop, on_loopback(listener), tcp());
    ASSERT_TRUE(client.send("bye").wait().has_value());
  }
  while (!server) loop.run_ready();
  const Result<Message> last = server.receive(4).wait();
  ASSERT_TRUE(last.has_value());
  EXPECT_EQ(last->text(), "bye");
  EXPECT_TRUE(last->end_of_stream());
}

TEST_F(Loopback, a_destroyed_operation_calls_nothing) {
  auto listener = listen_on(tcp());
  StreamConnection client = connect(loop, on_loopback(listener), tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  bool called = false;
  {
    Operation<Message> receive = client.receive();
    receive.start([&](Result<Message>) { called = true; });
  }
  ASSERT_TRUE(loop.sleep(1ms).wait().has_value());
  EXPECT_FALSE(called);
}

TEST_F(Loopback, a_full_peer_holds_sends_back_above_the_high_water_mark) {
  auto listener = listen_on(tcp());
  StreamConnection server;
  listener.on_connection([&](StreamConnection connection) { server = std::move(connection); });
  Parameters parameters;
  parameters.high_water_bytes(256 * 1024);
  StreamConnection client = connect(loop, on_loopback(listener), tcp(), parameters);
  ASSERT_TRUE(client.ready().wait().has_value());
  const std::string chunk(1024 * 1024, 'c');
  std::size_t taken = 0;
  bool running = true;
  Operation<void> send;
  std::function<void(Result<void>)> next = [&](Result<void> result) {
    if (!result.has_value() || taken > 512) {
      running = false;
      return;
    }
    ++taken;
    send = client.send(chunk);
    send.start(next);
  };
  send = client.send(chunk);
  send.start(next);
  ASSERT_TRUE(loop.sleep(50ms).wait().has_value());
  EXPECT_TRUE(running) << "half a GiB was taken from a sender whose peer does not read";
  EXPECT_LT(taken, 64U);
}

}  // namespace
}  // namespace bowline
