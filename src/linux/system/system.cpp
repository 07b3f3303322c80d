#include "linux/system/system.h"

#include <algorithm>
#include <climits>

namespace bowline::linux_host {

namespace {

int milliseconds_above(const timespec* timeout);

}  // namespace

ssize_t System::send_pieces(int fd, std::span<const iovec> pieces) const {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg only reads it
  message.msg_iovlen = pieces.size();
  return run(
      Call::send_stream, [&] { return ::sendmsg(fd, &message, MSG_NOSIGNAL); },
      [&] { return ::send(fd, pieces.front().iov_base, 1, MSG_NOSIGNAL); });
}

int System::epoll_wait(int epoll, std::span<epoll_event> into, const timespec* timeout) const {
  const auto wait = [&] {
    const int room = static_cast<int>(into.size());
    const int count = ::epoll_pwait2(epoll, into.data(), room, timeout, nullptr);
    // Old kernels say ENOSYS; containers whose list of system calls is older than the kernel say EPERM.
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    return ::epoll_wait(epoll, into.data(), room, milliseconds_above(timeout));
  };
  return run_once(Call::epoll_wait, wait, wait);
}

namespace {

int milliseconds_above(const timespec* timeout) {
  if (timeout == nullptr) return -1;
  constexpr long per_second = 1'000;
  constexpr long nanoseconds_per_millisecond = 1'000'000;
  const long seconds = std::min<long>(timeout->tv_sec, INT_MAX / per_second - 1);
  return static_cast<int>(seconds * per_second +
                          (timeout->tv_nsec + nanoseconds_per_millisecond - 1) /
                              nanoseconds_per_millisecond);
}

}  // namespace

}  // namespace bowline::linux_host
