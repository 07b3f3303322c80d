#include <gtest/gtest.h>
#include <bowline/stack.h>

#include <algorithm>
#include <functional>
#include <stdexcept>

#include "framers.h"
#include "story.h"

// What was handed over is told truly, and what came is handed on, however a connection ends.

namespace bowline::test {
namespace {

using enum ConnectionState;

/// Answers every byte with another.
class Chatty final : public PlainFramer {
 public:
  explicit Chatty(std::size_t& written) : written_(written) {}
  [[nodiscard]] std::string_view name() const override { return "chatty"; }
  Result<void> handle_input(FramerContext& context) override {
    const std::vector<std::byte> pong(context.input().size());
    context.consume(pong.size());
    context.write(pong);
    written_ += pong.size();
    return {};
  }

 private:
  std::size_t& written_;
};

TEST(Receive, delivers_messages_that_came_before_a_send_found_the_connection_broken) {
  Scene scene;
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 80), length_prefixed(tcp()));
  ASSERT_TRUE(client.ready().wait().has_value());
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  StreamConnection server = scene.accepted.front();
  scene.accepted.clear();
  const std::string bytes("\0\0\0\3one\0\0\0\3two", 14);
  ASSERT_TRUE(server.send(bytes).wait().has_value());
  scene.sim.run_for(100ms);
  ASSERT_EQ(client.receive().wait()->text(), "one");
  server.abort();
  scene.sim.run_for(100ms);
  const Result<void> sent = client.send("more").wait();
  EXPECT_FALSE(sent.has_value());
  const Result<Message> data = client.receive().wait();
  ASSERT_TRUE(data.has_value()) << to_string(data.error());
  EXPECT_EQ(data->text(), "two");
}

TEST(Framers, are_not_fed_by_a_peer_that_does_not_read_their_answers) {
  Scene scene;
  std::size_t written = 0;
  auto listener =
      *listen(*scene.web_loop, everywhere(81),
              framed([&]() -> std::unique_ptr<Framer> { return std::make_unique<Chatty>(written); },
                     tcp()));
  MessageConnection server;
  std::optional<Outcome<Message>> received;
  listener.on_connection([&](MessageConnection connection) {
    server = std::move(connection);
    received.emplace(server.receive());
  });
  StreamConnection client = connect(*scene.loop, host("www.example.com", 81), tcp());
  const std::string pings(64 * 1024 * 1024, 'p');
  Outcome sent(client.send(pings));
  scene.sim.run_for(10min);
  EXPECT_FALSE(sent.is_done());
  EXPECT_LT(written, 16U * 1024 * 1024);
  Reader reader(client);
  scene.sim.run_for(10min);
  EXPECT_TRUE(sent.is_done());
  EXPECT_EQ(reader.text.size(), pings.size());
}

TEST(Report, of_a_connection_closed_in_setup_is_of_no_time) {
  Scene scene;
  scene.sim.run_for(1h);
  StreamConnection client = scene.connect_to_web();
  client.cancel();
  EXPECT_LT(client.report().total(), 1s);
}

TEST(Report, names_the_winner_however_many_failed_before) {
  Scene scene;
  StreamConnection client =
      connect(*scene.loop, host("www.example.com", 81), tcp(),
              Parameters().wait(Waiting::for_peer).retry_delay(1s, 1s).connect_without_limit());
  scene.sim.run_for(5min);
  EXPECT_EQ(client.report().attempts().size(), 256U);
  auto late = *listen(*scene.web_loop, everywhere(81), tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  const Report report = client.report();
  EXPECT_EQ(report.attempts().size(), 256U);
  EXPECT_EQ(std::ranges::count(report.attempts(), AttemptOutcome::won, &Attempt::outcome), 1);
  EXPECT_EQ(report.handshakes().size(), 1U);
}

TEST(Receive, behind_the_end_a_reset_is_told_though_nothing_is_sent) {
  Connected scene;
  ASSERT_TRUE(scene.connected);
  Story story;
  story.follow(scene.server, scene.sim);
  ASSERT_TRUE(scene.client.send("last", Last::yes).wait().has_value());
  scene.sim.run_for(100ms);
  EXPECT_TRUE(scene.server.receive(5).wait()->end_of_stream());
  scene.client.abort();
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.server.state(), failed);
  ASSERT_FALSE(story.changes.empty());
  EXPECT_EQ(story.changes.back().error, ErrorKind::reset);
}

TEST(Receive, behind_the_end_a_reset_is_told_under_framers_too) {
  Served scene(length_prefixed(tcp()));
  ASSERT_TRUE(scene.connected);
  ASSERT_TRUE(scene.client.send(std::string_view("\0\0\0\1a", 5), Last::yes).wait().has_value());
  EXPECT_EQ(scene.server.receive().wait()->text(), "a");
  EXPECT_TRUE(scene.server.receive().wait()->end_of_stream());
  scene.client.abort();
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.server.state(), failed);
}

TEST(AlsoRan, is_a_peer_that_ends_before_a_byte_under_framers_too) {
  Served scene(length_prefixed(tcp()));
  ASSERT_TRUE(scene.connected);
  Outcome received(scene.server.receive());
  scene.client.close().detach();
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.served.also_ran_count(), 1U);
}

