// A web server on this host: prints its port, greets whoever asks for /hello, echoes what is posted to
// /echo.

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <csignal>
#include <cstdio>
#include <string>

using namespace bowline;

namespace {

Task<> echo(HttpExchange exchange) {
  const Result<void> begun = exchange.begin(200, {{"Content-Type", "text/plain"}});
  while (begun.has_value()) {
    const Result<Message> piece = co_await exchange.receive();
    if (!piece.has_value()) co_return exchange.abort();
    if (piece->end_of_stream()) break;
    const Result<void> sent = co_await exchange.send(piece->buffer());
    if (!sent.has_value()) co_return;
  }
  static_cast<void>(exchange.finish());
}

void answer(HttpExchange exchange) {
  if (exchange.path() == "/echo") return spawn(echo(std::move(exchange)));
  const bool is_known = exchange.path() == "/hello";
  static_cast<void>(
      exchange.respond(is_known ? 200 : 404, {{"Content-Type", "text/plain"}}, "hello\n"));
}

}  // namespace

int main() {
  Loop loop;
  auto listener = HttpListener::open_plain(loop, loopback(0), answer);
  if (!listener.has_value()) {
    std::fprintf(stderr, "%s\n", to_string(listener.error()).c_str());
    return 1;
  }
  std::printf("%d\n", listener->local_address().port);
  std::fflush(stdout);
  loop.signal(SignalSet{SIGINT, SIGTERM}).detach([&](const Result<int>&) {
    listener->close(std::chrono::seconds(5)).detach([&](const Result<void>&) { loop.stop(); });
  });
  loop.run();
}
