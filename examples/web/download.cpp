// Downloads to a file, and goes on where a download broke off.

#include <fstream>
#include <iterator>

#include "local_server.h"

using namespace bowline;

namespace {

const std::string content(300'000, 'c');

/// The first time it breaks off half-way; asked for the rest, it sends the rest.
void answer(HttpExchange exchange) {
  const HttpFields fields{{"ETag", "\"v1\""}, {"Accept-Ranges", "bytes"}};
  const std::string_view range = exchange.field("range");
  if (range.empty()) {
    static_cast<void>(exchange.begin(200, fields, content.size()));
    exchange.send(content.substr(0, content.size() / 2))
        .detach([exchange](const Result<void>&) mutable { exchange.abort(); });
    return;
  }
  const std::size_t from = std::stoul(std::string(range.substr(6)));  // "bytes=150000-"
  HttpFields partial = fields;
  static_cast<void>(partial.add("Content-Range", "bytes " + std::to_string(from) + "-" +
                                                     std::to_string(content.size() - 1) + "/" +
                                                     std::to_string(content.size())));
  static_cast<void>(exchange.respond(206, partial, content.substr(from)));
}

Task<bool> download(UrlSession session, std::string url, std::string file) {
  UrlRequest request(url);
  request.to_file(file);
  for (int tries = 1; tries <= 3; ++tries) {
    UrlTask task = session.task(request);
    task.on_progress([](const UrlProgress& progress) {
      if (progress.to_receive && progress.received == *progress.to_receive)
        std::printf("all %llu octets are there\n",
                    static_cast<unsigned long long>(progress.received));
    });
    const Result<UrlResponse> response = co_await task.result();
    if (response.has_value()) co_return response->file() == file;
    std::printf("try %d: %s\n", tries, to_string(response.error()).c_str());
    // Empty if the server sent nothing to go on by; then the next try begins anew.
    request.resume(task.resume_data());
  }
  co_return false;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string file = argc > 1 ? argv[1] : "download.bin";
  Loop loop;
  const HttpListener server = serve_here(loop, answer);
  const UrlSession session(loop);
  if (run(loop, download(session, url_of(server, "/big"), file)) != 0) return 1;
  std::ifstream in(file, std::ios::binary);
  const std::string got{std::istreambuf_iterator<char>(in), {}};
  std::remove(file.c_str());
  return got == content ? 0 : 1;
}
