// The system's resolver.

#include <netdb.h>

#include "names_loop.h"

int main(int argc, char** argv) {
  const options o = parse_options("names_getaddrinfo", argc, argv);
  return run_names(o, [](const std::string& name) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0) return false;
    freeaddrinfo(found);
    return true;
  });
}
