#include <gtest/gtest.h>
#include <bowline/stack.h>

#include <array>
#include <functional>
#include <stdexcept>

#include "story.h"

// Dropping an operation loses nothing, also where it was done and nobody had been told yet.

namespace bowline::test {
namespace {

/// A connection on which so much came, and none of it was read.
struct Came : Connected {
  explicit Came(std::string_view text) {
    EXPECT_TRUE(connected);
    came(text);
  }
  void came(std::string_view text) {
    EXPECT_TRUE(server.send(text).wait().has_value());
    sim.run_for(100ms);
  }
};

/// Done at once, for what it asks for is there, and dropped before its turn ends.
template <class T>
void drop(Operation<T> operation) {
  operation.start([](const Result<T>&) { ADD_FAILURE() << "told, though dropped"; });
}

std::string text_of(const Outcome<Message>& received) {
  return received.is_ok() ? std::string((*received.result)->text()) : "nothing";
}

TEST(TakenBack, bytes_go_to_the_next_receive) {
  Came scene("one two");
  drop(scene.client.receive(1, 4));
  EXPECT_EQ(scene.client.receive(7, 10).wait()->text(), "one two");
}

TEST(TakenBack, bytes_come_first_though_others_took_what_follows) {
  Came scene("abcdefghij");
  std::array<std::byte, 3> memory{};
  std::optional<Outcome<Message>> first(std::in_place, scene.client.receive(1, 3));
  Outcome into(scene.client.receive_into(memory));
  Outcome third(scene.client.receive(1, 3));
  Outcome fourth(scene.client.receive(1, 3));
  first.reset();
  scene.sim.run_for(100ms);
  ASSERT_TRUE(into.is_ok());
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(memory.data()), **into.result), "abc");
  EXPECT_EQ(text_of(third), "def");
  EXPECT_EQ(text_of(fourth), "ghi");
  EXPECT_EQ(scene.client.receive(1, 3).wait()->text(), "j");
}

TEST(TakenBack, bytes_that_do_not_last_for_the_others_let_them_wait_again) {
  Came scene("abcdefghi");
  std::optional<Outcome<Message>> first(std::in_place, scene.client.receive(1, 3));
  Outcome second(scene.client.receive(6, 9));
  Outcome third(scene.client.receive(1, 3));
  EXPECT_FALSE(third.is_done());
  first.reset();
  scene.sim.run_for(100ms);
  EXPECT_EQ(text_of(second), "abcdefghi");
  EXPECT_FALSE(third.is_done());
  scene.came("jkl");
  EXPECT_EQ(text_of(third), "jkl");

  scene.came("abcdef");
  first.emplace(scene.client.receive(1, 3));
  Outcome fourth(scene.client.receive(1, 6));
  Outcome fifth(scene.client.receive(1, 3));
  first.reset();
  scene.came("xyz");
  EXPECT_EQ(text_of(fourth), "abcdef");
  EXPECT_EQ(text_of(fifth), "xyz");
}

TEST(TakenBack, bytes_come_before_what_a_waiting_receive_has_gathered) {
  Came scene("abcde");
  std::array<std::byte, 8> memory{};
  std::optional<Outcome<Message>> first(std::in_place, scene.client.receive(1, 3));
  Outcome into(scene.client.receive_into(memory, 8));
  first.reset();
  scene.came("fgh");
  ASSERT_TRUE(into.is_ok());
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(memory.data()), 8), "abcdefgh");
}

TEST(TakenBack, into_the_callers_memory_too) {
  Came scene("one two");
  std::array<std::byte, 4> memory{};
  drop(scene.client.receive_into(memory));
  EXPECT_EQ(scene.client.receive(7, 10).wait()->text(), "one two");
}

TEST(TakenBack, by_a_callback_of_the_same_turn) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  StreamConnection other = scene.connect_to_web();
  ASSERT_TRUE(other.ready().wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  std::optional<Operation<Message>> waiting = scene.client.receive();
  waiting->start([](const Result<Message>&) { FAIL() << "not dropped in this order"; });
  other.receive().detach([&](const Result<Message>&) { waiting.reset(); });
  scene.accepted.front().send("stop").detach();
  scene.server.send("data").detach();
  scene.sim.run_for(100ms);
  ASSERT_FALSE(waiting.has_value());
  scene.server.send(" more").detach();
  scene.sim.run_for(100ms);
  EXPECT_EQ(scene.client.receive(9, 9).wait()->text(), "data more");
}

TEST(TakenBack, the_end_is_told_to_the_next_receive) {
  Came scene("last");
  scene.server.finish().detach();
  scene.sim.run_for(100ms);
  drop(scene.client.receive(1, 2));
  const auto rest = scene.client.receive(10, 10).wait();
  EXPECT_EQ(rest->text(), "last");
  EXPECT_TRUE(rest->end_of_stream());
  drop(scene.client.receive());
  EXPECT_TRUE(scene.client.receive().wait()->end_of_stream());
}

