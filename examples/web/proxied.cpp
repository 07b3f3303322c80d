// Goes through a proxy, with another one for when the first is not there; some hosts need none.

#include <bowline/proxy.h>

#include "local_server.h"

using namespace bowline;

namespace {

/// A proxy passes plain http on, and is told the whole URL; this one answers by itself.
void answer(HttpExchange exchange) {
  static_cast<void>(exchange.respond(
      200, {}, "somebody asks for " + exchange.authority() + std::string(exchange.path())));
}

Task<bool> fetch(UrlSession session, std::string url, std::string expected) {
  const Result<UrlResponse> response = co_await session.get(url);
  if (!response.has_value()) {
    std::fprintf(stderr, "%s\n", to_string(response.error()).c_str());
    co_return false;
  }
  const UrlTransaction& last = response->metrics().transactions().back();
  std::printf("%.*s (through %s)\n", static_cast<int>(response->text().size()),
              response->text().data(), last.proxy().empty() ? "nobody" : last.proxy().c_str());
  co_return last.proxy() == expected;
}

}  // namespace

int main() {
  Loop loop;
  const HttpListener server = serve_here(loop, answer);
  const std::uint16_t port = server.local_address().port;
  const Proxy gone(ProxyKind::http, "127.0.0.1", 9);  // nobody listens there
  const Proxy good(ProxyKind::http, "127.0.0.1", port);
  SessionConfiguration configuration;
  configuration.allow_plain().environment_proxies(false);
  configuration.proxy(ProxyRule(gone).or_else(good).except("127.0.0.1, *.internal.example"));
  const UrlSession session(loop, configuration);
  if (run(loop, fetch(session, "http://www.example.com/page", good.text())) != 0) return 1;
  return run(loop, fetch(session, url_of(server, "/direct"), ""));
}
