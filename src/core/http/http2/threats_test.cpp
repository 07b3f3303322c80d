// Published attacks on HTTP/2, frame by frame against one end; and what both ends owe each other.

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/http/http_pair.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::HasSubstr;
using testing::Not;

enum Type : unsigned char {
  data,
  headers,
  priority,
  rst,
  settings,
  push,
  ping,
  goaway,
  window,
  continuation
};
constexpr unsigned char end_stream = 1, end_headers = 4;

std::string frame(unsigned char type, unsigned char flags, std::uint32_t stream,
                  std::string_view payload) {
  const auto octet = [](std::size_t value) { return static_cast<char>(value & 0xff); };
  std::string text{octet(payload.size() >> 16), octet(payload.size() >> 8), octet(payload.size()),
                   static_cast<char>(type),     static_cast<char>(flags),   octet(stream >> 24),
                   octet(stream >> 16),         octet(stream >> 8),         octet(stream)};
  return text += payload;
}
std::string number(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16 & 0xff),
          static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}
/// A field that no table keeps: HPACK's literal without indexing.
std::string field(std::string_view name, std::string_view value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + std::string(name) +
         static_cast<char>(value.size()) + std::string(value);
}
// GET, https, "/" of the static table, and a host.
const std::string get_block = "\x82\x87\x84"s + field(":authority", "h");
std::string get(std::uint32_t stream) {
  return frame(headers, end_headers | end_stream, stream, get_block);
}
const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s + frame(settings, 0, 0, "");

class Http2Scene {
 public:
  explicit Http2Scene(std::unique_ptr<HttpConnection> machine) : end(std::move(machine)) {
    end->start(now);
    collect();
  }
  std::string receive(std::string_view octets) {
    EXPECT_EQ(end->handle_input(as_bytes(octets), now), octets.size());
    end.drain(now);
    written += collect();
    return end.said();
  }
  std::string collect() {
    end.drain(now);
    std::string text;
    while (!end->unwritten().empty()) {
      const std::size_t count = end->unwritten().size();
      text += as_text(end->unwritten());
      end->mark_written(count, now);
      end.drain(now);
    }
    return text;
  }
  /// How many times `attack` is taken before the connection is closed for it.
  std::size_t count_until_closed(std::size_t most,
                                 const std::function<std::string(std::uint32_t)>& attack) {
    for (std::size_t i = 0; i < most; ++i) {
      const std::string said = receive(attack(static_cast<std::uint32_t>(i)));
      if (said.find("closed") != std::string::npos) {
        EXPECT_THAT(said, HasSubstr("closed: limit_exceeded"));
        EXPECT_THAT(written, HasSubstr(number(0xb)));  // ENHANCE_YOUR_CALM
        EXPECT_EQ(receive("anything"), "");
        return i + 1;
      }
      written.clear();
    }
    return most;
  }

  Instant now{1s};
  HttpEnd end;
  std::string written;
};

Http2Scene an_http2_server(HttpConnection::Options options = {}) {
  Http2Scene scene(make_http2_server(options));
  scene.receive(preface);
  return scene;
}
Http2Scene an_http2_client() {
  Http2Scene scene(make_http2_client({}));
  scene.receive(frame(settings, 0, 0, ""));
  return scene;
}
HttpConnection::StreamId begin_request(Http2Scene& scene,
                                       const HttpConnection::RequestForm& form = {},
                                       const wire::RequestHead& head = request_to("/")) {
  const auto stream = scene.end->send_request(head, form, scene.now).value();
  scene.end.number_of(stream);
  scene.written += scene.collect();
  return stream;
}
const std::string answer_block = "\x88"s;  // :status 200

