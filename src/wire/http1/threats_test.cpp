// What two readers could take for different messages, and what could grow without end: refused, each with the
// status that a server answers.

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "wire/http1/parser.h"
#include "wire/http1/transcript.h"

namespace bowline::wire {
namespace {

using testing::HasSubstr;
using namespace std::string_literals;

std::string said_of(Http1Parser::Role role, std::string_view text, Http1Parser::Limits limits = {},
                    std::string_view method = "GET") {
  Http1Parser parser(role, limits);
  if (role == Http1Parser::Role::responses) parser.expect_response_to(method);
  return http1_transcript(parser, text, 1 << 20);
}
std::string of_request(std::string_view text, Http1Parser::Limits limits = {}) {
  return said_of(Http1Parser::Role::requests, text, limits);
}
std::string of_response(std::string_view text, Http1Parser::Limits limits = {}) {
  return said_of(Http1Parser::Role::responses, text, limits);
}
void expect_refused(const std::string& said, const std::string& text, int status = 400) {
  EXPECT_THAT(said, HasSubstr("error " + std::to_string(status))) << text;
  EXPECT_THAT(said, testing::Not(HasSubstr("\nend"))) << text;
}

// Each octet that may not stand in a place, put there.
std::vector<char> octets_but(std::string_view allowed) {
  std::vector<char> octets;
  for (int c = 0; c < 256; ++c)
    if (!allowed.contains(static_cast<char>(c))) octets.push_back(static_cast<char>(c));
  return octets;
}
constexpr std::string_view letters =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&'*+-.^_`|~";

TEST(Http1Threats, threat_27_a_length_is_said_once_and_in_digits) {
  for (const std::string& lengths : {"Content-Length: +5"s,
                                     "Content-Length: -5"s,
                                     "Content-Length: 0x5"s,
                                     "Content-Length: 5 5"s,
                                     "Content-Length: 5,5"s,
                                     "Content-Length: 5, 6"s,
                                     "Content-Length: "s,
                                     "Content-Length: 5."s,
                                     "Content-Length: 5\r\nContent-Length: 5"s,
                                     "Content-Length: 5\r\ncontent-length: 6"s,
                                     "Content-Length: 9223372036854775808"s,
                                     "Content-Length: 99999999999999999999999"s,
                                     "Content-Length: \"5\""s,
                                     "Content-Length: 5;"s,
                                     "Content-Length: 1_0"s,
                                     "Content-Length: \xc2\xb2"s,
                                     "Content-Length:5\x0b"s,
                                     "Content-Length : 5"s,
                                     "Content-Length\t: 5"s,
                                     " Content-Length: 5"s}) {
    expect_refused(of_request("POST / HTTP/1.1\r\nHost: h\r\n" + lengths + "\r\n\r\nhello"),
                   lengths);
    expect_refused(of_response("HTTP/1.1 200 OK\r\n" + lengths + "\r\n\r\nhello"), lengths);
  }
}

TEST(Http1Threats, threat_27_transfer_encoding_is_chunked_alone) {
  for (const std::string& codings : {"Transfer-Encoding: chunked\r\nContent-Length: 5"s,
                                     "Content-Length: 5\r\nTransfer-Encoding: chunked"s,
                                     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"s,
                                     "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity"s,
                                     "Transfer-Encoding: chunked, chunked"s,
                                     "Transfer-Encoding: gzip, chunked"s,
                                     "Transfer-Encoding: chunked, gzip"s,
                                     "Transfer-Encoding: xchunked"s,
                                     "Transfer-Encoding: chunked;a=b"s,
                                     "Transfer-Encoding: \"chunked\""s,
                                     "Transfer-Encoding: chunked\x0b"s,
                                     "Transfer-Encoding: \x0b"
                                     "chunked"s,
                                     "Transfer-Encoding:"s,
                                     "Transfer-Encoding: 'chunked'"s,
                                     "Transfer-Encoding : chunked"s,
                                     "Transfer-Encoding\t:chunked"s,
                                     "Transfer-Encoding: chunked,"s,
                                     "Transfer-Encoding: ,chunked"s,
                                     "Transfer-Encoding:\r\n chunked"s,
                                     "X: y\r\n Transfer-Encoding: chunked"s,
                                     "Transfer-Encoding: c\0hunked"s}) {
    const std::string body = "\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
    expect_refused(of_request("POST / HTTP/1.1\r\nHost: h\r\n" + codings + body), codings);
    expect_refused(of_response("HTTP/1.1 200 OK\r\n" + codings + body), codings);
  }
  for (const std::string& codings : {"gzip"s, "identity"s, "cow"s, "trailers"s})
    expect_refused(
        of_request("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: " + codings + "\r\n\r\n"),
        codings, 501);
  expect_refused(of_request("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                 "1.0");
  expect_refused(of_response("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                 "1.0");
  for (const std::string& status : {"100"s, "101"s, "204"s}) {
    expect_refused(of_response("HTTP/1.1 " + status + " x\r\nTransfer-Encoding: chunked\r\n\r\n"),
                   status);
    expect_refused(of_response("HTTP/1.1 " + status + " x\r\nContent-Length: 1\r\n\r\na"), status);
  }
  for (const std::string& field : {"Transfer-Encoding: chunked"s, "Content-Length: 1"s})
    expect_refused(of_request("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n"), field);
}

TEST(Http1Threats, threat_27_only_both_end_a_line) {
  const std::string lines[] = {
      "GET / HTTP/1.1\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n\n",
      "GET / HTTP/1.1\rHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\nA: b\rC: d\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\n\r\r\n",
      "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
  };
  for (const std::string& text : lines) expect_refused(of_request(text), text);
  expect_refused(of_response("HTTP/1.1 200 OK\n\r\n"), "LF");
  expect_refused(of_response("HTTP/1.1 200 OK\r\nA: b\n\r\n"), "LF");
}

TEST(Http1Threats, threat_27_fields_are_tokens_and_plain_values) {
  for (const char c : octets_but(std::string(letters) + ":"))
    if (c != '\n')
      expect_refused(of_request("GET / HTTP/1.1\r\nHost: h\r\nA"s + c + ": b\r\n\r\n"),
                     "name with " + std::to_string(static_cast<unsigned char>(c)));
  for (int c = 0; c < 32; ++c)
    if (c != '\t' && c != '\n')
      expect_refused(
          of_request("GET / HTTP/1.1\r\nHost: h\r\nA: b"s + static_cast<char>(c) + "c\r\n\r\n"),
          "value with " + std::to_string(c));
  for (const std::string& line : {"A"s, ": b"s, " A: b"s, "\tA: b"s, "A : b"s, "\0: b"s})
    expect_refused(of_request("GET / HTTP/1.1\r\nHost: h\r\n" + line + "\r\n\r\n"), line);
  expect_refused(of_request("GET / HTTP/1.1\r\n Host: h\r\n\r\n"), "blank before the first field");
  expect_refused(of_response("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"), "folded");
}

TEST(Http1Threats, threat_27_request_lines_are_exact) {
  for (const std::string& line : {"GET /"s,
                                  "GET"s,
                                  ""s,
                                  "GET  / HTTP/1.1"s,
                                  "GET /  HTTP/1.1"s,
                                  " GET / HTTP/1.1"s,
                                  "GET / HTTP/1.1 "s,
                                  "GET /a b HTTP/1.1"s,
                                  "GET\t/ HTTP/1.1"s,
                                  "GET / HTTP/1.1\t"s,
                                  "GET / http/1.1"s,
                                  "GET / HTTP/1"s,
                                  "GET / HTTP/1.10"s,
                                  "GET / HTTP/11"s,
                                  "GET / HTTP/1,1"s,
                                  "GET / HTTP/-1.1"s,
                                  "GET / HTTPS/1.1"s,
                                  "GET / HTTP 1.1"s,
                                  "GET / ICE/1.0"s,
                                  "G(T / HTTP/1.1"s,
                                  "GET a HTTP/1.1"s,
                                  "GET * HTTP/1.1"s,
                                  "GET /#a HTTP/1.1"s,
                                  "GET /\xc3\xa4 HTTP/1.1"s,
                                  "GET /\x7f HTTP/1.1"s,
                                  "GET http:// HTTP/1.1"s,
                                  "GET http:///a HTTP/1.1"s,
                                  "GET http://u@a/ HTTP/1.1"s,
                                  "GET :// HTTP/1.1"s,
                                  "GET h t://a HTTP/1.1"s,
                                  "CONNECT a HTTP/1.1"s,
                                  "CONNECT a: HTTP/1.1"s,
                                  "CONNECT :1 HTTP/1.1"s,
                                  "CONNECT a:x HTTP/1.1"s,
                                  "CONNECT /a:1 HTTP/1.1"s,
                                  "CONNECT http://a:1 HTTP/1.1"s,
                                  "CONNECT u@a:1 HTTP/1.1"s})
    expect_refused(of_request(line + "\r\nHost: h\r\n\r\n"), line);
  for (const std::string& line :
       {"GET / HTTP/0.9"s, "GET / HTTP/2.0"s, "GET / HTTP/9.9"s, "PRI * HTTP/2.0"s})
    expect_refused(of_request(line + "\r\nHost: h\r\n\r\n"), line,
                   line.starts_with("PRI") ? 505 : 505);
}

TEST(Http1Threats, threat_27_requests_name_one_host) {
  for (const std::string& hosts :
       {""s, "Host: a\r\nHost: a\r\n"s, "Host: a\r\nhost: b\r\n"s, "Host: a b\r\n"s,
        "Host: a/b\r\n"s, "Host: u@a\r\n"s, "Host: a?b\r\n"s, "Host: a#b\r\n"s, "Host: a, b\r\n"s,
        "Host: \xc3\xa4\r\n"s})
    expect_refused(of_request("GET / HTTP/1.1\r\n" + hosts + "\r\n"), hosts);
}

TEST(Http1Threats, threat_27_status_lines_are_exact) {
  for (const std::string& line :
       {"HTTP/1.1"s, "HTTP/1.1 "s, "HTTP/1.1 20"s, "HTTP/1.1 2000 OK"s, "HTTP/1.1 200OK"s,
        "HTTP/1.1  200 OK"s, "HTTP/1.1\t200 OK"s, "HTTP/1.1 2x0 OK"s, "HTTP/1.1 -20 OK"s,
        "HTTP/1.1 099 OK"s, " HTTP/1.1 200 OK"s, "http/1.1 200 OK"s, "HTTP/1.1 200\tOK"s,
        "HTTP/1.1 200 O\x01K"s, "ICY 200 OK"s, "200 OK"s, ""s, "HTTP/11 200 OK"s, "SSH-2.0-x"s})
    expect_refused(of_response(line + "\r\n\r\n"), line);
  expect_refused(of_response("HTTP/2.0 200 OK\r\n\r\n"), "2.0", 505);
}

TEST(Http1Threats, threat_28_chunks_are_exact) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const std::string& chunks : {"5\nhello\r\n0\r\n\r\n"s,
                                    "5\r\nhello\n0\r\n\r\n"s,
                                    "5\r\nhello\r\n0\n\r\n"s,
                                    "5\r\nhello\r\n0\r\n\n"s,
                                    "5\r\nhello0\r\n\r\n"s,
                                    "5\r\nhello!\r\n0\r\n\r\n"s,
                                    "5\r\nhelloXX0\r\n\r\n"s,
                                    "\r\nhello"s,
                                    " 5\r\nhello"s,
                                    "5 \r\nhello"s,
                                    "5\t\r\nhello"s,
                                    "+5\r\nhello"s,
                                    "-5\r\nhello"s,
                                    "0x5\r\nhello"s,
                                    "5h\r\nhello"s,
                                    "5,\r\nhello"s,
                                    "5 a\r\nhello"s,
                                    "5;\n\r\nhello"s,
                                    "5;a\rb\r\nhello"s,
                                    "5;a\x01\r\nhello"s,
                                    "5;a\0b\r\nhello"s,
                                    "1000000000000000\r\n"s,
                                    "fffffffffffffffff\r\n"s,
                                    "00000000000000005\r\nhello"s,
                                    "5;a=\"\n\"\r\nhello"s,
                                    "0\r\nContent-Length: 1\r\n\r\n"s,
                                    "0\r\nTransfer-Encoding: chunked\r\n\r\n"s,
                                    "0\r\nHost: x\r\n\r\n"s,
                                    "0\r\nA\r\n\r\n"s,
                                    "0\r\nA : b\r\n\r\n"s,
                                    "0\r\n A: b\r\n\r\n"s,
                                    "0\r\nA: b\n\r\n"s})
    expect_refused(of_request(head + chunks), chunks);
}

TEST(Http1Threats, threat_28_extensions_of_all_chunks_have_one_limit) {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string small = "1;" + std::string(1023, 'x') + "\r\na\r\n";
  EXPECT_THAT(of_request(head + small + small + small + small + "0\r\n\r\n"), HasSubstr("end"));
  expect_refused(of_request(head + small + small + small + small + "1;x\r\n"), "five");
  expect_refused(of_request(head + "1;" + std::string(1 << 20, 'x')), "endless");
}

TEST(Http1Threats, threat_31_heads_and_trailers_have_limits) {
  const std::string line = "GET / HTTP/1.1\r\nHost: h\r\n";
  const Http1Parser::Limits limits{
      .start_line_bytes_max = 64, .head_bytes_max = 256, .fields_max = 4, .trailer_bytes_max = 32};
  expect_refused(of_request("GET /" + std::string(60, 'a'), limits), "start line", 414);
  expect_refused(of_request(line + "A: " + std::string(300, 'a'), limits), "one field", 431);
  expect_refused(of_request(line + "A: b\r\nA: b\r\nA: b\r\nA: b\r\n", limits), "fields", 431);
  EXPECT_THAT(of_request(line + "A: b\r\nA: b\r\nA: b\r\n\r\n", limits), HasSubstr("end"));
  expect_refused(
      of_request(line + "Transfer-Encoding: chunked\r\n\r\n0\r\nA: " + std::string(40, 'a'),
                 limits),
      "trailer", 431);
  // A line of a gibibyte is not kept: what comes behind the limit is not looked at.
  Http1Parser parser(Http1Parser::Role::responses, {});
  parser.expect_response_to("GET");
  const std::string piece(64 * 1024, 'a');
  static_cast<void>(parser.parse(as_bytes("HTTP/1.1 200 OK\r\nA: ")).value());
  std::size_t pieces = 0;
  while (parser.parse(as_bytes(piece)).has_value()) ++pieces;
  EXPECT_EQ(pieces, 3U);
}

TEST(Http1Threats, threat_30_a_response_that_nobody_asked_for_is_refused) {
  Http1Parser parser(Http1Parser::Role::responses, {});
  EXPECT_EQ(parser.parse(as_bytes("H")).error().kind(), ErrorKind::protocol_violation);
  Http1Parser second(Http1Parser::Role::responses, {});
  second.expect_response_to("GET");
  EXPECT_THAT(http1_transcript(second, "HTTP/1.1 204 x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 1 << 20),
              HasSubstr("end\nerror 400: octets behind the response"));
}

TEST(Http1Threats, errors_stay) {
  Http1Parser parser(Http1Parser::Role::requests, {});
  const std::string first = parser.parse(as_bytes("GET /\r\n")).error().message();
  EXPECT_EQ(parser.parse(as_bytes("GET / HTTP/1.1\r\nHost: h\r\n\r\n")).error().message(), first);
  EXPECT_EQ(parser.handle_end().error().message(), first);
}

}  // namespace
}  // namespace bowline::wire
