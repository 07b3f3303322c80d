#include <gtest/gtest.h>

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <algorithm>
#include <array>
#include <string>

#include "allocations.h"

// A warm flow allocates nothing per message.

namespace bowline::test {
namespace {

// By then every block that a loop reads into has been filled once, and lies ready to be filled again.
constexpr int warm_up_rounds = 4'000;
constexpr int rounds = 2'000;

Endpoint loopback() { return Endpoint(SocketAddress(IpAddress::loopback(Family::ipv4), 0)); }

/// What `rounds` rounds allocate, after some that nobody counts.
template <class Round>
std::size_t count_of(Round round) {
  for (int i = 0; i < warm_up_rounds; ++i) round();
  // The least of three: on a busy machine more comes together than ever before, and something grows once.
  std::size_t least = SIZE_MAX;
  for (int repetition = 0; repetition < 3; ++repetition) {
    const std::size_t before = count_allocations();
    for (int i = 0; i < rounds; ++i) round();
    least = std::min(least, count_allocations() - before);
  }
  return least;
}

struct Streams : testing::Test {
  Streams() {
    listener = listen(loop, loopback(), tcp()).value();
    client = connect(loop, Endpoint(listener.local_address()), tcp());
    server = listener.accept().wait().value();
    EXPECT_TRUE(client.ready().wait().has_value());
  }
  Loop loop;
  Listener<StreamConnection> listener;
  StreamConnection client;
  StreamConnection server;
};

TEST_F(Streams, echoed_by_callbacks_allocate_nothing) {
  struct Echo {
    explicit Echo(StreamConnection& of) : connection(of) { next(); }
    void next() {
      receive = connection.receive();
      receive.start([this](Result<Message> message) {
        if (!message.has_value()) return;
        kept = *std::move(message);
        send = connection.send(kept.bytes());
        send.start([this](const Result<void>&) { next(); });
      });
    }
    StreamConnection& connection;
    Operation<Message> receive;
    Operation<void> send;
    Message kept;
  } const echo(server);
  EXPECT_EQ(count_of([&] {
              ASSERT_TRUE(client.send("a message").wait().has_value());
              ASSERT_EQ(client.receive(9).wait()->text(), "a message");
            }),
            0U);
}

Task<> echo_stream(StreamConnection connection) {
  for (;;) {
    const Result<Message> received = co_await connection.receive();
    if (!received.has_value() || received->end_of_stream()) break;
    const Result<void> sent = co_await connection.send(received->bytes());
    if (!sent.has_value()) break;
  }
}

TEST_F(Streams, echoed_by_a_coroutine_allocate_nothing) {
  spawn(echo_stream(server));
  std::array<std::byte, 9> memory;
  EXPECT_EQ(count_of([&] {
              ASSERT_TRUE(client.send("a message").wait().has_value());
              ASSERT_EQ(client.receive_into(memory, 9).wait().value(), 9U);
            }),
            0U);
}

TEST_F(Streams, in_bulk_allocate_nothing) {
  const std::string text(256 * 1024, 't');
  EXPECT_EQ(count_of([&] {
              Operation<void> send = client.send(text);
              send.start([](const Result<void>&) {});
              for (std::size_t left = text.size(); left > 0;)
                left -= server.receive().wait()->size();
            }),
            0U);
}

struct Datagrams : testing::Test {
  Datagrams() {
    listener = listen(loop, loopback(), udp()).value();
    client = connect(loop, Endpoint(listener.local_address()), udp());
    EXPECT_TRUE(client.send("first").wait().has_value());
    server = listener.accept().wait().value();
    EXPECT_TRUE(server.receive().wait().has_value());
  }
  Loop loop;
  Listener<DatagramConnection> listener;
  DatagramConnection client;
  DatagramConnection server;
};

Task<> echo_datagrams(DatagramConnection flow) {
  for (;;) {
    const Result<Message> received = co_await flow.receive();
    if (!received.has_value()) break;
    const Result<void> sent = co_await flow.send(received->bytes());
    if (!sent.has_value()) break;
  }
}

TEST_F(Datagrams, echoed_one_by_one_allocate_nothing) {
  spawn(echo_datagrams(server));
  EXPECT_EQ(count_of([&] {
              ASSERT_TRUE(client.send("a datagram").wait().has_value());
              ASSERT_EQ(client.receive().wait()->text(), "a datagram");
            }),
            0U);
}

TEST_F(Datagrams, in_batches_allocate_nothing) {
  const std::string batch(64 * 500, 'b');
  EXPECT_EQ(
      count_of([&] {
        ASSERT_TRUE(client.send_batch(std::as_bytes(std::span(batch)), 500).wait().has_value());
        for (std::size_t left = batch.size(); left > 0;)
          left -= server.receive_batch().wait()->buffer().size();
      }),
      0U);
}

/// What 10,000 messages there allocate, each of them received before the next.
std::size_t count_of_messages_over(const Framed& stack) {
  Loop loop;
  auto listener = listen(loop, loopback(), stack).value();
  MessageConnection client = connect(loop, Endpoint(listener.local_address()), stack);
  MessageConnection server = listener.accept().wait().value();
  return count_of([&] {
    for (int i = 0; i < 10'000 / rounds; ++i) {
      ASSERT_TRUE(client.send("a message").wait().has_value());
      ASSERT_EQ(server.receive().wait()->text(), "a message");
    }
  });
}

TEST(FramedMessages, with_their_length_in_front_allocate_nothing) {
  EXPECT_EQ(count_of_messages_over(length_prefixed(tcp())), 0U);
}

TEST(FramedMessages, of_framers_on_framers_allocate_nothing) {
  EXPECT_EQ(count_of_messages_over(line_framed(length_prefixed(tcp()))), 0U);
}

}  // namespace
}  // namespace bowline::test
