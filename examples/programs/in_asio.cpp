// Bowline inside a program that has an io_context: its operations take Asio's completion tokens, and its
// cancellation.

#include <bowline/asio.h>
#include <bowline/bowline.h>

#include <asio/awaitable.hpp>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/experimental/awaitable_operators.hpp>
#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>

using namespace bowline;
using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

asio::awaitable<void> ask(StreamConnection connection, asio::io_context& context) {
  asio::steady_timer limit(context, 5s);
  co_await async_start(connection.send("hello"), asio::use_awaitable);
  const auto first = co_await (async_start(connection.receive(), asio::use_awaitable) ||
                               limit.async_wait(asio::use_awaitable));
  if (first.index() == 1) {
    std::puts("no answer in time");
  } else {
    const Result<Message>& answer = std::get<0>(first);
    std::puts(answer.has_value() ? std::string(answer->text()).c_str()
                                 : to_string(answer.error()).c_str());
  }
}

int main(int argc, char** argv) {
  if (argc != 3) return std::puts("usage: in_asio HOST PORT"), EXIT_FAILURE;
  asio::io_context context;
  Loop loop;
  asio::posix::stream_descriptor work(context, dup(loop.descriptor()));
  const std::function<void()> go_on = [&] {
    work.async_wait(asio::posix::stream_descriptor::wait_read, [&](std::error_code error) {
      if (error) return;
      loop.run_ready();
      go_on();
    });
  };
  go_on();
  const Endpoint server = host(argv[1], static_cast<std::uint16_t>(std::atoi(argv[2])));
  asio::co_spawn(context, ask(connect(loop, server, tcp()), context),
                 [&](std::exception_ptr) { work.cancel(); });
  context.run();
}
