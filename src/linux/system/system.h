#pragma once

#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <span>

namespace bowline::linux_host {

/// The system calls that can fail for reasons outside this program.
enum class Call : std::uint8_t {
  accept,
  bind,
  connect,
  duplicate,
  epoll_add,
  epoll_change,
  epoll_create,
  epoll_wait,
  eventfd,
  getrandom,
  getsockname,
  getsockopt,
  ioctl,
  listen,
  look,
  lock,
  open,
  read,
  receive_datagram,
  receive_stream,
  rename,
  send_datagram,
  send_stream,
  setsockopt,
  shutdown,
  socket,
  stat,
  sync,
  timerfd_create,
  unlink,
  write,
  write_file,
};

/// Asked before every call: which errno it shall fail with, 0 to really make it, or `short_transfer`.
class Faults {
 public:
  /// The call shall move one byte only. For calls to which the kernel may do that at any time.
  static constexpr int short_transfer = -1;

  virtual int next(Call call) = 0;

 protected:
  ~Faults() = default;
};

/// The one seam to the kernel. Every function gives what the call of that name gives, with errno, but calls
/// that a signal interrupted are repeated here (only epoll_wait is not). Without faults it costs a
/// comparison.
///
/// thread    any
class System {
 public:
  explicit System(Faults* faults = nullptr) : faults_(faults) {}
  System(const System&) = delete;
  System& operator=(const System&) = delete;

  int socket(int family, int type, int protocol) const {
    return run(Call::socket,
               [&] { return ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol); });
  }
  int bind(int fd, const sockaddr* address, socklen_t size) const {
    return run(Call::bind, [&] { return ::bind(fd, address, size); });
  }
  int connect(int fd, const sockaddr* address, socklen_t size) const {
    return run(Call::connect, [&] { return ::connect(fd, address, size); });
  }
  int listen(int fd, int backlog) const {
    return run(Call::listen, [&] { return ::listen(fd, backlog); });
  }
  int accept(int fd, sockaddr* address, socklen_t* size) const {
    return run(Call::accept,
               [&] { return ::accept4(fd, address, size, SOCK_NONBLOCK | SOCK_CLOEXEC); });
  }
  int shutdown(int fd, int how) const {
    return run(Call::shutdown, [&] { return ::shutdown(fd, how); });
  }
  int setsockopt(int fd, int level, int name, const void* value, socklen_t size) const {
    return run(Call::setsockopt, [&] { return ::setsockopt(fd, level, name, value, size); });
  }
  int getsockopt(int fd, int level, int name, void* value, socklen_t* size) const {
    return run(Call::getsockopt, [&] { return ::getsockopt(fd, level, name, value, size); });
  }
  int getsockname(int fd, sockaddr* address, socklen_t* size) const {
    return run(Call::getsockname, [&] { return ::getsockname(fd, address, size); });
  }

  /// What a TCP socket was given and its peer did not acknowledge.
  int outgoing_bytes(int fd, int& bytes) const {
    return run(Call::ioctl, [&] { return ::ioctl(fd, SIOCOUTQ, &bytes); });
  }

