// What only HTTP/1 has: one peer under test, the other is text.

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/http/http_pair.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

/// A machine and what it has written.
class Http1Scene {
 public:
  explicit Http1Scene(std::unique_ptr<HttpConnection> machine) : end(std::move(machine)) {
    end->start(now);
    collect();
  }
  /// What the machine says about these octets. Those that it does not take stay in the inbox.
  std::string receive(std::string_view text) {
    end.inbox += text;
    while (!end.inbox.empty() && end->wants_input()) {
      const std::string given = end.inbox;
      const std::size_t taken = end->handle_input(as_bytes(given), now);
      end.drain(now);
      end.inbox.erase(0, taken);
      if (taken == 0) break;
    }
    collect();
    return end.said();
  }
  std::string receive_end(std::optional<Error> cut_off = std::nullopt) {
    end->handle_end(std::move(cut_off), now);
    collect();
    return end.said();
  }
  std::string wait(Duration duration) {
    now += duration;
    end->handle_timeout(now);
    collect();
    return end.said();
  }
  /// Sends a request and gives what was written.
  std::string request(const wire::RequestHead& head, const HttpConnection::RequestForm& form = {}) {
    const auto stream = end->send_request(head, form, now);
    if (!stream.has_value()) return "error: " + stream.error().message();
    last = *stream;
    end.number_of(last);
    return collect();
  }
  /// Answers the request under way and gives what was written.
  std::string respond(const wire::ResponseHead& head, HttpBodySize body,
                      std::string_view text = {}) {
    last = end.stream(end.requests.size());
    const auto sent = end->send_response(last, head, body, now);
    if (!sent.has_value()) return "error: " + sent.error().message();
    end.drain(now);
    if (!head.is_interim()) {
      static_cast<void>(end->send_body(last, as_bytes(text), now).value());
      end.drain(now);
      static_cast<void>(end->end_body(last, {}, now));
    }
    return collect();
  }
  std::string collect() {
    end.drain(now);
    const std::string text(as_text(end->unwritten()));
    end->mark_written(text.size(), now);
    end.drain(now);
    return text;
  }

  Instant now{1s};
  HttpEnd end;
  HttpConnection::StreamId last = 0;
};

Http1Scene an_http1_client() { return Http1Scene(make_http1_client({})); }
Http1Scene an_http1_server() { return Http1Scene(make_http1_server({})); }

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
constexpr std::string_view ok_said = "response 1 200\nbody 1 ok\nend 1\ndone 1\n";

TEST(Http1Client, does_not_pipeline) {
  auto scene = an_http1_client();
  EXPECT_EQ(scene.request(request_to("/a")), "GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n");
  EXPECT_EQ(scene.end->not_reused(), NotReused::in_use);
  EXPECT_TRUE(may_pass(NotReused::in_use));
  EXPECT_EQ(scene.request(request_to("/b")), "error: in use");
  EXPECT_EQ(scene.receive(ok), ok_said);
  EXPECT_EQ(scene.request(request_to("/b"), {.is_absolute = true, .priority = {.urgency = 1}}),
            "GET https://a.example/b HTTP/1.1\r\nHost: a.example\r\nPriority: u=1\r\n\r\n");
}

TEST(Http1Client, says_why_a_connection_is_not_used_again) {
  struct Row {
    std::string_view response, reason;
  };
  const Row rows[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: Close\r\n\r\nok", "the peer closes"},
      {"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", "the peer closes"},
      {"HTTP/1.1 200 OK\r\n\r\nok", "a response without a length"},
  };
  for (const Row& row : rows) {
    auto scene = an_http1_client();
    scene.request(request_to("/"));
    std::string said = scene.receive(row.response);
    said += scene.receive_end();
    EXPECT_EQ(said,
              "closing: " + std::string(row.reason) + "\n" + std::string(ok_said) + "closed\n");
  }
  auto kept = an_http1_client();
  kept.request(request_to("/"));
  EXPECT_EQ(
      kept.receive("HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok"),
      ok_said);
}

TEST(Http1Client, threat_30_octets_behind_a_response_end_the_connection) {
  auto scene = an_http1_client();
  scene.request(request_to("/"));
  EXPECT_EQ(
      scene.receive(std::string(ok) + "HTTP/1.1 200 OK\r\n\r\n"),
      std::string(ok_said) + "closing: octets that nobody asked for\nclosed: protocol_violation\n");
  EXPECT_EQ(scene.request(request_to("/")), "error: octets that nobody asked for");
  auto early = an_http1_client();
  EXPECT_EQ(early.receive(ok),
            "closing: octets that nobody asked for\nclosed: protocol_violation\n");
}

