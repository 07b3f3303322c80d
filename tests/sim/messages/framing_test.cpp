#include <gtest/gtest.h>

#include <bowline/stack.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "polite_framer.h"
#include "story.h"

// What framers say beside messages: goodbyes, last words, what a message is; and messages over bad networks.

namespace bowline::test {
namespace {

const MessageContext text_kind = MessageContext().kind(MessageKind::text);

/// A client and a server that speak the same stack.
struct Spoken : Served<Framed, Framed> {
  explicit Spoken(const Framed& stack, const Parameters& parameters = {}, std::uint64_t seed = 1)
      : Served(stack, stack, parameters, seed) {}

  /// Sends of the client that are more than a connection holds, one behind the other.
  std::vector<std::unique_ptr<Outcome<void>>> send_much(const std::string& piece) {
    std::vector<std::unique_ptr<Outcome<void>>> sent;
    for (int i = 0; i < 50; ++i)
      sent.push_back(std::make_unique<Outcome<void>>(client.send(piece, text_kind)));
    return sent;
  }
};

/// A client with the polite framer, and a server that knows nothing of it.
struct Raw : Scene {
  explicit Raw(const Parameters& parameters = {}) {
    client = connect(*loop, host("www.example.com", 80), polite(), parameters);
    server = accepted_end(client);
    connected = static_cast<bool>(server);
  }
  MessageConnection client;
  StreamConnection server;
  bool connected = false;
};

/// All that comes, until the end.
struct Messages {
  explicit Messages(MessageConnection connection) : from(std::move(connection)) { next(); }
  void next() {
    receive = from.receive();
    receive.start([this](Result<Message> result) {
      if (!result.has_value()) {
        error = result.error();
        return;
      }
      if (result->end_of_stream()) {
        goodbye = result->context();
        return;
      }
      all += result->text();
      complete += result->is_complete() ? 1 : 0;
      next();
    });
  }
  MessageConnection from;
  Operation<Message> receive;
  std::string all;
  int complete = 0;
  std::optional<MessageContext> goodbye;
  std::optional<Error> error;
};

TEST(Goodbye, is_said_by_both_ends) {
  Spoken scene(polite());
  ASSERT_TRUE(scene.connected);
  Messages heard(scene.server);
  scene.client.send("the last", text_kind).detach();
  Outcome closed(scene.client.close());
  scene.sim.run_for(15ms);
  EXPECT_FALSE(closed.is_done()) << "the peer cannot have answered yet";
  scene.sim.run_for(10ms);
  EXPECT_TRUE(closed.is_ok());
  EXPECT_EQ(heard.all, "the last");
  ASSERT_TRUE(heard.goodbye.has_value());
  EXPECT_EQ(heard.goodbye->kind(), MessageKind::close);
  EXPECT_EQ(heard.goodbye->number(), 1000U);
  Outcome answered(scene.server.close());
  scene.sim.run_for(1s);
  EXPECT_TRUE(answered.is_ok());
}

TEST(Goodbye, may_be_said_by_both_at_the_same_time) {
  Spoken scene(polite());
  ASSERT_TRUE(scene.connected);
  Outcome first(scene.client.close());
  Outcome second(scene.server.close());
  scene.sim.run_for(1s);
  EXPECT_TRUE(first.is_ok());
  EXPECT_TRUE(second.is_ok());
}

TEST(Goodbye, comes_behind_every_message_however_slow_the_peer_is) {
  Spoken scene(polite());
  ASSERT_TRUE(scene.connected);
  const std::string piece(60'000, 'p');
  auto sent = scene.send_much(piece);
  Outcome closed(scene.client.close());
  scene.sim.run_for(10s);
  EXPECT_FALSE(closed.is_done());
  Messages heard(scene.server);
  scene.sim.run_for(10s);
  EXPECT_TRUE(closed.is_ok());
  EXPECT_EQ(heard.all.size(), 50 * piece.size());
  EXPECT_TRUE(heard.goodbye.has_value());
  for (const auto& each : sent) EXPECT_TRUE(each->is_ok());
}

TEST(Goodbye, comes_behind_what_is_left_when_a_send_is_taken_back) {
  Spoken scene(polite());
  ASSERT_TRUE(scene.connected);
  const std::string piece(60'000, 'p');
  auto sent = scene.send_much(piece);
  Outcome closed(scene.client.close());
  scene.sim.run_for(1s);
  sent.clear();
  Messages heard(scene.server);
  scene.sim.run_for(10s);
  EXPECT_TRUE(closed.is_ok());
  EXPECT_TRUE(heard.goodbye.has_value());
}

TEST(Goodbye, that_nobody_answers_is_waited_for_as_long_as_a_close_may_take) {
  Raw scene(Parameters().close_within(5s));
  ASSERT_TRUE(scene.connected);
  Reader reader(scene.server);
  const Instant start = scene.sim.now();
  const Result<void> closed = scene.client.close().wait();
  EXPECT_EQ(closed.error().kind(), ErrorKind::timed_out);
  EXPECT_EQ(scene.sim.now() - start, 5s);
  EXPECT_EQ(scene.client.state(), ConnectionState::cancelled);
  scene.sim.run_for(1s);
  EXPECT_EQ(reader.text, Polite::frame(MessageKind::close, 1000, ""));
  EXPECT_TRUE(reader.ended) << "the end comes without a reset";
}

TEST(Goodbye, to_a_peer_that_has_vanished_ends_too) {
  Spoken scene(polite(), Parameters().close_within(5s));
  ASSERT_TRUE(scene.connected);
  scene.web.interface("eth0").set_running(false);
  Outcome closed(scene.client.close());
  scene.sim.run_for(5s);
  EXPECT_EQ(closed.error(), ErrorKind::timed_out);
}

TEST(Goodbye, that_a_reset_answers_ends_with_that) {
  Raw scene;
  ASSERT_TRUE(scene.connected);
  Outcome closed(scene.client.close());
  scene.server.abort();
  scene.sim.run_for(1s);
  EXPECT_EQ(closed.error(), ErrorKind::reset);
}

TEST(Goodbye, is_not_waited_for_once_the_peer_has_ended) {
  Raw scene;
  ASSERT_TRUE(scene.connected);
  Outcome closed(scene.client.close());
  scene.server.finish().detach();
  scene.sim.run_for(1s);
  EXPECT_TRUE(closed.is_ok());
}

TEST(Goodbye, is_said_when_the_last_handle_is_dropped) {
  Raw scene;
  ASSERT_TRUE(scene.connected);
  Reader reader(scene.server);
  scene.client = {};
  scene.sim.run_for(1s);
  EXPECT_EQ(reader.text, Polite::frame(MessageKind::close, 1000, ""));
}

TEST(Goodbye, is_not_said_by_cancel) {
  Raw scene;
  ASSERT_TRUE(scene.connected);
  Reader reader(scene.server);
  scene.client.cancel();
  scene.sim.run_for(1s);
  EXPECT_EQ(reader.text, "");
  EXPECT_TRUE(reader.ended);
}

TEST(Goodbye, of_the_peer_ends_what_comes_and_says_why) {
  Raw scene;
  ASSERT_TRUE(scene.connected);
  Messages heard(scene.client);
  const std::string last =
      Polite::frame(MessageKind::text, 0, "one") + Polite::frame(MessageKind::close, 1001, "");
  scene.server.send(last).detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(heard.all, "one");
  ASSERT_TRUE(heard.goodbye.has_value());
  EXPECT_EQ(heard.goodbye->number(), 1001U);
  EXPECT_EQ(scene.client.state(), ConnectionState::ready);
  EXPECT_EQ(scene.client.send("late", text_kind).wait().error().kind(), ErrorKind::closed);
  EXPECT_TRUE(scene.client.close().wait().has_value()) << "it was answered before";
}

TEST(LastWords, of_a_framer_that_fails_arrive) {
  Served scene(polite());
  ASSERT_TRUE(scene.connected);
  Outcome received(scene.server.receive());
  Reader reader(scene.client);
  scene.client.send("nonsense").detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(received.error(), ErrorKind::protocol_violation);
  EXPECT_EQ(reader.text, Polite::frame(MessageKind::close, 1002, ""));
  EXPECT_TRUE(reader.ended);
}

TEST(LastWords, come_behind_all_that_was_sent_before_though_the_peer_reads_late) {
  Served scene(polite());
  ASSERT_TRUE(scene.connected);
  const std::string piece(60'000, 'p');
  std::vector<std::unique_ptr<Outcome<void>>> sent;
  for (int i = 0; i < 20; ++i)
    sent.push_back(std::make_unique<Outcome<void>>(scene.server.send(piece, text_kind)));
  scene.sim.run_for(1s);
  std::size_t taken = 0;
  for (const auto& each : sent) taken += each->is_ok() ? 1 : 0;
  Outcome received(scene.server.receive());
  scene.client.send("nonsense").detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(received.error(), ErrorKind::protocol_violation);
  Reader reader(scene.client);
  scene.sim.run_for(5s);
  EXPECT_GE(reader.text.size(), taken * (piece.size() + 6) + 6);
  EXPECT_TRUE(reader.text.ends_with(Polite::frame(MessageKind::close, 1002, "")));
  EXPECT_TRUE(reader.ended);
}

TEST(LastWords, of_a_framer_that_cannot_start_arrive) {
  Scene scene;
  MessageConnection client =
      connect(*scene.loop, host("203.0.113.80", 80),
              framed([] { return std::make_unique<Polite>(Polite::Start::fails); }, tcp()));
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  Reader reader(scene.accepted.front());
  scene.sim.run_for(1s);
  EXPECT_EQ(reader.text, Polite::frame(MessageKind::close, 1011, ""));
  EXPECT_TRUE(reader.ended);
}

TEST(LastWords, of_a_framer_that_fails_while_it_shakes_hands_arrive) {
  Scene scene;
  MessageConnection client =
      connect(*scene.loop, host("203.0.113.80", 80),
              framed([] { return std::make_unique<Polite>(Polite::Start::shakes_hands); }, tcp()),
              Parameters().connect_within(2s));
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  Reader reader(scene.accepted.front());
  scene.accepted.front().send("nonsense").detach();
  scene.sim.run_for(500ms);
  EXPECT_EQ(reader.text, Polite::frame(MessageKind::close, 1002, ""));
  EXPECT_TRUE(reader.ended);
}

TEST(LastWords, of_an_accepted_connection_that_shakes_hands_arrive) {
  Scene scene;
  auto listener =
      *listen(*scene.web_loop, everywhere(81),
              framed([] { return std::make_unique<Polite>(Polite::Start::shakes_hands); }, tcp()));
  Outcome accepted(listener.accept());
  StreamConnection client = connect(*scene.loop, host("www.example.com", 81), tcp());
  Reader reader(client);
  client.send("nonsense").detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(reader.text, Polite::frame(MessageKind::close, 1002, ""));
  EXPECT_TRUE(reader.ended);
  EXPECT_FALSE(accepted.is_done());
  EXPECT_EQ(listener.handshake_failures(), 1U);
}

TEST(Contexts, of_messages_arrive_with_them) {
  Spoken scene(polite());
  ASSERT_TRUE(scene.connected);
  for (const MessageKind kind : {MessageKind::text, MessageKind::binary, MessageKind::ping}) {
    const MessageContext said = MessageContext().kind(kind).number(42).complete(false);
    scene.client.send("said", said).detach();
    const Result<Message> heard = scene.server.receive().wait();
    ASSERT_TRUE(heard.has_value());
    EXPECT_EQ(heard->context(), said);
    EXPECT_FALSE(heard->is_complete());
  }
  static_assert(sizeof(Message) == 32);
}

TEST(Contexts, that_a_protocol_cannot_say_are_refused_and_nothing_is_lost) {
  Spoken scene(length_prefixed(tcp()));
  ASSERT_TRUE(scene.connected);
  EXPECT_EQ(scene.client.send("x", text_kind).wait().error().kind(), ErrorKind::unsupported);
  EXPECT_EQ(scene.client.send("x", MessageContext().complete(false)).wait().error().kind(),
            ErrorKind::unsupported);
  EXPECT_TRUE(scene.client.send("plain", MessageContext()).wait().has_value());
  EXPECT_EQ(scene.server.receive().wait()->text(), "plain");
  DatagramConnection flow = connect(*scene.loop, host("203.0.113.80", 90), udp());
  EXPECT_EQ(MessageConnection(flow).send("x", text_kind).wait().error().kind(),
            ErrorKind::unsupported);
}

TEST(Framers, know_which_end_they_serve_and_whom) {
  Scene scene;
  std::vector<std::string> told;
  const Framed stack =
      framed([&] { return std::make_unique<Polite>(Polite::Start::at_once, &told); }, tcp());
  auto listener = *listen(*scene.web_loop, everywhere(81), stack);
  MessageConnection server;
  listener.on_connection([&](MessageConnection connection) { server = std::move(connection); });
  MessageConnection client = connect(*scene.loop, host("www.example.com", 81), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return static_cast<bool>(server); }));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0], "client www.example.com:81 [2001:db8:2::80]:81");
  const std::string peer = to_string(*server.remote_address());
  EXPECT_EQ(told[1], "server " + peer + " " + peer);
}

TEST(Pieces, of_one_message_go_both_ways_and_none_waits_for_the_whole) {
  Spoken scene(polite());
  ASSERT_TRUE(scene.connected);
  constexpr int count = 100;
  const std::string piece(50'000, 'p');
  std::vector<std::unique_ptr<Outcome<void>>> sent;
  for (const auto& [from, to] :
       {std::pair(scene.client, scene.server), {scene.server, scene.client}}) {
    MessageConnection sender = from;
    Messages heard(to);
    for (int i = 1; i <= count; ++i)
      sent.push_back(std::make_unique<Outcome<void>>(
          sender.send(piece, MessageContext(text_kind).complete(i == count))));
    ASSERT_TRUE(scene.sim.run_until([&] { return heard.all.size() >= 10 * piece.size(); }));
    EXPECT_EQ(heard.complete, 0);
    scene.sim.run_for(10s);
    EXPECT_EQ(heard.all.size(), count * piece.size());
    EXPECT_EQ(heard.complete, 1);
  }
}

TEST(Framers, are_held_back_by_a_peer_that_does_not_read) {
  Spoken scene(length_prefixed(tcp()));
  ASSERT_TRUE(scene.connected);
  const std::string message(100'000, 'm');
  std::vector<std::unique_ptr<Outcome<void>>> sent;
  for (int i = 0; i < 100; ++i)
    sent.push_back(std::make_unique<Outcome<void>>(scene.client.send(message)));
  scene.sim.run_for(1min);
  EXPECT_TRUE(sent.front()->is_ok());
  EXPECT_FALSE(sent.back()->is_done());
  Messages heard(scene.server);
  scene.sim.run_for(1min);
  EXPECT_TRUE(sent.back()->is_ok());
  EXPECT_EQ(heard.all.size(), 100 * message.size());
}

TEST(Framers, of_two_ends_that_both_send_much_read_meanwhile) {
  Spoken scene(length_prefixed(tcp()));
  ASSERT_TRUE(scene.connected);
  const std::string message(8 * 1024 * 1024, 'm');
  Outcome there(scene.client.send(message));
  Outcome back(scene.server.send(message));
  Messages at_server(scene.server);
  Messages at_client(scene.client);
  scene.sim.run_for(1min);
  EXPECT_TRUE(there.is_ok());
  EXPECT_TRUE(back.is_ok());
  EXPECT_EQ(at_server.all.size(), message.size());
  EXPECT_EQ(at_client.all.size(), message.size());
}

/// Twenty networks that lose one packet in ten.
void pass_over_bad_networks(const Framed& stack) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Spoken scene(stack, {}, seed);
    ASSERT_TRUE(scene.connected);
    scene.home.interface("eth0").set_link(sim::LinkOptions().delay(5ms).loss(0.1));
    std::string expected;
    Messages heard(scene.server);
    for (int i = 0; i < 100; ++i) {
      const std::string message(static_cast<std::size_t>(i * i), static_cast<char>('a' + i % 26));
      expected += message;
      Outcome sent(scene.client.send(message));
      ASSERT_TRUE(scene.sim.run_until([&] { return sent.is_done(); }));
      ASSERT_TRUE(sent.is_ok());
    }
    Outcome closed(scene.client.close());
    scene.sim.run_for(10min);
    EXPECT_TRUE(closed.is_ok());
    EXPECT_TRUE(heard.all == expected);
    EXPECT_EQ(heard.complete, 100);
    EXPECT_TRUE(heard.goodbye.has_value());
  }
}

TEST(LengthPrefixed, messages_pass_over_bad_networks) {
  pass_over_bad_networks(length_prefixed(tcp()));
}

TEST(LineFramed, messages_pass_over_bad_networks) {
  pass_over_bad_networks(line_framed(tcp(), LineFraming().delimiter(LineDelimiter::crlf)));
}

TEST(LineFramed, a_line_that_cannot_be_sent_is_refused_and_the_next_one_is_not) {
  Spoken scene(line_framed(tcp()));
  ASSERT_TRUE(scene.connected);
  EXPECT_EQ(scene.client.send("two\nlines").wait().error().kind(), ErrorKind::invalid_argument);
  const std::string long_line(64 * 1024 + 1, 'x');
  EXPECT_EQ(scene.client.send(long_line).wait().error().kind(), ErrorKind::message_too_large);
  EXPECT_TRUE(scene.client.send("one line").wait().has_value());
  EXPECT_EQ(scene.server.receive().wait()->text(), "one line");
}

}  // namespace
}  // namespace bowline::test
