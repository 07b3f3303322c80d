// Asks for twenty pages at once; the session keeps to its limit of connections, and uses them again.

#include <vector>

#include "local_server.h"

using namespace bowline;

namespace {

void answer(HttpExchange exchange) {
  static_cast<void>(exchange.respond(200, {}, std::string(exchange.path())));
}

Task<bool> fetch_all(UrlSession session, std::string base) {
  std::vector<UrlTask> tasks;
  for (int i = 0; i < 20; ++i) {
    UrlRequest request(base + std::to_string(i));
    request.priority(i == 19 ? 1.0 : 0.5);  // this one first
    tasks.push_back(session.task(request));
    tasks.back().resume();  // begins now, and not when it is waited for
  }
  int reused = 0;
  for (UrlTask& task : tasks) {
    const Result<UrlResponse> response = co_await task.result();
    if (!response.has_value()) co_return false;
    if (response->metrics().transactions().back().is_reused()) ++reused;
  }
  std::printf("%zu connections, %d of 20 requests found one that was there\n",
              session.connection_count(), reused);
  co_return session.connection_count() <= 4 && reused >= 16;
}

}  // namespace

int main() {
  Loop loop;
  const HttpListener server = serve_here(loop, answer);
  SessionConfiguration configuration;
  configuration.connections_per_host_max(4);
  const UrlSession session(loop, configuration);
  return run(loop, fetch_all(session, url_of(server, "/")));
}
