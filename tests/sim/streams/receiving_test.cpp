#include <gtest/gtest.h>

#include <bowline/stack.h>

#include "story.h"

// What a receive gives and when, and when a send is done.

namespace bowline::test {
namespace {

using enum ConnectionState;

TEST(EndOfStream, leaves_the_state_ready_and_our_side_open) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  scene.server.send("bye", Last::yes).detach();
  Reader reader(scene.client);
  ASSERT_TRUE(scene.sim.run_until([&] { return reader.ended; }));
  EXPECT_EQ(reader.text, "bye");
  EXPECT_EQ(scene.client.state(), ready);
  Reader far(scene.server);
  ASSERT_TRUE(scene.client.send("still here", Last::yes).wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return far.ended; }));
  EXPECT_EQ(far.text, "still here");
  EXPECT_EQ(scene.client.state(), ready);
  const Result<void> sent = scene.client.send("more").wait();
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().kind(), ErrorKind::closed);
}

TEST(EndOfStream, is_given_again_to_every_receive_that_follows) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  ASSERT_TRUE(scene.server.finish().wait().has_value());
  for (int i = 0; i < 3; ++i) {
    const Result<Message> end = scene.client.receive(10, 20).wait();
    ASSERT_TRUE(end.has_value());
    EXPECT_TRUE(end->empty());
    EXPECT_TRUE(end->end_of_stream());
  }
}

TEST(Receive, gives_never_more_than_max) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  ASSERT_TRUE(scene.server.send("abcdefghij").wait().has_value());
  scene.sim.run_for(100ms);
  EXPECT_EQ(scene.client.receive(1, 4).wait()->text(), "abcd");
  EXPECT_EQ(scene.client.receive(3, 3).wait()->text(), "efg");
  EXPECT_EQ(scene.client.receive().wait()->text(), "hij");
}

TEST(Receive, gives_less_than_min_only_at_the_end) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Outcome ten(scene.client.receive(10, 20));
  ASSERT_TRUE(scene.server.send("abcdefghi").wait().has_value());
  scene.sim.run_for(1s);
  EXPECT_FALSE(ten.is_done());
  ASSERT_TRUE(scene.server.send("jklm").wait().has_value());
  scene.sim.run_for(1s);
  ASSERT_TRUE(ten.is_ok());
  EXPECT_EQ((*ten.result)->text(), "abcdefghijklm");
  Outcome rest(scene.client.receive(100, 200));
  ASSERT_TRUE(scene.server.send("tail", Last::yes).wait().has_value());
  scene.sim.run_for(1s);
  ASSERT_TRUE(rest.is_ok());
  EXPECT_EQ((*rest.result)->text(), "tail");
  EXPECT_TRUE((*rest.result)->end_of_stream());
}

TEST(Receive, takes_a_min_larger_than_any_block) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string text(300'000, 'x');
  Outcome sent(scene.server.send(text));
  const Result<Message> all = scene.client.receive(300'000, 400'000).wait();
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->size(), 300'000U);
}

TEST(Receive, delivers_data_before_the_error_behind_it) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  ASSERT_TRUE(scene.server.send("last words").wait().has_value());
  scene.sim.run_for(100ms);
  scene.server.abort();
  scene.sim.run_for(100ms);
  const Result<Message> data = scene.client.receive(100, 200).wait();
  ASSERT_TRUE(data.has_value()) << to_string(data.error());
  EXPECT_EQ(data->text(), "last words");
  EXPECT_FALSE(data->end_of_stream());
  const Result<Message> error = scene.client.receive().wait();
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().kind(), ErrorKind::reset);
}

TEST(Receive, delivers_what_came_before_a_send_found_the_connection_broken) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  ASSERT_TRUE(scene.server.send("413 too large").wait().has_value());
  scene.sim.run_for(100ms);
  scene.server.abort();
  scene.sim.run_for(100ms);
  const Result<void> sent = scene.client.send("more").wait();
  ASSERT_FALSE(sent.has_value());
  EXPECT_EQ(sent.error().kind(), ErrorKind::reset);
  const Result<Message> data = scene.client.receive(1, 3).wait();
  ASSERT_TRUE(data.has_value()) << to_string(data.error());
  EXPECT_EQ(data->text(), "413");
  std::string rest(100, '\0');
  const Result<std::size_t> size =
      scene.client.receive_into(std::as_writable_bytes(std::span(rest)), 50).wait();
  ASSERT_TRUE(size.has_value()) << to_string(size.error());
  EXPECT_EQ(rest.substr(0, *size), " too large");
  const Result<Message> error = scene.client.receive().wait();
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error().kind(), ErrorKind::reset);
}

