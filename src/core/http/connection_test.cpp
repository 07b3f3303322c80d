// What holds for a connection whatever its version: the same scenes over HTTP/1 and HTTP/2.

#include "core/http/connection.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/http/http_pair.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using wire::HttpVersion;
using RequestForm = HttpConnection::RequestForm;

class HttpVersions : public testing::TestWithParam<HttpVersion> {
 protected:
  [[nodiscard]] bool is_http2() const { return GetParam() == HttpVersion::http2; }
};
INSTANTIATE_TEST_SUITE_P(Both, HttpVersions,
                         testing::Values(HttpVersion::http1_1, HttpVersion::http2),
                         [](const auto& version) {
                           return version.param == HttpVersion::http2 ? "http2" : "http1";
                         });

HttpConnection::StreamId send(HttpPair& pair, const wire::RequestHead& head,
                              const RequestForm& form = {}) {
  pair.client.drain(pair.now);
  const auto stream = pair.client->send_request(head, form, pair.now);
  EXPECT_TRUE(stream.has_value()) << stream.error().message();
  pair.client.number_of(*stream);
  pair.run();
  return *stream;
}
void respond(HttpPair& pair, std::size_t number, const wire::ResponseHead& head, HttpBodySize body,
             std::string_view text = {}, const HttpFields& trailers = {}) {
  const auto stream = pair.server.stream(number);
  const auto sent = pair.server->send_response(stream, head, body, pair.now);
  EXPECT_TRUE(sent.has_value()) << sent.error().message();
  pair.server.drain(pair.now);
  if (head.is_interim()) return pair.run();
  EXPECT_EQ(pair.server->send_body(stream, as_bytes(text), pair.now).value(), text.size());
  pair.server.drain(pair.now);
  EXPECT_TRUE(pair.server->end_body(stream, trailers, pair.now).has_value());
  pair.run();
}
void send_body(HttpPair& pair, HttpConnection::StreamId stream, std::string_view text) {
  EXPECT_EQ(pair.client->send_body(stream, as_bytes(text), pair.now).value(), text.size());
  pair.run();
}
void end_body(HttpPair& pair, HttpConnection::StreamId stream, const HttpFields& trailers = {}) {
  EXPECT_TRUE(pair.client->end_body(stream, trailers, pair.now).has_value());
  pair.run();
}

TEST_P(HttpVersions, one_request_after_the_other) {
  HttpPair pair(GetParam());
  for (int i = 0; i < 3; ++i) {
    const std::string number = std::to_string(i + 1);
    send(pair, request_to("/a"));
    EXPECT_EQ(pair.server.said(), "request " + number + " GET a.example /a\nend " + number + "\n");
    respond(pair, static_cast<std::size_t>(i) + 1, response_of(200, {{"X", "y"}}),
            HttpBodySize::of(3), "abc");
    EXPECT_EQ(pair.client.said(), "response " + number + " 200\nbody " + number + " abc\nend " +
                                      number + "\ndone " + number + "\n");
    EXPECT_EQ(pair.server.said(), "done " + number + "\n");
    EXPECT_EQ(pair.client.responses.back().fields.find("x"), "y");
    EXPECT_EQ(pair.client.responses.back().fields.find("content-length"), "3");
  }
  EXPECT_FALSE(pair.client->not_reused().has_value());
  EXPECT_EQ(pair.client->version(), GetParam());
  EXPECT_EQ(pair.client->stream_count(), 0U);
}

TEST_P(HttpVersions, octets_may_come_one_by_one) {
  HttpPair pair(GetParam());
  pair.piece_max = 1;
  const auto stream = send(pair, request_to("/a", "POST"), {.body = HttpBodySize::unknown()});
  send_body(pair, stream, "abc");
  end_body(pair, stream, {{"T", "1"}});
  EXPECT_THAT(pair.server.said(), HasSubstr("body 1 abc\nend 1 "));
  respond(pair, 1, response_of(200), HttpBodySize::unknown(), "def", {{"Digest", "2"}});
  const std::string said = pair.client.said();
  EXPECT_THAT(said, HasSubstr("response 1 200\nbody 1 def\nend 1 "));
  EXPECT_THAT(said, HasSubstr("=2\ndone 1\n"));
}

