#include <bowline/url.h>

#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace bowline {
namespace {

using testing::HasSubstr;

std::string parsed(std::string_view text) {
  const auto url = Url::parse(text);
  return url.has_value() ? url->text() : "error: " + url.error().message();
}
std::string resolved(std::string_view base, std::string_view reference) {
  const auto url = Url::parse(base).value().resolve(reference);
  return url.has_value() ? url->text() : "error: " + url.error().message();
}

TEST(Url, has_the_parts_of_its_text) {
  const Url url = Url::parse("HTTPS://us%65r:p:w@Example.COM:8443/a/b;c?d=e?#f#g").value();
  EXPECT_EQ(url.text(), "https://us%65r:p%3Aw@example.com:8443/a/b;c?d=e?#f#g");
  EXPECT_EQ(url.scheme(), "https");
  EXPECT_EQ(url.username(), "us%65r");
  EXPECT_EQ(url.password(), "p%3Aw");
  EXPECT_TRUE(url.has_credentials());
  EXPECT_EQ(url.host(), "example.com");
  EXPECT_EQ(url.port(), 8443);
  EXPECT_EQ(url.path(), "/a/b;c");
  EXPECT_EQ(url.query(), "d=e?");
  EXPECT_EQ(url.fragment(), "f#g");
  EXPECT_EQ(url.target(), "/a/b;c?d=e?");
  EXPECT_EQ(url.authority(), "example.com:8443");
  EXPECT_EQ(url.origin(), "https://example.com:8443");
}

TEST(Url, lacks_the_parts_that_are_not_there) {
  const Url url = Url::parse("http://a").value();
  EXPECT_EQ(url.text(), "http://a/");
  EXPECT_FALSE(url.has_credentials());
  EXPECT_EQ(url.username(), "");
  EXPECT_EQ(url.password(), "");
  EXPECT_FALSE(url.port().has_value());
  EXPECT_EQ(url.effective_port(), 80);
  EXPECT_FALSE(url.query().has_value());
  EXPECT_FALSE(url.fragment().has_value());
  EXPECT_EQ(Url::parse("http://a?#").value().query(), "");
  EXPECT_EQ(Url::parse("http://a?#").value().fragment(), "");
}

TEST(Url, is_about_blank_by_default) {
  EXPECT_EQ(Url(), Url::parse("about:blank").value());
  EXPECT_EQ(Url().path(), "blank");
  EXPECT_FALSE(Url().has_host());
  EXPECT_EQ(Url().origin(), "null");
}

TEST(Url, is_written_in_one_way) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"  http://a\t/b\n ", "http://a/b"},
      {"http:\\\\a\\b", "http://a/b"},
      {"http:a", "http://a/"},
      {"http://////a", "http://a/"},
      {"http://a:80/", "http://a/"},
      {"http://a:0080/", "http://a/"},
      {"http://a:/", "http://a/"},
      {"https://a:80/", "https://a:80/"},
      {"http://a/./b/../c/%2e%2E/", "http://a/"},
      {"http://a/b/..", "http://a/"},
      {"http://a/b/.", "http://a/b/"},
      {"http://a/../../b", "http://a/b"},
      {"http://a//b", "http://a//b"},
      {"http://@a/", "http://a/"},
      {"http://:@a/", "http://a/"},
      {"http://u@v@a/", "http://u%40v@a/"},
      {"http://:p@a/", "http://:p@a/"},
      {"http://a/ \"<>`#?{}^'|", "http://a/%20%22%3C%3E%60#?{}^'|"},
      {"http://a/^{}'|", "http://a/%5E%7B%7D'|"},
      {"http://a/?'\"", "http://a/?%27%22"},
      {"sc://a/?'\"", "sc://a/?'%22"},
      {"http://a/\xc3\xa4?\xc3\xa4#\xc3\xa4", "http://a/%C3%A4?%C3%A4#%C3%A4"},
      {"http://a/\xc3", "http://a/%EF%BF%BD"},
      {"http://a/%zz%4", "http://a/%zz%4"},
      {"sc:a b", "sc:a b"},
      {"sc:a  #", "sc:a %20#"},
      {"sc:/../a", "sc:/a"},
      {"sc:/.//a", "sc:/.//a"},
      {"sc:/a/..//b", "sc:/.//b"},
      {"sc://", "sc://"},
      {"sc:///a", "sc:///a"},
      {"sc://A\\b", "error: the host holds a character that no host has"},
      {"file:a", "file:///a"},
      {"file://localhost/a", "file:///a"},
      {"file://h/a", "file://h/a"},
      {"file:C|/../a", "file:///C:/a"},
      {"file://C:/a", "file:///C:/a"},
      {"mailto:A@b.example", "mailto:A@b.example"},
  };
  for (const auto& [input, text] : rows) EXPECT_EQ(parsed(input), text) << input;
}

