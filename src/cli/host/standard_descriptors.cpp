#include "cli/host/standard_descriptors.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <initializer_list>

namespace bowline::cli {

void occupy_standard_descriptors() {
  // Each gets the lowest number that is free.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) < 0)
      static_cast<void>(::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY));
}

bool may_write_again() {
  if (errno == EINTR) return true;
  if (errno != EAGAIN) return false;
  pollfd room{STDOUT_FILENO, POLLOUT, 0};
  ::poll(&room, 1, -1);
  return true;
}

}  // namespace bowline::cli
