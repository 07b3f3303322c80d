// A question by UDP, in Asio: see examples/programs/question.cpp.

#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

using asio::ip::udp;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<int> ask(std::string name, std::string port, std::string text) {
  const auto executor = co_await asio::this_coro::executor;
  std::error_code error;
  udp::resolver resolver(executor);
  const auto addresses =
      co_await resolver.async_resolve(name, port, asio::redirect_error(asio::use_awaitable, error));
  udp::socket socket(executor);
  if (!error)
    co_await asio::async_connect(socket, addresses,
                                 asio::redirect_error(asio::use_awaitable, error));
  for (int patience_ms = 200; !error && patience_ms <= 800; patience_ms *= 2) {
    co_await socket.async_send(asio::buffer(text),
                               asio::redirect_error(asio::use_awaitable, error));
    if (error) break;
    asio::steady_timer limit(executor, std::chrono::milliseconds(patience_ms));
    std::array<char, 65536> answer;
    const auto first =
        co_await (socket.async_receive(asio::buffer(answer),
                                       asio::redirect_error(asio::use_awaitable, error)) ||
                  limit.async_wait(asio::use_awaitable));
    if (first.index() == 1) {
      error.clear();
      continue;
    }
    if (error) break;
    std::puts(std::string(answer.data(), std::get<0>(first)).c_str());
    co_return EXIT_SUCCESS;
  }
  std::puts(error ? error.message().c_str() : "no answer");
  co_return EXIT_FAILURE;
}

int main(int argc, char** argv) {
  if (argc != 4) return std::puts("usage: question HOST PORT TEXT"), EXIT_FAILURE;
  asio::io_context context;
  int status = EXIT_FAILURE;
  asio::co_spawn(context, ask(argv[1], argv[2], argv[3]),
                 [&](std::exception_ptr, int ended) { status = ended; });
  context.run();
  return status;
}