TEST_P(HttpVersions, bodies_of_announced_sizes_are_exact) {
  HttpPair pair(GetParam());
  const auto stream = send(pair, request_to("/a", "PUT"), {.body = HttpBodySize::of(4)});
  EXPECT_EQ(pair.server.requests[0].fields.find("content-length"), "4");
  EXPECT_EQ(pair.client->send_body(stream, as_bytes("abcde"), pair.now).error().kind(),
            ErrorKind::invalid_argument);
  send_body(pair, stream, "ab");
  const auto ended = pair.client->end_body(stream, {}, pair.now);
  EXPECT_EQ(ended.error().message(), "2 octets less than were announced");
  pair.run();
  EXPECT_THAT(pair.client.said(), HasSubstr("failed 1 invalid_argument, retry never"));
  EXPECT_THAT(pair.server.said(), HasSubstr("failed 1"));
}

TEST_P(HttpVersions, answers_to_head_and_without_content_have_no_body) {
  HttpPair pair(GetParam());
  send(pair, request_to("/", "HEAD"));
  respond(pair, 1, response_of(200), HttpBodySize::of(1000));
  EXPECT_EQ(pair.client.said(), "response 1 200\nend 1\ndone 1\n");
  EXPECT_EQ(pair.client.responses[0].fields.find("content-length"), "1000");
  send(pair, request_to("/"));
  respond(pair, 2, response_of(304), HttpBodySize::of(1000));
  send(pair, request_to("/"));
  respond(pair, 3, response_of(204), HttpBodySize::none());
  EXPECT_EQ(pair.client.said(), "response 2 304\nend 2\ndone 2\nresponse 3 204\nend 3\ndone 3\n");
}

TEST_P(HttpVersions, interim_responses_come_before_and_during_the_body) {
  HttpPair pair(GetParam());
  const auto stream = send(pair, request_to("/", "POST"), {.body = HttpBodySize::of(4)});
  respond(pair, 1, response_of(103, {{"Link", "x"}}), HttpBodySize::none());
  send_body(pair, stream, "ab");
  respond(pair, 1, response_of(104), HttpBodySize::none());
  EXPECT_EQ(pair.client.said(), "response 1 103\nresponse 1 104\n");
  send_body(pair, stream, "cd");
  end_body(pair, stream);
  respond(pair, 1, response_of(200), HttpBodySize::none());
  EXPECT_EQ(pair.client.said(), "response 1 200\nend 1\ndone 1\n");
}

TEST_P(HttpVersions, threat_31_interim_responses_are_counted) {
  HttpPair pair(GetParam());
  send(pair, request_to("/"));
  for (int i = 0; i < 32; ++i) respond(pair, 1, response_of(103), HttpBodySize::none());
  EXPECT_THAT(pair.client.said(), testing::Not(HasSubstr("failed")));
  respond(pair, 1, response_of(103), HttpBodySize::none());
  EXPECT_THAT(pair.client.said(), HasSubstr("failed 1 limit_exceeded"));
}

TEST_P(HttpVersions, a_body_waits_for_100_continue) {
  HttpPair pair(GetParam());
  const auto stream =
      send(pair, request_to("/", "POST"), {.body = HttpBodySize::of(2), .expects_continue = true});
  EXPECT_EQ(pair.server.requests[0].fields.find("expect"), "100-continue");
  EXPECT_EQ(pair.client->room(stream), 0U);
  respond(pair, 1, response_of(100), HttpBodySize::none());
  EXPECT_EQ(pair.client.said(), "response 1 100\nroom 1\n");
  send_body(pair, stream, "ab");
  end_body(pair, stream);
  respond(pair, 1, response_of(200), HttpBodySize::none());
  EXPECT_EQ(pair.client.said(), "response 1 200\nend 1\ndone 1\n");
  EXPECT_FALSE(pair.client->not_reused().has_value());
}

