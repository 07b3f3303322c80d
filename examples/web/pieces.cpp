// Reads a response as it comes: a feed of lines that has no end of its own.

#include "local_server.h"

using namespace bowline;
using namespace std::chrono_literals;

namespace {

Task<> feed(Loop& loop, HttpExchange exchange) {
  const Result<void> begun = exchange.begin(200, {{"Content-Type", "text/plain"}});
  for (int i = 1; begun.has_value(); ++i) {
    // Whoever does not read holds this back; who has gone ends it.
    const Result<void> sent = co_await exchange.send("line " + std::to_string(i) + "\n");
    if (!sent.has_value()) break;
    const Result<void> slept = co_await loop.sleep(10ms);
    if (!slept.has_value()) break;
  }
}

Task<bool> follow(UrlSession session, std::string url) {
  UrlTask task = session.task(UrlRequest(url));
  const Result<UrlResponse> head = co_await task.head();
  if (!head.has_value() || head->status() != 200) co_return false;
  std::string text;
  while (text.find("line 5\n") == std::string::npos) {
    const Result<Message> piece = co_await task.receive();
    if (!piece.has_value() || piece->end_of_stream()) co_return false;
    text += piece->text();
  }
  std::printf("%s", text.c_str());
  task.cancel();  // enough of it
  co_return text.starts_with("line 1\nline 2\n");
}

}  // namespace

int main() {
  Loop loop;
  const HttpListener server =
      serve_here(loop, [&loop](HttpExchange exchange) { spawn(feed(loop, std::move(exchange))); });
  const UrlSession session(loop);
  return run(loop, follow(session, url_of(server, "/feed")));
}
