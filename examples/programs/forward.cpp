// Passes connections on: whoever comes to a port here is connected to another host, byte for byte, as
// fast as the slower side reads. Each side may end on its own.

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <cstdio>
#include <cstdlib>

using namespace bowline;

Task<> pass(StreamConnection from, StreamConnection to) {
  for (;;) {
    Result<Message> got = co_await from.receive();
    if (!got.has_value()) co_return to.abort();
    const bool is_end = got->end_of_stream();
    const Result<void> sent = co_await to.send(*std::move(got), is_end ? Last::yes : Last::no);
    if (!sent.has_value()) co_return from.abort();
    if (is_end) co_return;
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return std::puts("usage: forward PORT HOST PORT"), EXIT_FAILURE;
  Loop loop;
  const Endpoint target = host(argv[2], static_cast<std::uint16_t>(std::atoi(argv[3])));
  auto listener = listen(loop, any(static_cast<std::uint16_t>(std::atoi(argv[1]))), tcp());
  if (!listener.has_value()) return std::puts(to_string(listener.error()).c_str()), EXIT_FAILURE;
  listener->on_connection([&](StreamConnection client) {
    StreamConnection server = connect(loop, target, tcp());
    spawn(pass(client, server));
    spawn(pass(server, client));
  });
  std::printf("%u\n", listener->local_address().port);
  std::fflush(stdout);
  loop.run();
}
