// Connects to a server as often as it is told, one connection after the other, and prints a line for each:
// how it was secured, and what came back for "hello". So a test sees whether what the first one was given is
// of use to the second. With `early` it asks a web server for a page instead, as a question that may leave
// with the handshake, and prints the page's last line.
//
// usage: interop_resuming PORT CA-FILE 1.2|1.3 COUNT [early]
#include <bowline/bowline.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace {

std::string read_file(const char* path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

int fail(const char* what, const bowline::Error& error) {
  std::fprintf(stderr, "%s: %s\n", what, to_string(error).c_str());
  return EXIT_FAILURE;
}

}  // namespace

int main(int count, char** words) {
  using namespace bowline;
  if (count != 5 && count != 6) return EXIT_FAILURE;
  const bool is_early = count == 6;
  auto loop = Loop::open();
  if (!loop.has_value()) return fail("loop", loop.error());
  SecurityOptions options;
  options.system_roots(false).root(std::string_view(read_file(words[2])));
  options.minimum_version(std::string(words[3]) == "1.3" ? TlsVersion::tls_1_3
                                                         : TlsVersion::tls_1_2);
  const Tls stack = tls(options);
  const auto port = static_cast<std::uint16_t>(std::atoi(words[1]));
  for (int i = 0; i < std::atoi(words[4]); ++i) {
    StreamConnection connection = connect(*loop, host("127.0.0.1", port), stack);
    Operation<void> question = is_early ? connection.send_replayable("GET / HTTP/1.0\r\n\r\n")
                             : connection.send("hello\n");
    if (const auto sent = std::move(question).wait(); !sent.has_value()) return fail("send", sent.error());
    if (is_early) {
      if (const auto head = connection.receive_until("\r\n\r\n").wait(); !head.has_value())
        return fail("receive", head.error());
    }
    // A server of TLS 1.3 sends its tickets before anything else.
    const auto answer = connection.receive_until("\n").wait();
    if (!answer.has_value()) return fail("receive", answer.error());
    const auto security = connection.security();
    if (!security.has_value()) return EXIT_FAILURE;
    const char* how = security->is_early_data_accepted() ? "early"
                      : security->is_resumed()           ? "resumed"
                                                         : "full";
    std::printf("%s %s %s", security->version().c_str(), how, std::string(answer->text()).c_str());
    if (const auto closed = connection.close().wait(); !closed.has_value())
      return fail("close", closed.error());
  }
  return EXIT_SUCCESS;
}
