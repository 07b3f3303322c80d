#include "core/proxy/tunnel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

namespace bowline::core {
namespace {

using testing::HasSubstr;
using testing::Not;

const TunnelTarget web{"www.example.com", 443};

ProxyLogin login() {
  ProxyLogin made;
  made.username = "ann";
  made.password = "sesame";
  made.client_nonce = "chance";
  made.hash = [](DigestAlgorithm, std::string_view text) {
    return "h" + std::to_string(text.size());
  };
  return made;
}

std::string sent_by(ProxyTunnel& tunnel) {
  const std::string sent(tunnel.unwritten());
  tunnel.mark_written(sent.size());
  return sent;
}

/// Which must be taken without an error; what is left over.
std::string told(ProxyTunnel& tunnel, std::string_view text) {
  const auto taken = tunnel.take(as_bytes(text));
  EXPECT_TRUE(taken.has_value()) << to_string(taken.error());
  return std::string(text.substr(taken.value_or(0)));
}

Error refused(ProxyTunnel& tunnel, std::string_view text) {
  const auto taken = tunnel.take(as_bytes(text));
  EXPECT_FALSE(taken.has_value());
  return taken.has_value() ? Error(ErrorKind::internal, "none", "none") : taken.error();
}

std::string octets(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

TEST(HttpTunnel, what_follows_the_answer_is_the_peers) {
  const auto tunnel = make_http_tunnel(web, {}, "bowline");
  ASSERT_TRUE(tunnel->start().has_value());
  EXPECT_EQ(sent_by(*tunnel),
            "CONNECT www.example.com:443 HTTP/1.1\r\nHost: www.example.com:443\r\n"
            "User-Agent: bowline\r\n\r\n");
  EXPECT_EQ(
      told(*tunnel, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r"), "");
  EXPECT_FALSE(tunnel->is_open());
  EXPECT_EQ(told(*tunnel, "\nhello"), "hello");
  EXPECT_TRUE(tunnel->is_open());
}

TEST(HttpTunnel, an_ipv6_address_stands_in_brackets) {
  const auto tunnel = make_http_tunnel({"2001:db8::1", 8443}, {});
  ASSERT_TRUE(tunnel->start().has_value());
  EXPECT_THAT(sent_by(*tunnel), HasSubstr("CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n"));
}

TEST(HttpTunnel, a_refusal_says_what_the_proxy_said) {
  const std::pair<std::string_view, ErrorKind> rows[] = {
      {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", ErrorKind::refused},
      {"HTTP/1.1 502 Bad Gateway\r\n\r\n", ErrorKind::unreachable},
      {"HTTP/1.1 504 \r\n\r\n", ErrorKind::timed_out},
      {"HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\n\r\n", ErrorKind::refused},
      {"HTTP/1.1 302 Found\r\nLocation: http://evil.example/\r\n\r\n", ErrorKind::refused},
      {"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", ErrorKind::refused},
      {"SSH-2.0-OpenSSH\r\n", ErrorKind::malformed}};
  for (const auto& [answer, kind] : rows) {
    const auto tunnel = make_http_tunnel(web, {});
    ASSERT_TRUE(tunnel->start().has_value());
    const Error error = refused(*tunnel, answer);
    EXPECT_EQ(error.kind(), kind) << answer;
    EXPECT_FALSE(tunnel->is_open());
  }
}

TEST(HttpTunnel, a_challenge_is_answered_on_the_same_connection) {
  const auto tunnel = make_http_tunnel(web, login());
  ASSERT_TRUE(tunnel->start().has_value());
  EXPECT_THAT(sent_by(*tunnel), Not(HasSubstr("Authorization")));
  EXPECT_EQ(told(*tunnel,
                 "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"a\"\r\n"
                 "Proxy-Authenticate: Digest realm=\"a\", nonce=\"n\", qop=\"auth\", "
                 "algorithm=SHA-256\r\nContent-Length: 4\r\n\r\nbody"),
            "");
  EXPECT_THAT(sent_by(*tunnel), HasSubstr("Proxy-Authorization: Digest username=\"ann\""));
  EXPECT_EQ(told(*tunnel, "HTTP/1.1 200 OK\r\n\r\n"), "");
  EXPECT_TRUE(tunnel->is_open());
  ASSERT_NE(tunnel->challenge(), nullptr);
  EXPECT_EQ(tunnel->challenge()->scheme, "digest");
}

TEST(HttpTunnel, a_proxy_that_closes_behind_its_challenge_is_answered_on_a_new_connection) {
  const auto tunnel = make_http_tunnel(web, login());
  ASSERT_TRUE(tunnel->start().has_value());
  const Error error =
      refused(*tunnel, "HTTP/1.0 407 Who\r\nProxy-Authenticate: Basic realm=\"a\"\r\n\r\n");
  EXPECT_EQ(error.code(), 407);
  EXPECT_TRUE(tunnel->wants_new_connection());

  ProxyLogin again = login();
  again.known = *tunnel->challenge();
  const auto next = make_http_tunnel(web, again);
  ASSERT_TRUE(next->start().has_value());
  EXPECT_THAT(sent_by(*next), HasSubstr("Proxy-Authorization: Basic YW5uOnNlc2FtZQ==\r\n"));
  const Error final =
      refused(*next, "HTTP/1.0 407 Who\r\nProxy-Authenticate: Basic realm=\"a\"\r\n\r\n");
  EXPECT_EQ(final.code(), 407);
  EXPECT_FALSE(next->wants_new_connection());
}

TEST(HttpTunnel, a_proxy_that_closes_without_saying_so_is_asked_on_a_new_connection_too) {
  const auto tunnel = make_http_tunnel(web, login());
  ASSERT_TRUE(tunnel->start().has_value());
  told(*tunnel,
       "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"a\"\r\nContent-Length: 0\r\n\r\n");
  EXPECT_THAT(sent_by(*tunnel), HasSubstr("Proxy-Authorization"));
  EXPECT_EQ(tunnel->handle_end().code(), 407);
  EXPECT_TRUE(tunnel->wants_new_connection());
}

TEST(HttpTunnel, a_password_that_was_refused_is_not_said_again_nor_in_a_weaker_way) {
  const std::string digest =
      "HTTP/1.1 407 Who\r\nProxy-Authenticate: Digest realm=\"a\", nonce=\"n\", qop=\"auth\"\r\n"
      "Content-Length: 0\r\n\r\n";
  const std::string basic =
      "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic realm=\"a\"\r\nContent-Length: 0\r\n\r\n";
  for (const std::string& second : {digest, basic}) {
    const auto tunnel = make_http_tunnel(web, login());
    ASSERT_TRUE(tunnel->start().has_value());
    EXPECT_EQ(told(*tunnel, digest), "");
    sent_by(*tunnel);
    EXPECT_EQ(refused(*tunnel, second).code(), 407);
  }
}

TEST(HttpTunnel, an_answer_without_end_is_cut_off) {
  const auto tunnel = make_http_tunnel(web, {});
  ASSERT_TRUE(tunnel->start().has_value());
  std::string flood;
  for (int i = 0; i < 40; ++i) flood += "HTTP/1.1 103 Hints\r\n\r\n";
  EXPECT_EQ(refused(*tunnel, flood).kind(), ErrorKind::protocol_violation);
  const auto slow = make_http_tunnel(web, login());
  ASSERT_TRUE(slow->start().has_value());
  const std::string body(std::size_t{70} * 1024, 'x');
  EXPECT_EQ(
      refused(
          *slow,
          "HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic\r\nContent-Length: 80000\r\n\r\n" + body)
          .kind(),
      ErrorKind::limit_exceeded);
}

TEST(SocksTunnel, a_name_goes_to_the_proxy_as_a_name) {
  const auto tunnel = make_socks_tunnel(web, {});
  ASSERT_TRUE(tunnel->start().has_value());
  EXPECT_EQ(sent_by(*tunnel), octets({5, 1, 0}));
  EXPECT_EQ(told(*tunnel, octets({5, 0})), "");
  EXPECT_EQ(sent_by(*tunnel), octets({5, 1, 0, 3, 15}) + "www.example.com" + octets({1, 187}));
  EXPECT_EQ(told(*tunnel, octets({5, 0, 0, 3, 2, 'h', 'i', 0, 80}) + "peer"), "peer");
  EXPECT_TRUE(tunnel->is_open());
}

TEST(SocksTunnel, addresses_go_as_addresses) {
  const auto tunnel = make_socks_tunnel({"192.0.2.1", 80}, {});
  ASSERT_TRUE(tunnel->start().has_value());
  sent_by(*tunnel);
  told(*tunnel, octets({5, 0}));
  EXPECT_EQ(sent_by(*tunnel), octets({5, 1, 0, 1, 192, 0, 2, 1, 0, 80}));
}

TEST(SocksTunnel, says_who_we_are_if_it_is_asked) {
  const auto tunnel = make_socks_tunnel(web, login());
  ASSERT_TRUE(tunnel->start().has_value());
  EXPECT_EQ(sent_by(*tunnel), octets({5, 2, 0, 2}));
  told(*tunnel, octets({5, 2}));
  EXPECT_EQ(sent_by(*tunnel), octets({1, 3}) + "ann" + octets({6}) + "sesame");
  const auto copy = make_socks_tunnel(web, login());
  EXPECT_EQ(refused(*tunnel, octets({1, 1})).kind(), ErrorKind::refused);
}

TEST(SocksTunnel, what_it_must_not_say_is_refused) {
  const auto fresh = [](int steps) {
    auto tunnel = make_socks_tunnel(web, {});
    EXPECT_TRUE(tunnel->start().has_value());
    if (steps > 0) told(*tunnel, octets({5, 0}));
    return tunnel;
  };
  EXPECT_EQ(refused(*fresh(0), "HTTP/1.1 400 Bad\r\n\r\n").kind(), ErrorKind::protocol_violation);
  EXPECT_EQ(refused(*fresh(0), octets({4, 0})).kind(), ErrorKind::protocol_violation);
  EXPECT_EQ(refused(*fresh(0), octets({5, 2})).kind(), ErrorKind::protocol_violation);
  EXPECT_EQ(refused(*fresh(0), octets({5, 255})).kind(), ErrorKind::refused);
  EXPECT_EQ(refused(*fresh(1), octets({5, 2})).kind(), ErrorKind::permission_denied);
  EXPECT_EQ(refused(*fresh(1), octets({5, 5, 0, 1, 0, 0, 0, 0, 0, 0})).kind(), ErrorKind::refused);
  EXPECT_EQ(refused(*fresh(1), octets({5, 200})).kind(), ErrorKind::refused);
  EXPECT_EQ(refused(*fresh(1), octets({5, 0, 0, 9, 1})).kind(), ErrorKind::protocol_violation);
  EXPECT_EQ(fresh(1)->handle_end().kind(), ErrorKind::closed);
}

/// Whatever the cut, the outcome is the same, and what is behind the handshake stays whole.
TEST(ProxyTunnel, pieces_of_any_size_make_no_difference) {
  const std::string socks = octets({5, 0}) + octets({5, 0, 0, 4}) + std::string(18, 'a') + "peer";
  const std::string http = "HTTP/1.1 200 Fine\r\nVia: 1.1 proxy\r\n\r\npeer";
  for (std::size_t cut = 0; cut < http.size(); ++cut) {
    for (const bool is_http : {true, false}) {
      const std::string& all = is_http ? http : socks;
      if (cut > all.size()) continue;
      const auto tunnel = is_http ? make_http_tunnel(web, {}) : make_socks_tunnel(web, {});
      ASSERT_TRUE(tunnel->start().has_value());
      std::string rest = told(*tunnel, all.substr(0, cut));
      rest += tunnel->is_open() ? all.substr(cut) : told(*tunnel, all.substr(cut));
      EXPECT_TRUE(tunnel->is_open());
      EXPECT_EQ(rest, "peer");
    }
  }
}

}  // namespace
}  // namespace bowline::core
