#include "session_scene.h"

namespace bowline::test {
namespace {

/// Answers each request as `answer` says, and ends the connection where that is nothing.
struct Rogue {
  using Answer = std::function<std::string(std::size_t connection, std::size_t request)>;

  Rogue(SessionScene& scene, Answer said) : answer(std::move(said)) {
    listener = listen(*scene.web_loop, host("203.0.113.80", 8080), tcp()).value();
    listener.on_connection(
        [this](StreamConnection connection) { serve(std::move(connection), connections++, 0); });
  }
  void serve(StreamConnection connection, std::size_t number, std::size_t request) {
    connection.receive_until("\r\n\r\n")
        .detach([this, connection, number, request](const Result<Message>& head) mutable {
          if (!head.has_value()) return;
          heads.emplace_back(head->text());
          const std::string text = answer(number, request);
          if (text.empty()) return connection.abort();
          connection.send(text).detach();
          serve(std::move(connection), number, request + 1);
        });
  }

  Answer answer;
  Listener<StreamConnection> listener;
  std::size_t connections = 0;
  std::vector<std::string> heads;
};

const std::string good_answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST(UrlSessionRetry, asks_again_where_a_connection_that_was_used_before_breaks) {
  SessionScene scene;
  Rogue rogue(scene,
              [](std::size_t, std::size_t request) { return request == 0 ? good_answer : ""; });
  EXPECT_EQ(scene.get("http://www.example.com:8080/a").text(), "ok");
  const UrlResponse response = scene.get("http://www.example.com:8080/b");
  EXPECT_EQ(response.text(), "ok");
  ASSERT_EQ(response.metrics().transactions().size(), 2U);
  EXPECT_EQ(response.metrics().transactions()[1].not_reused_because(), "a fresh one was needed");
  EXPECT_EQ(rogue.connections, 2U);
}

TEST(UrlSessionRetry, sends_what_may_have_been_carried_out_only_once) {
  SessionScene scene;
  Rogue rogue(scene,
              [](std::size_t, std::size_t request) { return request == 0 ? good_answer : ""; });
  EXPECT_EQ(scene.get("http://www.example.com:8080/a").text(), "ok");
  const Error error =
      scene.error_of(UrlRequest("http://www.example.com:8080/b").method("POST").body("once"));
  EXPECT_TRUE(error.kind() == ErrorKind::reset || error.kind() == ErrorKind::closed)
      << to_string(error);
  EXPECT_EQ(rogue.heads.size(), 2U);
}

TEST(UrlSessionRetry, does_not_ask_again_on_a_connection_that_was_new) {
  SessionScene scene;
  Rogue rogue(scene, [](std::size_t, std::size_t) { return ""; });
  scene.error_of(UrlRequest("http://www.example.com:8080/a"));
  EXPECT_EQ(rogue.heads.size(), 1U);
}

TEST(UrlSessionRetry, takes_a_misdirected_request_to_a_connection_of_its_own_once) {
  SessionScene scene;
  Rogue rogue(scene, [](std::size_t connection, std::size_t) {
    return connection == 0 ? "HTTP/1.1 421 Misdirected\r\nContent-Length: 0\r\n\r\n" : good_answer;
  });
  EXPECT_EQ(scene.get("http://www.example.com:8080/a").text(), "ok");
  EXPECT_EQ(rogue.connections, 2U);
  Rogue::Answer always = [](std::size_t, std::size_t) {
    return std::string("HTTP/1.1 421 Misdirected\r\nContent-Length: 0\r\n\r\n");
  };
  rogue.answer = always;
  EXPECT_EQ(scene.get("http://www.example.com:8080/b").status(), 421);
}

TEST(UrlSessionRetry, says_why_each_connection_is_new) {
  SessionScene scene;
  Rogue rogue(scene, [](std::size_t connection, std::size_t) {
    return connection == 0 ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                           : "HTTP/1.1 200 OK\r\n\r\nuntil the end";
  });
  EXPECT_EQ(scene.get("http://www.example.com:8080/a").text(), "ok");
  scene.sim.run_for(1s);
  const UrlResponse second =
      scene.fetch(UrlRequest("http://www.example.com:8080/b").idle_timeout(1h).method("HEAD"));
  EXPECT_EQ(second.metrics().transactions()[0].not_reused_because(),
            "the last was not kept: the peer closes");
}

TEST(UrlSessionRetry, stale_response_stands_in_where_the_origin_fails) {
  SessionScene scene;
  bool is_broken = false;
  scene.page("/page", [&](HttpExchange exchange) {
    if (is_broken) {
      static_cast<void>(exchange.respond(503, {}, "broken"));
      return;
    }
    static_cast<void>(exchange.respond(
        200, {{"Cache-Control", "max-age=1, stale-if-error=100"}, {"ETag", "\"1\""}}, "good"));
  });
  EXPECT_EQ(scene.get("https://www.example.com/page").text(), "good");
  is_broken = true;
  scene.sim.run_for(10s);
  const UrlResponse response = scene.get("https://www.example.com/page");
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.text(), "good");
  scene.sim.run_for(200s);
  EXPECT_EQ(scene.get("https://www.example.com/page").status(), 503);
}

TEST(UrlSessionRetry, finish_waits_for_tasks_and_takes_no_new_ones) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/slow", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  bool is_done = false;
  scene.session().get("https://www.example.com/slow").detach([&](const Result<UrlResponse>& got) {
    EXPECT_TRUE(got.has_value());
  });
  ASSERT_TRUE(scene.sim.run_until([&] { return !kept.empty(); }, 1min));
  scene.session().finish().detach([&](const Result<void>&) { is_done = true; });
  scene.sim.run_for(1s);
  EXPECT_FALSE(is_done);
  EXPECT_EQ(scene.error_of(UrlRequest("https://www.example.com/hello")).kind(), ErrorKind::closed);
  EXPECT_TRUE(kept[0].respond(200).has_value());
  scene.sim.run_for(1s);
  EXPECT_TRUE(is_done);
  EXPECT_EQ(scene.session().connection_count(), 0U);
}

}  // namespace
}  // namespace bowline::test