  ssize_t receive(int fd, std::span<std::byte> into, int flags = 0) const {
    return run(Call::receive_stream, [&] { return ::recv(fd, into.data(), into.size(), flags); });
  }
  ssize_t send(int fd, std::span<const std::byte> bytes) const {
    return run(
        Call::send_stream, [&] { return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL); },
        [&] { return ::send(fd, bytes.data(), 1, MSG_NOSIGNAL); });
  }
  ssize_t send_pieces(int fd, std::span<const iovec> pieces) const;
  ssize_t receive_message(int fd, msghdr& message, int flags) const {
    return run(Call::receive_datagram, [&] { return ::recvmsg(fd, &message, flags); });
  }
  ssize_t send_message(int fd, const msghdr& message) const {
    return run(Call::send_datagram, [&] { return ::sendmsg(fd, &message, MSG_NOSIGNAL); });
  }
  int send_messages(int fd, std::span<mmsghdr> messages) const {
    const auto count = static_cast<unsigned>(messages.size());
    return run(Call::send_datagram,
               [&] { return ::sendmmsg(fd, messages.data(), count, MSG_NOSIGNAL); });
  }

  int epoll_create() const {
    return run(Call::epoll_create, [] { return ::epoll_create1(EPOLL_CLOEXEC); });
  }
  int epoll_add(int epoll, int fd, epoll_event event) const {
    return run(Call::epoll_add, [&] { return ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event); });
  }
  int epoll_change(int epoll, int fd, epoll_event event) const {
    return run(Call::epoll_change, [&] { return ::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event); });
  }
  /// Waits to the nanosecond where the kernel can (5.11), else to the millisecond above; no timeout means
  /// forever.
  int epoll_wait(int epoll, std::span<epoll_event> into, const timespec* timeout) const;
  int eventfd() const {
    return run(Call::eventfd, [] { return ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); });
  }
  int timerfd_create() const {
    return run(Call::timerfd_create,
               [] { return ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC); });
  }
  ssize_t write(int fd, std::span<const std::byte> bytes) const {
    return run(Call::write, [&] { return ::write(fd, bytes.data(), bytes.size()); });
  }

  // Relative to a folder that is open; symbolic links in the last part are not followed.
  int open_at(int folder, const char* name, int flags, mode_t mode) const {
    return run(Call::open,
               [&] { return ::openat(folder, name, flags | O_CLOEXEC | O_NOFOLLOW, mode); });
  }
  int make_folder(const char* path) const {
    return run(Call::open, [&] { return ::mkdir(path, S_IRWXU); });
  }
  int open_folder(const char* path) const {
    return run(Call::open, [&] { return ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  }
  int stat_open(int fd, struct stat& into) const {
    return run(Call::stat, [&] { return ::fstat(fd, &into); });
  }
  ssize_t write_file(int fd, std::span<const std::byte> bytes) const {
    return run(
        Call::write_file, [&] { return ::write(fd, bytes.data(), bytes.size()); },
        [&] { return ::write(fd, bytes.data(), 1); });
  }
  int sync(int fd) const {
    return run(Call::sync, [&] { return ::fsync(fd); });
  }
  int rename_at(int folder, const char* from, const char* to) const {
    return run(Call::rename, [&] { return ::renameat(folder, from, folder, to); });
  }
  int unlink_at(int folder, const char* name) const {
    return run(Call::unlink, [&] { return ::unlinkat(folder, name, 0); });
  }
  /// Tries once.
  int lock(int fd) const {
    return run(Call::lock, [&] { return ::flock(fd, LOCK_EX | LOCK_NB); });
  }

  /// Never waits for the other end of a pipe that somebody put in the file's place.
  int open(const char* path) const {
    return run(Call::open,
               [&] { return ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); });
  }
  int inotify_create() const {
    return run(Call::open, [] { return ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC); });
  }
  int inotify_add(int fd, const char* path, std::uint32_t kinds) const {
    return run(Call::open, [&] { return ::inotify_add_watch(fd, path, kinds); });
  }
  int duplicate(int fd) const {
    return run(Call::duplicate, [&] { return ::fcntl(fd, F_DUPFD_CLOEXEC, 0); });
  }
  /// poll for one descriptor, without waiting.
  int look(pollfd& at) const {
    return run(Call::look, [&] { return ::poll(&at, 1, 0); });
  }
  int stat(const char* path, struct stat& into) const {
    return run(Call::stat, [&] { return ::stat(path, &into); });
  }
  ssize_t read(int fd, std::span<std::byte> into) const {
    return run(
        Call::read, [&] { return ::read(fd, into.data(), into.size()); },
        [&] { return ::read(fd, into.data(), 1); });
  }
  ssize_t get_random(std::span<std::byte> into) const {
    return run(
        Call::getrandom, [&] { return ::getrandom(into.data(), into.size(), 0); },
        [&] { return ::getrandom(into.data(), 1, 0); });
  }

 private:
  template <class Make>
  auto run(Call call, Make make) const -> decltype(make()) {
    return run(call, make, make);
  }
  template <class Make, class MakeShort>
  auto run(Call call, Make make, MakeShort make_short) const -> decltype(make()) {
    for (;;) {
      const auto result = run_once(call, make, make_short);
      if (result >= 0 || errno != EINTR) return result;
    }
  }
  template <class Make, class MakeShort>
  auto run_once(Call call, Make make, MakeShort make_short) const -> decltype(make()) {
    const int fault = faults_ == nullptr ? 0 : faults_->next(call);
    if (fault == 0) [[likely]]
      return make();
    if (fault == Faults::short_transfer) return make_short();
    errno = fault;
    return -1;
  }

  Faults* faults_;
};

}  // namespace bowline::linux_host
