#include "wire/http1/parser.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "wire/http1/transcript.h"

namespace bowline::wire {
namespace {

using testing::HasSubstr;

constexpr std::size_t whole = 1 << 20;

std::string requests(std::string_view text, std::size_t piece = whole) {
  Http1Parser parser(Http1Parser::Role::requests, {});
  return http1_transcript(parser, text, piece);
}
std::string response(std::string_view text, std::string_view method = "GET",
                     std::size_t piece = whole) {
  Http1Parser parser(Http1Parser::Role::responses, {});
  parser.expect_response_to(method);
  return http1_transcript(parser, text, piece);
}

TEST(Http1Parser, reads_requests_one_behind_the_other) {
  EXPECT_EQ(requests("GET /a?b HTTP/1.1\r\nHost: h:80\r\nX-A:  1 \t\r\n\r\n"
                     "POST /c HTTP/1.1\r\nhost:h\r\nContent-Length: 3\r\n\r\nabc"
                     "HEAD / HTTP/1.0\r\n\r\n"),
            "GET h:80 /a?b Host=h:80 X-A=1\nend\n"
            "POST h /c host=h Content-Length=3\nbody abc\nend\n"
            "HEAD  /\nend\n");
}

TEST(Http1Parser, reads_chunks_and_trailers) {
  EXPECT_EQ(requests("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n"
                     "3\r\nabc\r\n00A ;x=\"y z\"\r\n0123456789\r\n0;last\r\nDigest: 1\r\n\r\n"),
            "PUT h / Host=h Transfer-Encoding=Chunked\nbody abc0123456789\nend Digest=1\n");
}

TEST(Http1Parser, knows_every_form_of_target) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"GET http://a.b:81/c?d HTTP/1.1", "GET a.b:81 /c?d Host=h\nend\n"},
      {"GET HTTP://a?d HTTP/1.1", "GET a /?d Host=h\nend\n"},
      {"OPTIONS * HTTP/1.1", "OPTIONS h * Host=h\nend\n"},
      {"OPTIONS http://a HTTP/1.1", "OPTIONS a * Host=h\nend\n"},
      {"CONNECT a:443 HTTP/1.1", "CONNECT a:443  Host=h\ntunnel \n"},
      {"CONNECT [::1]:443 HTTP/1.1", "CONNECT [::1]:443  Host=h\ntunnel \n"},
  };
  for (const auto& [line, said] : rows)
    EXPECT_EQ(requests(std::string(line) + "\r\nHost: h\r\n\r\n"), said);
  Http1Parser parser(Http1Parser::Role::requests, {});
  http1_transcript(parser, "GET HTTPS://a/ HTTP/1.1\r\nHost: h\r\n\r\n", whole);
  EXPECT_EQ(parser.request().scheme, "https");
}

TEST(Http1Parser, upgrade_asks_for_another_protocol) {
  Http1Parser parser(Http1Parser::Role::requests, {});
  http1_transcript(
      parser,
      "GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
      whole);
  EXPECT_EQ(parser.request().protocol, "websocket");
  http1_transcript(parser, "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n\r\n", whole);
  EXPECT_EQ(parser.request().protocol, "");  // RFC 9110 7.8: without Connection it means nothing
}

