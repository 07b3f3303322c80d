// Uploads a body that is made on the way, with progress; the server counts it.

#include "local_server.h"

using namespace bowline;

namespace {

constexpr std::uint64_t octets = 1'000'000;

Task<> count(HttpExchange exchange) {
  std::uint64_t sum = 0;
  for (;;) {
    const Result<Message> piece = co_await exchange.receive();
    if (!piece.has_value()) co_return;
    if (piece->end_of_stream()) break;
    sum += piece->size();
  }
  static_cast<void>(exchange.respond(200, {}, std::to_string(sum)));
}

/// Asked for any offset: a redirect or a challenge begins again at 0.
void supply(std::uint64_t offset, std::size_t octets_max, UrlBodyAnswer answer) {
  const std::uint64_t left = octets - std::min(offset, octets);
  answer(Buffer::own(std::string(std::min<std::uint64_t>(left, octets_max), 'u')));
}

Task<bool> upload(UrlSession session, std::string url) {
  UrlRequest request(url);
  request.method("PUT").body_from(supply, octets, "application/octet-stream");
  UrlTask task = session.task(request);
  task.on_progress([last = std::uint64_t{0}](const UrlProgress& progress) mutable {
    if (progress.sent < last + octets / 4) return;
    last = progress.sent;
    std::printf("%llu of %llu sent\n", static_cast<unsigned long long>(progress.sent),
                static_cast<unsigned long long>(*progress.to_send));
  });
  const Result<UrlResponse> response = co_await task.result();
  if (!response.has_value()) co_return false;
  std::printf("the server counted %.*s\n", static_cast<int>(response->text().size()),
              response->text().data());
  co_return response->text() == std::to_string(octets);
}

}  // namespace

int main() {
  Loop loop;
  const HttpListener server =
      serve_here(loop, [](HttpExchange exchange) { spawn(count(std::move(exchange))); });
  const UrlSession session(loop);
  return run(loop, upload(session, url_of(server, "/counter")));
}
