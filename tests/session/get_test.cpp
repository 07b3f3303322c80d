#include "session_scene.h"

namespace bowline::test {
namespace {

TEST(UrlSession, gets_a_page_over_plain_tcp) {
  SessionScene scene;
  const UrlResponse response = scene.get("http://www.example.com/hello");
  EXPECT_EQ(response.status(), 200);
  EXPECT_EQ(response.text(), "hello");
  EXPECT_EQ(response.version(), "HTTP/1.1");
  EXPECT_EQ(scene.asked.at(0), "GET www.example.com/hello");
}

TEST(UrlSession, gets_a_page_over_tls_by_http2) {
  SessionScene scene;
  const UrlResponse response = scene.get("https://www.example.com/hello");
  EXPECT_EQ(response.text(), "hello");
  EXPECT_EQ(response.version(), "HTTP/2");
  ASSERT_EQ(response.metrics().transactions().size(), 1U);
  EXPECT_EQ(response.metrics().transactions()[0].protocol(), "h2");
}

TEST(UrlSession, speaks_http1_over_tls_if_it_is_told_to) {
  SessionScene scene;
  const UrlResponse response =
      scene.fetch(UrlRequest("https://www.example.com/hello").versions(HttpChoice::http1));
  EXPECT_EQ(response.text(), "hello");
  EXPECT_EQ(response.version(), "HTTP/1.1");
}

TEST(UrlSession, speaks_http2_or_nothing_if_it_is_told_to) {
  SessionScene scene;
  EXPECT_EQ(scene.fetch(UrlRequest("https://www.example.com/hello").versions(HttpChoice::http2))
                .version(),
            "HTTP/2");
  EXPECT_EQ(
      scene.error_of(UrlRequest("http://www.example.com/hello").versions(HttpChoice::http2)).kind(),
      ErrorKind::unsupported);
  const auto old = listen(*scene.web_loop, host("203.0.113.80", 8443),
                          tls(SecurityOptions().identity(scene.web_identity()).alpn({"http/1.1"})))
                       .value();
  EXPECT_TRUE(static_cast<bool>(old));
  scene.error_of(UrlRequest("https://www.example.com:8443/hello").versions(HttpChoice::http2));
  EXPECT_EQ(scene.asked.size(), 1U);
}

TEST(UrlSession, uses_a_connection_again) {
  SessionScene scene;
  for (const char* const url : {"http://www.example.com/hello", "https://www.example.com/hello"}) {
    const UrlResponse first = scene.get(url);
    const UrlResponse second = scene.get(url);
    EXPECT_FALSE(first.metrics().transactions()[0].is_reused());
    EXPECT_EQ(first.metrics().transactions()[0].not_reused_because(), "the first");
    EXPECT_TRUE(second.metrics().transactions()[0].is_reused()) << url;
  }
  EXPECT_EQ(scene.session().connection_count(), 2U);
}

TEST(UrlSession, gives_a_status_as_an_answer) {
  SessionScene scene;
  const UrlResponse response = scene.get("https://www.example.com/nothing");
  EXPECT_EQ(response.status(), 404);
  EXPECT_EQ(response.text(), "nothing here");
}

TEST(UrlSession, says_what_is_wrong_with_a_url) {
  SessionScene scene;
  EXPECT_EQ(scene.error_of(UrlRequest("not a url")).kind(), ErrorKind::malformed);
  EXPECT_EQ(scene.error_of(UrlRequest("ftp://www.example.com/")).kind(), ErrorKind::unsupported);
  EXPECT_EQ(scene.error_of(UrlRequest("https://nowhere.example.com/")).kind(),
            ErrorKind::name_not_found);
}

TEST(UrlSession, refuses_plain_http_unless_it_is_allowed) {
  SessionScene scene;
  scene.made_session.emplace(*scene.loop, SessionConfiguration().security(scene.trusting()));
  const Error error = scene.error_of(UrlRequest("http://www.example.com/hello"));
  EXPECT_EQ(error.kind(), ErrorKind::untrusted);
  EXPECT_EQ(error.domain(), ErrorDomain::policy);
  scene.made_session.emplace(*scene.loop,
                             SessionConfiguration()
                                 .security(scene.trusting())
                                 .except(DomainException("example.com").allow_plain()));
  EXPECT_EQ(scene.get("http://www.example.com/hello").text(), "hello");
}

TEST(UrlSession, loop_runs_out_though_a_connection_is_idle) {
  SessionScene scene;
  EXPECT_EQ(scene.get("https://www.example.com/hello").text(), "hello");
  EXPECT_EQ(scene.session().connection_count(), 1U);
  EXPECT_FALSE(scene.loop->has_work());
}

TEST(UrlSession, closes_a_connection_that_is_idle_for_long) {
  SessionScene scene;
  scene.made_session.emplace(*scene.loop, scene.configuration().connection_idle_timeout(5s));
  scene.get("http://www.example.com/hello");
  scene.sim.run_for(4s);
  EXPECT_EQ(scene.session().connection_count(), 1U);
  scene.sim.run_for(2s);
  EXPECT_EQ(scene.session().connection_count(), 0U);
  EXPECT_EQ(scene.plain.connection_count(), 0U);
}

TEST(UrlSession, does_many_at_once) {
  SessionScene scene;
  for (const char* const url : {"http://www.example.com/hello", "https://www.example.com/hello"}) {
    std::size_t done = 0;
    for (int i = 0; i < 50; ++i) {
      scene.session().get(url).detach([&](const Result<UrlResponse>& response) {
        ASSERT_TRUE(response.has_value()) << to_string(response.error());
        EXPECT_EQ(response->text(), "hello");
        ++done;
      });
    }
    EXPECT_TRUE(scene.sim.run_until([&] { return done == 50; }, 1min));
  }
  // Six over plain TCP, one by HTTP/2.
  EXPECT_EQ(scene.session().connection_count(), 7U);
}

TEST(UrlSession, cancel_ends_a_task_once_with_cancelled) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/slow", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  UrlTask task = scene.session().task(UrlRequest("https://www.example.com/slow"));
  int ends = 0;
  task.result().detach([&](const Result<UrlResponse>& response) {
    ++ends;
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().kind(), ErrorKind::cancelled);
  });
  ASSERT_TRUE(scene.sim.run_until([&] { return !kept.empty(); }, 1min));
  task.cancel();
  task.cancel();
  scene.sim.run_for(1s);
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(scene.session().task_count(), 0U);
}

