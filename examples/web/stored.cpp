// What a cache saves: a response that is fresh is not asked for again, a stale one is only confirmed.

#include "local_server.h"

using namespace bowline;

namespace {

void answer(HttpExchange exchange) {
  if (exchange.path() == "/fresh") {
    static_cast<void>(
        exchange.respond(200, {{"Cache-Control", "max-age=60"}}, "fresh for a minute"));
  } else if (exchange.field("if-none-match") == "\"v1\"") {
    static_cast<void>(exchange.respond(304, {{"ETag", "\"v1\""}}));
  } else {
    static_cast<void>(exchange.respond(200, {{"ETag", "\"v1\""}, {"Cache-Control", "no-cache"}},
                                       "confirmed each time"));
  }
}

Task<bool> fetch_twice(UrlSession session, std::string url, UrlSource expected) {
  const Result<UrlResponse> first = co_await session.get(url);
  if (!first.has_value()) co_return false;
  const Result<UrlResponse> again = co_await session.get(url);
  if (!again.has_value()) co_return false;
  const UrlSource source = again->metrics().transactions().back().source();
  std::printf("%.*s: the second time from %s\n", static_cast<int>(again->text().size()),
              again->text().data(), to_string(source).c_str());
  co_return source == expected;
}

}  // namespace

int main() {
  Loop loop;
  const HttpListener server = serve_here(loop, answer);
  const UrlSession session(loop);
  if (run(loop, fetch_twice(session, url_of(server, "/fresh"), UrlSource::cache)) != 0) return 1;
  return run(loop, fetch_twice(session, url_of(server, "/checked"), UrlSource::revalidated));
}