TEST(Http2Threats, threat_38_rapid_resets_empty_a_bucket) {
  auto scene = an_http2_server();
  const std::size_t taken = scene.count_until_closed(
      20'000, [](std::uint32_t i) { return get(2 * i + 1) + frame(rst, 0, 2 * i + 1, number(8)); });
  EXPECT_GE(taken, 1000U);
  EXPECT_LE(taken, 1010U);
}

TEST(Http2Threats, threat_38_the_bucket_fills_up_with_time) {
  auto scene = an_http2_server();
  for (std::uint32_t i = 0; i < 3000; ++i) {
    scene.now += 40ms;  // 25 a second
    ASSERT_THAT(scene.receive(get(2 * i + 1) + frame(rst, 0, 2 * i + 1, number(8))),
                Not(HasSubstr("closed")));
  }
}

TEST(Http2Threats, threat_39_resets_that_the_peer_provokes_count_too) {
  auto scene = an_http2_server();
  const std::size_t taken = scene.count_until_closed(20'000, [](std::uint32_t i) {
    return get(2 * i + 1) +
           frame(window, 0, 2 * i + 1, number(0x7fffffff));  // more than a window can be
  });
  EXPECT_LE(taken, 1010U);
}

TEST(Http2Threats, threat_40_continuations_without_end) {
  auto scene = an_http2_server();
  std::string said = scene.receive(frame(headers, end_stream, 1, get_block));
  std::size_t frames = 0;
  for (; frames < 100 && said.find("closed") == std::string::npos; ++frames)
    said = scene.receive(frame(continuation, 0, 1, field("a", std::string(100, 'x'))));
  EXPECT_LE(frames, 9U);
  EXPECT_THAT(said, HasSubstr("closed: "));
}

TEST(Http2Threats, threat_40_a_block_of_fields_has_to_end_in_time) {
  auto scene = an_http2_server();
  scene.receive(frame(headers, end_stream, 1, get_block));
  scene.now += 10s;
  EXPECT_LE(scene.end->deadline().value(), scene.now);
  scene.end->handle_timeout(scene.now);
  scene.collect();
  EXPECT_THAT(scene.end.said(), HasSubstr("closed: timed_out"));
}