TEST(UrlSession, dropping_the_operation_cancels_its_task) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/slow", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  {
    Operation<UrlResponse> operation = scene.session().get("http://www.example.com/slow");
    operation.start([](const Result<UrlResponse>&) { FAIL(); });
    ASSERT_TRUE(scene.sim.run_until([&] { return !kept.empty(); }, 1min));
    EXPECT_EQ(scene.session().task_count(), 1U);
  }
  EXPECT_EQ(scene.session().task_count(), 0U);
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.session().connection_count(), 0U);
  // The server has heard of it.
  EXPECT_FALSE(kept.at(0).respond(200, {}, "late").has_value());
  scene.sim.run_for(1s);
  EXPECT_EQ(scene.plain.connection_count(), 0U);
}

TEST(UrlSession, idle_and_total_limits_end_a_task) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/slow", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  const Instant start = scene.sim.now();
  EXPECT_EQ(scene.error_of(UrlRequest("https://www.example.com/slow").idle_timeout(3s)).kind(),
            ErrorKind::timed_out);
  EXPECT_NEAR(std::chrono::duration<double>(scene.sim.now() - start).count(), 3.0, 0.2);
  EXPECT_EQ(scene.error_of(UrlRequest("https://www.example.com/slow").total_timeout(2s)).kind(),
            ErrorKind::timed_out);
}

