// Fetches a URL, and says what came and where the time went: example_fetch https://example.com/

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <cstdio>
#include <string>

using namespace bowline;

namespace {

Task<> fetch(UrlSession session, std::string url, int& status) {
  const UrlRequest request(url);
  const Result<UrlResponse> response = co_await session.fetch(request);
  if (!response.has_value()) {
    std::fprintf(stderr, "%s\n", to_string(response.error()).c_str());
    co_return;
  }
  std::printf("%d, %zu bytes\n%.*s\n", response->status(), response->body().size(),
              static_cast<int>(response->text().size()), response->text().data());
  for (const UrlTransaction& each : response->metrics().transactions())
    std::printf("%s\n", to_string(each).c_str());
  status = 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: example_fetch URL\n", stderr);
    return 2;
  }
  int status = 1;
  Loop loop;
  const UrlSession session(loop);
  spawn(fetch(session, argv[1], status));
  loop.run();
  return status;
}