TEST(Http1Parser, skips_one_empty_line_before_a_request) {
  EXPECT_EQ(requests("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), "GET h / Host=h\nend\n");
  EXPECT_THAT(requests("\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n"), HasSubstr("error 400"));
}

TEST(Http1Parser, reads_responses_by_what_was_asked) {
  const std::string length = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  EXPECT_EQ(response(length + "ab"), "200 OK Content-Length=2\nbody ab\nend\n");
  EXPECT_EQ(response(length, "HEAD"), "200 OK Content-Length=2\nend\n");
  EXPECT_EQ(response("HTTP/1.1 304\r\nContent-Length: 2\r\n\r\n"), "304  Content-Length=2\nend\n");
  EXPECT_EQ(response("HTTP/1.1 204 \r\n\r\n"), "204 \nend\n");
  EXPECT_EQ(response("HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n"),
            "204 No Content-Length=0\nend\n");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            "200 OK Content-Length=0\nend\n");
  EXPECT_EQ(response("HTTP/1.0 200 OK\r\n\r\nab"), "200 OK\nbody ab\n");
  EXPECT_EQ(response("HTTP/1.1 200 \xc3\xa4\r\n\r\n"), "200 \xc3\xa4\n");
  EXPECT_EQ(response("HTTP/1.1 200 OK\r\n\r\nabc", "CONNECT"), "200 OK\ntunnel abc\n");
  EXPECT_EQ(response("HTTP/1.1 407 No\r\nContent-Length: 1\r\n\r\na", "CONNECT"),
            "407 No Content-Length=1\nbody a\nend\n");
  EXPECT_EQ(response("HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\nabc"), "101 Go Upgrade=x\ntunnel abc\n");
}

TEST(Http1Parser, interim_responses_come_before_the_final_one) {
  EXPECT_EQ(response("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103\r\nLink: a\r\n\r\n"
                     "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"),
            "100 Continue\n103  Link=a\n200 OK Content-Length=1\nbody a\nend\n");
}

TEST(Http1Parser, the_end_of_the_connection_ends_a_body_or_cuts_it_off) {
  const auto ended = [](std::string_view text) -> std::string {
    Http1Parser parser(Http1Parser::Role::responses, {});
    parser.expect_response_to("GET");
    http1_transcript(parser, text, whole);
    const auto event = parser.handle_end();
    if (!event.has_value()) {
      EXPECT_EQ(event.error().kind(), ErrorKind::closed);
      EXPECT_EQ(parser.parse({}).error().message(), event.error().message());
      return event.error().message();
    }
    return *event == Http1Parser::Event::end ? "end" : "nothing";
  };
  EXPECT_EQ(ended("HTTP/1.1 200 OK\r\n\r\nab"), "end");
  EXPECT_EQ(ended("HTTP/1.1 200 OK\r\n\r\n"), "end");
  EXPECT_EQ(ended(""), "nothing");
  EXPECT_EQ(ended("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab"), "nothing");
  EXPECT_EQ(ended("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"),
            "the peer closed inside a message, after 2 of 3 octets of the body");
  EXPECT_EQ(ended("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
            "the peer closed inside a message, after 2 octets of the body");
  EXPECT_EQ(ended("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n"),
            "the peer closed inside a message, after 0 octets of the body");
  EXPECT_EQ(ended("HTTP/1.1 200 OK\r\nA"), "the peer closed inside a message");
  EXPECT_EQ(ended("H"), "the peer closed inside a message");
}

TEST(Http1Parser, bodies_are_views_of_what_came) {
  Http1Parser parser(Http1Parser::Role::responses, {});
  parser.expect_response_to("GET");
  const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab";
  const auto bytes = as_bytes(text);
  const auto head = parser.parse(bytes).value();
  const auto body = parser.parse(bytes.subspan(head.consumed)).value();
  EXPECT_EQ(body.body.data(), bytes.data() + text.size() - 2);
}

TEST(Http1Parser, property_pieces_do_not_matter) {
  const std::string_view texts[] = {
      "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;a\r\nabc\r\n0\r\nT: "
      "1\r\n\r\n"
      "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST /c HTTP/1.1\r\nHost:h\r\nContent-Length: 3\r\n\r\nabc\r\nGET / HTTP/1.1\r\nHost: "
      "h\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n",
      "GET / HTTP/1.1\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n a\r\n\r\n",
  };
  for (const std::string_view text : texts) {
    // A line that is wrong is told once it is whole, so errors do not depend on the pieces either.
    const std::string said = requests(text);
    for (std::size_t piece = 1; piece <= text.size(); ++piece)
      EXPECT_EQ(requests(text, piece), said) << "pieces of " << piece << " of\n" << text;
  }
}

TEST(HttpFields, keep_their_order_and_compare_names_without_case) {
  HttpFields fields{{"Accept", "a"}, {"X", "1"}, {"accept", " b, c "}};
  EXPECT_EQ(fields.size(), 3U);
  EXPECT_EQ(fields.find("ACCEPT"), "a");
  EXPECT_EQ(fields.combined("accept"), "a, b, c");
  EXPECT_EQ(fields.lines(), "Accept: a\r\nX: 1\r\naccept: b, c\r\n");
  EXPECT_TRUE(fields.has_member("accept", "C"));
  EXPECT_FALSE(fields.has_member("accept", "b, c"));
  ASSERT_TRUE(fields.set("ACCEPT", "d").has_value());
  EXPECT_EQ(fields.lines(), "ACCEPT: d\r\nX: 1\r\n");
  ASSERT_TRUE(fields.set("Y", std::string(*fields.find("X"))).has_value());
  EXPECT_EQ(fields, (HttpFields{{"accept", "d"}, {"x", "1"}, {"y", "1"}}));
  EXPECT_EQ(fields.remove("x"), 1U);
  EXPECT_EQ(fields.remove("x"), 0U);
  EXPECT_FALSE(fields.contains("x"));
  EXPECT_EQ(fields[1].value, "1");
}

TEST(HttpFields, may_be_given_views_of_themselves) {
  HttpFields fields{{"A", "some value that is not short"}};
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(fields.add(fields[0].name, fields[0].value).has_value());
  ASSERT_TRUE(fields.set(fields[3].name, fields[7].value).has_value());
  EXPECT_EQ(fields.lines(), "A: some value that is not short\r\n");
}

TEST(HttpFields, lists_are_split_outside_of_quotes) {
  HttpFields fields{{"A", "x;y=\"a, \\\", b\", ,z,"}, {"B", "\"\\"}};
  EXPECT_TRUE(fields.has_member("A", "z"));
  EXPECT_FALSE(fields.has_member("A", "b\""));
  EXPECT_TRUE(fields.has_member("B", "\"\\"));
}

TEST(HttpFields, threat_29_nothing_ends_its_line) {
  HttpFields fields;
  for (const std::string_view name :
       {std::string_view(), std::string_view("a b"), std::string_view("a:"),
        std::string_view("a\r\nb"), std::string_view("a\0b", 3), std::string_view(" a"),
        std::string_view("\xc3\xa4")})
    EXPECT_EQ(fields.add(name, "x").error().kind(), ErrorKind::invalid_argument) << name;
  for (const std::string_view value :
       {std::string_view("a\rb"), std::string_view("a\nb: c"), std::string_view("a\0b", 3),
        std::string_view("\x1b[31m"), std::string_view("\x7f")})
    EXPECT_EQ(fields.set("a", value).error().kind(), ErrorKind::invalid_argument) << value;
  EXPECT_TRUE(fields.empty());
  ASSERT_TRUE(fields.add("a", "\tb\xc3\xa4\tc ").has_value());
  EXPECT_EQ(fields[0].value, "b\xc3\xa4\tc");
  EXPECT_FALSE(fields.set("a", "\n").has_value());
  EXPECT_EQ(fields.size(), 1U);
}

}  // namespace
}  // namespace bowline::wire