TEST(TakenBack, what_came_before_a_connection_broke_comes_before_its_error) {
  Came scene("abcdef");
  std::optional<Outcome<Message>> first(std::in_place, scene.client.receive(1, 3));
  Outcome second(scene.client.receive(1, 6));
  Outcome third(scene.client.receive(1, 1));
  scene.client.abort();
  first.reset();
  scene.sim.run_for(100ms);
  EXPECT_EQ(text_of(second), "abcdef");
  EXPECT_EQ(third.error(), ErrorKind::cancelled)
      << "which waits no longer than the connection lives";

  Came broken("abcdef");
  broken.server.abort();
  broken.sim.run_for(100ms);
  EXPECT_FALSE(broken.client.send("x").wait().has_value());
  drop(broken.client.receive(1, 3));
  first.emplace(broken.client.receive(1, 3));
  Outcome rest(broken.client.receive(1, 6));
  first.reset();
  broken.sim.run_for(100ms);
  EXPECT_EQ(text_of(rest), "abcdef");
  EXPECT_EQ(broken.client.receive().wait().error().kind(), ErrorKind::reset);
}

TEST(TakenBack, messages_stay_in_order) {
  Scene scene;
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 80), length_prefixed(tcp()));
  ASSERT_TRUE(client.ready().wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  ASSERT_TRUE(scene.accepted.front().send(std::string("\0\0\0\1a\0\0\0\1b\0\0\0\1c", 15)).wait());
  scene.sim.run_for(100ms);
  std::optional<Outcome<Message>> first(std::in_place, client.receive());
  Outcome second(client.receive());
  first.reset();
  scene.sim.run_for(100ms);
  EXPECT_EQ(text_of(second), "a");
  drop(client.receive());
  EXPECT_EQ(client.receive().wait()->text(), "b");
  EXPECT_EQ(client.receive().wait()->text(), "c");
}

/// A client of a UDP listener, whose flow has answered.
struct Flow : Scene {
  explicit Flow(const Udp& stack = udp())
      : client(connect(*loop, host("www.example.com", 90), stack)) {
    flows.on_connection([this](DatagramConnection flow) { server = std::move(flow); });
    client.send("hello").detach();
    EXPECT_TRUE(sim.run_until([this] { return static_cast<bool>(server); }));
  }
  void came(std::initializer_list<const char*> datagrams) {
    for (const char* datagram : datagrams) server.send(datagram).detach();
    sim.run_for(100ms);
  }
  Listener<DatagramConnection> flows = *listen(*web_loop, everywhere(90), udp());
  DatagramConnection client;
  DatagramConnection server;
};

TEST(TakenBack, datagrams_stay_in_order) {
  Flow scene;
  scene.came({"a", "bb", "ccc", "d"});
  std::optional<Outcome<Message>> first(std::in_place, scene.client.receive());
  Outcome second(scene.client.receive());
  first.reset();
  scene.sim.run_for(100ms);
  EXPECT_EQ(text_of(second), "a");
  drop(scene.client.receive_batch());
  drop(scene.client.receive());
  for (const char* datagram : {"bb", "ccc", "d"})
    EXPECT_EQ(scene.client.receive().wait()->text(), datagram);
  ASSERT_TRUE(scene.server.receive().wait().has_value());
  scene.client.send("of a flow").detach();
  scene.sim.run_for(100ms);
  drop(scene.server.receive());
  EXPECT_EQ(scene.server.receive().wait()->text(), "of a flow");
}

