#include <gtest/gtest.h>

#include <bowline/bowline.h>
#include <bowline/coded.h>
#include <bowline/json.h>

#include <string>
#include <vector>

#include "story.h"

namespace bowline::test {
namespace {

struct Move {
  std::string piece;
  int row = 0;
  std::vector<int> columns;
  friend bool operator==(const Move&, const Move&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Move, piece, row, columns)

struct Reply {
  bool accepted = false;
  friend bool operator==(const Reply&, const Reply&) = default;
};
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Reply, accepted)

/// A codec of one's own: a number as one octet.
struct OctetCodec {
  [[nodiscard]] Result<std::string> encode(const int& value) const {
    if (value < 0 || value > 255) return Error(ErrorKind::invalid_argument, "encode", "too large");
    return std::string(1, static_cast<char>(value));
  }
  template <class T>
  [[nodiscard]] Result<T> decode(std::span<const std::byte> bytes) const {
    if (bytes.size() != 1) return Error(ErrorKind::malformed, "decode", "one octet");
    return std::to_integer<int>(bytes[0]);
  }
};

std::span<const std::byte> bytes_from(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// A server that answers each move, and a client, both of the same stack below.
template <class Below, class Codec>
void expect_talk(const Below& below, const Codec& codec) {
  Scene scene;
  const auto server_stack = coded<Reply, Move>(below, codec);
  const auto client_stack = coded<Move, Reply>(below, codec);
  auto listener = listen(*scene.web_loop, everywhere(83), server_stack);
  ASSERT_TRUE(listener.has_value());
  std::optional<Move> seen;
  listener->on_connection([&](auto connection) {
    connection.receive().detach([&seen, connection](Result<Move> move) mutable {
      ASSERT_TRUE(move.has_value());
      seen = *move;
      connection.send(Reply{true}).detach();
      connection.receive().detach([connection](const Result<Move>& next) {
        EXPECT_EQ(next.error().kind(), ErrorKind::closed);
      });
    });
  });
  auto client = connect(*scene.loop, host("www.example.com", 83), client_stack);
  const Move move{"rook \xc3\xa4", 7, {1, 2, 3}};
  client.send(move).detach();
  const Result<Reply> reply = client.receive().wait();
  ASSERT_TRUE(reply.has_value());
  EXPECT_TRUE(reply->accepted);
  EXPECT_EQ(seen, move);
  client.close().detach();
  scene.sim.run_for(1s);
}

TEST(Coded, values_go_as_json_and_cbor_over_any_message_stack) {
  expect_talk(websocket(tcp()), JsonCodec());
  expect_talk(websocket(tcp()), CborCodec());
  expect_talk(json_framed(tcp()), JsonCodec());
  expect_talk(length_prefixed(tcp()), CborCodec());
}

struct OddPeer : Scene {
  explicit OddPeer(BadMessage bad)
      : listener(*listen(*web_loop, everywhere(84), length_prefixed(tcp()))) {
    listener.on_connection([this](MessageConnection connection) {
      peer = connection;
      for (const char* text :
           {"{\"accepted\":true}", "{\"accepted\":3}", "nonsense", "{\"accepted\":false}"})
        peer.send(std::string(text)).detach();
    });
    client = connect(*loop, host("www.example.com", 84),
                     coded<Move, Reply>(length_prefixed(tcp()), JsonCodec()).on_bad_message(bad));
  }
  Listener<MessageConnection> listener;
  MessageConnection peer;
  CodedConnection<Move, Reply, JsonCodec, MessageConnection> client;
};

TEST(Coded, a_bad_message_is_one_error_and_the_connection_goes_on_if_it_may) {
  OddPeer scene(BadMessage::goes_on);
  EXPECT_TRUE(scene.client.receive().wait().has_value());
  EXPECT_EQ(scene.client.receive().wait().error().kind(), ErrorKind::malformed);
  EXPECT_EQ(scene.client.receive().wait().error().kind(), ErrorKind::malformed);
  const Result<Reply> last = scene.client.receive().wait();
  ASSERT_TRUE(last.has_value());
  EXPECT_FALSE(last->accepted);
}

TEST(Coded, a_bad_message_ends_the_connection_otherwise) {
  OddPeer scene(BadMessage::ends);
  EXPECT_TRUE(scene.client.receive().wait().has_value());
  EXPECT_EQ(scene.client.receive().wait().error().kind(), ErrorKind::malformed);
  EXPECT_FALSE(scene.client.receive().wait().has_value());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.client.connection().state(), ConnectionState::cancelled);
}

TEST(Coded, a_receive_that_is_dropped_loses_no_value) {
  OddPeer scene(BadMessage::goes_on);
  {
    auto first = scene.client.receive();
    first.start([](const Result<Reply>&) { FAIL(); });
    // The value is there, and waits to be delivered, or is still on its way: either way it is for the next.
    for (int i = 0; i < 5; ++i) scene.sim.run_for(1ms);
  }
  scene.sim.run_for(1s);
  const Result<Reply> next = scene.client.receive().wait();
  ASSERT_TRUE(next.has_value());
  EXPECT_TRUE(next->accepted);
}

TEST(Coded, own_codecs_say_what_cannot_be_sent) {
  Served scene(length_prefixed(tcp()), length_prefixed(tcp()));
  ASSERT_TRUE(scene.connected);
  auto client = coded<int>(length_prefixed(tcp()), OctetCodec()).wrap(scene.client);
  EXPECT_EQ(client.send(256).wait().error().kind(), ErrorKind::invalid_argument);
  EXPECT_TRUE(client.send(7).wait().has_value());
  EXPECT_EQ(scene.server.receive().wait()->text(), "\x07");
}

TEST(JsonCodec, refuses_what_lies_too_deep) {
  const std::string deep(300, '[');
  EXPECT_FALSE(
      JsonCodec().decode<nlohmann::json>(bytes_from(deep + std::string(300, ']'))).has_value());
  EXPECT_TRUE(JsonCodec().decode<nlohmann::json>(bytes_from("[\"[[[[\"]")).has_value());
  EXPECT_FALSE(JsonCodec().encode(std::string("\xff")).has_value());
}

TEST(CborCodec, refuses_what_lies_too_deep) {
  EXPECT_FALSE(
      CborCodec().decode<nlohmann::json>(bytes_from(std::string(100'000, '\x81'))).has_value());
  EXPECT_FALSE(CborCodec().decode<int>(bytes_from("\x61x")).has_value());
}

}  // namespace
}  // namespace bowline::test
