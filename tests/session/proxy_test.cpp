#include "proxy_scene.h"

#include <gmock/gmock.h>

namespace bowline::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

Proxy http_proxy(std::uint16_t port = 3128) {
  return Proxy(ProxyKind::http, "proxy.example.com", port);
}

constexpr const char* wants_basic =
    "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"p\"\r\nContent-Length: 0\r\n\r\n";

TEST(UrlProxies, https_goes_through_a_tunnel_and_the_peer_proves_who_it_is) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  scene.serve_proxy(proxy);
  UrlSession session(*scene.loop, scene.through(ProxyRule(http_proxy())));
  const auto response = session.get("https://www.example.com/hello").wait();
  ASSERT_TRUE(response.has_value()) << to_string(response.error());
  EXPECT_EQ(response->text(), "hello");
  EXPECT_TRUE(response->field("x-proxy").empty());
  ASSERT_THAT(proxy.heads, SizeIs(1));
  EXPECT_THAT(proxy.heads[0], HasSubstr("CONNECT www.example.com:443 HTTP/1.1\r\n"));
  EXPECT_THAT(proxy.heads[0], Not(HasSubstr("hello")));
  const UrlTransaction& transaction = response->metrics().transactions().back();
  EXPECT_EQ(transaction.proxy(), "http://proxy.example.com:3128");
  EXPECT_EQ(transaction.protocol(), "h2");
  EXPECT_FALSE(transaction.tls_version().empty());
}

TEST(UrlProxies, plain_http_is_passed_on_with_its_whole_url) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  proxy.answer = [](const std::string&) {
    return "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nforwarded";
  };
  scene.serve_proxy(proxy);
  UrlSession session(*scene.loop, scene.through(ProxyRule(http_proxy())));
  const auto response = session.get("http://www.example.com/a?b").wait();
  ASSERT_TRUE(response.has_value()) << to_string(response.error());
  EXPECT_EQ(response->text(), "forwarded");
  ASSERT_THAT(proxy.heads, SizeIs(1));
  EXPECT_THAT(proxy.heads[0], HasSubstr("GET http://www.example.com/a?b HTTP/1.1\r\n"));
}

TEST(UrlProxies, a_proxy_over_tls_is_checked_by_its_own_rules) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  const Identity who = scene.identity(CertificateRequest("proxy").name("proxy.example.com"));
  scene.serve_proxy_on(proxy, tls(SecurityOptions().identity(who)), 8443);
  Proxy through(ProxyKind::https, "proxy.example.com", 8443);
  through.security(scene.trusting());
  UrlSession session(*scene.loop, scene.through(ProxyRule(through)));
  const auto response = session.get("https://www.example.com/hello").wait();
  ASSERT_TRUE(response.has_value()) << to_string(response.error());
  EXPECT_EQ(response->text(), "hello");

  // The session trusts the root; the proxy's own rules do not.
  UrlSession wary(*scene.loop,
                  scene.through(ProxyRule(Proxy(ProxyKind::https, "proxy.example.com", 8443))));
  const auto refused = wary.get("https://www.example.com/hello").wait();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::untrusted);
}

/// A proxy has a certificate of its own, and no other for the peer.
TEST(UrlProxies, a_proxy_that_answers_for_the_peer_is_not_trusted) {
  ProxyScene scene;
  Identity who = scene.identity(CertificateRequest("proxy").name("proxy.example.com"));
  auto impostor = HttpListener::open(
      *scene.web_loop, host("203.0.113.81", 443), SecurityOptions().identity(who),
      [](HttpExchange exchange) { static_cast<void>(exchange.respond(200, {}, "forged")); });
  ProxyScene::HttpProxy proxy;
  scene.serve_proxy(proxy);
  scene.dns->add("elsewhere.example.com", "A", "203.0.113.80");
  UrlSession session(*scene.loop, scene.through(ProxyRule(http_proxy())));
  const auto response = session.get("https://elsewhere.example.com/").wait();
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().kind(), ErrorKind::untrusted);
}