TEST(Url, resolves_references) {
  const std::string_view base = "http://a/b/c/d;p?q";  // RFC 3986 5.4
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"g:h", "g:h"},
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {";x", "http://a/b/c/;x"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../../../g", "http://a/g"},
      {"g..", "http://a/b/c/g.."},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"\\\\g\\h", "http://g/h"},
      {"http:g", "http://a/b/c/g"},
      {"http://g", "http://g/"},
      {"https:g", "https://g/"},
  };
  for (const auto& [reference, text] : rows)
    EXPECT_EQ(resolved(base, reference), text) << reference;
  EXPECT_EQ(resolved("http://u:p@a:81/b", "c"), "http://u:p@a:81/c");
  EXPECT_EQ(resolved("http://u:p@a:81/b", "//c"), "http://c/");
  EXPECT_EQ(resolved("sc://h/a/b", "//"), "sc://");
  EXPECT_EQ(resolved("sc://h/a/b", "///c"), "sc:///c");
  EXPECT_EQ(resolved("sc:/a/b", "..//c"), "sc:/.//c");
  EXPECT_EQ(resolved("sc:opaque?q", "#f"), "sc:opaque?q#f");
  EXPECT_THAT(resolved("sc:opaque", "a"), HasSubstr("opaque path"));
  EXPECT_THAT(resolved("sc:opaque", ""), HasSubstr("opaque path"));
  EXPECT_EQ(resolved("file://h/C:/a/b", "/c"), "file://h/C:/c");
  EXPECT_EQ(resolved("file://h/C:/a", "../../b"), "file://h/C:/b");
  EXPECT_EQ(resolved("file://h/C:/a", "D|/b"), "file://h/D:/b");
  EXPECT_EQ(resolved("file://h/a", "//i/b"), "file://i/b");
}

TEST(Url, refuses_with_the_rule_that_is_broken) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"", "no scheme"},
      {"/a", "no scheme"},
      {"1a:b", "no scheme"},
      {"http://", "the host is empty"},
      {"http://:80/", "the host is empty"},
      {"sc://:80/", "the host is empty"},
      {"http://u@/", "a user without a host"},
      {"sc://u@/", "a user without a host"},
      {"http://a:b/", "the port is no number"},
      {"http://a:65536/", "the port is over 65535"},
      {"http://a:99999999999999999999/", "the port is over 65535"},
      {"http://[::1/", "not closed"},
      {"http://[::1]a/", "not closed"},
      {"http://[::g]/", "no IPv6 address"},
      {"http://1.2.3.4.5/", "four parts"},
      {"http://1.2.3.256/", "too large"},
      {"http://256.1/", "over 255"},
      {"http://a.1x.09/", "a part of it is none"},
      {"http://a b/", "no name has"},
      {"http://a%00b/", "no name has"},
      {"http://a%25b/", "no name has"},
      {"http://%c3/", "no domain name"},
      {"http://%C2%AD/", "the host is empty"},
  };
  for (const auto& [input, rule] : rows) {
    const auto url = Url::parse(input);
    ASSERT_FALSE(url.has_value()) << input << " gave " << url->text();
    EXPECT_EQ(url.error().kind(), ErrorKind::malformed);
    EXPECT_THAT(url.error().message(), HasSubstr(rule)) << input;
  }
}

