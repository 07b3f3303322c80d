// Passes connections on, in Asio: see examples/programs/forward.cpp.

#include <asio.hpp>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

using asio::ip::tcp;

struct Pair {
  explicit Pair(tcp::socket accepted)
      : client(std::move(accepted)), server(client.get_executor()) {}
  void abort() {
    std::error_code ignored;
    for (tcp::socket* socket : {&client, &server}) {
      socket->set_option(asio::socket_base::linger(true, 0), ignored);
      socket->close(ignored);
    }
  }
  tcp::socket client;
  tcp::socket server;
};

asio::awaitable<void> pass(std::shared_ptr<Pair> pair, tcp::socket& from, tcp::socket& to) {
  std::vector<char> buffer(16 * 1024);
  for (;;) {
    std::error_code error;
    const std::size_t size = co_await from.async_read_some(
        asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
    if (error == asio::error::eof) {
      to.shutdown(tcp::socket::shutdown_send, error);
      co_return;
    }
    if (!error)
      co_await asio::async_write(to, asio::buffer(buffer.data(), size),
                                 asio::redirect_error(asio::use_awaitable, error));
    if (error) co_return pair->abort();
  }
}

asio::awaitable<void> serve(tcp::socket accepted, std::string name, std::string port) {
  const auto pair = std::make_shared<Pair>(std::move(accepted));
  const auto executor = co_await asio::this_coro::executor;
  std::error_code error;
  tcp::resolver resolver(executor);
  const auto addresses =
      co_await resolver.async_resolve(name, port, asio::redirect_error(asio::use_awaitable, error));
  if (!error)
    co_await asio::async_connect(pair->server, addresses,
                                 asio::redirect_error(asio::use_awaitable, error));
  if (error) co_return pair->abort();
  asio::co_spawn(executor, pass(pair, pair->client, pair->server), asio::detached);
  co_await pass(pair, pair->server, pair->client);
}

int main(int argc, char** argv) {
  if (argc != 4) return std::puts("usage: forward PORT HOST PORT"), EXIT_FAILURE;
  asio::io_context context;
  const auto port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  tcp::acceptor acceptor(context, tcp::endpoint(tcp::v6(), port));
  std::printf("%u\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  asio::co_spawn(
      context,
      [&]() -> asio::awaitable<void> {
        for (;;) {
          tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
          asio::co_spawn(context, serve(std::move(socket), argv[2], argv[3]), asio::detached);
        }
      },
      asio::detached);
  context.run();
}