TEST(UrlProxies, what_a_proxy_refuses_is_an_error_and_never_an_answer) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  proxy.answer = [](const std::string&) {
    return "HTTP/1.1 403 Forbidden\r\nSet-Cookie: p=1; Domain=example.com\r\nContent-Length: "
           "6\r\n\r\nforged";
  };
  scene.serve_proxy(proxy);
  UrlSession session(*scene.loop,
                     scene.through(ProxyRule(http_proxy()).or_else(http_proxy(3129)).or_direct()));
  const auto response = session.get("https://www.example.com/hello").wait();
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().kind(), ErrorKind::refused);
  EXPECT_EQ(response.error().code(), 403);
  EXPECT_TRUE(session.cookies().empty());
  EXPECT_TRUE(scene.asked.empty()) << "no other way is taken behind a proxy's no";
}

TEST(UrlProxies, the_next_one_is_taken_if_one_cannot_be_reached) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  scene.serve_proxy(proxy, 3129);
  UrlSession session(*scene.loop,
                     scene.through(ProxyRule(http_proxy(3128)).or_else(http_proxy(3129))));
  const auto response = session.get("https://www.example.com/hello").wait();
  ASSERT_TRUE(response.has_value()) << to_string(response.error());
  EXPECT_EQ(response->metrics().transactions().back().proxy(), "http://proxy.example.com:3129");
  EXPECT_THAT(response->metrics().transactions(), SizeIs(2));
  // It is remembered for a while.
  const auto other = session.get("https://other.example.com/hello").wait();
  ASSERT_TRUE(other.has_value());
  EXPECT_THAT(other->metrics().transactions(), SizeIs(1));
}

TEST(UrlProxies, without_a_way_there_is_no_direct_one_unless_it_is_allowed) {
  ProxyScene scene;
  UrlSession strict(*scene.loop, scene.through(ProxyRule(http_proxy())));
  EXPECT_FALSE(strict.get("https://www.example.com/hello").wait().has_value());
  EXPECT_TRUE(scene.asked.empty());
  UrlSession lenient(*scene.loop, scene.through(ProxyRule(http_proxy()).or_direct()));
  const auto response = lenient.get("https://www.example.com/hello").wait();
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->metrics().transactions().back().proxy(), "");
}

TEST(UrlProxies, rules_choose_by_host_and_scheme) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  scene.serve_proxy(proxy);
  UrlSession session(
      *scene.loop,
      scene.through(ProxyRule(http_proxy()).only_for("example.com").except("other.example.com"))
          .proxy(ProxyRule::direct()));
  ASSERT_TRUE(session.get("https://www.example.com/hello").wait().has_value());
  ASSERT_TRUE(session.get("https://other.example.com/hello").wait().has_value());
  ASSERT_TRUE(session.get("https://www.example.org/hello").wait().has_value());
  EXPECT_THAT(proxy.heads, SizeIs(1));
}

TEST(UrlProxies, a_password_is_said_to_who_asks_and_remembered) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  proxy.answer = [](const std::string& head) {
    return head.contains("Proxy-Authorization: Basic YW5uOnNlc2FtZQ==") ? std::string()
                                                                        : std::string(wants_basic);
  };
  for (const bool closes : {false, true}) {
    proxy.heads.clear();
    proxy.closes_behind_answer = closes;
    if (!proxy.listener) scene.serve_proxy(proxy);
    Proxy through = http_proxy();
    through.credential("ann", "sesame");
    UrlSession session(*scene.loop, scene.through(ProxyRule(through)));
    const auto response = session.get("https://www.example.com/hello").wait();
    ASSERT_TRUE(response.has_value()) << to_string(response.error());
    EXPECT_THAT(proxy.heads, SizeIs(2));
    EXPECT_THAT(proxy.heads[0], Not(HasSubstr("Authorization")));
    ASSERT_TRUE(session.get("https://other.example.com/hello").wait().has_value());
    EXPECT_THAT(proxy.heads, SizeIs(3)) << "the next connection says it unasked";
  }
  for (const HttpFields& fields : scene.asked_fields)
    EXPECT_FALSE(fields.contains("proxy-authorization"));
}

