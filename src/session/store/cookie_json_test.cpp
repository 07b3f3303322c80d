#include "session/store/cookie_json.h"

#include <gtest/gtest.h>

#include <string>

namespace bowline::session {
namespace {

constexpr std::int64_t now_in_json = 1'793'000'000;

TEST(CookieJson, what_is_written_is_read_back) {
  core::Cookie one;
  one.name = "a\"b\\";
  one.value = "caf\xc3\xa9";
  one.domain = "example.com";
  one.path = "/p";
  one.is_host_only = false;
  one.is_secure = one.is_http_only = true;
  one.same_site = core::SameSite::strict;
  one.expires = now_in_json + 60;
  one.created = one.last_used = now_in_json;
  one.partition = "https://top.example";
  core::Cookie other;
  other.value = "nameless";
  other.domain = "h.example";
  other.created = other.last_used = now_in_json;
  const auto read = read_cookie_json(write_cookie_json({one, other}), now_in_json);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ((*read)[0], one);
  EXPECT_EQ((*read)[1], other);
  EXPECT_TRUE(read_cookie_json(write_cookie_json({}), now_in_json).value().empty());
}

TEST(CookieJson, takes_what_browsers_tools_write) {
  const auto read = read_cookie_json(
      R"([{"domain": ".Example.com", "expirationDate": 1793000100.5, "hostOnly": false, "httpOnly": true,
           "name": "id", "path": "/", "sameSite": "no_restriction", "secure": true, "session": false,
           "storeId": null, "value": "\u0041\ud83d\ude00", "more": {"a": [1, {"b": []}]}},
          {"domain": "x.example", "name": "old", "value": "v", "expirationDate": 5},
          {"name": "nowhere", "value": "v"}])",
      now_in_json);
  ASSERT_TRUE(read.has_value()) << to_string(read.error());
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ((*read)[0].domain, "example.com");
  EXPECT_EQ((*read)[0].value, "A\xf0\x9f\x98\x80");
  EXPECT_EQ((*read)[0].expires, now_in_json + 100);
  EXPECT_EQ((*read)[0].same_site, core::SameSite::none);
}

TEST(CookieJson, anything_else_is_an_error) {
  std::string deep = "[{\"a\": ";
  for (int i = 0; i < 100; ++i) deep += "[";
  for (const std::string& text :
       {std::string(), std::string("{}"), std::string("["), std::string("[{}"),
        std::string("[{},]"), std::string("[1]"), std::string("[{\"a\" 1}]"),
        std::string("[{\"a\": 01x}]"), std::string("[{\"a\": \"\\x\"}]"),
        std::string("[{\"a\": \"\\ud800\"}]"), std::string("[{\"a\": \"\n\"}]"),
        std::string("[] x"), deep})
    EXPECT_FALSE(read_cookie_json(text, now_in_json).has_value()) << text;
}

TEST(CookieJson, nothing_gets_in_that_a_field_could_not_carry) {
  const auto read = read_cookie_json(
      R"([{"domain": "a.example", "name": "x", "value": "1\r\nSet-Cookie: y=2"},
          {"domain": "a.example", "name": "", "value": ""}])",
      now_in_json);
  ASSERT_TRUE(read.has_value());
  EXPECT_TRUE(read->empty());
}

}  // namespace
}  // namespace bowline::session
