#include <gtest/gtest.h>

#include <bowline/websocket.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "story.h"

// WebSocket from end to end: messages both ways, pings, goodbyes, and peers that vanish.

namespace bowline::test {
namespace {

using SocketMessage = std::pair<MessageKind, std::string>;

struct Sockets : Served<WebSocket, WebSocket> {
  explicit Sockets(const WebSocketOptions& client_options = {},
                   const WebSocketOptions& server_options = {}, std::uint64_t seed = 1)
      : Served(websocket(tcp(), client_options), websocket(tcp(), server_options), {}, seed) {}
};

/// All that comes to one end, until its goodbye.
struct Heard {
  explicit Heard(WebSocketConnection connection) : from(std::move(connection)) { next(); }
  void next() {
    receive = from.receive();
    receive.start([this](Result<Message> got) {
      if (!got.has_value()) {
        error = got.error();
      } else if (got->end_of_stream()) {
        goodbye = got->context().number();
      } else {
        if (echoes) from.send(*got).detach();
        messages.emplace_back(got->context().kind(), got->text());
        next();
      }
    });
  }
  WebSocketConnection from;
  Operation<Message> receive;
  bool echoes = false;
  std::vector<SocketMessage> messages;
  std::optional<std::uint32_t> goodbye;
  std::optional<Error> error;
};

TEST(WebSocket, carries_texts_and_octets_both_ways) {
  Sockets scene(WebSocketOptions().subprotocol("chat"), WebSocketOptions().subprotocol("chat"));
  ASSERT_TRUE(scene.connected);
  Heard client(scene.client);
  Heard server(scene.server);
  server.echoes = true;
  scene.client.send("text").detach();
  scene.client.send(std::string(300'000, 'x')).detach();
  scene.client.send(std::vector<std::byte>(3)).detach();
  scene.sim.run_for(5s);
  const std::vector<SocketMessage> all = {{MessageKind::text, "text"},
                                          {MessageKind::text, std::string(300'000, 'x')},
                                          {MessageKind::binary, std::string(3, '\0')}};
  EXPECT_EQ(server.messages, all);
  EXPECT_EQ(client.messages, all);
  EXPECT_EQ(scene.client.subprotocol(), "chat");
  EXPECT_EQ(scene.server.subprotocol(), "chat");
  ASSERT_TRUE(scene.server.request().has_value());
  EXPECT_EQ(scene.server.request()->target(), "/");
  EXPECT_EQ(scene.client.report().stack().front(), "websocket");
}

TEST(WebSocket, compresses_what_both_agree_to_compress) {
  const auto options = WebSocketOptions().compression();
  Sockets scene(options, options);
  ASSERT_TRUE(scene.connected);
  EXPECT_EQ(scene.client.compression(), "permessage-deflate");
  Heard client(scene.client);
  Heard server(scene.server);
  server.echoes = true;
  for (int i = 0; i < 20; ++i) scene.client.send(std::string(5000, "abc"[i % 3])).detach();
  scene.sim.run_for(5s);
  ASSERT_EQ(client.messages.size(), 20U);
  EXPECT_EQ(client.messages[4].second, std::string(5000, 'b'));
}

TEST(WebSocket, a_ping_tells_how_long_its_pong_took) {
  Sockets scene;
  ASSERT_TRUE(scene.connected);
  Heard server(scene.server);
  Outcome first(scene.client.ping());
  Outcome second(scene.client.ping());
  scene.sim.run_for(1s);
  ASSERT_TRUE(first.is_ok());
  EXPECT_EQ(**first.result, 20ms);
  EXPECT_TRUE(second.is_ok());
  Outcome unanswered(scene.server.ping());
  scene.sim.run_for(1s);
  EXPECT_FALSE(unanswered.is_done()) << "the client reads nothing";
  scene.client.abort();
  scene.sim.run_for(1s);
  EXPECT_TRUE(unanswered.is_done());
}

TEST(WebSocket, a_goodbye_has_a_code_and_a_reason_that_stay_readable) {
  Sockets scene;
  ASSERT_TRUE(scene.connected);
  Heard server(scene.server);
  Outcome closed(scene.client.close(4001, "tired"));
  scene.sim.run_for(1s);
  EXPECT_TRUE(closed.is_ok());
  EXPECT_EQ(server.goodbye, 4001U);
  EXPECT_EQ(scene.server.close_code(), 4001);
  EXPECT_EQ(scene.server.close_reason(), "tired");
  EXPECT_EQ(scene.client.close_code(), 4001) << "the answer";
  Outcome done(scene.server.close());
  scene.sim.run_for(1s);
  EXPECT_TRUE(done.is_ok());
  EXPECT_EQ(scene.server.state(), ConnectionState::cancelled);
  EXPECT_EQ(scene.server.close_code(), 4001);
}

TEST(WebSocket, a_goodbye_that_makes_no_sense_changes_nothing) {
  Sockets scene;
  ASSERT_TRUE(scene.connected);
  Outcome bad(scene.client.close(1006));
  scene.sim.run_for(1s);
  ASSERT_TRUE(bad.is_done());
  EXPECT_EQ(bad.result->error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(scene.client.state(), ConnectionState::ready);
}

TEST(WebSocket, a_peer_that_vanishes_is_1006) {
  for (const bool by_reset : {false, true}) {
    Sockets scene;
    ASSERT_TRUE(scene.connected);
    Heard server(scene.server);
    by_reset ? scene.client.abort() : scene.client.cancel();
    scene.sim.run_for(1s);
    ASSERT_TRUE(server.error.has_value()) << by_reset;
    EXPECT_EQ(server.error->kind(), by_reset ? ErrorKind::reset : ErrorKind::closed);
    EXPECT_EQ(scene.server.close_code(), 1006);
    EXPECT_FALSE(scene.client.close_code().has_value());
  }
}

/// The server's first message and its end come before anybody could ask for them.
TEST(WebSocket, what_comes_with_the_answer_is_received_before_the_end) {
  Scene scene;
  auto listener = listen(*scene.web_loop, everywhere(82), websocket(tcp()));
  ASSERT_TRUE(listener.has_value());
  listener->on_connection([](WebSocketConnection connection) {
    connection.send("early").detach();
    connection.cancel();
  });
  auto client = connect(*scene.loop, url("ws://www.example.com:82/"), websocket(tcp()));
  ASSERT_TRUE(client.ready().wait().has_value());
  scene.sim.run_for(1s);
  const Result<Message> early = client.receive().wait();
  ASSERT_TRUE(early.has_value());
  EXPECT_EQ(early->text(), "early");
  EXPECT_FALSE(client.receive().wait().has_value());
  EXPECT_EQ(client.close_code(), 1006);
  EXPECT_FALSE(client.send("late").wait().has_value());
}

TEST(WebSocket, a_server_may_refuse_with_a_status) {
  Scene scene;
  auto listener = listen(*scene.web_loop, everywhere(82),
                         websocket(tcp(), WebSocketOptions().on_request([](const auto&) {
                           return WebSocketAnswer::refuse(403, "no");
                         })));
  ASSERT_TRUE(listener.has_value());
  listener->on_connection([](const WebSocketConnection&) { FAIL() << "it was refused"; });
  const auto client = connect(*scene.loop, url("ws://www.example.com:82/"), websocket(tcp()),
                              Parameters().wait(Waiting::never));
  const Result<void> ready = Connection(client).ready().wait();
  ASSERT_FALSE(ready.has_value());
  ASSERT_FALSE(ready.error().attempts().empty());
  EXPECT_EQ(ready.error().attempts().front().kind(), ErrorKind::refused);
  EXPECT_EQ(ready.error().attempts().front().code(), 403);
  EXPECT_EQ(listener->handshake_failures(), ready.error().attempts().size());
}

/// A message in pieces, each sent once the one before has been taken: memory for one.
TEST(WebSocket, a_message_larger_than_memory_goes_in_pieces) {
  Sockets scene({}, WebSocketOptions().in_pieces());
  ASSERT_TRUE(scene.connected);
  std::size_t bytes = 0;
  int ends = 0;
  std::function<void()> next = [&] {
    scene.server.receive().detach([&](Result<Message> got) {
      ASSERT_TRUE(got.has_value());
      bytes += got->size();
      ends += got->is_complete() ? 1 : 0;
      if (ends == 0) next();
    });
  };
  next();
  const std::string piece(100'000, 'p');
  for (int i = 1; i <= 40; ++i)
    scene.client.send(piece, MessageContext().kind(MessageKind::text).complete(i == 40)).detach();
  scene.sim.run_for(60s);
  EXPECT_EQ(bytes, 4'000'000U);
  EXPECT_EQ(ends, 1);
}

}  // namespace
}  // namespace bowline::test
