// The same server in standalone Asio: one io_context, one plain coroutine and one buffer per connection.

#define ASIO_STANDALONE
#include <asio.hpp>

#include <cstdio>
#include <string_view>
#include <vector>

#include "bench_program.h"

using asio::awaitable;
using asio::ip::tcp;

namespace {

constexpr std::size_t echo_buffer_bytes =
    4096;  // per connection; larger is slower at 1000 connections

awaitable<void> echo(tcp::socket socket) {
  std::vector<char> buffer(echo_buffer_bytes);
  std::error_code error;
  while (!error) {
    std::size_t got = co_await socket.async_read_some(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return;
    co_await asio::async_write(socket, asio::buffer(buffer, got),
                               asio::redirect_error(asio::use_awaitable, error));
  }
}

awaitable<void> sink(tcp::socket socket, std::size_t size) {
  std::vector<char> buffer(size);
  std::error_code error;
  while (!error) {
    co_await socket.async_read_some(asio::buffer(buffer),
                                    asio::redirect_error(asio::use_awaitable, error));
  }
}

awaitable<void> source(tcp::socket socket, std::size_t size) {
  std::vector<char> buffer(size);
  std::error_code error;
  while (!error) {
    co_await asio::async_write(socket, asio::buffer(buffer),
                               asio::redirect_error(asio::use_awaitable, error));
  }
}

awaitable<void> serve(tcp::acceptor acceptor, options o) {
  auto executor = co_await asio::this_coro::executor;
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    if (mode_is(&o, "sink")) {
      asio::co_spawn(executor, sink(std::move(socket), o.buffer), asio::detached);
    } else if (mode_is(&o, "source")) {
      asio::co_spawn(executor, source(std::move(socket), o.buffer), asio::detached);
    } else {
      asio::co_spawn(executor, echo(std::move(socket)), asio::detached);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  options o = parse_options("asio", argc, argv);
  raise_descriptor_limit();
  asio::io_context context(1);
  tcp::endpoint local(asio::ip::make_address(o.host), static_cast<std::uint16_t>(o.port));
  tcp::acceptor acceptor(context, local);
  std::printf("{\"port\": %d}\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  asio::co_spawn(context, serve(std::move(acceptor), o), asio::detached);
  context.run();
}