TEST(Url, hosts_are_names_or_addresses) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"http://127.1/", "127.0.0.1"},
      {"http://0x7f.0.0.01/", "127.0.0.1"},
      {"http://2130706433/", "127.0.0.1"},
      {"http://1.2.3.4./", "1.2.3.4"},
      {"http://%31.2.3.4/", "1.2.3.4"},
      {"http://\xef\xbc\x91.2.3.4/", "1.2.3.4"},
      {"http://[2001:DB8:0:0:1:0:0:0]/", "[2001:db8:0:0:1::]"},
      {"http://[::ffff:192.0.2.1]/", "[::ffff:c000:201]"},
      {"http://[1::]/", "[1::]"},
      {"http://[::]/", "[::]"},
      {"http://[1:2:3:4:5:6:7:8]/", "[1:2:3:4:5:6:7:8]"},
  };
  for (const auto& [input, host] : rows) {
    const Url url = Url::parse(input).value();
    EXPECT_EQ(url.host(), host) << input;
    EXPECT_TRUE(url.address().has_value()) << input;
  }
  EXPECT_FALSE(Url::parse("http://a.example/").value().address().has_value());
  EXPECT_FALSE(Url::parse("sc://1.2.3.4/").value().address().has_value());
  EXPECT_EQ(Url::parse("sc://[::1]/").value().address(), IpAddress::loopback(Family::ipv6));
}

TEST(Url, broken_ipv6_addresses_are_refused) {
  for (const std::string_view text : {"",
                                      ":",
                                      "1",
                                      "1:",
                                      ":1",
                                      ":::",
                                      "1::2::3",
                                      "1:2:3:4:5:6:7",
                                      "1:2:3:4:5:6:7:8:9",
                                      "12345::",
                                      "1.2.3.4",
                                      "::1.2.3",
                                      "::1.2.3.4.5",
                                      "::1.2.3.256",
                                      "::01.2.3.4",
                                      "::1.2.3.",
                                      "::.1.2.3",
                                      "1:2:3:4:5:6:7:1.2.3.4",
                                      "::1%1",
                                      "1:2:3:4:5:6:7::8:9",
                                      "g::"})
    EXPECT_FALSE(Url::parse("http://[" + std::string(text) + "]/").has_value()) << text;
}

TEST(Url, threat_25_names_of_other_scripts_are_a_labels) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"http://B\xc3\xbc"
       "cher.example/",
       "xn--bcher-kva.example"},
      {"http://fa\xc3\x9f.example/", "xn--fa-hia.example"},  // not mapped to ss
      {"http://a\xe3\x80\x82"
       "b/",
       "a.b"},                                                   // an ideographic full stop
      {"http://\xd0\xb0pple.example/", "xn--pple-43d.example"},  // its first letter is Cyrillic
      {"http://XN--BCHER-KVA.example/", "xn--bcher-kva.example"},
      {"http://a_b--c-.example/", "a_b--c-.example"},
  };
  for (const auto& [input, host] : rows) EXPECT_EQ(Url::parse(input).value().host(), host) << input;
  EXPECT_EQ(parsed("http://\xe2\x81\xa8.example/").substr(0, 5),
            "error");  // an isolate is not mapped
}

TEST(Url, origins_are_shared_by_scheme_host_and_port) {
  const auto share = [](std::string_view a, std::string_view b) {
    return Url::parse(a).value().has_origin_of(Url::parse(b).value());
  };
  EXPECT_TRUE(share("http://a/b", "http://u@A:80/c#d"));
  EXPECT_FALSE(share("http://a/", "https://a/"));
  EXPECT_FALSE(share("http://a/", "http://a:81/"));
  EXPECT_FALSE(share("http://a/", "http://a./"));
  EXPECT_FALSE(share("file:///a", "file:///a"));
  EXPECT_FALSE(share("data:a", "data:a"));
  EXPECT_EQ(Url::parse("blob:https://a:81/x").value().origin(), "https://a:81");
  EXPECT_EQ(Url::parse("blob:ftp://a/x").value().origin(), "null");
}

