#include <gtest/gtest.h>

#include <bowline/websocket.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "story.h"

// A conversation that is cut at every byte of it, and under bad networks: each end hears of exactly one end,
// and what it was given before is a beginning of what was sent.

namespace bowline::test {
namespace {

/// Somebody in between, who passes so many bytes on and then is gone.
class Relay {
 public:
  Relay(sim::Host& at, Endpoint to, std::size_t bytes, bool by_reset)
      : loop_(at), to_(std::move(to)), left_(bytes), by_reset_(by_reset) {
    listener_ = *listen(loop_, everywhere(85), tcp());
    listener_.on_connection([this](StreamConnection client) {
      client_ = std::move(client);
      server_ = connect(loop_, to_, tcp());
      pass(client_, server_);
      pass(server_, client_);
    });
  }
  [[nodiscard]] std::size_t passed() const { return passed_; }

 private:
  void pass(StreamConnection& from, StreamConnection& to) {
    from.receive().detach([this, &from, &to](Result<Message> got) {
      if (!got.has_value()) return;
      const std::size_t count = std::min(got->size(), left_);
      left_ -= count;
      passed_ += count;
      if (count > 0) to.send(got->buffer().slice(0, count)).detach();
      if (left_ == 0) return cut();
      if (got->end_of_stream()) return to.finish().detach();
      pass(from, to);
    });
  }
  void cut() {
    for (StreamConnection* each : {&client_, &server_}) {
      if (!*each) continue;
      by_reset_ ? each->abort() : each->cancel();
    }
  }

  Loop loop_;
  const Endpoint to_;
  std::size_t left_;
  std::size_t passed_ = 0;
  const bool by_reset_;
  Listener<StreamConnection> listener_;
  StreamConnection client_;
  StreamConnection server_;
};

/// One end of the conversation: what it was given, and how often it heard of an end.
struct Talker {
  void talk(WebSocketConnection with, const std::vector<std::string>& lines) {
    connection = std::move(with);
    connection.on_state([this](ConnectionState state, const Error*) {
      if (state == ConnectionState::cancelled) ++cancelled;
      if (state == ConnectionState::failed) ++failed;
    });
    for (const std::string& line : lines) connection.send(line).detach();
    next();
  }
  void next() {
    connection.receive().detach([this](Result<Message> got) {
      if (!got.has_value() || got->end_of_stream()) {
        ++ends;
        if (!got.has_value()) error = got.error();
        connection.close().detach([this](const Result<void>&) { ++closed; });
        return;
      }
      heard.emplace_back(got->text());
      if (on_message) on_message(*got);
      next();
    });
  }

  WebSocketConnection connection;
  std::function<void(const Message&)> on_message;
  std::vector<std::string> heard;
  std::optional<Error> error;
  int ends = 0;
  int failed = 0;
  int cancelled = 0;
  int closed = 0;
};

const std::vector<std::string>& lines_of_client() {
  static const std::vector<std::string> lines = {"one", std::string(130, '2'), "", "last"};
  return lines;
}

void expect_beginning(const std::vector<std::string>& heard, const std::vector<std::string>& sent) {
  ASSERT_LE(heard.size(), sent.size());
  EXPECT_TRUE(std::equal(heard.begin(), heard.end(), sent.begin()));
}

/// The server sends back what it gets; behind the last line the client says goodbye. The bytes that passed.
std::size_t talk_through(std::size_t bytes, bool by_reset) {
  Scene scene;
  auto listener = listen(*scene.web_loop, everywhere(84), websocket(tcp()));
  Talker server;
  listener->on_connection([&](WebSocketConnection connection) {
    server.on_message = [&](const Message& message) { server.connection.send(message).detach(); };
    server.talk(std::move(connection), {});
  });
  Relay relay(scene.ns, host("203.0.113.80", 84), bytes, by_reset);
  Talker client;
  client.on_message = [&](const Message& message) {
    if (message.text() == "last")
      client.connection.send("", MessageContext().kind(MessageKind::close).number(1000)).detach();
  };
  client.talk(connect(*scene.loop, host("198.51.100.53", 85), websocket(tcp()),
                      Parameters().wait(Waiting::never).connect_within(30s)),
              lines_of_client());
  scene.sim.run_for(3min);

  EXPECT_EQ(client.ends, 1);
  EXPECT_EQ(client.closed, 1);
  EXPECT_EQ(client.cancelled, 1);
  EXPECT_LE(client.failed, 1);
  expect_beginning(client.heard, lines_of_client());
  expect_beginning(server.heard, lines_of_client());
  if (server.connection) {
    EXPECT_EQ(server.ends, 1);
    EXPECT_EQ(server.cancelled, 1);
    EXPECT_TRUE(server.connection.close_code().has_value());
    EXPECT_EQ(server.error.has_value(), server.connection.close_code() == 1006);
  }
  EXPECT_EQ(listener->open_count(), 0U);
  return relay.passed();
}

/// Every byte takes minutes, which a change of the protocol is worth; here it is every thirteenth.
TEST(WebSocketCuts, a_conversation_that_is_cut_ends_once) {
  constexpr std::size_t stride = 13;
  const std::size_t whole = talk_through(1'000'000, false);
  ASSERT_GT(whole, 400U);
  for (std::size_t bytes = 0; bytes <= whole; bytes += stride) {
    SCOPED_TRACE(std::to_string(bytes) + " of " + std::to_string(whole));
    talk_through(bytes, bytes % 2 == 1);
    if (testing::Test::HasFailure()) return;
  }
}

/// Loss, delay and reordering below change nothing above.
TEST(WebSocketCuts, messages_come_whole_over_bad_networks) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    Served<WebSocket, WebSocket> scene(
        websocket(tcp(), WebSocketOptions().compression()),
        websocket(tcp(), WebSocketOptions().compression(
                             WebSocketCompression().keep_own_context(seed % 2 == 0))),
        {}, seed);
    ASSERT_TRUE(scene.connected);
    scene.home.interface("eth0").set_link(sim::LinkOptions().delay(20ms).jitter(15ms).loss(0.05));
    Talker server;
    server.on_message = [&](const Message& message) { server.connection.send(message).detach(); };
    server.talk(scene.server, {});
    std::vector<std::string> sent;
    for (std::size_t i = 0; i < 12; ++i)
      sent.push_back(
          std::string(1 + (seed * 7919 + i * 104'729) % 40'000, static_cast<char>('a' + i)));
    Talker client;
    client.talk(scene.client, sent);
    ASSERT_TRUE(scene.sim.run_until(
        [&] { return client.heard.size() == sent.size() || client.ends > 0; }, 5min));
    EXPECT_EQ(client.heard, sent);
    client.connection.close(1000).detach();
    scene.sim.run_for(1min);
    EXPECT_EQ(server.ends, 1);
    EXPECT_EQ(server.connection.close_code(), 1000);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace bowline::test
