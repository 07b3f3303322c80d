#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "core/websocket/accept_key.h"
#include "core/websocket/websocket_scene.h"

namespace bowline::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The value of a field that stands in a head once.
std::string field_in(const std::string& head, const std::string& name) {
  const std::size_t at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return "";
  const std::size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::string good_response(const std::string& request, const std::string& more = "") {
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         accept_key(field_in(request, "Sec-WebSocket-Key")) + "\r\n" + more + "\r\n";
}

TEST(WebSocketClient, asks_as_its_url_and_options_say) {
  WebSocketScene scene(FramerRole::client,
                       WebSocketOptions()
                           .field("Authorization", "Basic x")
                           .subprotocol("chat.v2")
                           .subprotocol("chat")
                           .origin("https://example.com")
                           .compression(),
                       url("ws://example.com:8080/a%20b?c=d#e"));
  const std::string head = scene.written();
  EXPECT_THAT(head, HasSubstr("GET /a%20b?c=d HTTP/1.1\r\nHost: example.com:8080\r\n"));
  EXPECT_EQ(field_in(head, "Upgrade"), "websocket");
  EXPECT_EQ(field_in(head, "Connection"), "Upgrade");
  EXPECT_EQ(field_in(head, "Sec-WebSocket-Version"), "13");
  EXPECT_EQ(field_in(head, "Sec-WebSocket-Key").size(), 24U);
  EXPECT_EQ(field_in(head, "Sec-WebSocket-Protocol"), "chat.v2, chat");
  EXPECT_EQ(field_in(head, "Sec-WebSocket-Extensions"),
            "permessage-deflate; client_max_window_bits");
  EXPECT_EQ(field_in(head, "Authorization"), "Basic x");
  EXPECT_EQ(field_in(head, "Origin"), "https://example.com");
}

TEST(WebSocketClient, is_open_once_the_server_has_proved_itself) {
  WebSocketScene scene(FramerRole::client, WebSocketOptions().subprotocol("chat"));
  const std::string request = scene.written();
  scene.input("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  EXPECT_THAT(scene.said(), IsEmpty());
  scene.input_slowly(good_response(request, "Sec-WebSocket-Protocol: chat\r\nX-Of: ours\r\n"));
  EXPECT_THAT(scene.said(), ElementsAre("READY"));
  EXPECT_EQ(scene.facts().subprotocol, "chat");
  EXPECT_EQ(scene.facts().response_fields.find("X-Of"), "ours");
  scene.input(WebSocketScene::plain(0x81, "hello"));
  EXPECT_THAT(scene.said(), ElementsAre("hello text"));
}

TEST(WebSocketClient, reads_frames_that_come_with_the_response) {
  WebSocketScene scene(FramerRole::client);
  scene.input(good_response(scene.written()) + WebSocketScene::plain(0x82, "at once"));
  EXPECT_THAT(scene.said(), ElementsAre("at once binary", "READY"));
}

TEST(WebSocketClient, refuses_servers_that_do_not_speak_as_asked) {
  const std::pair<const char*, const char*> rows[] = {
      {"Upgrade: WebSocket", "Upgrade: h2c"},
      {"Connection: upgrade", "Connection: keep-alive"},
      {"Sec-WebSocket-Accept: ", "Sec-WebSocket-Accept: x"},
      {"\r\n\r\n", "\r\nSec-WebSocket-Protocol: other\r\n\r\n"},
      {"\r\n\r\n", "\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat\r\n\r\n"},
      {"\r\n\r\n", "\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"},
  };
  for (const auto& [from, to] : rows) {
    WebSocketScene scene(FramerRole::client, WebSocketOptions().subprotocol("chat"));
    std::string response = good_response(scene.written());
    response.replace(response.find(from), std::string_view(from).size(), to);
    EXPECT_THAT(scene.input(response).said(), ElementsAre("FAILED protocol_violation")) << to;
  }
}

TEST(WebSocketClient, a_status_says_why_it_was_refused) {
  WebSocketScene scene(FramerRole::client);
  scene.input("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno");
  EXPECT_THAT(scene.said(), ElementsAre("FAILED refused"));
  EXPECT_EQ(scene.facts().status, 403);
}

TEST(WebSocketClient, schemes_fit_what_is_below) {
  WebSocketScene secure(FramerRole::client, {}, url("wss://example.com/"));
  EXPECT_THAT(secure.said(), ElementsAre("FAILED invalid_argument"));
  WebSocketScene named(FramerRole::client, WebSocketOptions().target("/x"));
  EXPECT_THAT(named.written(), HasSubstr("GET /x HTTP/1.1\r\nHost: example.com\r\n"));
  WebSocketScene bad(FramerRole::client, WebSocketOptions().subprotocol("a b"));
  EXPECT_THAT(bad.said(), ElementsAre("FAILED invalid_argument"));
}

TEST(WebSocketServer, grants_what_was_asked_for) {
  const auto server = WebSocketScene::open_server(
      WebSocketOptions().subprotocol("b").subprotocol("a"), "Sec-WebSocket-Protocol: a, b\r\n");
  EXPECT_THAT(server->opening, HasSubstr("HTTP/1.1 101 Switching Protocols\r\n"));
  EXPECT_EQ(field_in(server->opening, "Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_EQ(field_in(server->opening, "Sec-WebSocket-Protocol"), "b");
  ASSERT_TRUE(server->facts().request.has_value());
  EXPECT_EQ(server->facts().request->target(), "/chat");
  EXPECT_THAT(server->facts().request->subprotocols(), ElementsAre("a", "b"));
}

TEST(WebSocketServer, a_handler_decides) {
  const auto options = WebSocketOptions().on_request([](const WebSocketRequest& request) {
    if (!request.is_websocket())
      return WebSocketAnswer::refuse(200, "<p>hello").field("Content-Type", "text/html");
    if (request.fields().contains("Cookie"))
      return WebSocketAnswer::accept("two").field("X-A", "b").field("Upgrade", "x");
    return WebSocketAnswer::refuse(401, "who are you?").field("WWW-Authenticate", "Basic");
  });
  WebSocketScene stranger(FramerRole::server, options);
  stranger.input(WebSocketScene::request());
  const std::string refused = stranger.written();
  EXPECT_THAT(refused, HasSubstr("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(refused, HasSubstr("WWW-Authenticate: Basic\r\n"));
  EXPECT_THAT(refused, HasSubstr("\r\n\r\nwho are you?"));
  EXPECT_THAT(stranger.said(), ElementsAre("FAILED refused"));
  const auto friendly =
      WebSocketScene::open_server(options, "Cookie: a=b\r\nSec-WebSocket-Protocol: one, two\r\n");
  EXPECT_EQ(field_in(friendly->opening, "Sec-WebSocket-Protocol"), "two");
  EXPECT_EQ(field_in(friendly->opening, "X-A"), "b");
  WebSocketScene page(FramerRole::server, options);
  page.input("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n");
  EXPECT_THAT(page.written(), HasSubstr("Content-Type: text/html\r\n"));
  WebSocketScene head(FramerRole::server, options);
  head.input("HEAD / HTTP/1.1\r\nHost: example.com\r\n\r\n");
  EXPECT_THAT(head.written(), Not(HasSubstr("hello")));
}

TEST(WebSocketServer, answers_a_bad_request_with_what_is_wrong) {
  const std::tuple<const char*, const char*, const char*> rows[] = {
      {"Upgrade: websocket\r\n", "", "426 Upgrade Required"},
      {"Version: 13", "Version: 8", "426 Upgrade Required"},
      {"Key: dGhlIHNh", "Key: ", "400 Bad Request"},
      {"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", "400 Bad Request"},
      {"GET", "POST", "400 Bad Request"},
      {"Host: example.com\r\n", "", "400 Bad Request"},
      {"HTTP/1.1", "HTTP/2.7", "505"},
      {"GET ", "G\x01T ", "400 Bad Request"},
  };
  for (const auto& [from, to, status] : rows) {
    std::string request = WebSocketScene::request();
    request.replace(request.find(from), std::string_view(from).size(), to);
    WebSocketScene scene(FramerRole::server);
    scene.input(request);
    EXPECT_THAT(scene.written(), HasSubstr(status)) << to;
    EXPECT_THAT(scene.said(), ElementsAre("FAILED refused")) << to;
  }
}

TEST(WebSocketServer, agrees_on_compression_only_if_it_was_told_to) {
  const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  EXPECT_EQ(field_in(WebSocketScene::open_server({}, offer)->opening, "Sec-WebSocket-Extensions"),
            "");
  const auto server = WebSocketScene::open_server(WebSocketOptions().compression(), offer);
  EXPECT_EQ(field_in(server->opening, "Sec-WebSocket-Extensions"), "permessage-deflate");
  EXPECT_EQ(server->facts().compression, "permessage-deflate");
}

}  // namespace
}  // namespace bowline::core
