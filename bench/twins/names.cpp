// Addresses of many names, in Asio: see examples/programs/names.cpp. Its resolver asks getaddrinfo in a
// thread, one name after the other, and knows no time to live.

#include <asio.hpp>

#include <cstdio>
#include <iostream>
#include <string>

using asio::ip::tcp;

asio::awaitable<void> look_up() {
  tcp::resolver resolver(co_await asio::this_coro::executor);
  std::string name;
  while (std::getline(std::cin, name)) {
    std::error_code error;
    const auto addresses =
        co_await resolver.async_resolve(name, "", asio::redirect_error(asio::use_awaitable, error));
    std::string line = name + ":";
    if (error) line += " [" + error.message() + "]";
    for (const auto& address : addresses) line += " " + address.endpoint().address().to_string();
    std::puts(line.c_str());
  }
}

int main() {
  asio::io_context context;
  for (int i = 0; i < 100; ++i) asio::co_spawn(context, look_up(), asio::detached);
  context.run();
}
