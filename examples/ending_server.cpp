// An echo server that ends well: ctrl-C lets its connections finish, for ten seconds; a second one
// aborts them.

#include <bowline/async.h>
#include <bowline/bowline.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace {

using namespace std::chrono_literals;
using bowline::Listener, bowline::Loop, bowline::Message, bowline::Operation, bowline::Result,
    bowline::StreamConnection, bowline::Task;

Task<void> echo(StreamConnection connection) {
  for (;;) {
    const Result<Message> received = co_await connection.receive();
    if (!received.has_value() || received->empty()) co_return;
    const Result<void> sent = co_await connection.send(received->bytes());
    if (!sent.has_value()) co_return;
  }
}

Task<void> end_on_interrupt(Loop& loop, Listener<StreamConnection>& listener) {
  const bowline::SignalSet interrupts{SIGINT, SIGTERM};
  const Result<int> first = co_await loop.signal(interrupts);
  if (!first.has_value()) co_return;
  std::puts("finishing");
  std::fflush(stdout);
  // The second ctrl-C. Dropped with this frame, it no longer keeps the loop running.
  Operation<int> second = loop.signal(interrupts);
  second.start([&](const Result<int>&) { listener.close_all(0s).detach(); });
  const Result<void> ended = co_await listener.close_all(10s);
  std::puts(ended.has_value() ? "ended" : "not ended");
}

}  // namespace

int main(int argc, char** argv) {
  Loop loop;
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  const bowline::SocketAddress any(bowline::IpAddress::any(bowline::Family::ipv6), port);
  auto listener = bowline::listen(loop, bowline::Endpoint(any), bowline::tcp());
  if (!listener.has_value()) {
    std::fprintf(stderr, "%s\n", to_string(listener.error()).c_str());
    return EXIT_FAILURE;
  }
  listener->on_connection([](StreamConnection connection) { spawn(echo(std::move(connection))); });
  spawn(end_on_interrupt(loop, *listener));
  std::printf("%u\n", listener->local_address().port);
  std::fflush(stdout);
  loop.run();  // returns once nothing is left to wait for
}