TEST_P(HttpVersions, a_body_does_not_wait_for_100_continue_for_ever) {
  HttpPair pair(GetParam());
  const auto stream =
      send(pair, request_to("/", "POST"), {.body = HttpBodySize::of(2), .expects_continue = true});
  pair.wait(999ms);
  EXPECT_EQ(pair.client.said(), "");
  EXPECT_LE(pair.client->deadline().value(), pair.now + 1ms);
  pair.wait(1ms);
  EXPECT_EQ(pair.client.said(), "room 1\n");
  send_body(pair, stream, "ab");
  end_body(pair, stream);
  EXPECT_THAT(pair.server.said(), HasSubstr("body 1 ab\nend 1\n"));
}

TEST_P(HttpVersions, a_final_answer_takes_the_place_of_100_continue) {
  HttpPair pair(GetParam());
  const auto stream =
      send(pair, request_to("/", "POST"), {.body = HttpBodySize::of(2), .expects_continue = true});
  pair.server.said();
  respond(pair, 1, response_of(417), HttpBodySize::none());
  const std::string said = pair.client.said();
  EXPECT_THAT(said, HasSubstr("unwanted 1\n"));
  EXPECT_THAT(said, HasSubstr("end 1\ndone 1\n"));
  EXPECT_EQ(pair.client->send_body(stream, as_bytes("ab"), pair.now).value(), 2U);  // and dropped
  pair.run();
  EXPECT_THAT(pair.server.said(), testing::Not(HasSubstr("body")));
}

TEST_P(HttpVersions, threat_36_an_early_answer_is_delivered_while_the_body_is_sent) {
  HttpPair pair(GetParam());
  const auto stream = send(pair, request_to("/", "POST"), {.body = HttpBodySize::of(1 << 20)});
  send_body(pair, stream, "ab");
  respond(pair, 1, response_of(403), HttpBodySize::of(2), "no");
  EXPECT_THAT(pair.client.said(), HasSubstr("response 1 403\n"));
  if (!is_http2()) {
    EXPECT_EQ(pair.client->not_reused(), NotReused::request_unfinished);
    EXPECT_EQ(pair.client->stream_count(), 0U);
  } else {
    EXPECT_FALSE(pair.client->not_reused().has_value());
  }
}

TEST_P(HttpVersions, bodies_wait_for_a_peer_that_does_not_read) {
  HttpPair pair(GetParam());
  send(pair, request_to("/"));
  const auto stream = pair.server.stream(1);
  ASSERT_TRUE(
      pair.server->send_response(stream, response_of(200), HttpBodySize::unknown(), pair.now)
          .has_value());
  pair.server.drain(pair.now);
  pair.client.set_consumes(false);
  const std::string piece(64 * 1024, 'x');
  std::size_t sent = 0;
  for (int i = 0; i < 100; ++i) {
    sent += pair.server->send_body(stream, as_bytes(piece), pair.now).value();
    pair.run();
  }
  EXPECT_LT(sent, 1U << 20);  // of 6 MiB
  EXPECT_EQ(pair.server->room(stream), 0U);
  EXPECT_THAT(pair.client.said(), HasSubstr("body 1 "));
  EXPECT_LE(pair.client.inbox.size() + pair.server->unwritten().size(), 1U << 20);
}

TEST_P(HttpVersions, connect_opens_a_tunnel_in_which_octets_go_both_ways) {
  HttpPair pair(GetParam());
  wire::RequestHead head = request_to("", "CONNECT");
  head.authority = "b.example:443";
  const auto stream = send(pair, head);
  EXPECT_EQ(pair.server.said(), "request 1 CONNECT b.example:443  body\n");
  ASSERT_TRUE(
      pair.server
          ->send_response(pair.server.stream(1), response_of(200), HttpBodySize::none(), pair.now)
          .has_value());
  pair.run();
  EXPECT_THAT(pair.client.said(), HasSubstr("response 1 200\n"));
  send_body(pair, stream, "hello");
  EXPECT_THAT(pair.server.said(), HasSubstr("tunnel 1\nbody 1 hello\n"));
  pair.server->send_body(pair.server.stream(1), as_bytes("world"), pair.now).value();
  pair.run();
  EXPECT_THAT(pair.client.said(), HasSubstr("body 1 world\n"));
  end_body(pair, stream);
  EXPECT_EQ(pair.server.said(), "end 1\n");
  pair.server->send_body(pair.server.stream(1), as_bytes("bye"), pair.now).value();
  pair.run();
  ASSERT_TRUE(pair.server->end_body(pair.server.stream(1), {}, pair.now).has_value());
  pair.run();
  EXPECT_THAT(pair.client.said(), HasSubstr("body 1 bye\nend 1\ndone 1\n"));
}

