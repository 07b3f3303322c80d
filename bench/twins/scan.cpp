// A port scanner in Asio: see examples/programs/scan.cpp.

#include <asio.hpp>
#include <asio/experimental/awaitable_operators.hpp>

#include <cstdio>
#include <cstdlib>

using asio::ip::tcp;
using namespace asio::experimental::awaitable_operators;

asio::awaitable<bool> connects(tcp::endpoint to) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  asio::steady_timer limit(executor, std::chrono::seconds(2));
  std::error_code error;
  const auto first =
      co_await (socket.async_connect(to, asio::redirect_error(asio::use_awaitable, error)) ||
                limit.async_wait(asio::use_awaitable));
  co_return first.index() == 0 && !error;
}

asio::awaitable<void> ask(const tcp::resolver::results_type& addresses, std::uint16_t& next,
                          std::uint16_t last) {
  while (next <= last && next != 0) {
    const std::uint16_t port = next++;
    for (const auto& address : addresses) {
      const bool is_open = co_await connects({address.endpoint().address(), port});
      if (!is_open) continue;
      std::printf("%u open\n", port);
      break;
    }
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return std::puts("usage: scan HOST FIRST LAST"), EXIT_FAILURE;
  asio::io_context context;
  std::error_code error;
  const auto addresses = tcp::resolver(context).resolve(argv[1], "", error);
  if (error) return std::puts(error.message().c_str()), EXIT_FAILURE;
  auto next = static_cast<std::uint16_t>(std::atoi(argv[2]));
  const auto last = static_cast<std::uint16_t>(std::atoi(argv[3]));
  for (int i = 0; i < 500; ++i) asio::co_spawn(context, ask(addresses, next, last), asio::detached);
  context.run();
}
