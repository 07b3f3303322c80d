#include <bowline/address.h>

#include <iostream>

int main() {
  const auto address = bowline::SocketAddress::parse("[2001:db8:0:0::1]:443");
  if (!address) {
    std::cerr << to_string(address.error()) << '\n';
    return 1;
  }
  std::cout << to_string(*address) << '\n';
}
