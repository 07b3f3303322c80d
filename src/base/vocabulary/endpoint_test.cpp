#include <bowline/endpoint.h>

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace bowline {
namespace {

using namespace std::string_literals;

TEST(Endpoint, of_a_host_is_a_name_or_an_address) {
  struct Row {
    std::string text;
    bool is_address;
    std::string host, zone, shown;
  };
  const Row rows[] = {
      {"example.com", false, "example.com", "", "example.com:80"},
      {"example.com.", false, "example.com.", "", "example.com.:80"},
      {"x", false, "x", "", "x:80"},
      {"_dns._tcp.a-b", false, "_dns._tcp.a-b", "", "_dns._tcp.a-b:80"},
      {std::string(63, 'a') + ".b", false, std::string(63, 'a') + ".b", "",
       std::string(63, 'a') + ".b:80"},
      {"192.0.2.1", true, "192.0.2.1", "", "192.0.2.1:80"},
      {"2001:DB8::1", true, "2001:db8::1", "", "[2001:db8::1]:80"},
      {"[2001:db8::1]", true, "2001:db8::1", "", "[2001:db8::1]:80"},
      {"fe80::1%eth0", true, "fe80::1%eth0", "eth0", "[fe80::1%eth0]:80"},
      {"[fe80::1%eth0]", true, "fe80::1%eth0", "eth0", "[fe80::1%eth0]:80"},
      {"fe80::1%3", true, "fe80::1%3", "", "[fe80::1%3]:80"},
      {"0xbox", false, "0xbox", "", "0xbox:80"},
      {"foo.0xyz", false, "foo.0xyz", "", "foo.0xyz:80"},
      {"1.a", false, "1.a", "", "1.a:80"},
  };
  for (const Row& row : rows) {
    const auto endpoint = Endpoint::parse_host(row.text, 80);
    ASSERT_TRUE(endpoint.has_value()) << row.text << ": " << to_string(endpoint.error());
    EXPECT_EQ(endpoint->is_address(), row.is_address) << row.text;
    EXPECT_EQ(endpoint->host(), row.host);
    EXPECT_EQ(endpoint->zone(), row.zone);
    EXPECT_EQ(endpoint->port(), 80);
    EXPECT_EQ(to_string(*endpoint), row.shown);
    EXPECT_TRUE(endpoint->validity().has_value());
    EXPECT_EQ(endpoint->url(), "");
  }
}

TEST(Endpoint, refuses_what_is_no_host) {
  const std::pair<std::string, std::string> rows[] = {
      {"", "the host is empty"},
      {".", "the root is not a host"},
      {"a..b", "a label is empty"},
      {".a", "a label is empty"},
      {std::string(64, 'a'), "a label is longer than 63 octets"},
      {std::string(50, 'a') + "." + std::string(63, 'b') + "." + std::string(63, 'c') + "." +
           std::string(63, 'd') + "." + std::string(11, 'e'),
       "the name is longer than 253 octets"},
      {"a b", "the name holds a space or a control character"},
      {"a\0b"s, "the name holds a space or a control character"},
      {"a\x7f", "the name holds a space or a control character"},
      {"b\xc3\xbc", "the name is not ASCII: write it in its xn-- form"},
      {"ex%61mple.com",
       "the name holds a percent sign, as only an IPv6 address may before its interface"},
      {"192.0.2.1%eth0",
       "the name holds a percent sign, as only an IPv6 address may before its interface"},
      {"[192.0.2.1]", "this is not an IPv6 address"},
      {"[example.com]", "this is not an IPv6 address"},
      {"[]", "this is not an IPv6 address"},
      {"2001:db8::g", "this is not an IPv6 address"},
      {"example.com:80", "this is not an IPv6 address"},
      {"192.0.2.256", "this is not an IPv4 address"},
      {"127.1", "this is not an IPv4 address"},
      {"2130706433", "this is not an IPv4 address"},
      {"0x7f000001", "this is not an IPv4 address"},
      {"0x", "this is not an IPv4 address"},
      {"127.0.0.0X1.", "this is not an IPv4 address"},
      {"fe80::1%", "the zone is not the name of an interface"},
      {"fe80::1%sixteen--letters", "the zone is not the name of an interface"},
      {"fe80::1%a/b", "the zone is not the name of an interface"},
      {"fe80::1%a%b", "the zone is not the name of an interface"},
      {"fe80::1%\x1b[", "the zone is not the name of an interface"},
  };
  for (const auto& [text, why] : rows) {
    const auto endpoint = Endpoint::parse_host(text, 80);
    ASSERT_FALSE(endpoint.has_value()) << text;
    EXPECT_EQ(endpoint.error().kind(), ErrorKind::invalid_argument);
    EXPECT_EQ(endpoint.error().message(), why) << text;
  }
}

TEST(Endpoint, of_a_url_has_its_host_and_the_port_written_or_the_schemes_own) {
  const std::pair<std::string, std::string> rows[] = {
      {"https://example.com/", "example.com:443"},
      {"HTTP://example.com", "example.com:80"},
      {"wss://example.com:8443/chat?x=1#y", "example.com:8443"},
      {"https://example.com:/", "example.com:443"},
      {"https://user:pass@example.com", "example.com:443"},
      {"https://a@b@example.com", "example.com:443"},
      {"https://example.com?a@b:1", "example.com:443"},
      {"x-own://example.com:7", "example.com:7"},
      {"https://192.0.2.1:8080", "192.0.2.1:8080"},
      {"https://[2001:db8::1]", "[2001:db8::1]:443"},
      {"https://[2001:db8::1]:8443/", "[2001:db8::1]:8443"},
      {"https://[fe80::1%25eth0]/", "[fe80::1%eth0]:443"},
      {"https://[fe80::1%eth0]/", "[fe80::1%eth0]:443"},
  };
  for (const auto& [text, shown] : rows) {
    const auto endpoint = Endpoint::parse_url(text);
    ASSERT_TRUE(endpoint.has_value()) << text << ": " << to_string(endpoint.error());
    EXPECT_EQ(to_string(*endpoint), shown);
    EXPECT_EQ(endpoint->url(), text);
  }
}

TEST(Endpoint, refuses_what_is_no_url) {
  for (const std::string text :
       {"", "example.com", "://example.com", "https://", "https:///path", "https://:443",
        "https://example.com:65536", "https://example.com:x", "https://example.com:-1",
        "https://ex%61mple.com", "https://[192.0.2.1]/", "https://[2001:db8::1",
        "https://2001:db8::1/", "https://[fe80::1%25]", "https://[2001:db8::1]x:443"}) {
    const auto endpoint = Endpoint::parse_url(text);
    ASSERT_FALSE(endpoint.has_value()) << text << " -> " << to_string(*endpoint);
    EXPECT_EQ(endpoint.error().kind(), ErrorKind::invalid_argument) << text;
  }
  EXPECT_EQ(Endpoint::parse_url("gopher://example.com").error().kind(), ErrorKind::unsupported);
  EXPECT_FALSE(Endpoint::parse_url("https://example.com/" + std::string(8192, 'x')).has_value());
}

TEST(Endpoint, in_the_short_spelling_fails_where_it_is_used) {
  const Endpoint bad_host = host("a b", 80);
  EXPECT_EQ(bad_host.validity().error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(bad_host.host(), "a b");
  const Endpoint bad_url = url("nonsense");
  EXPECT_EQ(bad_url.validity().error().kind(), ErrorKind::invalid_argument);
  EXPECT_EQ(bad_url.url(), "nonsense");
  EXPECT_EQ(host("example.com", 443).host(), url("https://example.com").host());
  EXPECT_NE(host("example.com", 443), url("https://example.com")) << "it keeps the URL";
}

TEST(Endpoint, is_safe_to_print_whatever_it_holds) {
  EXPECT_EQ(to_string(host("\x1b[2J", 1)), "\\x1b[2J:1");
  EXPECT_EQ(to_string(host(std::string(10'000, 'x'), 1)).size(), 256 + std::string("...:1").size());
  const std::string shown = to_string(Endpoint::parse_host("a\nb", 1).error());
  EXPECT_EQ(shown.find('\n'), std::string::npos);
  EXPECT_EQ(to_string(Endpoint()), ":0");
}

}  // namespace
}  // namespace bowline