TEST_P(HttpVersions, another_protocol_is_asked_for_in_one_way) {
  HttpPair pair(GetParam());
  wire::RequestHead head = request_to("/chat");
  head.protocol = "websocket";
  const auto stream = send(pair, head);
  EXPECT_EQ(pair.server.requests.at(0).protocol, "websocket");
  EXPECT_EQ(pair.server.requests.at(0).method, "GET");
  ASSERT_TRUE(
      pair.server
          ->send_response(pair.server.stream(1), response_of(101), HttpBodySize::none(), pair.now)
          .has_value());
  pair.run();
  EXPECT_THAT(pair.client.said(), HasSubstr("tunnel 1\n"));
  send_body(pair, stream, "ping");
  EXPECT_THAT(pair.server.said(), HasSubstr("tunnel 1\nbody 1 ping\n"));
}

TEST_P(HttpVersions, shutdown_lets_what_runs_come_to_its_end) {
  HttpPair pair(GetParam());
  send(pair, request_to("/"));
  pair.client.said();
  pair.client->shutdown(pair.now);
  pair.client.drain(pair.now);
  EXPECT_EQ(pair.client.said(), "closing: we close\n");
  EXPECT_EQ(pair.client->send_request(request_to("/"), {}, pair.now).error().kind(),
            ErrorKind::not_ready);
  respond(pair, 1, response_of(200), HttpBodySize::of(2), "ok");
  EXPECT_EQ(pair.client.said(), "response 1 200\nbody 1 ok\nend 1\ndone 1\nclosed\n");
  EXPECT_THAT(pair.server.said(), HasSubstr("closed\n"));
}

TEST_P(HttpVersions, a_server_that_shuts_down_answers_first) {
  HttpPair pair(GetParam());
  send(pair, request_to("/"));
  pair.server->shutdown(pair.now);
  pair.run();
  respond(pair, 1, response_of(200), HttpBodySize::of(2), "ok");
  EXPECT_THAT(pair.client.said(), HasSubstr("body 1 ok\nend 1\ndone 1\n"));
  EXPECT_TRUE(pair.client->not_reused().has_value());
  EXPECT_THAT(pair.server.said(), HasSubstr("closed\n"));
}

TEST_P(HttpVersions, a_cancelled_stream_says_nothing_more) {
  HttpPair pair(GetParam());
  const auto stream = send(pair, request_to("/"));
  pair.client.said();
  pair.client->cancel(stream, pair.now);
  pair.run();
  const std::string said = pair.client.said();
  EXPECT_THAT(said, testing::Not(HasSubstr("failed")));
  EXPECT_THAT(said, testing::Not(HasSubstr("done")));
  EXPECT_EQ(pair.client->not_reused().has_value(), !is_http2());
  EXPECT_THAT(pair.server.said(),
              HasSubstr(is_http2() ? "failed 1 reset" : "closing: the peer has closed"));
}

TEST_P(HttpVersions, a_lost_connection_fails_what_runs_once) {
  HttpPair pair(GetParam());
  send(pair, request_to("/"));
  pair.client.said();
  pair.client->handle_end(Error(ErrorKind::reset, "read", "gone"), pair.now);
  pair.client.drain(pair.now);
  EXPECT_EQ(pair.client.said(),
            "closing: the peer has closed\nfailed 1 reset, retry if idempotent\nclosed: reset\n");
  pair.client->handle_end(std::nullopt, pair.now);
  pair.client.drain(pair.now);
  EXPECT_EQ(pair.client.said(), "");
  EXPECT_FALSE(pair.client->deadline().has_value());
}

TEST_P(HttpVersions, threat_29_what_cannot_be_sent_is_refused_before_the_first_octet) {
  HttpPair pair(GetParam());
  wire::RequestHead head = request_to("/a\r\nb: c");
  EXPECT_EQ(pair.client->send_request(head, {}, pair.now).error().kind(),
            ErrorKind::invalid_argument);
  head = request_to("/");
  head.method = "GET /x HTTP/1.1\r\nA:";
  EXPECT_EQ(pair.client->send_request(head, {}, pair.now).error().kind(),
            ErrorKind::invalid_argument);
  EXPECT_TRUE(pair.client->unwritten().empty());
  EXPECT_FALSE(pair.client->not_reused().has_value());
}

