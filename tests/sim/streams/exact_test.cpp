#include <gtest/gtest.h>

#include <bowline/stack.h>

#include <array>
#include <optional>
#include <string>

#include "story.h"

// Receives that want an exact count or a delimiter, and sends that keep what they were given.

namespace bowline::test {
namespace {

std::string told_by(Operation<Message> receive) {
  const Result<Message> received = std::move(receive).wait();
  if (!received.has_value()) return std::string(to_string(received.error().kind()));
  return std::string(received->text()) + (received->end_of_stream() ? "|" : "");
}

/// The server says this, piece by piece, and ends its side if that is wanted.
struct Says : Connected {
  explicit Says(std::initializer_list<const char*> pieces, Last last = Last::no) {
    EXPECT_TRUE(connected);
    for (const char* piece : pieces) {
      EXPECT_TRUE(server.send(piece).wait().has_value());
      sim.run_for(20ms);
    }
    if (last == Last::yes) {
      EXPECT_TRUE(server.finish().wait().has_value());
      sim.run_for(20ms);
    }
  }
};

TEST(Receive, some_takes_what_is_there) {
  Says scene({"abc"});
  EXPECT_EQ(told_by(scene.client.receive_some(2)), "ab");
  EXPECT_EQ(told_by(scene.client.receive_some()), "c");
}

TEST(Receive, exactly_gathers_its_count_from_many_pieces) {
  Says scene({"ab", "cd", "efg"}, Last::yes);
  EXPECT_EQ(told_by(scene.client.receive_exactly(5)), "abcde");
  EXPECT_EQ(told_by(scene.client.receive_exactly(2)), "fg");
}

TEST(Receive, exactly_says_after_how_many_bytes_the_stream_ended) {
  Says scene({"abc"}, Last::yes);
  const Result<Message> received = scene.client.receive_exactly(8).wait();
  ASSERT_FALSE(received.has_value());
  EXPECT_EQ(received.error().kind(), ErrorKind::closed);
  EXPECT_NE(to_string(received.error()).find("3 of 8"), std::string::npos);
  EXPECT_EQ(scene.client.state(), ConnectionState::ready);
  EXPECT_EQ(told_by(scene.client.receive()), "abc|");
}

TEST(Receive, exactly_nothing_makes_no_sense) {
  Says scene({"abc"});
  EXPECT_EQ(told_by(scene.client.receive_exactly(0)), "invalid_argument");
  EXPECT_EQ(told_by(scene.client.receive_until("")), "invalid_argument");
  EXPECT_EQ(told_by(scene.client.receive_until(std::string(257, 'x'))), "invalid_argument");
  EXPECT_EQ(told_by(scene.client.receive_until("\n", 0)), "invalid_argument");
}

TEST(Receive, until_finds_a_delimiter_that_is_split_over_pieces) {
  Says scene({"GET /\r", "\nHost: a\r\n\r", "\nbody"});
  EXPECT_EQ(told_by(scene.client.receive_until("\r\n")), "GET /\r\n");
  EXPECT_EQ(told_by(scene.client.receive_until("\r\n\r\n")), "Host: a\r\n\r\n");
  EXPECT_EQ(told_by(scene.client.receive()), "body");
}

TEST(Receive, until_refuses_more_than_its_limit_and_leaves_the_bytes) {
  Says scene({"abcdefgh\n"});
  EXPECT_EQ(told_by(scene.client.receive_until("\n", 8)), "limit_exceeded");
  EXPECT_EQ(told_by(scene.client.receive_until("\n", 9)), "abcdefgh\n");
}

TEST(Receive, until_says_that_the_stream_ended_before_and_leaves_the_bytes) {
  Says scene({"no newline"}, Last::yes);
  EXPECT_EQ(told_by(scene.client.receive_until("\n")), "closed");
  EXPECT_EQ(told_by(scene.client.receive()), "no newline|");
}

TEST(Receive, exactly_and_until_end_with_what_broke_the_connection) {
  Says scene({"abc"});
  Outcome exactly(scene.client.receive_exactly(9));
  Outcome until(scene.client.receive_until("\n"));
  scene.server.abort();
  scene.sim.run_for(100ms);
  EXPECT_EQ(exactly.error(), ErrorKind::reset);
  EXPECT_EQ(until.error(), ErrorKind::reset);
}

TEST(Receive, exactly_and_until_that_were_dropped_give_back_what_they_had) {
  Says scene({"abcdef\n"});
  std::optional<Outcome<Message>> exactly(std::in_place, scene.client.receive_exactly(3));
  Outcome until(scene.client.receive_until("\n"));
  exactly.reset();
  scene.sim.run_for(10ms);
  ASSERT_TRUE(until.is_ok());
  EXPECT_EQ((*until.result)->text(), "abcdef\n");
}

TEST(Receive, exactly_that_is_dropped_while_it_waits_leaves_what_came) {
  Says scene({"abc"});
  std::optional<Outcome<Message>> exactly(std::in_place, scene.client.receive_exactly(9));
  scene.sim.run_for(10ms);
  exactly.reset();
  EXPECT_EQ(told_by(scene.client.receive()), "abc");
}

TEST(Receive, into_memory_waits_its_turn) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  std::array<std::byte, 3> memory{};
  Outcome first(scene.client.receive_exactly(2));
  Outcome into(scene.client.receive_into(memory, 3));
  Outcome third(scene.client.receive());
  ASSERT_TRUE(scene.server.send("abcdef").wait().has_value());
  scene.sim.run_for(20ms);
  ASSERT_TRUE(first.is_ok() && into.is_ok() && third.is_ok());
  EXPECT_EQ((*first.result)->text(), "ab");
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(memory.data()), 3), "cde");
  EXPECT_EQ((*third.result)->text(), "f");
}