TEST(AlsoRan, is_a_peer_that_resets_before_a_byte_under_framers_too) {
  Served scene(length_prefixed(tcp()));
  ASSERT_TRUE(scene.connected);
  Outcome received(scene.server.receive());
  scene.client.abort();
  scene.sim.run_for(1s);
  EXPECT_EQ(received.error(), ErrorKind::reset);
  EXPECT_EQ(scene.served.also_ran_count(), 1U);
}

TEST(Receive, one_by_one_loses_no_datagram_to_a_small_queue) {
  Scene scene;
  auto flows = *listen(*scene.web_loop, everywhere(90), udp());
  DatagramConnection server;
  flows.on_connection([&](DatagramConnection flow) { server = std::move(flow); });
  DatagramConnection client = connect(*scene.loop, host("www.example.com", 90), udp().queue_max(1));
  client.send("hello").detach();
  ASSERT_TRUE(scene.sim.run_until([&] { return static_cast<bool>(server); }));
  for (const char* text : {"1", "22", "333", "4444"}) server.send(text).detach();
  scene.sim.run_for(1s);
  for (const char* text : {"1", "22", "333", "4444"}) {
    Outcome received(client.receive());
    scene.sim.run_for(100ms);
    ASSERT_TRUE(received.is_ok());
    EXPECT_EQ((*received.result)->text(), text);
  }
}

TEST(Wait, that_an_exception_left_leaves_nothing_started) {
  Scene scene;
  scene.loop->post([] { throw std::runtime_error("by the program"); });
  Operation<void> sleep = scene.loop->sleep(1s);
  EXPECT_THROW(static_cast<void>(std::move(sleep).wait()), std::runtime_error);
  // NOLINTNEXTLINE(bugprone-use-after-move): what was moved from is what is asked about
  EXPECT_FALSE(sleep.is_started()) << "its completion writes into a frame that is gone";
}

/// Hands everything on before it is ready, which it is at the first '!'.
class Early final : public PlainFramer {
 public:
  static std::unique_ptr<Framer> make() { return std::make_unique<Early>(); }
  [[nodiscard]] std::string_view name() const override { return "early"; }
  Result<bool> start(FramerContext&) override { return false; }
  Result<void> handle_input(FramerContext& context) override {
    const bool last = context.input().back() == std::byte{'!'};
    context.deliver_input(context.input().size(), MessageContext().complete(last));
    if (last) context.mark_ready();
    return {};
  }
  [[nodiscard]] std::size_t input_bytes_max() const override { return 1'000'000; }
};

TEST(Framers, have_not_taken_a_message_that_is_over_the_high_water_mark) {
  Scene scene;
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 80), length_prefixed(tcp()));
  ASSERT_TRUE(client.ready().wait().has_value());
  const std::string message(15 * 1024 * 1024, 'm');
  Outcome sent(client.send(message));
  std::optional<Outcome<void>> next(std::in_place, client.send("next"));
  scene.sim.run_for(10s);
  EXPECT_FALSE(sent.is_done()) << "15 MiB taken over, the mark is 256 KiB";
  next.reset();
  Reader reader(scene.accepted.front());
  scene.sim.run_for(10min);
  EXPECT_TRUE(sent.is_ok());
  EXPECT_EQ(reader.text.size(), 4 + message.size());
}

TEST(Framers, shake_hands_behind_what_they_handed_on_early) {
  Scene scene;
  MessageConnection client =
      connect(*scene.loop, host("www.example.com", 80), framed(Early::make, tcp()));
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  const std::string much = std::string(64 * 1024, 'x') + "!";
  scene.accepted.front().send(much).detach();
  Outcome became(client.ready());
  scene.sim.run_for(1min);
  EXPECT_TRUE(became.is_ok());
}

TEST(Framers, end_a_handshake_that_does_not_end) {
  Scene scene;
  MessageConnection client = connect(*scene.loop, host("203.0.113.80", 80),
                                     framed(Early::make, tcp()), Parameters().wait(Waiting::never));
  ASSERT_TRUE(scene.sim.run_until([&] { return !scene.accepted.empty(); }));
  const std::string endless(8 * 1024 * 1024, 'x');
  scene.accepted.front().send(endless).detach();
  Outcome became(client.ready());
  scene.sim.run_for(1min);
  EXPECT_EQ(became.error(), ErrorKind::protocol_violation);
}

TEST(Framers, refuse_what_the_one_below_cannot_carry) {
  Scene scene;
  const auto stack = length_prefixed(length_prefixed(tcp(), LengthPrefix().bytes(1)));
  auto listener = *listen(*scene.web_loop, everywhere(81), stack);
  MessageConnection server;
  std::optional<Outcome<Message>> received;
  listener.on_connection([&](MessageConnection connection) {
    server = std::move(connection);
    received.emplace(server.receive());
  });
  MessageConnection client = connect(*scene.loop, host("www.example.com", 81), stack);
  ASSERT_TRUE(client.ready().wait().has_value());
  const Result<void> sent = client.send(std::string(300, 'm')).wait();
  scene.sim.run_for(1s);
  if (sent.has_value()) {
    ASSERT_TRUE(received->is_ok())
        << "sent, but "
        << (received->is_done() ? to_string(received->result->error()) : "not received");
    EXPECT_EQ((*received->result)->size(), 300U);
  } else {
    EXPECT_EQ(sent.error().kind(), ErrorKind::message_too_large);
  }
}

}  // namespace
}  // namespace bowline::test
