#include "session_scene.h"

namespace bowline::test {
namespace {

/// Says `text` to the plain listener, and gives all that comes back until the server ends.
std::string talk(SessionScene& scene, const std::string& text, Duration limit = 2min) {
  StreamConnection client = connect(*scene.loop, host("www.example.com", 80), tcp());
  std::string got;
  bool has_ended = false;
  std::function<void()> read = [&] {
    client.receive().detach([&](const Result<Message>& piece) {
      if (piece.has_value()) got += piece->text();
      has_ended = !piece.has_value() || piece->end_of_stream();
      if (!has_ended) read();
    });
  };
  client.send(text).detach();
  read();
  EXPECT_TRUE(scene.sim.run_until([&] { return has_ended; }, limit)) << got;
  return got;
}

TEST(HttpListener, answers_two_requests_on_one_connection) {
  SessionScene scene;
  const std::string got = talk(scene,
                               "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
                               "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(got.find("HTTP/1.1 200"), 0U) << got;
  EXPECT_NE(got.find("HTTP/1.1 200", 5), std::string::npos) << got;
}

TEST(HttpListener, answers_500_for_an_exchange_that_is_dropped) {
  SessionScene scene;
  scene.page("/drop", [](const HttpExchange&) {});
  EXPECT_EQ(scene.get("http://www.example.com/drop").status(), 500);
  EXPECT_EQ(scene.get("https://www.example.com/drop").status(), 500);
}

TEST(HttpListener, sends_interim_responses_before_the_final_one) {
  SessionScene scene;
  scene.page("/early", [](HttpExchange exchange) {
    EXPECT_TRUE(exchange.inform(103, {{"Link", "</style.css>; rel=preload"}}).has_value());
    EXPECT_FALSE(exchange.inform(200).has_value());
    EXPECT_TRUE(exchange.respond(200, {}, "page").has_value());
    EXPECT_FALSE(exchange.respond(200, {}, "again").has_value());
  });
  for (const char* const url : {"http://www.example.com/early", "https://www.example.com/early"}) {
    std::vector<std::string> hints;
    const UrlResponse response =
        scene.fetch(UrlRequest(url).on_interim([&](int status, const HttpFields& fields) {
          hints.push_back(std::to_string(status) + " " +
                          std::string(fields.find("link").value_or("")));
        }));
    EXPECT_EQ(response.text(), "page");
    EXPECT_EQ(hints, (std::vector<std::string>{"103 </style.css>; rel=preload"})) << url;
  }
}

TEST(HttpListener, close_lets_what_is_under_way_end) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/slow", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  std::optional<Result<UrlResponse>> got;
  scene.session().get("https://www.example.com/slow").detach([&](Result<UrlResponse> response) {
    got.emplace(std::move(response));
  });
  ASSERT_TRUE(scene.sim.run_until([&] { return !kept.empty(); }, 1min));
  bool is_closed = false;
  scene.secure.close(10s).detach([&](const Result<void>&) { is_closed = true; });
  scene.sim.run_for(1s);
  EXPECT_FALSE(is_closed);
  EXPECT_TRUE(kept[0].respond(200, {}, "done").has_value());
  scene.sim.run_for(1s);
  ASSERT_TRUE(got.has_value() && got->has_value());
  EXPECT_EQ((*got)->text(), "done");
  EXPECT_TRUE(is_closed);
  EXPECT_EQ(scene.secure.connection_count(), 0U);
}

TEST(HttpListener, close_cuts_off_what_takes_longer_than_the_grace) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/slow", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  std::optional<ErrorKind> end;
  scene.session()
      .fetch(UrlRequest("http://www.example.com/slow").method("POST"))
      .detach([&](const Result<UrlResponse>& response) { end = response.error().kind(); });
  ASSERT_TRUE(scene.sim.run_until([&] { return !kept.empty(); }, 1min));
  ASSERT_TRUE(scene.plain.close(2s).wait().has_value());
  scene.sim.run_for(1s);
  EXPECT_TRUE(end == ErrorKind::reset || end == ErrorKind::closed);
  EXPECT_FALSE(kept[0].respond(200).has_value());
}

TEST(HttpListener, threat_27_answers_400_and_closes_for_what_two_could_read_differently) {
  for (const char* const bad :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked", "Content-Length: 5\r\nContent-Length: 6",
        "Content-Length: +5", "Content-Length: 0x5", "Transfer-Encoding: xchunked",
        "X: a\r\n folded", "Bad Name: x", "Name : x", "X: a\rb"}) {
    SessionScene scene;
    const std::string got = talk(scene, "POST /hello HTTP/1.1\r\nHost: a\r\n" + std::string(bad) +
                                            "\r\n\r\nhelloGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string_view status = std::string_view(got).substr(0, 12);
    EXPECT_TRUE(status == "HTTP/1.1 400" || status == "HTTP/1.1 501") << bad << ": " << got;
    EXPECT_EQ(got.find("HTTP/1.1", 5), std::string::npos) << bad;
    EXPECT_TRUE(scene.asked.empty()) << bad;
  }
}

TEST(HttpListener, threat_29_sends_nothing_that_would_end_its_line) {
  SessionScene scene;
  HttpFields fields;
  EXPECT_FALSE(fields.add("X-A", "a\r\nX-B: b").has_value());
  const Error error =
      scene.error_of(UrlRequest("https://www.example.com/hello").field("X-A", "a\r\nX-B: b"));
  EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(scene.error_of(UrlRequest("https://www.example.com/hello").method("GET /x")).kind(),
            ErrorKind::invalid_argument);
  EXPECT_TRUE(scene.asked.empty());
}

TEST(HttpListener, threat_30_drops_a_connection_on_which_something_unasked_came) {
  SessionScene scene;
  auto rogue = listen(*scene.web_loop, host("203.0.113.80", 8080), tcp()).value();
  std::vector<StreamConnection> kept;
  rogue.on_connection([&](StreamConnection connection) {
    kept.push_back(connection);
    connection.receive().detach([connection](const Result<Message>&) mutable {
      connection
          .send(
              "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
              "Content-Length: 4\r\n\r\nevil")
          .detach();
    });
  });
  EXPECT_EQ(scene.get("http://www.example.com:8080/a").text(), "ok");
  EXPECT_EQ(scene.get("http://www.example.com:8080/b").text(), "ok");
  EXPECT_EQ(kept.size(), 2U);
}

TEST(HttpListener, threat_31_bounds_heads_and_interim_responses) {
  SessionScene scene;
  EXPECT_TRUE(
      talk(scene, "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(400'000, 'x') + "\r\n\r\n")
          .starts_with("HTTP/1.1 431"));
  std::string many = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 1100; ++i) many += "X: y\r\n";
  EXPECT_TRUE(talk(scene, many + "\r\n").starts_with("HTTP/1.1 431"));
  auto rogue = listen(*scene.web_loop, host("203.0.113.80", 8080), tcp()).value();
  rogue.on_connection([](StreamConnection connection) {
    connection.receive().detach([connection](const Result<Message>&) mutable {
      std::string flood;
      for (int i = 0; i < 100; ++i) flood += "HTTP/1.1 103 Early\r\n\r\n";
      connection.send(std::move(flood)).detach();
    });
  });
  EXPECT_EQ(scene.error_of(UrlRequest("http://www.example.com:8080/")).kind(),
            ErrorKind::limit_exceeded);
}

TEST(HttpListener, threat_32_gives_a_slow_head_ten_seconds) {
  SessionScene scene;
  const Instant start = scene.sim.now();
  const std::string got = talk(scene, "GET / HTTP/1.1\r\nHo");
  EXPECT_TRUE(got.empty() || got.starts_with("HTTP/1.1 408")) << got;
  EXPECT_NEAR(std::chrono::duration<double>(scene.sim.now() - start).count(), 10, 1);
  // A good client does not feel it.
  std::vector<StreamConnection> slow;
  for (int i = 0; i < 100; ++i) {
    slow.push_back(connect(*scene.loop, host("www.example.com", 80), tcp()));
    slow.back().send("G").detach();
  }
  scene.sim.run_for(1s);
  const Instant begun = scene.sim.now();
  EXPECT_EQ(scene.get("http://www.example.com/hello").status(), 200);
  EXPECT_LT(scene.sim.now() - begun, 200ms);
}

TEST(HttpListener, threat_33_holds_no_more_than_its_buffers_for_a_slow_reader) {
  SessionScene scene;
  std::size_t taken = 0;
  std::optional<Error> end;
  std::function<void(HttpExchange)> send = [&](const HttpExchange& exchange) {
    HttpExchange(exchange)
        .send(std::string(16'384, 'x'))
        .detach([&, exchange](const Result<void>& sent) {
          if (!sent.has_value()) {
            end = sent.error();
            return;
          }
          taken += 16'384;
          send(exchange);
        });
  };
  scene.page("/endless", [&](HttpExchange exchange) {
    EXPECT_TRUE(exchange.begin(200).has_value());
    send(exchange);
  });
  StreamConnection client = connect(*scene.loop, host("www.example.com", 80), tcp());
  client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n").detach();
  ASSERT_TRUE(client.ready().wait().has_value());
  scene.sim.run_for(20s);
  const std::size_t held = taken;
  EXPECT_GT(held, 0U);
  scene.sim.run_for(5s);
  EXPECT_EQ(taken, held);
  scene.sim.run_for(20s);
  EXPECT_TRUE(end.has_value());
  EXPECT_EQ(scene.plain.connection_count(), 0U);
}

TEST(HttpListener, faults_cut_at_every_octet_end_each_task_once) {
  const std::string whole =
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\n3\r\n ab\r\n0\r\nX-T: 1\r\n\r\n";
  SessionScene scene;
  std::size_t cut = 0;
  auto rogue = listen(*scene.web_loop, host("203.0.113.80", 8080), tcp()).value();
  rogue.on_connection([&](StreamConnection connection) {
    connection.receive().detach([&, connection](const Result<Message>&) mutable {
      connection.send(whole.substr(0, cut), Last::yes).detach();
    });
  });
  for (cut = 0; cut <= whole.size(); ++cut) {
    int ends = 0;
    bool is_good = false;
    scene.session()
        .fetch(UrlRequest("http://www.example.com:8080/").method("POST"))
        .detach([&](const Result<UrlResponse>& response) {
          ++ends;
          is_good = response.has_value();
          if (is_good) {
            EXPECT_EQ(response->text(), "hello ab");
          }
        });
    scene.sim.run_for(5s);
    ASSERT_EQ(ends, 1) << cut;
    EXPECT_EQ(is_good, cut == whole.size()) << cut;
    EXPECT_EQ(scene.session().task_count(), 0U);
  }
}

/// HTTP/1 has no frame that says so; a reset does, though nothing is read from such a client meanwhile.
TEST(HttpListener, a_client_that_breaks_off_is_noticed_while_its_request_is_worked_on) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/held", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  StreamConnection client = connect(*scene.loop, host("203.0.113.80", 80), tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  ASSERT_TRUE(client.send(std::string("GET /held HTTP/1.1\r\nHost: h\r\n\r\n")).wait().has_value());
  ASSERT_TRUE(scene.loop->sleep(100ms).wait().has_value());
  ASSERT_EQ(kept.size(), 1U);
  client.abort();
  const auto done = kept[0].done().within(5s).wait();
  ASSERT_FALSE(done.has_value());
  EXPECT_NE(done.error().kind(), ErrorKind::timed_out) << to_string(done.error());
}

TEST(HttpListener, a_client_that_has_only_ended_its_side_gets_its_answer) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/held", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  StreamConnection client = connect(*scene.loop, host("203.0.113.80", 80), tcp());
  ASSERT_TRUE(client.ready().wait().has_value());
  ASSERT_TRUE(client.send(std::string("GET /held HTTP/1.1\r\nHost: h\r\n\r\n")).wait().has_value());
  ASSERT_TRUE(client.finish().wait().has_value());
  ASSERT_TRUE(scene.loop->sleep(100ms).wait().has_value());
  ASSERT_EQ(kept.size(), 1U);
  ASSERT_TRUE(kept[0].respond(200, {}, "late").has_value());
  std::string text;
  for (;;) {
    const auto piece = client.receive_some().wait();
    if (!piece.has_value() || piece->size() == 0) break;
    text += piece->text();
  }
  EXPECT_TRUE(text.ends_with("late")) << text;
}

TEST(HttpListener, speaks_what_was_agreed_on_and_nothing_else) {
  SessionScene scene;
  SecurityOptions options = scene.trusting();
  options.alpn({"h2"});
  StreamConnection client = scene.connect_with(options);
  ASSERT_TRUE(client.ready().wait().has_value());
  ASSERT_TRUE(
      client.send(std::string("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n")).wait().has_value());
  std::string text;
  for (;;) {
    const auto piece = client.receive_some().wait();
    if (!piece.has_value() || piece->size() == 0) break;
    text += piece->text();
  }
  EXPECT_EQ(text.find("HTTP/1.1"), std::string::npos);
  EXPECT_TRUE(scene.asked.empty());
}

}  // namespace
}  // namespace bowline::test
