#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <set>
#include <string>

#include "base/random.h"
#include "core/websocket/accept_key.h"
#include "core/websocket/deflate.h"
#include "core/websocket/receiver.h"
#include "core/websocket/websocket_scene.h"

namespace bowline::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Scene = WebSocketScene;
using namespace std::string_literals;
using namespace std::chrono_literals;

/// How many fragments of `size` octets a receiver takes before it has had enough.
std::size_t fragments_taken(std::size_t size, std::size_t up_to) {
  MessageReceiver receiver({.masked = false});
  const std::string payload(size, 'x');
  for (std::size_t count = 0; count < up_to; ++count) {
    const std::string frame = Scene::plain(count == 0 ? 0x02 : 0x00, payload);
    const auto step = receiver.take(bytes_of(frame));
    if (!step.has_value()) {
      EXPECT_EQ(step.error().code(), 1009);
      return count;
    }
    EXPECT_EQ(step->consumed, frame.size());
  }
  return up_to;
}

TEST(ThreatsWebSocket, row_68_fragments_without_end_are_charged) {
  EXPECT_EQ(fragments_taken(0, 300'000), 262'144U);
  EXPECT_EQ(fragments_taken(1, 300'000), 262'144U);
  EXPECT_EQ(fragments_taken(64, 65'536), 65'536U) << "4 MiB in fragments of 64 octets pass";
  EXPECT_EQ(fragments_taken(65'536, 300), 256U);
}

TEST(ThreatsWebSocket, row_68_a_message_of_exactly_the_most_passes) {
  const auto options = WebSocketOptions().message_bytes_max(1000);
  const auto server = Scene::open_server(options);
  server->input(Scene::masked(0x82, std::string(1000, 'x')));
  server->input(Scene::masked(0x02, std::string(500, 'x')) +
                Scene::masked(0x80, std::string(500, 'x')));
  EXPECT_EQ(server->said().size(), 2U);
  server->input(Scene::masked(0x02, std::string(500, 'x')) +
                Scene::masked(0x80, std::string(501, 'x')));
  EXPECT_THAT(server->said(), ElementsAre("FAILED limit_exceeded"));
  EXPECT_EQ(server->written(), Scene::plain(0x88, Scene::close_payload(1009)));
  // An announced size is enough: nothing is waited for.
  const auto other = Scene::open_server(options);
  other->input(Scene::masked(0x82, std::string(1001, 'x')).substr(0, 8));
  EXPECT_THAT(other->said(), ElementsAre("FAILED limit_exceeded"));
}

/// What a receiver of messages of up to `bytes_max` octets says to a bomb of `size` octets.
std::string bomb(std::size_t size, std::size_t bytes_max, bool with_context) {
  MessageDeflater deflater({.window_bits = 15, .keeps_context = with_context, .level = 9});
  MessageReceiver receiver({.masked = false,
                            .message_bytes_max = bytes_max,
                            .inflates = MessageInflater::Options{.keeps_context = with_context}});
  for (int round = 0; round < 2; ++round) {
    std::vector<std::byte> squeezed;
    EXPECT_TRUE(deflater.add(std::vector<std::byte>(size), true, squeezed).has_value());
    const std::string frame = Scene::plain(0xc2, text_of(squeezed));
    const auto step = receiver.take(bytes_of(frame));
    if (!step.has_value()) return std::to_string(step.error().code());
    if (std::get<MessageReceiver::Piece>(*step->event).bytes.size() != size) return "cut";
  }
  return "whole";
}

TEST(ThreatsWebSocket, row_69_a_deflate_bomb_ends_at_the_limit) {
  for (const bool with_context : {false, true}) {
    EXPECT_EQ(bomb(1'000'000, 1'000'000, with_context), "whole");
    EXPECT_EQ(bomb(1'000'001, 1'000'000, with_context), "1009");
    EXPECT_EQ(bomb(64'000'000, 1'000'000, with_context), "1009");
  }
}

TEST(ThreatsWebSocket, row_69_a_ratio_can_be_capped) {
  const auto options = WebSocketOptions().compression(WebSocketCompression().ratio_max(100));
  const auto server =
      Scene::open_server(options, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  MessageDeflater deflater({});
  std::vector<std::byte> squeezed;
  ASSERT_TRUE(
      deflater.add(std::vector<std::byte>(std::size_t{2} << 20), true, squeezed).has_value());
  EXPECT_THAT(server->input(Scene::masked(0xc2, text_of(squeezed))).said(),
              ElementsAre("FAILED limit_exceeded"));
}

TEST(ThreatsWebSocket, row_70_bad_text_ends_at_its_octet) {
  const auto server = Scene::open_server();
  const std::string good = Scene::masked(0x01, "good so far \xf0\x9f");
  const std::string bad = Scene::masked(0x80, "\x28 and a long rest");
  server->input_slowly(good);
  EXPECT_THAT(server->said(), IsEmpty());
  server->input_slowly(std::string_view(bad).substr(0, 6));
  EXPECT_THAT(server->said(), IsEmpty());
  server->input(std::string_view(bad).substr(6, 1));
  EXPECT_THAT(server->said(), ElementsAre("FAILED malformed"));
  EXPECT_EQ(server->written(), Scene::plain(0x88, Scene::close_payload(1007)));
}

TEST(ThreatsWebSocket, row_71_pings_of_a_peer_that_does_not_read_leave_one_pong) {
  const auto server = Scene::open_server();
  ASSERT_TRUE(
      server->send("waits to be read", MessageContext().kind(MessageKind::text)).has_value());
  const std::size_t before = server->unwritten();
  for (int i = 0; i < 100'000; ++i) server->input(Scene::masked(0x89, std::to_string(i)));
  EXPECT_EQ(server->unwritten(), before);
  server->pass(1s);
  EXPECT_EQ(server->unwritten(), before);
  server->written();
  server->pass(1s);
  EXPECT_EQ(server->written(), Scene::plain(0x8a, "99999"));
}

TEST(ThreatsWebSocket, row_72_every_call_takes_something_or_waits) {
  SeededRandom random(72);
  for (int round = 0; round < 2000; ++round) {
    MessageReceiver receiver({.masked = random.below(2) == 0,
                              .message_bytes_max = 4096,
                              .in_pieces = random.below(2) == 0,
                              .inflates = MessageInflater::Options{}});
    std::vector<std::byte> input(random.below(300));
    random.fill(input);
    if (!input.empty())
      input[0] = static_cast<std::byte>("\x81\xc1\x02\x89\x8a\x88\xc2\x01"[round % 8]);
    std::span<const std::byte> rest = input;
    for (int calls = 0;; ++calls) {
      ASSERT_LE(calls, 2000);
      const auto step = receiver.take(rest);
      if (!step.has_value() || (!step->event && step->consumed == 0)) break;
      const auto* in_place =
          step->event ? std::get_if<MessageReceiver::PieceInPlace>(&*step->event) : nullptr;
      rest = rest.subspan(step->consumed + (in_place != nullptr ? in_place->bytes : 0));
    }
  }
}

TEST(ThreatsWebSocket, row_73_a_goodbye_that_is_not_answered_is_waited_for_5_s) {
  const auto server = Scene::open_server();
  server->close();
  server->input(Scene::masked(0x89, "still here"));
  EXPECT_THAT(server->pass(4s).said(), IsEmpty());
  EXPECT_THAT(server->pass(1s).said(), ElementsAre("CLOSED"));
  const auto other = Scene::open_server();
  ASSERT_TRUE(other->send("", MessageContext().kind(MessageKind::close).number(1001)).has_value());
  EXPECT_THAT(other->pass(5s).said(), ElementsAre("FAILED timed_out"));
}

TEST(ThreatsWebSocket, row_74_heads_have_limits) {
  std::string request = Scene::request();
  std::string lines;
  for (int i = 0; i < 2000; ++i) lines += "X-" + std::to_string(i) + ": y\r\n";
  request.insert(request.size() - 2, lines);
  Scene server(FramerRole::server);
  server.input(request);
  EXPECT_THAT(server.written(), HasSubstr("HTTP/1.1 431 "));
  EXPECT_THAT(server.said(), ElementsAre("FAILED refused"));
  Scene client(FramerRole::client);
  client.written();
  client.input("HTTP/1.1 101 x\r\n" + lines);
  EXPECT_THAT(client.said(), ElementsAre("FAILED limit_exceeded"));
}

std::string status_for_origin(std::string_view origin, const WebSocketOptions& options = {}) {
  Scene server(FramerRole::server, options);
  server.input(Scene::request("Origin: " + std::string(origin) + "\r\n"));
  return server.written().substr(9, 3);
}

TEST(ThreatsWebSocket, row_74_pages_of_others_are_kept_out) {
  EXPECT_EQ(status_for_origin("http://example.com"), "101");
  EXPECT_EQ(status_for_origin("http://EXAMPLE.com:80"), "101");
  for (const char* foreign : {"http://example.com.evil.test", "http://evil.test", "null", "",
                              "http://example.com:81", "https://example.com@evil.test"})
    EXPECT_EQ(status_for_origin(foreign), "403") << foreign;
  EXPECT_EQ(status_for_origin("https://a.test", WebSocketOptions().allow_origin("https://A.test")),
            "101");
  EXPECT_EQ(status_for_origin("http://a.test", WebSocketOptions().allow_origin("https://a.test")),
            "403");
  EXPECT_EQ(status_for_origin("null", WebSocketOptions().allow_any_origin()), "101");
}

TEST(ThreatsWebSocket, row_75_masks_are_taken_from_the_source_of_chance_octet_by_octet) {
  constexpr int frames = 100'000;  // 3.2 million bits
  Scene scene(FramerRole::client);
  const std::string request = scene.written();
  scene.input(
      "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: " +
      accept_key(request.substr(request.find("Key: ") + 5, 24)) + "\r\n\r\n");
  std::set<std::string> masks;
  std::int64_t ones = 0;
  std::array<std::int64_t, 4> pairs{};
  for (int i = 0; i < frames; ++i) {
    ASSERT_TRUE(scene.send("", MessageContext().kind(MessageKind::binary)).has_value());
    const std::string mask = scene.written().substr(2, 4);
    masks.insert(mask);
    for (const char octet : mask) {
      const auto bits = static_cast<unsigned char>(octet);
      ones += std::popcount(bits);
      for (int bit = 0; bit < 8; bit += 2) ++pairs[bits >> bit & 3];
    }
  }
  EXPECT_GT(masks.size(), frames - 10U);
  const double bits = 32.0 * frames;
  EXPECT_LT(std::abs(2.0 * static_cast<double>(ones) - bits) / std::sqrt(bits), 4.0);  // monobit
  double chi_squared = 0;
  for (const std::int64_t count : pairs)
    chi_squared += std::pow(static_cast<double>(count) - bits / 8, 2) / (bits / 8);
  EXPECT_LT(chi_squared, 21.1);  // serial, pairs: 3 degrees of freedom, one in ten thousand
}

}  // namespace
}  // namespace bowline::core