TEST(UrlProxies, a_program_is_asked_for_what_a_proxy_wants) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  proxy.answer = [](const std::string& head) {
    if (!head.contains("Basic YW5uOnNlc2FtZQ==")) return std::string(wants_basic);
    if (head.starts_with("CONNECT")) return std::string();
    return std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nforwarded");
  };
  scene.serve_proxy(proxy);
  std::vector<std::string> questions;
  auto configuration = scene.through(ProxyRule(http_proxy()));
  configuration.on_authentication([&](const AuthenticationQuestion& question) {
    questions.push_back(question.origin() + (question.is_proxy() ? " proxy" : " origin"));
    return std::optional<Credential>(Credential("ann", "sesame"));
  });
  {
    UrlSession session(*scene.loop, configuration);
    const auto response = session.get("https://www.example.com/hello").wait();
    ASSERT_TRUE(response.has_value()) << to_string(response.error());
    EXPECT_EQ(response->text(), "hello");
  }
  {
    UrlSession session(*scene.loop, configuration);
    const auto response = session.get("http://www.example.com/hello").wait();
    ASSERT_TRUE(response.has_value()) << to_string(response.error());
    EXPECT_EQ(response->text(), "forwarded");
  }
  EXPECT_THAT(questions, ElementsAre("http://proxy.example.com:3128 proxy",
                                     "http://proxy.example.com:3128 proxy"));
}

TEST(UrlProxies, a_407_is_no_answer_even_if_nothing_can_be_said) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  proxy.answer = [](const std::string&) { return std::string(wants_basic); };
  scene.serve_proxy(proxy);
  UrlSession session(*scene.loop, scene.through(ProxyRule(http_proxy())));
  for (const char* const url : {"http://www.example.com/", "https://www.example.com/"}) {
    const auto response = session.get(url).wait();
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code(), 407) << to_string(response.error());
    EXPECT_EQ(response.error().kind(), ErrorKind::refused);
  }
}

// Threats H: credentials of proxies and of origins never cross.
TEST(Threats, threat_90_a_407_of_an_origin_gets_no_password_of_a_proxy) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  scene.serve_proxy(proxy);
  scene.page("/who", 407, "who?", {{"Proxy-Authenticate", "Basic realm=\"p\""}});
  Proxy through = http_proxy();
  through.credential("ann", "sesame");
  UrlSession session(*scene.loop, scene.through(ProxyRule(through)));
  const auto response = session.get("https://www.example.com/who").wait();
  ASSERT_TRUE(response.has_value()) << to_string(response.error());
  EXPECT_EQ(response->status(), 407);
  ASSERT_THAT(scene.asked_fields, SizeIs(1));
  EXPECT_FALSE(scene.asked_fields[0].contains("proxy-authorization"));
  EXPECT_FALSE(scene.asked_fields[0].contains("authorization"));
}

TEST(Threats, threat_90_a_program_cannot_send_a_proxys_password_to_an_origin) {
  ProxyScene scene;
  UrlRequest request("https://www.example.com/hello");
  request.field("Proxy-Authorization", "Basic YTpi");
  const Error error = scene.error_of(request);
  EXPECT_EQ(error.kind(), ErrorKind::invalid_argument);
  EXPECT_TRUE(scene.asked.empty());
}

TEST(Threats, threat_90_connections_through_a_proxy_are_not_shared_with_direct_ones) {
  ProxyScene scene;
  ProxyScene::HttpProxy proxy;
  scene.serve_proxy(proxy);
  UrlSession session(*scene.loop,
                     scene.through(ProxyRule(http_proxy()).only_for("www.example.com")));
  ASSERT_TRUE(session.get("https://www.example.com/hello").wait().has_value());
  ASSERT_TRUE(session.get("https://other.example.com/hello").wait().has_value());
  EXPECT_EQ(session.connection_count(), 2U);
}