TEST(Http2Threats, threat_41_floods_of_what_costs_nothing) {
  const std::pair<const char*, std::function<std::string(std::uint32_t)>> attacks[] = {
      {"ping", [](std::uint32_t) { return frame(ping, 0, 0, "12345678"); }},
      {"settings", [](std::uint32_t) { return frame(settings, 0, 0, ""); }},
      {"empty data",
       [](std::uint32_t i) {
         return (i == 0 ? frame(headers, end_headers, 1, get_block) : "") + frame(data, 0, 1, "");
       }},
      {"priority", [](std::uint32_t) { return frame(priority, 0, 3, number(0) + "\x01"); }},
      {"window", [](std::uint32_t) { return frame(window, 0, 0, number(1)); }},
      {"unknown", [](std::uint32_t) { return frame(0xfe, 0, 0, "x"); }},
  };
  for (const auto& [name, attack] : attacks) {
    auto scene = an_http2_server();
    const std::size_t taken = scene.count_until_closed(20'000, attack);
    EXPECT_GT(taken, 9'000U) << name;
    EXPECT_LE(taken, 10'001U) << name;
    auto client = an_http2_client();
    if (std::string_view(name) != "empty data" && std::string_view(name) != "priority") {
      EXPECT_LE(client.count_until_closed(20'000, attack), 1'010U) << name;
    }
  }
}

TEST(Http2Threats, threat_41_pings_that_are_not_read_are_not_kept) {
  auto scene = an_http2_server();
  // Nothing is written: the answers pile up until the machine does not want to read any more.
  std::size_t pings = 0;
  for (; pings < 100'000 && scene.end->wants_input(); ++pings) {
    static_cast<void>(scene.end->handle_input(as_bytes(frame(ping, 0, 0, "12345678")), scene.now));
    scene.end.drain(scene.now);
    if (scene.end.said().find("closed") != std::string::npos) break;
  }
  EXPECT_LE(scene.end->unwritten().size(), 300U * 1024);
  EXPECT_LE(pings, 20'000U);
}

TEST(Http2Threats, threat_42_fields_are_counted_before_they_are_kept) {
  auto scene = an_http2_server({.limits = {.head_bytes_max = 1024}});
  const std::string large = get_block + field("a", std::string(100, 'x')) +
                            field("b", std::string(100, 'x')) + field("c", std::string(100, 'x')) +
                            field("d", std::string(100, 'x')) + field("e", std::string(100, 'x')) +
                            field("f", std::string(100, 'x')) + field("g", std::string(100, 'x'));
  EXPECT_EQ(scene.receive(frame(headers, end_headers | end_stream, 1, large)), "");
  EXPECT_THAT(scene.written, HasSubstr(frame(rst, 0, 1, "").substr(3)));
  EXPECT_THAT(scene.receive(get(3)), HasSubstr("request 1 GET h /\n"));
}

TEST(Http2Threats, threat_42_secrets_are_never_indexed) {
  auto scene = an_http2_client();
  wire::RequestHead head = request_to("/");
  head.fields = {{"Authorization", "secret"}, {"Cookie", "secret"}};
  begin_request(scene, {}, head);
  // HPACK 6.2.3: 0001 and the index of the name, 23 and 32, in a prefix of four bits.
  EXPECT_THAT(scene.written, HasSubstr("\x1f\x08"s));
  EXPECT_THAT(scene.written, HasSubstr("\x1f\x11"s));
}

TEST(Http2Threats, threat_43_a_window_that_never_opens_ends_the_stream) {
  Http2Scene scene(make_http2_server({}));
  scene.receive("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
                frame(settings, 0, 0, "\x00\x04"s + number(0)));
  scene.receive(get(1));
  const auto stream = scene.end.stream(1);
  ASSERT_TRUE(scene.end->send_response(stream, response_of(200), HttpBodySize::unknown(), scene.now)
                  .has_value());
  scene.collect();
  const std::string much(1 << 20, 'x');
  EXPECT_EQ(scene.end->send_body(stream, as_bytes(much), scene.now).value(), 256U * 1024);
  EXPECT_EQ(scene.end->room(stream), 0U);
  scene.collect();
  scene.now += 30s;
  EXPECT_LE(scene.end->deadline().value(), scene.now);
  scene.end->handle_timeout(scene.now);
  scene.collect();
  EXPECT_THAT(scene.end.said(), HasSubstr("failed 1 timed_out"));
  EXPECT_EQ(scene.end->stream_count(), 0U);
}

TEST(Http2Threats, threat_44_streams_above_the_last_one_may_be_tried_elsewhere) {
  auto scene = an_http2_client();
  begin_request(scene);
  begin_request(scene);
  EXPECT_EQ(scene.receive(frame(goaway, 0, 0, number(1) + number(0))),
            "closing: the peer has closed\nfailed 2 refused, retry always\n");
  EXPECT_EQ(scene.end->not_reused(), NotReused::peer_closed);
  EXPECT_EQ(scene.receive(frame(headers, end_headers | end_stream, 1, answer_block)),
            "response 1 200\nend 1\ndone 1\nclosed\n");
  EXPECT_EQ(scene.receive(frame(0x77, 0xff, 0x7fffffff, "junk")), "");
}

TEST(Http2Threats, threat_44_malformed_frames_behind_a_goaway_abort_nothing) {
  auto scene = an_http2_client();
  begin_request(scene);
  scene.receive(frame(goaway, 0, 0, number(1) + number(0)));
  EXPECT_THAT(
      scene.receive(frame(settings, 0, 1, "x") + frame(headers, end_headers, 1, "\xff\xff\xff")),
      HasSubstr("failed 1 "));
  EXPECT_EQ(scene.receive(frame(data, 0, 1, "x")), "");
}

TEST(Http2Threats, threat_45_fields_of_one_hop_and_broken_ones_are_refused) {
  const std::string blocks[] = {
      get_block + field("transfer-encoding", "chunked"),
      get_block + field("connection", "close"),
      get_block + field("te", "gzip"),
      get_block + field("a", "b\r\nc: d"),
      get_block + field("a", "b\0c"s),
      get_block + field("A", "b"),
      get_block + field("a b", "c"),
      get_block + field(":extra", "x"),
      get_block + field("a", "b") + field(":path", "/"),
      get_block + field("a", "\x01"),
      "\x82\x87"s + field(":authority", "h"),
      "\x82\x82\x87\x84"s + field(":authority", "h"),
      get_block + field("content-length", "1"),
      "\x87\x84"s + field(":authority", "h"),
  };
  for (const std::string& block : blocks) {
    auto scene = an_http2_server();
    EXPECT_EQ(scene.receive(frame(headers, end_headers | end_stream, 1, block)), "") << block;
    EXPECT_THAT(scene.receive(get(3)), HasSubstr("request 1 GET h /\n"));
  }
}

TEST(Http2Threats, threat_46_a_push_is_refused) {
  auto early = an_http2_client();
  begin_request(early);
  EXPECT_EQ(early.receive(frame(push, end_headers, 1, number(2) + get_block)), "");
  EXPECT_THAT(early.written, HasSubstr(frame(rst, 0, 2, number(8))));
  auto scene = an_http2_client();
  begin_request(scene);
  scene.receive(frame(settings, 1, 0, ""));  // what we asked for is acknowledged
  const std::string said = scene.receive(frame(push, end_headers, 1, number(2) + get_block));
  EXPECT_THAT(said, HasSubstr("failed 1 protocol_violation"));
}

TEST(Http2Connection, refused_streams_may_always_be_tried_again) {
  auto scene = an_http2_client();
  begin_request(scene);
  EXPECT_EQ(scene.receive(frame(rst, 0, 1, number(7))), "failed 1 refused, retry always\n");
  begin_request(scene);
  EXPECT_EQ(scene.receive(frame(rst, 0, 3, number(2))),
            "failed 2 protocol_violation, retry never\n");
  EXPECT_FALSE(scene.end->not_reused().has_value());
}

TEST(Http2Connection, the_peer_says_how_many_streams_it_takes) {
  Http2Scene scene(make_http2_client({}));
  scene.receive(frame(settings, 0, 0, "\x00\x03"s + number(1)));
  const auto first = begin_request(scene);
  EXPECT_EQ(scene.end->not_reused(), NotReused::streams_used_up);
  EXPECT_TRUE(may_pass(NotReused::streams_used_up));
  scene.end->cancel(first, scene.now);
  scene.collect();
  EXPECT_FALSE(scene.end->not_reused().has_value());
}

TEST(Http2Connection, many_streams_run_at_once) {
  HttpPair pair(wire::HttpVersion::http2);
  for (int i = 0; i < 50; ++i) {
    const auto stream =
        pair.client->send_request(request_to("/" + std::to_string(i)), {}, pair.now).value();
    pair.client.number_of(stream);
    pair.client.drain(pair.now);
  }
  pair.run();
  EXPECT_EQ(pair.server->stream_count(), 50U);
  for (std::size_t i = 50; i > 0; --i) {
    const auto stream = pair.server.stream(i);
    ASSERT_TRUE(pair.server->send_response(stream, response_of(200), HttpBodySize::of(2), pair.now)
                    .has_value());
    pair.server.drain(pair.now);
    ASSERT_EQ(pair.server->send_body(stream, as_bytes("ok"), pair.now).value(), 2U);
    pair.server.drain(pair.now);
    ASSERT_TRUE(pair.server->end_body(stream, {}, pair.now).has_value());
    pair.server.drain(pair.now);
  }
  pair.run();
  EXPECT_EQ(pair.client->stream_count(), 0U);
  EXPECT_EQ(pair.client.responses.size(), 50U);
  EXPECT_THAT(pair.client.said(), Not(HasSubstr("failed")));
}

TEST(Http2Connection, priorities_are_sent_with_requests_and_later) {
  Http2Scene scene(make_http2_client({}));
  scene.receive(frame(settings, 0, 0, "\x00\x09"s + number(1)));
  const auto stream = begin_request(scene, {.priority = {.urgency = 1, .is_incremental = true}});
  scene.written.clear();
  scene.end->set_priority(stream, {.urgency = 6}, scene.now);
  EXPECT_EQ(scene.collect(), frame(0x10, 0, 0, number(static_cast<std::uint32_t>(stream)) + "u=6"));
}

TEST(Http2Connection, urgent_answers_go_first) {
  static constexpr std::size_t most = std::size_t{16} * 1024;
  HttpPair pair(wire::HttpVersion::http2, {}, {.unwritten_max = most});
  for (const unsigned urgency : {7U, 0U}) {
    const HttpConnection::RequestForm form{.priority = {.urgency = urgency}};
    pair.client.number_of(pair.client->send_request(request_to("/"), form, pair.now).value());
    pair.run();
  }
  const auto send = [&pair](std::size_t number, std::size_t times) {
    const auto stream = pair.server.stream(number);
    const auto sent =
        pair.server->send_response(stream, response_of(200), HttpBodySize::unknown(), pair.now);
    EXPECT_TRUE(sent.has_value());
    for (; times > 0; --times) {
      pair.server.drain(pair.now);
      EXPECT_EQ(pair.server->send_body(stream, as_bytes(std::string(most, 'x')), pair.now), most);
    }
    pair.server.drain(pair.now);
    EXPECT_TRUE(pair.server->end_body(stream, {}, pair.now).has_value());
    pair.server.drain(pair.now);
  };
  send(1, 2);  // one part is written at once, the other waits
  send(2, 1);
  pair.run();
  const std::string said = pair.client.said();
  EXPECT_LT(said.find("end 2\n"), said.find("end 1\n"));
}

// What nghttp2 drops without a word, and RFC 9113 5.1, 5.1.1, 5.3.1 and 6.3 have closed.
TEST(Http2Threats, threat_47_what_never_may_come_ends_the_connection) {
  const std::string priority_of = number(3) + "\1"s;
  const std::pair<std::string, std::uint32_t> rows[] = {
      {get(1) + frame(rst, 0, 1, number(8)) + frame(data, end_stream, 1, "x"), 5},
      {get(1) + frame(rst, 0, 1, number(8)) + get(1), 5},
      {get(5) + get(3), 1},
      {frame(priority, 0, 3, priority_of), 1},
      {frame(priority, 0, 0, number(1) + "\1"s), 1}};
  for (const auto& [attack, code] : rows) {
    auto scene = an_http2_server();
    EXPECT_THAT(scene.receive(attack), HasSubstr("closed: protocol_violation"));
    EXPECT_THAT(scene.written, HasSubstr(number(code)));
  }
  auto scene = an_http2_server();
  EXPECT_THAT(scene.receive(get(1) + frame(priority, 0, 5, priority_of)), Not(HasSubstr("closed")));
  for (const char part : frame(priority, 0, 3, priority_of)) scene.receive(std::string(1, part));
  EXPECT_THAT(scene.written, HasSubstr(number(1)));
}

TEST(Http2Connection, another_protocol_needs_the_servers_consent) {
  auto scene = an_http2_client();
  wire::RequestHead head = request_to("/");
  head.protocol = "websocket";
  EXPECT_EQ(scene.end->send_request(head, {}, scene.now).error().kind(), ErrorKind::unsupported);
  Http2Scene early(make_http2_client({}));
  EXPECT_EQ(early.end->send_request(head, {}, early.now).error().kind(), ErrorKind::not_ready);
}

TEST(Http2Connection, a_server_without_requests_is_given_up) {
  auto scene = an_http2_server();
  scene.now += 59s;
  EXPECT_EQ(scene.receive(frame(ping, 0, 0, "12345678")), "");  // no request
  scene.now += 1s;
  EXPECT_LE(scene.end->deadline().value(), scene.now);
  scene.end->handle_timeout(scene.now);
  scene.collect();
  EXPECT_EQ(scene.end.said(), "closing: we close\nclosed\n");
}

TEST(Http2Connection, what_is_no_http2_is_refused) {
  Http2Scene scene(make_http2_server({}));
  EXPECT_THAT(scene.receive("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
              HasSubstr("closed: protocol_violation"));
}

}  // namespace
}  // namespace bowline::core
