#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/websocket/accept_key.h"
#include "core/websocket/websocket_scene.h"

namespace bowline::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Scene = WebSocketScene;
using namespace std::string_literals;
using namespace std::chrono_literals;

const auto text_message = MessageContext().kind(MessageKind::text);

/// What a server says to these frames of a client, in order.
std::vector<std::string> hears(std::string_view frames, const WebSocketOptions& options = {}) {
  const auto server = Scene::open_server(options);
  server->input_slowly(frames);
  return server->said();
}

TEST(WebSocketMessages, of_any_size_come_whole) {
  // The sizes at which the form of the length changes, in and out.
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 128U, 65535U, 65536U}) {
    const std::string text(size, 'x');
    const auto server = Scene::open_server();
    EXPECT_THAT(server->input(Scene::masked(0x81, text)).said(), ElementsAre(text + " text"))
        << size;
    EXPECT_THAT(server->input(Scene::masked(0x82, text)).said(), ElementsAre(text + " binary"))
        << size;
    ASSERT_TRUE(server->send(text, text_message).has_value());
    EXPECT_EQ(server->written(), Scene::plain(0x81, text)) << size;
  }
}

TEST(WebSocketMessages, come_whole_octet_by_octet_and_from_fragments) {
  EXPECT_THAT(hears(Scene::masked(0x01, "frag") + Scene::masked(0x89, "p") +
                    Scene::masked(0x00, "") + Scene::masked(0x80, "ment")),
              ElementsAre("fragment text"));
  EXPECT_THAT(hears(Scene::masked(0x02, "") + Scene::masked(0x80, "")), ElementsAre(" binary"));
}

TEST(WebSocketMessages, fragments_out_of_order_break_the_protocol) {
  for (const std::string& frames :
       {Scene::masked(0x80, "nothing to continue"), Scene::masked(0x00, "neither"),
        Scene::masked(0x01, "one") + Scene::masked(0x81, "another"),
        Scene::masked(0x01, "one") + Scene::masked(0x80, "done") + Scene::masked(0x80, "more")}) {
    const auto server = Scene::open_server();
    server->input(frames).pass(Duration::zero());
    EXPECT_EQ(server->said().back(), "FAILED protocol_violation");
    EXPECT_EQ(server->written(), Scene::plain(0x88, Scene::close_payload(1002)));
  }
}

TEST(WebSocketMessages, those_before_an_error_can_be_answered) {
  const auto server = Scene::open_server();
  server->input(Scene::masked(0x81, "good") + Scene::masked(0x83, "bad") +
                Scene::masked(0x81, "late"));
  EXPECT_THAT(server->said(), ElementsAre("good text"));
  ASSERT_TRUE(server->send("answer", text_message).has_value());
  EXPECT_THAT(server->pass(Duration::zero()).said(), ElementsAre("FAILED protocol_violation"));
  EXPECT_EQ(server->written(),
            Scene::plain(0x81, "answer") + Scene::plain(0x88, Scene::close_payload(1002)));
}

TEST(WebSocketMessages, can_be_had_and_sent_in_pieces) {
  const auto server = Scene::open_server(WebSocketOptions().in_pieces().message_bytes_max(4));
  const std::string frame = Scene::masked(0x81, "longer than allowed");
  server->input(std::string_view(frame).substr(0, 10));
  server->input(std::string_view(frame).substr(10));
  server->input(Scene::masked(0x02, "") + Scene::masked(0x00, "b") + Scene::masked(0x80, ""));
  EXPECT_THAT(server->said(),
              ElementsAre("long text ...", "er than allowed text", "b binary ...", " binary"));
  ASSERT_TRUE(server->send("one", MessageContext(text_message).complete(false)).has_value());
  EXPECT_FALSE(server->send("x", MessageContext().kind(MessageKind::binary)).has_value());
  ASSERT_TRUE(server->send("?", MessageContext().kind(MessageKind::ping)).has_value());
  ASSERT_TRUE(server->send("two", MessageContext()).has_value());
  EXPECT_EQ(server->written(),
            Scene::plain(0x01, "one") + Scene::plain(0x89, "?") + Scene::plain(0x80, "two"));
}