TEST(UrlProxies, the_environment_is_heeded_as_its_traps_ask) {
  struct Row {
    std::vector<std::pair<const char*, const char*>> variables;
    const char* url;
    bool goes_through;
  };
  const Row rows[] = {
      {{{"https_proxy", "proxy.example.com:3128"}}, "https://www.example.com/hello", true},
      {{{"HTTPS_PROXY", "http://proxy.example.com:3128"}}, "https://www.example.com/hello", true},
      {{{"all_proxy", "http://proxy.example.com:3128"}}, "https://www.example.com/hello", true},
      {{{"http_proxy", "proxy.example.com:3128"}}, "https://www.example.com/hello", false},
      {{{"HTTP_PROXY", "proxy.example.com:3128"}}, "http://www.example.com/hello", false},
      {{{"https_proxy", ""}}, "https://www.example.com/hello", false},
      {{{"https_proxy", "proxy.example.com:3128"}, {"no_proxy", "example.com"}},
       "https://www.example.com/hello",
       false},
      {{{"https_proxy", "proxy.example.com:3128"}, {"NO_PROXY", ".example.com"}},
       "https://www.example.com/hello",
       false},
      {{{"https_proxy", "proxy.example.com:3128"}, {"no_proxy", "ample.com"}},
       "https://www.example.com/hello",
       true},
  };
  for (const Row& row : rows) {
    ProxyScene scene;
    ProxyScene::HttpProxy proxy;
    scene.serve_proxy(proxy);
    for (const auto& [name, value] : row.variables) scene.home.set_variable(name, value);
    UrlSession session(*scene.loop, scene.configuration());
    ASSERT_TRUE(session.get(row.url).wait().has_value()) << row.variables[0].first;
    EXPECT_EQ(!proxy.heads.empty(), row.goes_through) << row.variables[0].first;
  }
}

TEST(UrlProxies, an_environment_that_names_no_proxy_is_an_error_and_no_direct_way) {
  ProxyScene scene;
  scene.home.set_variable("https_proxy", "ftp://proxy.example.com");
  UrlSession session(*scene.loop, scene.configuration());
  const auto response = session.get("https://www.example.com/hello").wait();
  ASSERT_FALSE(response.has_value());
  EXPECT_EQ(response.error().kind(), ErrorKind::unsupported);
  EXPECT_TRUE(scene.asked.empty());
}

TEST(Proxy, is_read_as_people_write_it) {
  struct Row {
    const char* text;
    const char* shown;
    const char* username;
  };
  const Row rows[] = {
      {"proxy.example.com:3128", "http://proxy.example.com:3128", ""},
      {"http://proxy.example.com", "http://proxy.example.com:80", ""},
      {"http://proxy.example.com:80/", "http://proxy.example.com:80", ""},
      {"https://proxy.example.com", "https://proxy.example.com:443", ""},
      {"http://proxy.example.com:443", "http://proxy.example.com:443", ""},
      {"socks5h://an%40n:p%3Aw@192.0.2.1", "socks5://192.0.2.1:1080", "an@n"},
      {"socks5://[2001:db8::1]:9050", "socks5://[2001:db8::1]:9050", ""},
  };
  for (const Row& row : rows) {
    const auto proxy = Proxy::parse(row.text);
    ASSERT_TRUE(proxy.has_value()) << row.text << ": " << to_string(proxy.error());
    EXPECT_EQ(proxy->text(), row.shown);
    EXPECT_EQ(proxy->username(), row.username);
  }
  for (const char* const text : {"", "ftp://a", "http://", "http://a/b", "http://a?b", "socks4://a",
                                 "http://a:99999", "http:// a"})
    EXPECT_FALSE(Proxy::parse(text).has_value()) << text;
}

}  // namespace
}  // namespace bowline::test
