#include "session_scene.h"

#include <gmock/gmock.h>

namespace bowline::test {
namespace {

using testing::SizeIs;

TEST(UrlSharing, a_connection_serves_other_hosts_of_its_certificate_at_its_address) {
  SessionScene scene;
  scene.get("https://www.example.com/hello");
  const UrlResponse other = scene.get("https://other.example.com/hello");
  EXPECT_EQ(other.text(), "hello");
  EXPECT_EQ(scene.asked.back(), "GET other.example.com/hello");
  EXPECT_EQ(scene.session().connection_count(), 1U);
  EXPECT_TRUE(other.metrics().transactions().back().is_reused());
}

TEST(UrlSharing, not_if_dns_leads_elsewhere) {
  SessionScene scene;
  scene.get("https://www.example.com/hello");
  scene.dns->add("far.example.com", "A", "203.0.113.81");
  const Identity who = scene.identity(CertificateRequest("far").name("far.example.com"));
  auto far = HttpListener::open(
      *scene.web_loop, host("203.0.113.81", 443), SecurityOptions().identity(who),
      [](HttpExchange exchange) { static_cast<void>(exchange.respond(200, {}, "far")); });
  ASSERT_TRUE(far.has_value());
  EXPECT_EQ(scene.get("https://far.example.com/").text(), "far");
  EXPECT_EQ(scene.session().connection_count(), 2U);
}

TEST(UrlSharing, not_if_the_certificate_is_for_another_name) {
  SessionScene scene;
  scene.get("https://www.example.com/hello");
  scene.dns->add("stranger.example.net", "A", "203.0.113.80");
  EXPECT_EQ(scene.error_of(UrlRequest("https://stranger.example.net/hello")).kind(),
            ErrorKind::untrusted);
}

TEST(UrlSharing, not_across_partitions_versions_or_what_is_secured_otherwise) {
  SessionScene scene;
  scene.made_session.emplace(
      *scene.loop,
      scene.configuration().except(DomainException("www.example.org").security(scene.trusting())));
  scene.get("https://www.example.com/hello");
  scene.fetch(UrlRequest("https://other.example.com/hello").partition("https://top.example"));
  EXPECT_EQ(scene.session().connection_count(), 2U);
  scene.fetch(UrlRequest("https://sub.www.example.com/hello").versions(HttpChoice::http1));
  EXPECT_EQ(scene.session().connection_count(), 3U);
  scene.get("https://www.example.org/hello");
  EXPECT_EQ(scene.session().connection_count(), 4U);
}

TEST(UrlSharing, whoever_trusts_anybody_shares_nothing) {
  SessionScene scene;
  SecurityOptions careless;
  careless.trust_anybody();
  UrlSession session(*scene.loop, SessionConfiguration().security(careless));
  ASSERT_TRUE(session.get("https://www.example.com/hello").wait().has_value());
  ASSERT_TRUE(session.get("https://other.example.com/hello").wait().has_value());
  EXPECT_EQ(session.connection_count(), 2U);
}

TEST(UrlSharing, a_host_that_does_not_want_it_gets_a_connection_of_its_own) {
  SessionScene scene;
  int refusals = 0;
  scene.page("/particular", [&](HttpExchange exchange) {
    const bool is_first = exchange.authority() == "other.example.com" && refusals++ == 0;
    static_cast<void>(exchange.respond(is_first ? 421 : 200, {}, "at last"));
  });
  scene.get("https://www.example.com/hello");
  const UrlResponse response = scene.get("https://other.example.com/particular");
  EXPECT_EQ(response.status(), 200);
  EXPECT_THAT(response.metrics().transactions(), SizeIs(2));
  EXPECT_EQ(scene.session().connection_count(), 2U);
}

TEST(UrlHttpsRecords, a_host_that_has_one_is_not_asked_in_the_clear) {
  SessionScene scene;
  scene.dns->add("www.example.org", "HTTPS", "1 . alpn=h2");
  const UrlResponse response = scene.get("http://www.example.org/hello");
  EXPECT_EQ(response.url().text(), "https://www.example.org/hello");
  EXPECT_EQ(response.version(), "HTTP/2");
  // One that has none is asked as the URL says, and so is a port that is named.
  EXPECT_EQ(scene.get("http://other.example.com/hello").url().scheme(), "http");
  EXPECT_EQ(scene.get("http://www.example.org:80/hello").url().scheme(), "https")
      << "80 is no other port";
  scene.made_session.emplace(*scene.loop, scene.configuration().https_records(false));
  EXPECT_EQ(scene.get("http://www.example.org/hello").url().scheme(), "http");
}

TEST(UrlHttpsRecords, it_also_saves_what_would_have_been_refused) {
  SessionScene scene;
  scene.dns->add("www.example.org", "HTTPS", "1 . alpn=h2");
  UrlSession session(*scene.loop, SessionConfiguration().security(scene.trusting()));
  EXPECT_TRUE(session.get("http://www.example.org/hello").wait().has_value());
  EXPECT_FALSE(session.get("http://other.example.com/hello").wait().has_value());
}

}  // namespace
}  // namespace bowline::test
