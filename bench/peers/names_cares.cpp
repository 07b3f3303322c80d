// c-ares, driven by select() as its manual shows.

#include <ares.h>
#include <sys/select.h>

#include "names_loop.h"

namespace {

struct Outcome {
  bool done = false;
  bool found = false;
};

void take(void* outcome, int status, int, ares_addrinfo* found) {
  *static_cast<Outcome*>(outcome) = {true, status == ARES_SUCCESS};
  if (found != nullptr) ares_freeaddrinfo(found);
}

}  // namespace

int main(int argc, char** argv) {
  const options o = parse_options("names_cares", argc, argv);
  ares_channel channel;
  if (ares_library_init(ARES_LIB_INIT_ALL) != 0 || ares_init(&channel) != 0) return 1;
  return run_names(o, [&](const std::string& name) {
    Outcome outcome;
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    ares_getaddrinfo(channel, name.c_str(), nullptr, &hints, take, &outcome);
    while (!outcome.done) {
      fd_set readable;
      fd_set writable;
      FD_ZERO(&readable);
      FD_ZERO(&writable);
      const int count = ares_fds(channel, &readable, &writable);
      timeval patience{};
      select(count, &readable, &writable, nullptr, ares_timeout(channel, nullptr, &patience));
      ares_process(channel, &readable, &writable);
    }
    return outcome.found;
  });
}
