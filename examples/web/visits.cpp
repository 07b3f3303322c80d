// Remembers cookies from one run to the next: the server counts visits by one.

#include "local_server.h"

using namespace bowline;

namespace {

void count_visits(HttpExchange exchange) {
  const std::string cookie(exchange.field("cookie"));
  const int visits = cookie.starts_with("visits=") ? std::stoi(cookie.substr(7)) + 1 : 1;
  static_cast<void>(exchange.respond(
      200, {{"Set-Cookie", "visits=" + std::to_string(visits) + "; Max-Age=86400"}},
      "visit " + std::to_string(visits)));
}

Task<bool> visit(UrlSession session, std::string url, std::string expected) {
  const Result<UrlResponse> response = co_await session.get(url);
  if (!response.has_value()) {
    std::fprintf(stderr, "%s\n", to_string(response.error()).c_str());
    co_return false;
  }
  std::printf("%.*s\n", static_cast<int>(response->text().size()), response->text().data());
  co_return response->text() == expected;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string file = argc > 1 ? argv[1] : "visits.db";
  Loop loop;
  const HttpListener server = serve_here(loop, count_visits);
  SessionConfiguration configuration;
  configuration.store(file);
  for (const char* const expected : {"visit 1", "visit 2", "visit 3"}) {
    // As if the program had been started anew each time.
    const UrlSession session(loop, configuration);
    if (run(loop, visit(session, url_of(server, "/"), expected)) != 0) return 1;
  }
}