TEST_P(HttpVersions, threat_33_a_peer_that_takes_nothing_is_given_up) {
  HttpPair pair(GetParam());
  send(pair, request_to("/"));
  const auto stream = pair.server.stream(1);
  static_cast<void>(
      pair.server->send_response(stream, response_of(200), HttpBodySize::unknown(), pair.now));
  pair.server.drain(pair.now);
  const std::string much(256 * 1024, 'x');
  static_cast<void>(pair.server->send_body(stream, as_bytes(much), pair.now).value());
  pair.server.drain(pair.now);
  pair.server.said();
  pair.now += 30s;
  EXPECT_LE(pair.server->deadline().value(), pair.now);
  pair.server->handle_timeout(pair.now);
  pair.server.drain(pair.now);
  EXPECT_THAT(pair.server.said(), HasSubstr("failed 1 timed_out"));
}

TEST_P(HttpVersions, threat_32_heads_and_bodies_have_to_come_at_a_least_rate) {
  HttpPair quiet(GetParam());
  quiet.server.said();
  if (!is_http2()) {
    quiet.wait(10s);
    EXPECT_EQ(quiet.server.said(), "closing: we close\nclosed\n");
  }
  HttpPair slow(GetParam());
  const auto stream = send(slow, request_to("/", "POST"), {.body = HttpBodySize::of(1 << 20)});
  for (int i = 0; i < 20; ++i) {
    slow.now += 1s;
    send_body(slow, stream, std::string(300, 'x'));
    slow.wait(0s);
  }
  EXPECT_THAT(slow.server.said(), testing::Not(HasSubstr("failed")));
  for (int i = 0; i < 20; ++i) {
    slow.now += 1s;
    send_body(slow, stream, "x");
    slow.wait(0s);
  }
  EXPECT_THAT(slow.server.said(), HasSubstr("failed 1 timed_out"));
}

TEST_P(HttpVersions, threat_32_a_body_that_was_asked_for_has_to_come) {
  HttpPair pair(GetParam());
  send(pair, request_to("/", "POST"), {.body = HttpBodySize::of(10), .expects_continue = true});
  for (int i = 0; i < 10; ++i) pair.wait(100ms);
  for (int i = 0; i < 9; ++i) {
    pair.now += 1s;
    pair.server->handle_timeout(pair.now);  // the client waits for 100 (Continue)
    pair.server.drain(pair.now);
  }
  EXPECT_THAT(pair.server.said(), testing::Not(HasSubstr("failed")));
  respond(pair, 1, response_of(100), HttpBodySize::none());
  pair.now += 6s;
  pair.server->handle_timeout(pair.now);
  pair.server.drain(pair.now);
  EXPECT_THAT(pair.server.said(), HasSubstr("failed 1 timed_out"));
}

TEST(HttpPriority, is_written_and_read) {
  EXPECT_EQ(to_string(HttpPriority{}), "");
  EXPECT_EQ(to_string(HttpPriority{.urgency = 1, .is_incremental = true}), "u=1, i");
  EXPECT_EQ(to_string(HttpPriority{.urgency = 3, .is_incremental = true}), "i");
  EXPECT_EQ(parse_http_priority("u=5, i, x=y"),
            (HttpPriority{.urgency = 5, .is_incremental = true}));
  EXPECT_EQ(parse_http_priority("i=?0, u=9"), HttpPriority{});
  EXPECT_EQ(parse_http_priority("u=1, i=2"), (HttpPriority{.urgency = 1}));
  EXPECT_EQ(parse_http_priority("u=1,,"), HttpPriority{});
  EXPECT_EQ(urgency_of(1.0), 0U);
  EXPECT_EQ(urgency_of(0.75), 2U);
  EXPECT_EQ(urgency_of(0.5), 3U);
  EXPECT_EQ(urgency_of(0.25), 5U);
  EXPECT_EQ(urgency_of(-1.0), 7U);
}

}  // namespace
}  // namespace bowline::core
