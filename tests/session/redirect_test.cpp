#include "session_scene.h"

namespace bowline::test {
namespace {

TEST(UrlSessionRedirect, follows_to_the_end) {
  SessionScene scene;
  scene.redirect("/a", 301, "/b");
  scene.redirect("/b", 302, "https://other.example.com/hello#part");
  const UrlResponse response = scene.get("https://www.example.com/a");
  EXPECT_EQ(response.text(), "hello");
  EXPECT_EQ(response.url().text(), "https://other.example.com/hello#part");
  EXPECT_EQ(response.metrics().redirects(), 2U);
  EXPECT_EQ(scene.asked, (std::vector<std::string>{"GET www.example.com/a", "GET www.example.com/b",
                                                   "GET other.example.com/hello"}));
}

TEST(UrlSessionRedirect, is_the_answer_itself_if_the_program_wants_that) {
  SessionScene scene;
  scene.redirect("/a", 302, "/hello");
  const UrlResponse response =
      scene.fetch(UrlRequest("https://www.example.com/a").redirects_max(0));
  EXPECT_EQ(response.status(), 302);
  EXPECT_EQ(response.text(), "elsewhere");
}

TEST(UrlSessionRedirect, sends_the_body_again_where_the_method_stays) {
  SessionScene scene;
  std::string got;
  scene.redirect("/a", 308, "/take");
  scene.redirect("/c", 303, "/take");
  scene.page("/take", [&](HttpExchange exchange) {
    exchange.receive_all().detach([&, exchange](Result<Buffer> body) mutable {
      ASSERT_TRUE(body.has_value()) << to_string(body.error());
      got = exchange.method() + " " + std::string(body->text());
      EXPECT_TRUE(exchange.respond(200).has_value());
    });
  });
  EXPECT_EQ(scene.fetch(UrlRequest("https://www.example.com/a").body("payload")).status(), 200);
  EXPECT_EQ(got, "POST payload");
  EXPECT_EQ(scene.fetch(UrlRequest("http://www.example.com/c").body("payload")).status(), 200);
  EXPECT_EQ(got, "GET ");
}

TEST(UrlSessionRedirect, threat_35_ends_after_twenty_hops) {
  SessionScene scene;
  scene.redirect("/loop", 302, "/loop");
  EXPECT_EQ(scene.error_of(UrlRequest("https://www.example.com/loop")).kind(),
            ErrorKind::limit_exceeded);
  EXPECT_EQ(scene.asked.size(), 21U);
}

TEST(UrlSessionRedirect, threat_35_never_leads_from_https_to_http) {
  SessionScene scene;
  scene.redirect("/down", 302, "http://www.example.com/hello");
  EXPECT_EQ(scene.error_of(UrlRequest("https://www.example.com/down")).kind(), ErrorKind::refused);
  EXPECT_EQ(scene.asked.size(), 1U);
}

TEST(UrlSessionRedirect, threat_35_takes_no_secret_to_another_origin) {
  SessionScene scene;
  scene.redirect("/away", 307, "https://other.example.com/hello");
  scene.redirect("/near", 307, "/hello");
  ASSERT_TRUE(scene.session()
                  .set_cookie(Url::parse("https://www.example.com/").value(), "secret=1")
                  .has_value());
  const auto request = [](const char* url) {
    return UrlRequest(url).field("Authorization", "Bearer abc").field("X-Plain", "stays");
  };
  scene.fetch(request("https://www.example.com/near"));
  EXPECT_TRUE(scene.asked_fields.at(1).contains("authorization"));
  EXPECT_TRUE(scene.asked_fields.at(1).contains("cookie"));
  scene.fetch(request("https://www.example.com/away"));
  EXPECT_TRUE(scene.asked_fields.at(2).contains("authorization"));
  EXPECT_FALSE(scene.asked_fields.at(3).contains("authorization"));
  EXPECT_FALSE(scene.asked_fields.at(3).contains("cookie"));
  EXPECT_TRUE(scene.asked_fields.at(3).contains("x-plain"));
  // The session's own ways of saying who we are, too.
  scene.fetch(UrlRequest("https://www.example.com/away").bearer("token"));
  EXPECT_TRUE(scene.asked_fields.at(4).contains("authorization"));
  EXPECT_FALSE(scene.asked_fields.at(5).contains("authorization"));
}

TEST(UrlSessionRedirect, threat_91_a_user_in_a_url_is_for_exactly_its_host) {
  SessionScene scene;
  scene.page("/private", 401, "who?", {{"WWW-Authenticate", "Basic realm=\"r\""}});
  scene.redirect("/away", 302, "https://other.example.com/private");
  EXPECT_EQ(scene.get("https://user:pass@www.example.com/away").status(), 401);
  EXPECT_EQ(scene.get("https://sub.www.example.com/private").status(), 401);
  for (const HttpFields& fields : scene.asked_fields)
    EXPECT_FALSE(fields.contains("authorization"));
}

TEST(UrlSessionRedirect, leaves_a_long_body_of_a_redirect_behind) {
  SessionScene scene;
  HttpFields fields{{"Location", "/hello"}};
  scene.page("/a", 302, std::string(300'000, 'x'), fields);
  EXPECT_EQ(scene.get("https://www.example.com/a").text(), "hello");
  EXPECT_EQ(scene.get("http://www.example.com/a").text(), "hello");
}

TEST(UrlSessionHsts, threat_93_asks_over_tls_whoever_said_so) {
  SessionScene scene;
  scene.page("/sts", 200, "", {{"Strict-Transport-Security", "max-age=1000; includeSubDomains"}});
  // In the clear it counts for nothing.
  scene.get("http://www.example.com/sts");
  scene.get("http://www.example.com/hello");
  EXPECT_EQ(scene.plain.request_count(), 2U);
  scene.get("https://www.example.com/sts");
  EXPECT_EQ(scene.get("http://www.example.com/hello").url().scheme(), "https");
  EXPECT_EQ(scene.get("http://sub.www.example.com/hello").url().scheme(), "https");
  EXPECT_EQ(scene.get("http://WWW.example.com./hello").url().scheme(), "https");
  EXPECT_EQ(scene.plain.request_count(), 2U);
  EXPECT_EQ(scene.get("http://other.example.com/hello").url().scheme(), "http");
  // It is forgotten once its time is over, or it says so.
  scene.page("/unsts", 200, "", {{"Strict-Transport-Security", "max-age=0"}});
  scene.get("https://www.example.com/unsts");
  EXPECT_EQ(scene.get("http://www.example.com/hello").url().scheme(), "http");
}

}  // namespace
}  // namespace bowline::test