TEST(TakenBack, a_connection_goes_to_the_next_who_accepts) {
  Scene scene;
  auto listener = *listen(*scene.web_loop, everywhere(81), tcp());
  listener.limit_open(1);
  listener.limit_new(1);
  StreamConnection client = connect(*scene.loop, host("www.example.com", 81), tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  scene.sim.run_for(100ms);
  drop(listener.accept());
  scene.sim.run_for(100ms);
  EXPECT_EQ(listener.open_count(), 1U);
  Outcome accepted(listener.accept());
  scene.sim.run_for(100ms);
  ASSERT_TRUE(accepted.is_ok());
  EXPECT_EQ((*accepted.result)->remote_address(), client.local_address());
  EXPECT_EQ(listener.accepted_count(), 1U);
}

TEST(TakenBack, a_connection_nobody_accepts_again_ends_with_its_listener) {
  Scene scene;
  auto listener = *listen(*scene.web_loop, everywhere(81), tcp());
  StreamConnection client = connect(*scene.loop, host("www.example.com", 81), tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  scene.sim.run_for(100ms);
  drop(listener.accept());
  scene.sim.run_for(100ms);
  Outcome received(client.receive());
  listener.close();
  scene.sim.run_for(100ms);
  EXPECT_TRUE(received.is_done());
}

TEST(TakenBack, an_answer_is_the_next_one) {
  Scene scene;
  Lookup lookup = resolve(*scene.loop, "www.example.com", {"A"}).value();
  scene.sim.run_for(1s);
  drop(lookup.next());
  const auto answer = lookup.next().wait();
  ASSERT_TRUE(answer.has_value() && answer->has_value());
  EXPECT_EQ((*answer)->type(), "A");
}

TEST(TakenBack, receives_of_two_kinds_keep_their_order) {
  Came scene("abc");
  std::array<std::byte, 1> memory{};
  std::optional<Outcome<Message>> first(std::in_place, scene.client.receive(1, 1));
  Outcome head(scene.client.receive(1, 1));
  Outcome into(scene.client.receive_into(memory));
  first.reset();
  scene.sim.run_for(100ms);
  ASSERT_TRUE(into.is_ok());
  EXPECT_EQ(text_of(head), "a");
  EXPECT_EQ(static_cast<char>(memory[0]), 'b');
}

TEST(TakenBack, a_receive_that_was_cancelled_meanwhile_ends) {
  Came scene("abcdefgh");
  // Gathers, and leaves what it gathered.
  {
    Outcome gather(scene.client.receive(100, 100));
    scene.sim.run_for(10ms);
  }
  scene.came("wxyz");
  std::optional<Outcome<Message>> first(std::in_place, scene.client.receive(1, 5));
  Outcome second(scene.client.receive(1, 10));
  Outcome third(scene.client.receive(4, 10));
  third.operation.cancel();
  first.reset();
  scene.sim.run_for(1s);
  EXPECT_TRUE(second.is_done());
  EXPECT_TRUE(third.is_done()) << "cancelled, but waits for ever";
}

TEST(TakenBack, bytes_come_before_the_error_for_one_who_waits) {
  Came scene("abc");
  scene.server.abort();
  scene.sim.run_for(100ms);
  std::optional<Outcome<Message>> first(std::in_place, scene.client.receive(1, 3));
  Outcome second(scene.client.receive(1, 3));
  first.reset();
  scene.sim.run_for(100ms);
  EXPECT_EQ(text_of(second), "abc");
}

TEST(TakenBack, datagrams_that_others_took_before_a_close_stay_theirs) {
  Flow scene;
  scene.came({"a", "b"});
  std::optional<Outcome<Message>> first(std::in_place, scene.client.receive());
  Outcome second(scene.client.receive());
  scene.client.cancel();
  first.reset();
  scene.sim.run_for(100ms);
  EXPECT_EQ(text_of(second), "a");
}

TEST(TakenBack, connections_do_not_wait_behind_a_handler_that_throws) {
  Scene scene;
  auto listener = *listen(*scene.web_loop, everywhere(81), tcp());
  StreamConnection one = connect(*scene.loop, host("www.example.com", 81), tcp());
  StreamConnection two = connect(*scene.loop, host("www.example.com", 81), tcp());
  ASSERT_TRUE(one.ready().wait().has_value());
  ASSERT_TRUE(two.ready().wait().has_value());
  scene.sim.run_for(100ms);
  {
    Outcome first(listener.accept());
    Outcome second(listener.accept());
  }
  EXPECT_EQ(listener.open_count(), 2U);
  int calls = 0;
  std::vector<StreamConnection> kept;
  listener.on_connection([&](StreamConnection connection) {
    kept.push_back(std::move(connection));
    if (++calls == 1) throw std::runtime_error("the first");
  });
  EXPECT_THROW(scene.sim.run_for(1s), std::runtime_error);
  scene.sim.run_for(10s);
  EXPECT_EQ(calls, 2);
}

TEST(TakenBack, an_answer_comes_before_the_end) {
  Scene scene;
  Lookup lookup = resolve(*scene.loop, "www.example.com", {"A"}).value();
  scene.sim.run_for(1s);
  std::optional<Outcome<std::optional<Resolution>>> first(std::in_place, lookup.next());
  Outcome second(lookup.next());
  first.reset();
  scene.sim.run_for(1s);
  ASSERT_TRUE(second.is_ok());
  EXPECT_TRUE((**second.result).has_value()) << "told that there are no more answers";
}

TEST(TakenBack, answers_stay_in_order) {
  Scene scene;
  Lookup lookup = resolve(*scene.loop, "www.example.com", {"A", "AAAA"}).value();
  scene.sim.run_for(1s);
  std::optional<Outcome<std::optional<Resolution>>> first(std::in_place, lookup.next());
  Outcome second(lookup.next());
  first.reset();
  Outcome third(lookup.next());
  scene.sim.run_for(1s);
  ASSERT_TRUE(second.is_ok() && third.is_ok());
  Lookup again = resolve(*scene.loop, "www.example.com", {"A", "AAAA"}).value();
  const std::string expected = (**again.next().wait()).type();
  EXPECT_EQ((***second.result).type(), expected);
}

}  // namespace
}  // namespace bowline::test
