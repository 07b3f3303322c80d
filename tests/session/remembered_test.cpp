#include "session_scene.h"

namespace bowline::test {
namespace {

TEST(UrlSessionCookies, keeps_and_sends_them) {
  SessionScene scene;
  scene.page("/login", 200, "",
             {{"Set-Cookie", "id=1; Secure; HttpOnly"},
              {"Set-Cookie", "lang=en; Domain=example.com; Path=/hel"}});
  scene.get("https://www.example.com/login");
  scene.get("https://www.example.com/hello");
  EXPECT_EQ(scene.asked_fields.at(1).find("cookie"), "id=1");
  ASSERT_EQ(scene.session().cookies().size(), 2U);
  scene.get("http://www.example.com/hello");
  EXPECT_EQ(scene.asked_fields.at(2).find("cookie"), std::nullopt);
  scene.fetch(UrlRequest("https://www.example.com/hello").cookies(false));
  EXPECT_EQ(scene.asked_fields.at(3).find("cookie"), std::nullopt);
  EXPECT_EQ(scene.session().remove_cookies([](const UrlCookie& cookie) {
    return cookie.name() == "id" && cookie.is_http_only();
  }),
            1U);
  scene.session().clear_cookies();
  EXPECT_TRUE(scene.session().cookies().empty());
}

TEST(UrlSessionCookies, threat_87_takes_none_for_a_public_suffix) {
  SessionScene scene;
  scene.page("/super", 200, "",
             {{"Set-Cookie", "a=1; Domain=com"},
              {"Set-Cookie", "b=1; Domain=.com."},
              {"Set-Cookie", "c=1; Domain=CoM"},
              {"Set-Cookie", "d=1; Domain=other.example.com"}});
  scene.get("https://www.example.com/super");
  EXPECT_TRUE(scene.session().cookies().empty());
}

TEST(UrlSessionCookies, are_kept_apart_by_partition) {
  SessionScene scene;
  scene.page("/set", 200, "", {{"Set-Cookie", "id=1"}});
  scene.fetch(UrlRequest("https://www.example.com/set").partition("https://a.example"));
  scene.fetch(UrlRequest("https://www.example.com/hello").partition("https://b.example"));
  EXPECT_FALSE(scene.asked_fields.at(1).contains("cookie"));
  // And so are connections.
  EXPECT_EQ(scene.session().connection_count(), 2U);
  scene.fetch(UrlRequest("https://www.example.com/hello").partition("https://a.example"));
  EXPECT_EQ(scene.asked_fields.at(2).find("cookie"), "id=1");
}

TEST(UrlSessionCookies, threat_88_insecure_origins_overlay_no_secure_cookie) {
  SessionScene scene;
  scene.page("/set", 200, "",
             {{"Set-Cookie", "id=good; Secure"}, {"Set-Cookie", "__Host-k=1; Secure; Path=/"}});
  scene.page("/toss", 200, "",
             {{"Set-Cookie", "id=evil"},
              {"Set-Cookie", "id=evil; Domain=example.com"},
              {"Set-Cookie", "__host-K=evil; Path=/"},
              {"Set-Cookie", "__SECURE-k=evil"}});
  scene.get("https://www.example.com/set");
  scene.get("http://www.example.com/toss");
  scene.get("https://www.example.com/hello");
  const std::string sent(scene.asked_fields.at(2).find("cookie").value_or(""));
  EXPECT_FALSE(sent.contains("evil")) << sent;
  EXPECT_TRUE(sent.contains("id=good")) << sent;
}

TEST(UrlSessionCookies, go_to_another_session_as_a_file) {
  SessionScene scene;
  scene.page("/set", 200, "", {{"Set-Cookie", "id=1; Secure; Max-Age=1000"}});
  scene.get("https://www.example.com/set");
  const std::string file = scene.session().export_cookies();
  scene.made_session.emplace(*scene.loop, scene.configuration());
  EXPECT_EQ(scene.session().import_cookies(file), 1U);
  EXPECT_EQ(scene.session().import_cookies(file), 1U);
  scene.get("https://www.example.com/hello");
  EXPECT_EQ(scene.asked_fields.at(1).find("cookie"), "id=1");
}

TEST(UrlSessionCache, answers_by_itself_while_a_response_is_fresh) {
  SessionScene scene;
  scene.page("/fresh", 200, "body", {{"Cache-Control", "max-age=100"}, {"ETag", "\"1\""}});
  EXPECT_EQ(scene.get("https://www.example.com/fresh").text(), "body");
  const UrlResponse again = scene.get("https://www.example.com/fresh");
  EXPECT_EQ(again.text(), "body");
  EXPECT_EQ(again.metrics().transactions().at(0).source(), UrlSource::cache);
  EXPECT_EQ(scene.asked.size(), 1U);
  scene.fetch(UrlRequest("https://www.example.com/fresh").cache(CachePolicy::reload));
  EXPECT_EQ(scene.asked.size(), 2U);
  // An unsafe method makes it invalid.
  scene.fetch(UrlRequest("https://www.example.com/fresh").method("DELETE"));
  scene.get("https://www.example.com/fresh");
  EXPECT_EQ(scene.asked.size(), 4U);
}

TEST(UrlSessionCache, asks_whether_a_stale_response_still_holds) {
  SessionScene scene;
  scene.page("/stale", [](HttpExchange exchange) {
    const HttpFields fields{{"Cache-Control", "max-age=10"}, {"ETag", "\"1\""}};
    const bool is_known = exchange.field("if-none-match") == "\"1\"";
    EXPECT_TRUE(exchange.respond(is_known ? 304 : 200, fields, is_known ? "" : "body").has_value());
  });
  scene.get("https://www.example.com/stale");
  scene.sim.run_for(20s);
  const UrlResponse again = scene.get("https://www.example.com/stale");
  EXPECT_EQ(again.status(), 200);
  EXPECT_EQ(again.text(), "body");
  EXPECT_EQ(again.metrics().transactions().at(0).source(), UrlSource::revalidated);
  EXPECT_EQ(scene.asked.size(), 2U);
  // Which made it fresh again.
  scene.get("https://www.example.com/stale");
  EXPECT_EQ(scene.asked.size(), 2U);
}

TEST(UrlSessionCache, keeps_variants_apart_and_only_stored_asks_nobody) {
  SessionScene scene;
  scene.page("/vary", [](HttpExchange exchange) {
    EXPECT_TRUE(exchange
                    .respond(200, {{"Cache-Control", "max-age=100"}, {"Vary", "Accept-Language"}},
                             std::string(exchange.field("accept-language")))
                    .has_value());
  });
  const auto in = [](const char* language) {
    return UrlRequest("https://www.example.com/vary").field("Accept-Language", language);
  };
  EXPECT_EQ(scene.fetch(in("de")).text(), "de");
  EXPECT_EQ(scene.fetch(in("fr")).text(), "fr");
  EXPECT_EQ(scene.fetch(in("de")).text(), "de");
  EXPECT_EQ(scene.asked.size(), 2U);
  EXPECT_EQ(scene.fetch(in("it").cache(CachePolicy::only_stored)).status(), 504);
  EXPECT_EQ(scene.asked.size(), 2U);
}

TEST(UrlSessionAuthentication, answers_basic_and_then_says_it_before_it_is_asked) {
  SessionScene scene;
  scene.page("/private", [](HttpExchange exchange) {
    if (exchange.field("authorization") == "Basic dXNlcjpwYXNz") {
      EXPECT_TRUE(exchange.respond(200, {}, "welcome").has_value());
    } else {
      EXPECT_TRUE(
          exchange.respond(401, {{"WWW-Authenticate", "Basic realm=\"r\""}}, "who?").has_value());
    }
  });
  scene.made_session.emplace(
      *scene.loop,
      scene.configuration().credential("https://www.example.com", Credential("user", "pass")));
  EXPECT_EQ(scene.get("https://www.example.com/private").text(), "welcome");
  EXPECT_EQ(scene.asked.size(), 2U);
  EXPECT_EQ(scene.get("https://www.example.com/private").text(), "welcome");
  EXPECT_EQ(scene.asked.size(), 3U);
  // Another origin is another space.
  EXPECT_EQ(scene.get("https://other.example.com/private").status(), 401);
  EXPECT_EQ(scene.get("https://user:pass@other.example.com/private").text(), "welcome");
}

TEST(UrlSessionAuthentication, asks_the_program_and_gives_up_when_it_has_nothing_to_say) {
  SessionScene scene;
  scene.page("/private", 401, "who?", {{"WWW-Authenticate", "Basic realm=\"the realm\""}});
  std::vector<std::string> questions;
  scene.made_session.emplace(
      *scene.loop, scene.configuration().on_authentication(
                       [&](const AuthenticationQuestion& question) -> std::optional<Credential> {
                         questions.push_back(question.origin() + " " + question.realm() + " " +
                                             std::to_string(question.failures()));
                         if (questions.size() > 2) return std::nullopt;
                         return Credential("user", "wrong");
                       }));
  EXPECT_EQ(scene.get("https://www.example.com/private").status(), 401);
  EXPECT_EQ(questions, (std::vector<std::string>{"https://www.example.com the realm 0",
                                                 "https://www.example.com the realm 1",
                                                 "https://www.example.com the realm 2"}));
}

TEST(UrlSessionAuthentication, answers_digest_with_sha256) {
  SessionScene scene;
  std::vector<std::string> answers;
  scene.page("/private", [&](HttpExchange exchange) {
    const std::string answer(exchange.field("authorization"));
    answers.push_back(answer);
    if (answer.starts_with("Digest ") && answer.contains("algorithm=SHA-256") &&
        answer.contains("username=\"user\"") && answer.contains("nc=0000000")) {
      EXPECT_TRUE(exchange.respond(200, {}, "welcome").has_value());
    } else {
      EXPECT_TRUE(
          exchange
              .respond(401,
                       {{"WWW-Authenticate", "Basic realm=\"r\""},
                        {"WWW-Authenticate",
                         "Digest realm=\"r\", nonce=\"n1\", algorithm=SHA-256, qop=\"auth\""}},
                       "")
              .has_value());
    }
  });
  const UrlRequest request = UrlRequest("http://www.example.com/private").basic("user", "pass");
  EXPECT_EQ(scene.fetch(request).text(), "welcome");
  // The password never went over the wire, and the nonce is used again.
  EXPECT_EQ(answers.at(0), "");
  EXPECT_EQ(scene.fetch(request).text(), "welcome");
  EXPECT_TRUE(answers.at(2).contains("nc=00000002")) << answers.at(2);
}

}  // namespace
}  // namespace bowline::test
