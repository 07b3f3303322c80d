#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/http/rules/challenge.h"
#include "core/http/rules/http_date.h"
#include "core/http/rules/multipart.h"
#include "core/http/rules/redirect.h"

namespace bowline::core {
namespace {

using testing::HasSubstr;

constexpr std::int64_t now_2026 = 1'793'000'000;

TEST(HttpDate, is_written_and_read) {
  const std::pair<std::int64_t, std::string_view> rows[] = {
      {784'111'777, "Sun, 06 Nov 1994 08:49:37 GMT"},
      {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
      {951'782'400, "Tue, 29 Feb 2000 00:00:00 GMT"},
      {253'402'300'799, "Fri, 31 Dec 9999 23:59:59 GMT"},
      {-62'135'596'800, "Mon, 01 Jan 0001 00:00:00 GMT"},
  };
  for (const auto& [seconds, text] : rows) {
    EXPECT_EQ(format_http_date(seconds), text);
    EXPECT_EQ(parse_http_date(text, now_2026), seconds) << text;
  }
}

TEST(HttpDate, what_is_nearly_one_is_none) {
  for (const char* const text :
       {"Sun, 06 Nov 94 08:49:37 GMT", "Sun 06 Nov 1994 08:49:37 GMT",
        "Sun, 06  Nov 1994 08:49:37 GMT", "Sun, 06-Nov-1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 UTC", " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "0", "", "Sunday, 06 Nov 1994 08:49:37 GMT"})
    EXPECT_EQ(parse_http_date(text, now_2026), std::nullopt) << text;
}

TEST(HttpDate, older_forms_are_read) {
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", now_2026), 784'111'777);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994", now_2026), 784'111'777);
  EXPECT_EQ(
      format_http_date(*parse_http_date("Sunday, 06-Nov-76 08:49:37 GMT", now_2026)).substr(12, 4),
      "2076");
  EXPECT_EQ(
      format_http_date(*parse_http_date("Sunday, 06-Nov-77 08:49:37 GMT", now_2026)).substr(12, 4),
      "1977");
}

TEST(HttpDate, what_is_no_date_is_none) {
  for (const std::string_view text :
       {"", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 994 08:49:37 GMT",
        "Sun, 06 Nox 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
        "Sun, 06 Nov 1994 08:60:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "29 Feb 2001 00:00:00 GMT"})
    EXPECT_FALSE(parse_http_date(text, now_2026).has_value()) << text;
}

TEST(HttpDate, cookies_take_nearly_anything) {
  for (const std::string_view text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "06 nov 1994 8:49:37",
        "1994 6 november 08:49:37", "08:49:37 06/Nov/94", "x 06th Nov 1994x 08:49:37z"})
    EXPECT_EQ(parse_cookie_date(text), 784'111'777) << text;
  EXPECT_EQ(parse_cookie_date("1 Jan 69 0:0:0"), parse_cookie_date("1 Jan 2069 0:0:0"));
  for (const std::string_view text :
       {"", "1 Jan 1600 0:0:0", "32 Jan 2000 0:0:0", "1 Jan 2000", "1 Jan 0:0:0"})
    EXPECT_FALSE(parse_cookie_date(text).has_value()) << text;
}

RedirectedRequest post_to(std::string_view url) {
  return {.url = Url::parse(url).value(),
          .method = "POST",
          .fields = {
              {"Authorization", "x"}, {"Cookie", "y"}, {"Content-Type", "a/b"}, {"Accept", "*/*"}}};
}

TEST(Redirect, threat_35_methods_follow_the_status) {
  const std::tuple<int, std::string_view, std::string_view, bool> rows[] = {
      {301, "POST", "GET", false}, {302, "POST", "GET", false}, {303, "POST", "GET", false},
      {307, "POST", "POST", true}, {308, "POST", "POST", true}, {301, "PUT", "PUT", true},
      {303, "PUT", "GET", false},  {303, "HEAD", "HEAD", true}, {302, "HEAD", "HEAD", true},
      {303, "GET", "GET", true},
  };
  for (const auto& [status, method, next_method, keeps_body] : rows) {
    RedirectedRequest request = post_to("https://a/b");
    request.method = method;
    const auto next = follow_redirect(request, status, "/c", 0, {}).value();
    EXPECT_EQ(next.method, next_method) << status << method;
    EXPECT_EQ(next.keeps_body, keeps_body) << status << method;
    EXPECT_EQ(next.fields.contains("Content-Type"), keeps_body);
    EXPECT_TRUE(next.fields.contains("Authorization"));
  }
  EXPECT_TRUE(is_redirect(308) && !is_redirect(300) && !is_redirect(304));
}

TEST(Redirect, threat_35_secrets_stay_with_their_origin) {
  for (const std::string_view location :
       {"https://b/", "https://a:444/", "//b/", "https://a.b/", "https://u:p@b/", "https://a./"}) {
    const auto next = follow_redirect(post_to("https://a/"), 307, location, 0, {}).value();
    EXPECT_TRUE(next.changes_origin) << location;
    EXPECT_FALSE(next.fields.contains("Authorization") || next.fields.contains("Cookie"))
        << location;
    EXPECT_FALSE(next.url.has_credentials()) << location;
    EXPECT_TRUE(next.fields.contains("Accept"));
  }
  EXPECT_FALSE(
      follow_redirect(post_to("https://a/"), 307, "https://A:443/x", 0, {})->changes_origin);
}

TEST(Redirect, threat_35_what_is_not_followed) {
  const auto kind = [](std::string_view from, std::string_view to, std::size_t hops,
                       RedirectRules rules = {}) {
    const auto next = follow_redirect(post_to(from), 302, to, hops, rules);
    return next.has_value() ? "followed" : to_string(next.error().kind());
  };
  EXPECT_EQ(kind("https://a/", "/b", 19), "followed");
  EXPECT_EQ(kind("https://a/", "/b", 20), "limit_exceeded");
  EXPECT_EQ(kind("https://a/", "http://a/", 0), "refused");
  EXPECT_EQ(kind("https://a/", "http://a/", 0, {.allows_downgrade = true}), "followed");
  EXPECT_EQ(kind("http://a/", "https://a/", 0), "followed");
  EXPECT_EQ(kind("https://a/", "file:///etc/passwd", 0), "unsupported");
  EXPECT_EQ(kind("https://a/", "http://", 0), "malformed");
}

TEST(Redirect, a_fragment_is_inherited) {
  EXPECT_EQ(follow_redirect(post_to("http://a/#f"), 302, "/b", 0, {})->url.text(), "http://a/b#f");
  EXPECT_EQ(follow_redirect(post_to("http://a/#f"), 302, "/b#g", 0, {})->url.text(),
            "http://a/b#g");
}

TEST(Challenges, several_stand_in_one_field) {
  const auto all = parse_challenges(
      "Basic realm=\"a, \\\"b\\\"\" , charset=UTF-8, Negotiate, NEGOTIATE abc==, Digest realm = "
      "x,, nonce=\"y\"");
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].scheme, "basic");
  EXPECT_EQ(all[0].find("realm"), "a, \"b\"");
  EXPECT_EQ(all[0].find("charset"), "UTF-8");
  EXPECT_EQ(all[1].scheme, "negotiate");
  EXPECT_EQ(all[1].token68, "");
  EXPECT_EQ(all[2].token68, "abc==");
  EXPECT_EQ(all[3].find("nonce"), "y");
  EXPECT_EQ(all[3].find("realm"), "x");
}

TEST(Challenges, what_is_broken_ends_the_list) {
  EXPECT_EQ(parse_challenges("").size(), 0U);
  EXPECT_EQ(parse_challenges(",,").size(), 0U);
  EXPECT_EQ(parse_challenges("Basic realm=\"a").size(), 1U);
  EXPECT_EQ(parse_challenges("Basic realm=\"a, Digest realm=b").size(), 1U);
  EXPECT_EQ(parse_challenges("Basic realm=a, \"x\", Digest realm=b").size(), 1U);
  std::string many;
  for (int i = 0; i < 100; ++i) many += "Basic realm=a" + std::to_string(i) + ", ";
  EXPECT_EQ(parse_challenges(many).size(), 16U);
}

TEST(Credentials, basic_and_bearer) {
  EXPECT_EQ(basic_credentials("Aladdin", "open sesame").value(),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(basic_credentials("test", "123\xc2\xa3").value(), "Basic dGVzdDoxMjPCow==");
  EXPECT_FALSE(basic_credentials("a:b", "c").has_value());
  EXPECT_FALSE(basic_credentials("a", "c\n").has_value());
  EXPECT_EQ(bearer_credentials("mF_9.B5f-4.1JqM").value(), "Bearer mF_9.B5f-4.1JqM");
  for (const std::string_view token : {"", "=", "a b", "a\r\nX: y", "a=b"})
    EXPECT_FALSE(bearer_credentials(token).has_value()) << token;
}

// In place of a hash the text itself, so that a test sees what would be hashed.
std::string shown(DigestAlgorithm algorithm, std::string_view text) {
  const char* marks[] = {"md5", "sha", "512"};
  return std::string(marks[static_cast<std::size_t>(algorithm)]) + "[" + std::string(text) + "]";
}

std::string digest(std::string_view field, std::optional<std::string_view> body = {},
                   std::string_view user = "Mufasa") {
  const auto challenges = parse_challenges(field);
  const DigestRequest request{.method = "GET",
                              .target = "/dir",
                              .username = user,
                              .password = "pw",
                              .client_nonce = "cn",
                              .count = 10,
                              .body = body};
  const auto value = digest_credentials(challenges.at(0), request, shown);
  return value.has_value() ? *value : "error: " + to_string(value.error().kind());
}

TEST(Credentials, digest_hashes_what_rfc7616_says) {
  EXPECT_EQ(
      digest("Digest realm=\"r\", nonce=\"n\", qop=\"auth, auth-int\", algorithm=SHA-256, "
             "opaque=\"o\""),
      "Digest username=\"Mufasa\", realm=\"r\", nonce=\"n\", uri=\"/dir\", "
      "response=\"sha[sha[Mufasa:r:pw]:n:0000000a:cn:auth:sha[GET:/dir]]\", algorithm=SHA-256, "
      "qop=auth, nc=0000000a, cnonce=\"cn\", opaque=\"o\"");
  // RFC 2069: no quality, MD5 unless said.
  EXPECT_THAT(digest("Digest realm=r, nonce=n"),
              HasSubstr("response=\"md5[md5[Mufasa:r:pw]:n:md5[GET:/dir]]\""));
  EXPECT_THAT(digest("Digest realm=r, nonce=n, qop=auth-int", "body"),
              HasSubstr("md5[GET:/dir:md5[body]]"));
  EXPECT_THAT(digest("Digest realm=r, nonce=n, qop=auth, algorithm=sha-512-256-sess"),
              HasSubstr("512[512[512[Mufasa:r:pw]:n:cn]:n:"));
  EXPECT_THAT(digest("Digest realm=r, nonce=n, qop=auth, userhash=true"),
              HasSubstr("username=\"md5[Mufasa:r]\""));
  EXPECT_THAT(digest("Digest realm=r, nonce=n", {}, "J\xc3\xa4"),
              HasSubstr("username*=UTF-8''J%C3%A4, "));
}

TEST(Credentials, digest_refuses_what_it_does_not_know) {
  EXPECT_EQ(digest("Digest nonce=n"), "error: malformed");
  EXPECT_EQ(digest("Digest realm=r"), "error: malformed");
  EXPECT_EQ(digest("Digest realm=r, nonce=n, algorithm=SHA-1"), "error: unsupported");
  EXPECT_EQ(digest("Digest realm=r, nonce=n, qop=auth-int"), "error: unsupported");
  EXPECT_EQ(digest("Digest realm=r, nonce=n, qop=\"x\""), "error: unsupported");
}

TEST(Multipart, frames_contents_that_are_streamed) {
  const std::vector<FormPart> parts{{.name = "a\"\r\n", .content_octets = 2},
                                    {.name = "f", .file_name = "x.bin", .content_octets = 3}};
  const auto frame = frame_multipart(parts, "b0").value();
  EXPECT_EQ(frame.content_type, "multipart/form-data; boundary=b0");
  const std::string whole = frame.heads[0] + "hi" + frame.heads[1] + "abc" + frame.tail;
  EXPECT_EQ(whole,
            "--b0\r\nContent-Disposition: form-data; name=\"a%22%0D%0A\"\r\n\r\nhi\r\n"
            "--b0\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.bin\"\r\n"
            "Content-Type: application/octet-stream\r\n\r\nabc\r\n--b0--\r\n");
  EXPECT_EQ(frame.octets, whole.size());
  EXPECT_FALSE(frame_multipart(parts, "").has_value());
  EXPECT_FALSE(frame_multipart(parts, "a b").has_value());
  EXPECT_FALSE(frame_multipart({{.name = "a", .content_type = "x\r\ny: z"}}, "b").has_value());
  EXPECT_EQ(frame_multipart({}, "b")->tail, "--b--\r\n");
}

TEST(Multipart, forms_are_written_as_browsers_do) {
  EXPECT_EQ(write_form({{"a b", "c&d=e"}, {"\xc3\xa4", "~*-._+"}}),
            "a+b=c%26d%3De&%C3%A4=%7E*-._%2B");
  EXPECT_EQ(write_form({}), "");
}

}  // namespace
}  // namespace bowline::core