TEST(Url, gives_urls_with_other_parts) {
  const Url url = Url::parse("http://u:p@a:8080/b?c#d").value();
  EXPECT_EQ(url.with_query(std::nullopt).text(), "http://u:p@a:8080/b#d");
  EXPECT_EQ(url.with_query("x y#z'").text(), "http://u:p@a:8080/b?x%20y%23z%27#d");
  EXPECT_EQ(url.with_fragment(std::nullopt).text(), "http://u:p@a:8080/b?c");
  EXPECT_EQ(url.with_fragment("\xff").text(), "http://u:p@a:8080/b?c#%EF%BF%BD");
  EXPECT_EQ(url.with_credentials("", "").text(), "http://a:8080/b?c#d");
  EXPECT_EQ(url.with_credentials("x:y", "/@").text(), "http://x%3Ay:%2F%40@a:8080/b?c#d");
  EXPECT_EQ(Url().with_credentials("a", "b"), Url());
  EXPECT_EQ(url.with_scheme("https").value().text(), "https://u:p@a:8080/b?c#d");
  EXPECT_EQ(Url::parse("http://a:443/").value().with_scheme("wss").value().text(), "wss://a/");
  EXPECT_EQ(url.with_scheme("ftp").error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(Url().with_scheme("http").error().kind(), ErrorKind::invalid_argument);
}

TEST(Url, has_a_longest_text) {
  const std::string most(Url::text_bytes_max - 9, 'a');
  EXPECT_TRUE(Url::parse("http://a/" + most).has_value());
  EXPECT_EQ(Url::parse("http://a/" + most + "a").error().kind(), ErrorKind::limit_exceeded);
}

// A peer sends references in Location; whatever it is, what was parsed must be written and read as the same.
TEST(Url, property_texts_of_urls_parse_as_themselves) {
  const std::string_view pieces[] = {"http:", "sc:", "file:", "/",  "//",       "\\",   "a",
                                     ".",     "..",  "%2e",   "C|", "?",        "#",    "@",
                                     ":",     "80",  "[::1]", " ",  "\xc3\xa4", "\xff", "1.2"};
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SeededRandom random(seed);
    const auto draw = [&] {
      std::string text;
      for (std::uint64_t left = random.below(9); left > 0; --left)
        text += pieces[random.below(std::size(pieces))];
      return text;
    };
    auto url = Url::parse(draw());
    if (url.has_value()) url = url->resolve(draw());
    if (!url.has_value()) continue;
    const auto again = Url::parse(url->text());
    ASSERT_TRUE(again.has_value()) << "seed " << seed << ": " << url->text();
    ASSERT_EQ(again->text(), url->text()) << "seed " << seed;
    ASSERT_EQ(again->host(), url->host()) << "seed " << seed;
    ASSERT_EQ(again->path(), url->path()) << "seed " << seed;
  }
}

TEST(PercentEncode, sets_stand_on_one_another) {
  const std::string all = " \"#$%&'()+,/:;<=>?@[\\]^`{|}~";
  EXPECT_EQ(percent_encode(all, PercentSet::control), all);
  EXPECT_EQ(percent_encode("\n\x7f\x80", PercentSet::control), "%0A%7F%80");
  EXPECT_EQ(percent_encode(all, PercentSet::fragment), "%20%22#$%&'()+,/:;%3C=%3E?@[\\]^%60{|}~");
  EXPECT_EQ(percent_encode(all, PercentSet::query), "%20%22%23$%&'()+,/:;%3C=%3E?@[\\]^`{|}~");
  EXPECT_EQ(percent_encode("'", PercentSet::special_query), "%27");
  EXPECT_EQ(percent_encode(all, PercentSet::path),
            "%20%22%23$%&'()+,/:;%3C=%3E%3F@[\\]%5E%60%7B|%7D~");
  EXPECT_EQ(percent_encode(all, PercentSet::userinfo),
            "%20%22%23$%&'()+,%2F%3A%3B%3C%3D%3E%3F%40%5B%5C%5D%5E%60%7B%7C%7D~");
  EXPECT_EQ(percent_encode("a-_.!~*'()$%&+,/", PercentSet::component),
            "a-_.!~*'()%24%25%26%2B%2C%2F");
  EXPECT_EQ(percent_encode("a-_.*!~'()", PercentSet::form), "a-_.*%21%7E%27%28%29");
}

TEST(PercentDecode, leaves_what_is_no_escape) {
  EXPECT_EQ(percent_decode("%41%e4%zz%4%"), "A\xe4%zz%4%");
  EXPECT_EQ(percent_decode("%00").size(), 1U);
  EXPECT_EQ(percent_decode("%2541"), "%41");
}

}  // namespace
}  // namespace bowline
