#include "wire/http1/writer.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/http1/chunks.h"
#include "wire/http1/transcript.h"

namespace bowline::wire {
namespace {

std::string written(const RequestHead& head, const Http1RequestForm& form = {}) {
  std::string text;
  const auto done = write_request_head(text, head, form);
  return done.has_value() ? text : "error: " + done.error().message();
}
std::string written(const ResponseHead& head, const Http1ResponseForm& form = {}) {
  std::string text;
  const auto done = write_response_head(text, head, form);
  return done.has_value() ? text : "error: " + done.error().message();
}

RequestHead get(std::string path = "/") {
  RequestHead head;
  head.scheme = "http";
  head.authority = "a:81";
  head.path = std::move(path);
  return head;
}

TEST(Http1Writer, requests_begin_with_the_host) {
  RequestHead head = get("/b?c");
  head.fields = {{"X", "1"}};
  EXPECT_EQ(written(head), "GET /b?c HTTP/1.1\r\nHost: a:81\r\nX: 1\r\n\r\n");
  EXPECT_EQ(written(head, {.framing = {}, .is_absolute = true, .closes = true}),
            "GET http://a:81/b?c HTTP/1.1\r\nHost: a:81\r\nX: 1\r\nConnection: close\r\n\r\n");
}

TEST(Http1Writer, requests_say_how_long_their_body_is) {
  RequestHead head = get();
  head.method = "POST";
  EXPECT_EQ(written(head), "POST / HTTP/1.1\r\nHost: a:81\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(written(head, {.framing = {BodyKind::fixed, 7}}),
            "POST / HTTP/1.1\r\nHost: a:81\r\nContent-Length: 7\r\n\r\n");
  EXPECT_EQ(written(head, {.framing = {BodyKind::chunked}}),
            "POST / HTTP/1.1\r\nHost: a:81\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(Http1Writer, methods_have_their_own_targets) {
  RequestHead head = get("*");
  head.method = "OPTIONS";
  EXPECT_EQ(written(head), "OPTIONS * HTTP/1.1\r\nHost: a:81\r\n\r\n");
  EXPECT_EQ(written(head, {.framing = {}, .is_absolute = true}),
            "OPTIONS http://a:81 HTTP/1.1\r\nHost: a:81\r\n\r\n");
  head.method = "CONNECT";
  head.path = "";
  EXPECT_EQ(written(head), "CONNECT a:81 HTTP/1.1\r\nHost: a:81\r\n\r\n");
  head.protocol = "websocket";
  head.path = "/chat";
  EXPECT_EQ(
      written(head),
      "GET /chat HTTP/1.1\r\nHost: a:81\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST(Http1Writer, responses_say_what_fits_their_status) {
  ResponseHead head;
  EXPECT_EQ(written(head), "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(written(head, {.framing = {BodyKind::chunked}, .closes = true}),
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(written(head, {.framing = {BodyKind::fixed, 5}, .is_answer_to_head = true}),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(written(head, {.framing = {}, .is_answer_to_head = true}), "HTTP/1.1 200 OK\r\n\r\n");
  EXPECT_EQ(written(head, {.framing = {BodyKind::fixed, 5}, .peer = HttpVersion::http1_0}),
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n");
  head.status = 204;
  EXPECT_EQ(written(head), "HTTP/1.1 204 No Content\r\n\r\n");
  head.status = 304;
  EXPECT_EQ(written(head, {.framing = {BodyKind::fixed, 5}}),
            "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n");
  head.status = 103;
  EXPECT_EQ(written(head), "HTTP/1.1 103 Early Hints\r\n\r\n");
  head.status = 101;
  EXPECT_EQ(
      written(head, {.upgrade = "websocket"}),
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  head.status = 299;
  head.reason = "Fine";
  EXPECT_EQ(written(head), "HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n");
}

TEST(Http1Writer, threat_29_nothing_is_written_that_reads_as_something_else) {
  const auto refused = [](auto change) {
    RequestHead head = get();
    change(head);
    std::string text;
    const auto done = write_request_head(text, head, {});
    EXPECT_FALSE(done.has_value());
    EXPECT_EQ(text, "");
    return done.has_value() ? std::string() : std::string(done.error().subject());
  };
  EXPECT_EQ(refused([](RequestHead& head) { head.method = "GET /\r\n"; }), "GET /\\x0d\\x0a");
  EXPECT_EQ(refused([](RequestHead& head) { head.method = ""; }), "");
  for (const std::string_view path :
       {"", "a", "*", "/a b", "/\r\nA: b", "/#a", "/\xc3\xa4", "/\t", "http://a/"})
    refused([path](RequestHead& head) { head.path = path; });
  for (const std::string_view authority : {"", "a b", "a\r\nb", "u@a", "a/b", "a?b", "a\\b"})
    refused([authority](RequestHead& head) { head.authority = authority; });
  for (const std::string_view name :
       {"Host", "content-length", "Transfer-Encoding", "CONNECTION", "Upgrade", "Keep-Alive",
        "Proxy-Connection", "HTTP2-Settings"})
    EXPECT_EQ(refused([name](RequestHead& head) { static_cast<void>(head.fields.add(name, "1")); }),
              name);
  EXPECT_EQ(refused([](RequestHead& head) { head.fields = {{"TE", "gzip"}}; }), "TE");
  refused([](RequestHead& head) { head.protocol = "a b"; });
  refused([](RequestHead& head) { head.method = "CONNECT"; });

  ResponseHead response;
  response.reason = "a\r\nb";
  EXPECT_EQ(written(response), "error: the reason holds a control character");
  response = ResponseHead();
  response.status = 99;
  EXPECT_EQ(written(response), "error: a status has three digits");
  response.status = 1000;
  EXPECT_EQ(written(response), "error: a status has three digits");
  std::string text;
  EXPECT_FALSE(write_last_chunk(text, {{"Content-Length", "1"}}).has_value());
  EXPECT_FALSE(write_last_chunk(text, {{"Content-Type", "a/b"}}).has_value());
  EXPECT_EQ(text, "");
}

TEST(Http1Writer, what_is_written_is_read_again) {
  RequestHead head = get("/x?y");
  head.method = "PUT";
  head.fields = {{"A", "1"}, {"A", ""}, {"B", "\xc3\xa4"}};
  std::string text;
  ASSERT_TRUE(write_request_head(text, head, {.framing = {BodyKind::chunked}}).has_value());
  text += chunk_line(26) + "abcdefghijklmnopqrstuvwxyz\r\n";
  ASSERT_TRUE(write_last_chunk(text, {{"T", "2"}}).has_value());
  Http1Parser parser(Http1Parser::Role::requests, {});
  EXPECT_EQ(http1_transcript(parser, text, 7),
            "PUT a:81 /x?y Host=a:81 A=1 A= B=\xc3\xa4 Transfer-Encoding=chunked\n"
            "body abcdefghijklmnopqrstuvwxyz\nend T=2\n");
  EXPECT_EQ(chunk_line(0xfedcba9876), "fedcba9876\r\n");
}

}  // namespace
}  // namespace bowline::wire
