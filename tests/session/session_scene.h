#pragma once

#include "../secure/secure_scene.h"

#include <bowline/http_listener.h>
#include <bowline/session_configuration.h>
#include <bowline/url_session.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace bowline::test {

using namespace std::chrono_literals;

/// A server with pages at `https://www.example.com/` and `http://www.example.com/`, and a client that trusts
/// it. All requests are written down.
struct SessionScene : SecureScene {
  using Page = std::function<void(HttpExchange)>;

  explicit SessionScene(std::uint64_t seed = 1, const HttpListenerOptions& options = {})
      : SecureScene(seed) {
    for (const char* const name : {"other.example.com", "www.example.org", "sub.www.example.com"})
      dns->add(name, "A", "203.0.113.80");
    const Identity who = identity(CertificateRequest("web")
                                      .name("www.example.com")
                                      .name("other.example.com")
                                      .name("www.example.org")
                                      .name("sub.www.example.com"));
    const auto handler = [this](HttpExchange exchange) { handle(std::move(exchange)); };
    secure = HttpListener::open(*web_loop, host("203.0.113.80", 443),
                                SecurityOptions().identity(who), handler, options)
                 .value();
    plain = HttpListener::open_plain(*web_loop, host("203.0.113.80", 80), handler, options).value();
    page("/hello", 200, "hello");
  }

  /// What the server says at a path.
  void page(const std::string& path, Page page) { pages[path] = std::move(page); }
  void page(const std::string& path, int status, std::string body, HttpFields fields = {}) {
    page(path, [=](HttpExchange exchange) {
      EXPECT_TRUE(exchange.respond(status, fields, body).has_value());
    });
  }
  void redirect(const std::string& path, int status, std::string location) {
    HttpFields fields;
    EXPECT_TRUE(fields.add("Location", location).has_value());
    page(path, status, "elsewhere", std::move(fields));
  }
  void handle(HttpExchange exchange) {
    std::string line =
        exchange.method() + " " + exchange.authority() + std::string(exchange.path());
    if (exchange.query()) line += "?" + std::string(*exchange.query());
    asked.push_back(line);
    asked_fields.push_back(exchange.fields());
    const auto found = pages.find(std::string(exchange.path()));
    if (found == pages.end()) {
      EXPECT_TRUE(exchange.respond(404, {}, "nothing here").has_value());
      return;
    }
    found->second(std::move(exchange));
  }

  [[nodiscard]] SessionConfiguration configuration() const {
    return SessionConfiguration().security(trusting()).allow_plain();
  }
  UrlSession& session() {
    if (!made_session) made_session.emplace(*loop, configuration());
    return *made_session;
  }
  /// Which must come.
  UrlResponse get(const std::string& url) { return fetch(UrlRequest(url)); }
  UrlResponse fetch(const UrlRequest& request) {
    auto response = session().fetch(request).wait();
    EXPECT_TRUE(response.has_value()) << to_string(response.error());
    return response.has_value() ? *std::move(response) : UrlResponse();
  }
  /// Which must not.
  Error error_of(const UrlRequest& request) {
    const auto response = session().fetch(request).wait();
    EXPECT_FALSE(response.has_value());
    return response.has_value() ? Error(ErrorKind::internal, "none", "there was none")
                                : response.error();
  }

  std::map<std::string, Page> pages;
  std::vector<std::string> asked;
  std::vector<HttpFields> asked_fields;
  HttpListener secure;
  HttpListener plain;
  std::optional<UrlSession> made_session;
};

}  // namespace bowline::test
