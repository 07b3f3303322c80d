// Which ports of a host are open? Asks up to 500 at a time, by name, over IPv6 and IPv4 alike.

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace bowline;
using namespace std::chrono_literals;

Task<> ask(Loop& loop, std::string name, std::uint16_t& next, std::uint16_t last) {
  while (next <= last && next != 0) {
    const std::uint16_t port = next++;
    Parameters parameters;
    parameters.wait(Waiting::never).connect_within(2s);
    StreamConnection connection = connect(loop, host(name, port), tcp(), parameters);
    const Result<void> ready = co_await connection.ready();
    if (ready.has_value()) std::printf("%u open\n", port);
    connection.abort();
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return std::puts("usage: scan HOST FIRST LAST"), EXIT_FAILURE;
  Loop loop;
  auto next = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const auto last = static_cast<std::uint16_t>(std::atoi(argv[3]));
  for (int i = 0; i < 500; ++i) spawn(ask(loop, argv[1], next, last));
  loop.run();
}