TEST(WebSocketMessages, a_text_that_is_none_is_not_sent) {
  const auto server = Scene::open_server();
  EXPECT_EQ(server->send("\xff", text_message).error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(server->send("\xe2\x82", text_message).error().kind(), ErrorKind::invalid_argument);
  ASSERT_TRUE(server->send("\xe2\x82", MessageContext(text_message).complete(false)).has_value());
  ASSERT_TRUE(server->send("\xac", text_message).has_value());
  EXPECT_EQ(server->written(), Scene::plain(0x01, "\xe2\x82") + Scene::plain(0x80, "\xac"));
}

TEST(WebSocketMessages, a_client_masks_every_frame_anew) {
  Scene scene(FramerRole::client);
  const std::string request = scene.written();
  const std::size_t key = request.find("Key: ") + 5;
  scene.input(
      "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: " +
      accept_key(request.substr(key, 24)) + "\r\n\r\n");
  ASSERT_TRUE(scene.send("same", text_message).has_value());
  const std::string first = scene.written();
  ASSERT_TRUE(scene.send("same", text_message).has_value());
  EXPECT_EQ(first.size(), 10U);
  EXPECT_NE(first, scene.written());
  EXPECT_EQ(static_cast<unsigned char>(first[1]), 0x80U | 4U);
  scene.input(Scene::masked(0x81, "a server does not mask"));
  EXPECT_EQ(scene.said().back(), "FAILED protocol_violation");
}

TEST(WebSocketPings, are_answered_with_what_they_carry) {
  const auto server = Scene::open_server();
  for (const std::string& payload : {""s, "hello"s, std::string(125, '\xfe')}) {
    server->input(Scene::masked(0x89, payload));
    EXPECT_EQ(server->written(), Scene::plain(0x8a, payload));
  }
  std::string pongs;
  for (char c = '0'; c <= '9'; ++c) {
    server->input(Scene::masked(0x89, {&c, 1}));
    pongs += Scene::plain(0x8a, {&c, 1});
  }
  EXPECT_EQ(server->unwritten(), 3U) << "the peer does not read: one is owed";
  server->written();
  server->pass(1s);
  EXPECT_EQ(server->written(), Scene::plain(0x8a, "9"));
}

TEST(WebSocketPings, ten_at_once_are_ten_pongs_for_who_reads) {
  const auto server = Scene::open_server();
  std::string pings;
  std::string pongs;
  for (char c = '0'; c <= '9'; ++c) {
    pings += Scene::masked(0x89, {&c, 1});
    pongs += Scene::plain(0x8a, {&c, 1});
  }
  server->input(pings);
  EXPECT_EQ(server->written(), pongs);
}

TEST(WebSocketPings, a_pong_answers_its_ping_and_those_before) {
  const auto server = Scene::open_server();
  const auto ping = MessageContext().kind(MessageKind::ping);
  ASSERT_TRUE(server->send("", MessageContext(ping).number(1)).has_value());
  ASSERT_TRUE(server->send("mine", ping).has_value());
  ASSERT_TRUE(server->send("", MessageContext(ping).number(2)).has_value());
  EXPECT_EQ(server->written(), Scene::plain(0x89, "\0\0\0\1"s) + Scene::plain(0x89, "mine") +
                                   Scene::plain(0x89, "\0\0\0\2"s));
  server->input(Scene::masked(0x8a, "nobody asked"));
  EXPECT_THAT(server->said(), IsEmpty());
  server->input(Scene::masked(0x8a, "mine"));
  EXPECT_THAT(server->said(), ElementsAre(" pong 1", "mine pong"));
  server->input(Scene::masked(0x8a, "\0\0\0\2"s));
  EXPECT_THAT(server->said(), ElementsAre(" pong 2"));
  for (int i = 0; i < 64; ++i)
    ASSERT_TRUE(server->send("", MessageContext(ping).number(3)).has_value());
  EXPECT_EQ(server->send("", MessageContext(ping).number(4)).error().kind(),
            ErrorKind::limit_exceeded);
  EXPECT_EQ(server->send(std::string(126, 'x'), ping).error().kind(), ErrorKind::message_too_large);
}

TEST(WebSocketGoodbye, of_the_peer_is_answered_and_told) {
  const auto server = Scene::open_server();
  server->input(Scene::masked(0x88, Scene::close_payload(4711, "enough")) +
                Scene::masked(0x81, "late"));
  EXPECT_THAT(server->said(), ElementsAre("ENDED close 4711"));
  EXPECT_EQ(server->written(), Scene::plain(0x88, Scene::close_payload(4711)));
  EXPECT_EQ(server->facts().close_code, 4711);
  EXPECT_EQ(server->facts().close_reason, "enough");
  EXPECT_EQ(server->send("late", text_message).error().kind(), ErrorKind::closed);
  EXPECT_THAT(server->close().said(), ElementsAre("CLOSED"));
}

TEST(WebSocketGoodbye, without_a_code_is_1005) {
  const auto server = Scene::open_server();
  server->input(Scene::masked(0x88, ""));
  EXPECT_THAT(server->said(), ElementsAre("ENDED close 1005"));
  EXPECT_EQ(server->written(), Scene::plain(0x88, ""));
}

TEST(WebSocketGoodbye, has_a_code_for_the_wire_and_a_reason_in_utf8) {
  for (const unsigned code :
       {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U})
    EXPECT_THAT(hears(Scene::masked(0x88, Scene::close_payload(code))),
                ElementsAre("FAILED protocol_violation"))
        << code;
  for (const unsigned code :
       {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 3000U, 3999U, 4000U, 4999U})
    EXPECT_THAT(hears(Scene::masked(0x88, Scene::close_payload(code))),
                ElementsAre("ENDED close " + std::to_string(code)));
  EXPECT_THAT(hears(Scene::masked(0x88, "\x03")), ElementsAre("FAILED protocol_violation"));
  EXPECT_THAT(hears(Scene::masked(0x88, Scene::close_payload(1000, "\xff"))),
              ElementsAre("FAILED malformed"));
  EXPECT_THAT(hears(Scene::masked(0x88, Scene::close_payload(1000, std::string(123, 'x')))),
              ElementsAre("ENDED close 1000"));
}

TEST(WebSocketGoodbye, of_ours_has_its_code_and_waits_for_the_answer) {
  const auto server = Scene::open_server();
  const auto goodbye = MessageContext().kind(MessageKind::close);
  EXPECT_FALSE(server->send("", MessageContext(goodbye).number(1005)).has_value());
  EXPECT_FALSE(
      server->send(std::string(124, 'x'), MessageContext(goodbye).number(1000)).has_value());
  EXPECT_FALSE(server->send("\xff", MessageContext(goodbye).number(1000)).has_value());
  ASSERT_TRUE(server->send("done", MessageContext(goodbye).number(4000)).has_value());
  EXPECT_EQ(server->written(), Scene::plain(0x88, Scene::close_payload(4000, "done")));
  EXPECT_THAT(server->close().said(), IsEmpty());
  EXPECT_THAT(server->input(Scene::masked(0x88, Scene::close_payload(4000))).said(),
              ElementsAre("CLOSED"));
  EXPECT_EQ(server->written(), "");
}

TEST(WebSocketGoodbye, is_said_by_close_itself) {
  const auto server = Scene::open_server();
  server->close();
  EXPECT_EQ(server->written(), Scene::plain(0x88, Scene::close_payload(1000)));
  EXPECT_THAT(server->input(Scene::masked(0x81, "late")).said(), IsEmpty());
  EXPECT_THAT(server->input(Scene::masked(0x88, Scene::close_payload(1000))).said(),
              ElementsAre("CLOSED"));
}

TEST(WebSocketGoodbye, that_never_comes_is_1006) {
  const auto server = Scene::open_server();
  server->input(Scene::masked(0x01, "half"));
  EXPECT_THAT(server->end().said(), ElementsAre("FAILED closed"));
  EXPECT_EQ(server->facts().close_code, 1006);
}

TEST(WebSocketText, is_checked_across_fragments_and_cuts) {
  EXPECT_THAT(hears(Scene::masked(0x01, "\xe2") + Scene::masked(0x00, "\x82") +
                    Scene::masked(0x80, "\xac")),
              ElementsAre("\xe2\x82\xac text"));
  EXPECT_THAT(hears(Scene::masked(0x01, "\xe2\x82") + Scene::masked(0x80, "")),
              ElementsAre("FAILED malformed"));
  EXPECT_THAT(hears(Scene::masked(0x81, "\xed\xa0\x80")), ElementsAre("FAILED malformed"));
  EXPECT_THAT(hears(Scene::masked(0x82, "\xed\xa0\x80")), ElementsAre("\xed\xa0\x80 binary"));
}

TEST(WebSocketDeflated, messages_come_and_go_compressed) {
  const auto options = WebSocketOptions().compression(WebSocketCompression().threshold_bytes(0));
  const auto server =
      Scene::open_server(options, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  // RFC 7692 7.2.3.1 and .2: one message, and the same in two fragments.
  server->input(Scene::masked(0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00"s));
  server->input(Scene::masked(0x41, "\xf2\x00\x11"s) + Scene::masked(0x80, "\x00\x00"s));
  server->input(Scene::masked(0x81, "as it is"));
  EXPECT_THAT(server->said(), ElementsAre("Hello text", "Hello text", "as it is text"));
  ASSERT_TRUE(server->send("Hello", text_message).has_value());
  EXPECT_EQ(server->written(), Scene::plain(0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00"s));
  server->input(Scene::masked(0x01, "a") + Scene::masked(0xc0, "b"));
  EXPECT_THAT(server->said(), ElementsAre("FAILED protocol_violation"));
}

}  // namespace
}  // namespace bowline::core