TEST(Receive, delivers_messages_before_the_malformed_one_behind_them) {
  Scene scene;
  auto listener = *listen(*scene.web_loop, everywhere(81), tcp());
  StreamConnection server;
  listener.on_connection([&](StreamConnection connection) { server = std::move(connection); });
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 81), length_prefixed(tcp()));
  ASSERT_TRUE(client.ready().wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return static_cast<bool>(server); }));
  const std::string bytes("\0\0\0\3one\0\0\0\3two\xff\xff\xff\xff", 18);
  ASSERT_TRUE(server.send(bytes).wait().has_value());
  scene.sim.run_for(100ms);
  for (const char* expected : {"one", "two"}) {
    const Result<Message> message = client.receive().wait();
    ASSERT_TRUE(message.has_value()) << to_string(message.error());
    EXPECT_EQ(message->text(), expected);
  }
  const Result<Message> bad = client.receive().wait();
  ASSERT_FALSE(bad.has_value());
  EXPECT_EQ(bad.error().kind(), ErrorKind::limit_exceeded);
}

TEST(Receive, loses_nothing_when_a_receive_is_cancelled_half_way) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  std::string memory(100, '\0');
  const auto room = std::as_writable_bytes(std::span(memory));
  ASSERT_TRUE(scene.server.send("one ").wait().has_value());
  {
    Outcome half(scene.client.receive(50, 60));
    scene.sim.run_for(100ms);
  }
  ASSERT_TRUE(scene.server.send("two ").wait().has_value());
  {
    Outcome half(scene.client.receive_into(room, 50));
    scene.sim.run_for(100ms);
  }
  ASSERT_TRUE(scene.server.send("three").wait().has_value());
  scene.sim.run_for(100ms);
  EXPECT_EQ(scene.client.receive(2, 2).wait()->text(), "on");
  EXPECT_EQ(*scene.client.receive_into(room.first(4), 4).wait(), 4U);
  EXPECT_EQ(memory.substr(0, 4), "e tw");
  EXPECT_EQ(scene.client.receive(7, 60).wait()->text(), "o three");
}

TEST(Receive, hands_what_a_cancelled_one_had_gathered_to_the_next_in_line) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  std::optional<Outcome<Message>> first;
  first.emplace(scene.client.receive(50, 60));
  Outcome second(scene.client.receive(1, 60));
  ASSERT_TRUE(scene.server.send("gathered").wait().has_value());
  scene.sim.run_for(100ms);
  EXPECT_FALSE(second.is_done());
  first.reset();
  scene.sim.run_for(100ms);
  ASSERT_TRUE(second.is_ok());
  EXPECT_EQ((*second.result)->text(), "gathered");
}

TEST(Send, completes_when_the_stack_has_taken_it_and_is_withheld_above_the_high_water_mark) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  const std::string piece(32 * 1024, 'p');
  std::size_t taken = 0;
  std::function<void(Result<void>)> next = [&](const Result<void>& result) {
    if (!result.has_value()) return;
    ++taken;
    scene.client.send(piece).detach(next);
  };
  scene.client.send(piece).detach(next);
  scene.sim.run_for(10s);
  const std::size_t while_blocked = taken;
  scene.sim.run_for(10s);
  EXPECT_EQ(taken, while_blocked) << "a peer that does not read is sent to without end";
  EXPECT_GE(while_blocked * piece.size(), 256U * 1024);
  EXPECT_LE(while_blocked * piece.size(), 8U * 1024 * 1024);
  Reader reader(scene.server);
  scene.sim.run_for(1s);
  EXPECT_GT(taken, while_blocked);
  scene.client.abort();
  scene.sim.run_for(1s);
}

TEST(Send, cancelled_half_way_aborts_because_the_peer_must_not_see_half) {
  Connected scene(Parameters().high_water_bytes(0));
  ASSERT_TRUE(scene.connected);
  const std::string text(8'000'000, 'x');
  std::optional<Outcome<void>> send;
  send.emplace(scene.client.send(text));
  scene.sim.run_for(1s);
  ASSERT_FALSE(send->is_done());
  send.reset();
  EXPECT_EQ(scene.client.state(), cancelled);
  Reader reader(scene.server);
  scene.sim.run_for(1s);
  EXPECT_FALSE(reader.ended);
  ASSERT_TRUE(reader.error.has_value());
  EXPECT_EQ(reader.error->kind(), ErrorKind::reset);
}

}  // namespace
}  // namespace bowline::test
