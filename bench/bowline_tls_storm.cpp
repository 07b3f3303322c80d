// What an established TLS connection feels while strangers come in crowds: the server has a thread of
// its own; a second one opens connections as fast as it can, and a third one asks for an echo each
// millisecond.
//
//   bowline_tls_storm --chain FILE --key FILE --root FILE --count N

#include <bowline/bowline.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace bowline;
using Clock = std::chrono::steady_clock;

std::string content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void echo(StreamConnection connection) {
  connection.receive().detach([connection](Result<Message> got) mutable {
    if (!got.has_value() || got->end_of_stream()) return connection.close().detach();
    connection.send(*std::move(got)).detach();
    echo(connection);
  });
}

/// Round trips of one octet, each millisecond, until it is told to stop; sorted.
std::vector<double> ask(const Endpoint& to, const SecurityOptions& options,
                        std::atomic<bool>& stop) {
  Loop loop;
  StreamConnection connection = connect(loop, to, tls(options));
  std::vector<double> took_ms;
  while (!stop) {
    const auto begun = Clock::now();
    if (!connection.send("x").wait().has_value()) std::exit(1);
    if (!connection.receive_exactly(1).wait().has_value()) std::exit(1);
    took_ms.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begun).count());
    static_cast<void>(loop.sleep(std::chrono::milliseconds(1)).wait());
  }
  std::ranges::sort(took_ms);
  return took_ms;
}

/// All of them at once.
double storm(const Endpoint& to, const SecurityOptions& options, int count) {
  Loop loop;
  const Tls stack = tls(options);
  std::vector<StreamConnection> opened;
  const auto begun = Clock::now();
  for (int i = 0; i < count; ++i) opened.push_back(connect(loop, to, stack));
  for (StreamConnection& one : opened)
    if (const auto ready = one.ready().wait(); !ready.has_value()) {
      std::fprintf(stderr, "%s\n", to_string(ready.error()).c_str());
      std::exit(1);
    }
  const std::chrono::duration<double> took = Clock::now() - begun;
  for (StreamConnection& one : opened) one.abort();
  return took.count();
}

double at(const std::vector<double>& sorted, double part) {
  return sorted[std::min(sorted.size() - 1,
                         static_cast<std::size_t>(static_cast<double>(sorted.size()) * part))];
}

}  // namespace

int main(int argc, char** argv) {
  std::string chain, key, root;
  int count = 1000;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--chain") chain = argv[i + 1];
    if (option == "--key") key = argv[i + 1];
    if (option == "--root") root = argv[i + 1];
    if (option == "--count") count = std::atoi(argv[i + 1]);
  }
  Loop loop;
  SecurityOptions server;
  server.identity(Identity::from_files(chain, key).value());
  auto listener = listen(loop, loopback(0), tls(server)).value();
  listener.on_connection([](StreamConnection accepted) { echo(std::move(accepted)); });
  const Endpoint to(listener.local_address());
  SecurityOptions client;
  client.system_roots(false).root(content(root)).peer_name("localhost").resume(false);
  std::atomic<bool> stop = false;
  std::vector<double> felt;
  double took = 0;
  std::thread asking([&] { felt = ask(to, client, stop); });
  std::thread storming([&, remote = loop.remote()]() mutable {
    took = storm(to, client, count);
    stop = true;
    asking.join();
    remote.stop();
  });
  loop.run();
  storming.join();
  std::printf(
      "{\"operations\": %d, \"seconds\": %.3f, \"asked\": %zu, \"median_ms\": %.3f, "
      "\"p99_ms\": %.3f, \"worst_ms\": %.3f}\n",
      count, took, felt.size(), at(felt, 0.5), at(felt, 0.99), felt.back());
  return 0;
}