TEST(Http1Client, threat_27_a_response_that_does_not_parse_ends_the_connection) {
  auto scene = an_http1_client();
  scene.request(request_to("/"));
  EXPECT_EQ(
      scene.receive("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
      "closing: broken\nfailed 1 malformed, retry never\nclosed: malformed\n");
  EXPECT_EQ(scene.receive(ok), "");
}

TEST(Http1Client, threat_22_a_body_that_was_cut_off_is_not_complete) {
  const auto cut = [](std::string_view text, bool is_clean) {
    auto scene = an_http1_client();
    scene.request(request_to("/"));
    scene.receive(text);
    return scene.receive_end(is_clean ? std::optional<Error>()
                                      : Error(ErrorKind::closed, "tls", "no close_notify"));
  };
  const std::string_view without_length = "HTTP/1.1 200 OK\r\n\r\nok";
  const std::string_view with_length = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok";
  EXPECT_EQ(cut(without_length, true), "end 1\ndone 1\nclosed\n");
  EXPECT_EQ(cut(without_length, false), "failed 1 closed, retry never\nclosed: closed\n");
  EXPECT_THAT(cut(with_length, true), HasSubstr("failed 1 closed, retry never"));
  EXPECT_EQ(cut(ok, false), "closing: the peer has closed\nclosed\n");
}

TEST(Http1Client, a_kept_connection_that_closes_without_an_answer_may_be_tried_again) {
  auto scene = an_http1_client();
  scene.request(request_to("/"));
  scene.receive(ok);
  scene.request(request_to("/"));
  EXPECT_EQ(scene.receive_end(),
            "closing: the peer has closed\nfailed 2 closed, retry if idempotent\nclosed: closed\n");
  auto begun = an_http1_client();
  begun.request(request_to("/"));
  begun.receive("HTTP/1.1 1");
  EXPECT_THAT(begun.receive_end(), HasSubstr("failed 1 closed, retry never"));
}

TEST(Http1Client, takes_another_protocol_only_when_it_asked) {
  auto scene = an_http1_client();
  scene.request(request_to("/"));
  EXPECT_THAT(scene.receive("HTTP/1.1 101 x\r\nUpgrade: y\r\n\r\n"),
              HasSubstr("failed 1 protocol_violation"));
  auto asked = an_http1_client();
  wire::RequestHead head = request_to("/");
  head.protocol = "chat";
  EXPECT_THAT(asked.request(head), HasSubstr("Connection: Upgrade\r\nUpgrade: chat\r\n"));
  EXPECT_EQ(asked.receive("HTTP/1.1 101 x\r\nUpgrade: chat\r\n\r\nhello"),
            "response 1 101\nclosing: became a tunnel\ntunnel 1\nbody 1 hello\n");
  EXPECT_EQ(asked.receive_end(), "end 1\n");
}

TEST(Http1Client, chunks_a_body_of_unknown_size) {
  auto scene = an_http1_client();
  EXPECT_THAT(scene.request(request_to("/", "POST"), {.body = HttpBodySize::unknown()}),
              HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_EQ(scene.end->send_body(scene.last, as_bytes("hello"), scene.now).value(), 5U);
  EXPECT_EQ(scene.collect(), "5\r\nhello\r\n");
  ASSERT_TRUE(scene.end->end_body(scene.last, {{"A", "b"}}, scene.now).has_value());
  EXPECT_EQ(scene.collect(), "0\r\nA: b\r\n\r\n");
}

TEST(Http1Server, answers_pipelined_requests_in_their_order) {
  auto scene = an_http1_server();
  EXPECT_EQ(scene.receive("GET /a HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"),
            "request 1 GET h /a\nend 1\n");
  EXPECT_FALSE(scene.end->wants_input());
  EXPECT_EQ(scene.respond(response_of(200), HttpBodySize::of(1), "a"),
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na");
  EXPECT_EQ(scene.receive(""), "done 1\nrequest 2 GET h /b\nend 2\n");
  EXPECT_EQ(scene.respond(response_of(404), HttpBodySize::none()),
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

TEST(Http1Server, threat_27_what_does_not_parse_is_answered_and_ends_the_connection) {
  const std::pair<std::string, int> rows[] = {
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505},
      {"GET /" + std::string(20'000, 'a'), 414},
      {"GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(300'000, 'a'), 431},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", 400},
  };
  for (const auto& [text, status] : rows) {
    Http1Scene scene(make_http1_server({}));
    static_cast<void>(scene.end->handle_input(as_bytes(text), scene.now));
    scene.end.drain(scene.now);
    EXPECT_THAT(scene.end.said(), HasSubstr("closing: broken\nclosed: "));
    const std::string written = scene.collect();
    EXPECT_THAT(written, HasSubstr("HTTP/1.1 " + std::to_string(status)));
    EXPECT_THAT(written, HasSubstr("Connection: close\r\n"));
  }
}

TEST(Http1Server, a_body_that_breaks_after_the_answer_is_not_answered_again) {
  auto scene = an_http1_server();
  scene.receive("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  const auto sent = scene.end->send_response(scene.end.stream(1), response_of(200),
                                             HttpBodySize::unknown(), scene.now);
  ASSERT_TRUE(sent.has_value());
  scene.collect();
  EXPECT_EQ(scene.end->handle_input(as_bytes("zz\r\n"), scene.now), 4U);
  EXPECT_EQ(scene.collect(), "");
  EXPECT_THAT(scene.end.said(), HasSubstr("failed 1 malformed"));
}

TEST(Http1Server, speaks_to_older_clients_as_they_do) {
  auto scene = an_http1_server();
  EXPECT_EQ(scene.receive("GET / HTTP/1.0\r\n\r\n"), "request 1 GET  /\nend 1\n");
  EXPECT_EQ(scene.respond(response_of(103), HttpBodySize::none()), "");
  EXPECT_EQ(scene.respond(response_of(200), HttpBodySize::unknown(), "ok"),
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nok");
  EXPECT_EQ(scene.end.said(), "closing: we close\ndone 1\nclosed\n");
  auto kept = an_http1_server();
  kept.receive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(kept.respond(response_of(200), HttpBodySize::of(2), "ok"),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok");
  EXPECT_EQ(kept.end.said(), "done 1\n");
}

TEST(Http1Server, reads_the_rest_of_a_body_that_it_has_answered) {
  auto scene = an_http1_server();
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ";
  scene.receive(head + "10\r\n\r\nabc");
  EXPECT_THAT(scene.respond(response_of(403), HttpBodySize::none()), Not(HasSubstr("close")));
  EXPECT_EQ(scene.receive("defghijGET / HTTP/1.1\r\nHost: h\r\n\r\n"),
            "done 1\nrequest 2 GET h /\nend 2\n");
  auto large = an_http1_server();
  large.receive(head + "1000000\r\n\r\n");
  large.respond(response_of(403), HttpBodySize::none());
  EXPECT_THAT(large.receive(std::string(70'000, 'x')), HasSubstr("done 1\nclosed\n"));
}

TEST(Http1Server, closes_when_a_client_waits_in_vain_for_100_continue) {
  auto scene = an_http1_server();
  scene.receive("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(scene.respond(response_of(403), HttpBodySize::none()),
              HasSubstr("Connection: close\r\n"));
  auto told = an_http1_server();
  told.receive("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(told.respond(response_of(100), HttpBodySize::none()), "HTTP/1.1 100 Continue\r\n\r\n");
  told.receive("abc");
  EXPECT_THAT(told.respond(response_of(200), HttpBodySize::none()), Not(HasSubstr("close")));
}

TEST(Http1Server, answers_a_client_that_has_ended_its_side) {
  auto scene = an_http1_server();
  scene.receive("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(scene.receive_end(), "closing: the peer has closed\n");
  EXPECT_THAT(scene.respond(response_of(200), HttpBodySize::none()),
              HasSubstr("Connection: close"));
  EXPECT_EQ(scene.end.said(), "done 1\nclosed\n");
}

TEST(Http1Server, threat_32_a_head_that_drips_is_answered_with_408) {
  auto scene = an_http1_server();
  scene.receive("GET / HTTP/1.1\r\n");
  for (int i = 0; i < 9; ++i) {
    EXPECT_EQ(scene.wait(1s), "");
    scene.receive("A: b\r\n");
  }
  scene.now += 1s;
  EXPECT_LE(scene.end->deadline().value(), scene.now);
  scene.end->handle_timeout(scene.now);
  EXPECT_THAT(scene.collect(), HasSubstr("HTTP/1.1 408 Request Timeout\r\n"));
  EXPECT_THAT(scene.end.said(), HasSubstr("closed: timed_out"));
}

TEST(Http1Server, an_idle_connection_is_given_up) {
  auto scene = an_http1_server();
  scene.receive("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  scene.respond(response_of(200), HttpBodySize::none());
  scene.end.said();
  EXPECT_EQ(scene.wait(59s), "");
  EXPECT_EQ(scene.wait(1s), "closing: we close\nclosed\n");
}

}  // namespace
}  // namespace bowline::core