TEST(Send, keeps_a_string_that_is_given_away) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string name = "a name that is too long to be kept in the string object itself";
  Operation<void> temporary = scene.client.send("hello " + name + "\n");
  Operation<void> moved = scene.client.send(std::vector<std::byte>(3, std::byte{'v'}));
  temporary.start([](const Result<void>&) {});
  moved.start([](const Result<void>&) {});
  EXPECT_EQ(told_by(scene.server.receive_until("\n")), "hello " + name + "\n");
  EXPECT_EQ(told_by(scene.server.receive_exactly(3)), "vvv");
}

TEST(Send, passes_a_message_on) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  ASSERT_TRUE(scene.client.send("ping").wait().has_value());
  scene.server.send(scene.server.receive().wait().value()).detach();
  EXPECT_EQ(told_by(scene.client.receive_exactly(4)), "ping");
}

template <class Connection, class Bytes>
concept CanSend = requires(Connection connection, Bytes&& bytes) {
  static_cast<void>(connection.send(std::forward<Bytes>(bytes)));
};
static_assert(CanSend<StreamConnection, std::string> && CanSend<StreamConnection, std::string&>);
static_assert(CanSend<StreamConnection, Buffer> && CanSend<StreamConnection, Message>);
static_assert(CanSend<MessageConnection, std::vector<char>> && CanSend<MessageConnection, Buffer>);
static_assert(!CanSend<StreamConnection, const std::string>, "it could only be borrowed");
static_assert(!CanSend<MessageConnection, const std::vector<std::byte>>);
static_assert(!CanSend<StreamConnection, std::vector<int>>);

TEST(QueuedBytes, are_those_that_the_system_has_not_taken) {
  Connected scene(Parameters().high_water_bytes(0));
  ASSERT_TRUE(scene.connected);
  EXPECT_EQ(scene.client.queued_bytes(), 0U);
  Outcome sent(scene.client.send(std::string(8'000'000, 'q')));
  scene.sim.run_for(1s);
  const std::size_t queued = scene.client.queued_bytes();
  EXPECT_GT(queued, 1'000'000U);
  EXPECT_LT(queued, 8'000'000U);
  std::string memory(8'000'000, ' ');
  const auto into = std::as_writable_bytes(std::span(memory));
  EXPECT_EQ(scene.server.receive_into(into, into.size()).wait().value(), into.size());
  EXPECT_TRUE(sent.is_ok());
  EXPECT_EQ(scene.client.queued_bytes(), 0U);
}

TEST(QueuedBytes, of_a_framed_connection_count_messages_that_wait) {
  Scene scene;
  const auto stack = length_prefixed(tcp());
  MessageConnection client = connect(*scene.loop, host("203.0.113.80", 80), stack);
  Outcome first(client.send(std::string(100, 'a')));
  Outcome second(client.send(std::string(50, 'b')));
  EXPECT_EQ(client.queued_bytes(), 150U);
  ASSERT_TRUE(client.ready().wait().has_value());
  scene.sim.run_for(10ms);
  EXPECT_EQ(client.queued_bytes(), 0U);
}

TEST(QueuedBytes, of_a_flow_count_datagrams_that_wait) {
  Scene scene;
  DatagramConnection client = connect(*scene.loop, host("203.0.113.80", 90), udp());
  Outcome first(client.send(std::string(100, 'a')));
  Outcome second(client.send_batch(std::string(50, 'b'), 25));
  EXPECT_EQ(client.queued_bytes(), 150U);
  scene.sim.run_for(100ms);
  EXPECT_TRUE(first.is_ok() && second.is_ok());
  EXPECT_EQ(client.queued_bytes(), 0U);
}

}  // namespace
}  // namespace bowline::test