TEST(UrlSession, limits_do_not_run_while_a_task_is_suspended) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/slow", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  UrlTask task = scene.session().task(
      UrlRequest("https://www.example.com/slow").idle_timeout(3s).total_timeout(5s));
  std::optional<Result<UrlResponse>> got;
  task.result().detach([&](Result<UrlResponse> response) { got.emplace(std::move(response)); });
  ASSERT_TRUE(scene.sim.run_until([&] { return !kept.empty(); }, 1min));
  task.suspend();
  task.suspend();
  scene.sim.run_for(1min);
  EXPECT_FALSE(got.has_value());
  ASSERT_TRUE(kept[0].respond(200, {}, "late").has_value());
  scene.sim.run_for(1s);
  task.resume();
  scene.sim.run_for(1s);
  EXPECT_FALSE(got.has_value());
  task.resume();
  scene.sim.run_for(100ms);
  ASSERT_TRUE(got.has_value() && got->has_value());
  EXPECT_EQ((*got)->text(), "late");
}

TEST(UrlSession, a_session_that_goes_cancels_what_nobody_holds) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/slow", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  std::optional<ErrorKind> end;
  {
    UrlSession session(*scene.loop, scene.configuration());
    session.get("https://www.example.com/slow").detach([&](const Result<UrlResponse>& response) {
      end = response.error().kind();
    });
    ASSERT_TRUE(scene.sim.run_until([&] { return !kept.empty(); }, 1min));
    session.cancel();
  }
  scene.sim.run_for(1s);
  EXPECT_EQ(end, ErrorKind::cancelled);
  EXPECT_EQ(scene.secure.connection_count(), 0U);
}

TEST(UrlSession, a_loop_that_goes_drops_everything) {
  SessionScene scene;
  std::vector<HttpExchange> kept;
  scene.page("/slow", [&](HttpExchange exchange) { kept.push_back(std::move(exchange)); });
  UrlSession session(*scene.loop, scene.configuration());
  UrlTask task = session.task(UrlRequest("https://www.example.com/slow"));
  task.result().detach([](const Result<UrlResponse>&) { FAIL(); });
  session.get("https://other.example.com/hello").detach([](const Result<UrlResponse>&) { FAIL(); });
  Operation<UrlResponse> waiting = session.get("http://www.example.com/hello");
  waiting.start([](const Result<UrlResponse>&) { FAIL(); });
  ASSERT_TRUE(scene.sim.run_until([&] { return !kept.empty() || scene.asked.size() > 2; }, 10ms) ||
              true);
  scene.loop.reset();
  EXPECT_EQ(session.task_count(), 0U);
  task.cancel();
}

TEST(UrlSession, says_once_that_it_waits_for_a_way) {
  SessionScene scene;
  scene.home.interface("eth0").set_up(false);
  UrlTask task = scene.session().task(UrlRequest("https://www.example.com/hello"));
  std::vector<std::string> reasons;
  task.on_waiting([&](const Error& why) { reasons.push_back(to_string(why.kind())); });
  auto result = task.result();
  std::optional<int> status;
  result.start([&](const Result<UrlResponse>& response) {
    status = response.has_value() ? response->status() : 0;
  });
  scene.sim.run_for(2s);
  EXPECT_EQ(reasons.size(), 1U);
  EXPECT_FALSE(status.has_value());
  scene.home.interface("eth0").set_up(true);
  scene.sim.run_for(5s);
  EXPECT_EQ(reasons.size(), 1U);
  EXPECT_EQ(status, 200);
}

TEST(UrlSession, a_policy_that_could_not_be_kept_is_refused_by_its_name) {
  SessionScene scene;
  UrlRequest request("https://www.example.com/hello");
  request.allow_expensive(false);
  const Error error = scene.error_of(request);
  EXPECT_EQ(error.kind(), ErrorKind::unsupported);
  EXPECT_EQ(error.subject(), "allow_expensive");
  UrlSession session(*scene.loop, scene.configuration().allow_constrained(false));
  EXPECT_EQ(session.get("https://www.example.com/hello").wait().error().subject(),
            "allow_constrained");
  EXPECT_TRUE(scene.asked.empty());
}

}  // namespace
}  // namespace bowline::test
