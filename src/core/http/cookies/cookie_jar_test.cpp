#include "core/http/cookies/cookie_jar.h"

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/http/cookies/set_cookie.h"

namespace bowline::core {
namespace {

using testing::HasSubstr;

bool is_known_suffix(std::string_view domain) {
  return domain == "com" || domain == "example" || domain == "co.uk" ||
         domain == "platform.example";
}

class CookieScene {
 public:
  std::string set(std::string_view url, std::string_view field) {
    const auto done = jar.set(Url::parse(url).value(), field, context);
    return done.has_value() ? "kept" : done.error().message();
  }
  std::string sent(std::string_view url) {
    return jar.header_for(Url::parse(url).value(), context);
  }

  CookieContext context{.now = 1000};
  CookieJar jar{{}, is_known_suffix};
};

TEST(CookieJar, sends_what_was_set_to_whom_it_concerns) {
  CookieScene scene;
  EXPECT_EQ(scene.set("http://www.a.example/x/y", "a=1"), "kept");
  EXPECT_EQ(scene.set("http://www.a.example/", "b=2; Domain=.A.example; Path=/"), "kept");
  EXPECT_EQ(scene.set("https://www.a.example/", "c=3; Secure"), "kept");
  EXPECT_EQ(scene.sent("http://www.a.example/x/z"), "a=1; b=2");
  EXPECT_EQ(scene.sent("http://www.a.example/"), "b=2");
  EXPECT_EQ(scene.sent("http://a.example/x/"), "b=2");
  EXPECT_EQ(scene.sent("https://www.a.example/x/y"), "a=1; b=2; c=3");
  EXPECT_EQ(scene.sent("http://b.example/x/y"), "");
  EXPECT_EQ(scene.sent("http://www.www.a.example/x/y"), "b=2");
}

TEST(CookieJar, longer_paths_come_first_then_older_cookies) {
  CookieScene scene;
  scene.set("http://a.example/", "a=1; Path=/");
  scene.context.now += 1;
  scene.set("http://a.example/", "b=1; Path=/x");
  scene.set("http://a.example/", "c=1; Path=/x/");
  scene.context.now += 1;
  scene.set("http://a.example/", "d=1; Path=/");
  scene.set("http://a.example/", "a=2; Path=/");  // keeps its place
  EXPECT_EQ(scene.sent("http://a.example/x/y"), "c=1; b=1; a=2; d=1");
  scene.set("http://a.example/", "e=1; Path=/");
  scene.set("http://a.example/", "d=2; Path=/");  // in the same second as e
  EXPECT_EQ(scene.sent("http://a.example/"), "a=2; d=2; e=1");
}

TEST(CookieJar, cookies_end_in_time) {
  CookieScene scene;
  scene.set("http://a.example/", "a=1; Max-Age=10");
  scene.set("http://a.example/", "b=1; Expires=Thu, 01 Jan 1970 00:20:00 GMT");
  scene.set("http://a.example/",
            "c=1; Max-Age=99999999999999999999; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(scene.sent("http://a.example/"), "a=1; b=1; c=1");
  EXPECT_EQ(scene.jar.cookies()[2].expires, 1000 + cookie_age_max);
  scene.context.now = 1010;
  EXPECT_EQ(scene.sent("http://a.example/"), "b=1; c=1");
  EXPECT_EQ(scene.set("http://a.example/", "b=; Max-Age=0"), "kept");
  EXPECT_EQ(scene.set("http://a.example/", "c=; Max-Age=-1"), "kept");
  EXPECT_TRUE(scene.jar.cookies().size() <= 1 && scene.sent("http://a.example/").empty());
}

TEST(CookieJar, threat_87_no_cookie_is_for_more_than_its_site) {
  CookieScene scene;
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"http://www.a.com/", "a=1; Domain=com"},
      {"http://www.a.com/", "a=1; Domain=.COM"},
      {"http://www.a.com/", "a=1; Domain=com."},
      {"http://www.a.com./", "a=1; Domain=com."},
      {"http://a.co.uk/", "a=1; Domain=co.uk"},
      {"http://a.com/", "a=1; Domain=b.com"},
      {"http://a.com/", "a=1; Domain=www.a.com"},
      {"http://aa.com/", "a=1; Domain=a.com"},
      {"http://1.2.3.4/", "a=1; Domain=3.4"},
      {"http://1.2.3.4/", "a=1; Domain=.4"},
      {"http://[::1]/", "a=1; Domain=:1]"},
      {"http://a.com/", "a=1; Domain=a.com."},
      {"http://u.platform.example/", "a=1; Domain=platform.example"},
  };
  for (const auto& [url, field] : rows)
    EXPECT_THAT(scene.set(url, field), HasSubstr("domain")) << url << field;
  EXPECT_TRUE(scene.jar.cookies().empty());
  EXPECT_EQ(scene.set("http://platform.example/", "a=1; Domain=platform.example"), "kept");
  EXPECT_EQ(scene.sent("http://u.platform.example/"), "");
  EXPECT_EQ(scene.set("http://1.2.3.4/", "a=1; Domain=1.2.3.4"), "kept");
  EXPECT_EQ(scene.sent("http://1.2.3.4/"), "a=1");
}

TEST(CookieJar, threat_88_prefixes_keep_their_promise) {
  CookieScene scene;
  for (const std::string_view field :
       {"__Secure-a=1", "__secure-a=1", "__Host-a=1; Secure", "__HOST-a=1; Path=/",
        "=__Host-a=1; Secure; Path=/", "__Secure-a", "__Host-a=1; Secure; Path=/; Domain=a.example",
        "__Host-a=1; Secure; Path=/x"})
    EXPECT_THAT(scene.set("https://a.example/y/z", field), HasSubstr("prefix")) << field;
  EXPECT_EQ(scene.set("https://a.example/y/z", "__Secure-a=1; Secure"), "kept");
  EXPECT_EQ(scene.set("https://a.example/y/z", "__Host-a=1; Secure; Path=/"), "kept");
}

TEST(CookieJar, threat_88_what_comes_without_tls_overlays_nothing_secure) {
  CookieScene scene;
  EXPECT_THAT(scene.set("http://a.example/", "a=1; Secure"), HasSubstr("without TLS"));
  scene.set("https://a.example/", "a=1; Secure; Path=/login");
  EXPECT_THAT(scene.set("http://a.example/login/en", "a=2; Path=/login/en"),
              HasSubstr("secure cookie"));
  EXPECT_THAT(scene.set("http://www.a.example/", "a=2; Domain=a.example; Path=/login"),
              HasSubstr("secure cookie"));
  EXPECT_EQ(scene.set("http://a.example/", "a=2; Path=/"), "kept");
  EXPECT_EQ(scene.set("https://a.example/", "a=3; Path=/login"), "kept");
}

TEST(CookieJar, threat_88_programs_neither_see_nor_change_http_only) {
  CookieScene scene;
  scene.set("http://a.example/", "a=1; HttpOnly");
  scene.context.is_http = false;
  EXPECT_EQ(scene.sent("http://a.example/"), "");
  EXPECT_THAT(scene.set("http://a.example/", "a=2"), HasSubstr("HttpOnly"));
  EXPECT_THAT(scene.set("http://a.example/", "b=2; HttpOnly"), HasSubstr("HttpOnly"));
}

TEST(CookieJar, sites_and_partitions_are_kept_apart) {
  CookieScene scene;
  scene.set("https://a.example/", "s=1; SameSite=Strict");
  scene.set("https://a.example/", "l=1; SameSite=Lax");
  scene.set("https://a.example/", "n=1; SameSite=None; Secure");
  EXPECT_THAT(scene.set("https://a.example/", "x=1; SameSite=None"), HasSubstr("not secure"));
  scene.context.is_same_site = false;
  EXPECT_EQ(scene.sent("https://a.example/"), "l=1; n=1");
  scene.context.is_navigation = false;
  EXPECT_EQ(scene.sent("https://a.example/"), "n=1");
  EXPECT_THAT(scene.set("https://a.example/", "y=1; SameSite=Lax"), HasSubstr("another"));
  scene.context.partition = "https://b.example";
  EXPECT_EQ(scene.sent("https://a.example/"), "");
  scene.set("https://a.example/", "n=2; SameSite=None; Secure");
  EXPECT_EQ(scene.sent("https://a.example/"), "n=2");
}

TEST(CookieJar, threat_88_limits_hold_and_the_oldest_goes_first) {
  CookieJar jar({.cookies_max = 5, .per_domain_max = 3}, is_known_suffix);
  const Url url = Url::parse("https://a.example/").value();
  CookieContext context{.now = 1};
  for (const char* field : {"a=1", "b=1; Secure", "c=1", "d=1"}) {
    static_cast<void>(jar.set(url, field, context));
    ++context.now;
  }
  EXPECT_EQ(jar.header_for(url, context), "b=1; c=1; d=1");
  static_cast<void>(jar.set(url, "e=1", context));
  EXPECT_EQ(jar.header_for(url, context), "b=1; d=1; e=1");
  for (int i = 0; i < 9; ++i)
    static_cast<void>(
        jar.set(Url::parse("http://h" + std::to_string(i) + ".example/").value(), "a=1", context));
  EXPECT_EQ(jar.cookies().size(), 5U);
}

TEST(CookieJar, threat_88_a_response_sets_and_a_request_carries_so_many) {
  CookieJar jar({}, is_known_suffix);
  const Url url = Url::parse("https://a.example/").value();
  std::vector<std::string> texts;
  for (int i = 0; i < 60; ++i)
    texts.push_back("c" + std::to_string(i) + "=" + std::string(300, 'x'));
  const std::vector<std::string_view> fields(texts.begin(), texts.end());
  EXPECT_EQ(jar.set_all(url, fields, {.now = 1}), 50U);
  EXPECT_LE(jar.header_for(url, {.now = 1}).size(), 8190U);
  EXPECT_GT(jar.header_for(url, {.now = 1}).size(), 7800U);
}

TEST(CookieJar, deletes_at_once_and_restores) {
  CookieScene scene;
  scene.set("http://a.example/", "a=1");
  scene.set("http://b.example/", "b=1; Max-Age=10");
  const auto kept = scene.jar.cookies();
  EXPECT_EQ(scene.jar.remove_if([](const Cookie& one) { return one.domain == "a.example"; }), 1U);
  EXPECT_EQ(scene.sent("http://a.example/"), "");
  scene.jar.clear();
  EXPECT_TRUE(scene.jar.cookies().empty());
  scene.jar.restore(kept, 1005);
  EXPECT_EQ(scene.jar.cookies(), kept);
  scene.jar.restore(kept, 1010);
  EXPECT_EQ(scene.jar.cookies().size(), 1U);
}

TEST(SetCookie, is_read_as_browsers_do) {
  const auto pair = [](std::string_view field) -> std::string {
    const auto cookie = parse_set_cookie(field, 0);
    return cookie.has_value() ? cookie->name + "|" + cookie->value
                              : to_string(cookie.error().kind());
  };
  EXPECT_EQ(pair("a=b"), "a|b");
  EXPECT_EQ(pair(" a\t=  b c ; x"), "a|b c");
  EXPECT_EQ(pair("a=\"b\"; x"), "a|\"b\"");
  EXPECT_EQ(pair("a=b=c"), "a|b=c");
  EXPECT_EQ(pair("b"), "|b");
  EXPECT_EQ(pair("=b"), "|b");
  EXPECT_EQ(pair("a="), "a|");
  EXPECT_EQ(pair(""), "malformed");
  EXPECT_EQ(pair("=; x"), "malformed");
  EXPECT_EQ(pair("a=b\x01"), "malformed");
  EXPECT_EQ(pair("a=b; \x7f"), "malformed");
  EXPECT_EQ(pair("a=" + std::string(4095, 'x')), "a|" + std::string(4095, 'x'));
  EXPECT_EQ(pair("a=" + std::string(4096, 'x')), "limit_exceeded");
  const auto cookie = parse_set_cookie("a=b; path=/x; PATH=y; Domain=" + std::string(1025, 'd') +
                                           "; max-age=+1; SECURE=no;;=",
                                       0)
                          .value();
  EXPECT_FALSE(cookie.path.has_value());
  EXPECT_FALSE(cookie.domain.has_value());
  EXPECT_FALSE(cookie.expires.has_value());
  EXPECT_TRUE(cookie.is_secure);
}

TEST(CookieJar, paths_match_by_whole_segments) {
  EXPECT_TRUE(path_matches("/a/b", "/a") && path_matches("/a/b", "/a/") &&
              path_matches("/a", "/a"));
  EXPECT_FALSE(path_matches("/aa", "/a") || path_matches("/a", "/a/") || path_matches("/", "/a"));
  EXPECT_EQ(default_cookie_path("/a/b"), "/a");
  EXPECT_EQ(default_cookie_path("/a"), "/");
  EXPECT_EQ(default_cookie_path(""), "/");
}

}  // namespace
}  // namespace bowline::core
