#include "linux/process/descriptor_watch.h"

#include <poll.h>

#include <utility>

namespace bowline::linux_host {

namespace {

constexpr const char* reading = "read standard input";

/// What poll says of a descriptor now; negative with errno where it fails.
int look_at(const System& system, int descriptor, short events);
Result<Descriptor> duplicate(const System& system, int descriptor, const char* operation);

}  // namespace

Result<std::unique_ptr<ports::DescriptorWatch>> WatchedDescriptor::open(
    EpollPoller& poller, int descriptor, ports::Awaited awaited, ports::SocketObserver& observer) {
  const bool reads = awaited == ports::Awaited::readable;
  const int found = look_at(poller.system(), descriptor, reads ? POLLIN : POLLOUT);
  if (found < 0) return Error::from_errno(errno, "watch descriptor");
  if (descriptor < 0 || (found & POLLNVAL) != 0)
    return Error(ErrorKind::invalid_argument, ErrorDomain::posix, EBADF, "watch descriptor",
                 "nothing is open under this number");
  if (found != 0) return std::unique_ptr<ports::DescriptorWatch>();
  BOWLINE_TRY(Descriptor copy, duplicate(poller.system(), descriptor, "watch descriptor"));
  std::unique_ptr<WatchedDescriptor> watch(
      new WatchedDescriptor(poller, std::move(copy), &observer));
  BOWLINE_TRY_VOID(reads ? watch->watch_arrivals() : watch->watch());
  return std::unique_ptr<ports::DescriptorWatch>(std::move(watch));
}

Result<std::unique_ptr<ports::ByteSource>> KernelInput::open(EpollPoller& poller,
                                                             ports::SocketObserver& observer) {
  const System& system = poller.system();
  const int flags = ::fcntl(STDIN_FILENO, F_GETFL);
  if (flags < 0) return Error::from_errno(errno, reading);
  if ((flags & O_ACCMODE) == O_WRONLY) return Error::from_errno(EBADF, reading);
  struct stat file{};
  if (::fstat(STDIN_FILENO, &file) < 0) return Error::from_errno(errno, reading);

  Descriptor descriptor;
  Manner manner = Manner::never_waits;
  if (S_ISFIFO(file.st_mode) || ::isatty(STDIN_FILENO) == 1)
    descriptor.reset(system.open("/proc/self/fd/0"));
  if (!descriptor.is_open()) {
    // A file is never opened again: its new descriptor would begin at its start.
    BOWLINE_TRY(descriptor, duplicate(system, STDIN_FILENO, reading));
    const bool is_file = S_ISREG(file.st_mode) || S_ISBLK(file.st_mode) || S_ISDIR(file.st_mode);
    if (!is_file) manner = S_ISSOCK(file.st_mode) ? Manner::socket : Manner::asks_first;
  }
  std::unique_ptr<KernelInput> input(
      new KernelInput(poller, std::move(descriptor), observer, manner));
  const auto watched = input->watch_arrivals();
  // Files and /dev/null cannot be watched: they are always ready.
  if (!watched.has_value() && watched.error().code() != EPERM) return watched.error();
  return std::unique_ptr<ports::ByteSource>(std::move(input));
}

Result<ports::Transfer> KernelInput::read(std::span<std::byte> into) {
  const ssize_t count = read_now(into);
  if (count > 0) return ports::Transfer{.bytes = static_cast<std::size_t>(count)};
  if (count == 0) return ports::Transfer{.end = true};
  if (errno != EAGAIN) return Error::from_errno(errno, reading);
  note_read_blocked();
  return ports::Transfer{.blocked = true};
}

ssize_t KernelInput::read_now(std::span<std::byte> into) const {
  if (manner_ == Manner::socket) return system().receive(fd(), into, MSG_DONTWAIT);
  if (manner_ == Manner::asks_first) {
    const int found = look_at(system(), fd(), POLLIN);
    if (found == 0) errno = EAGAIN;
    if (found <= 0) return -1;
  }
  return system().read(fd(), into);
}

namespace {

int look_at(const System& system, int descriptor, short events) {
  pollfd wanted{descriptor, events, 0};
  return system.look(wanted) < 0 ? -1 : wanted.revents;
}

Result<Descriptor> duplicate(const System& system, int descriptor, const char* operation) {
  Descriptor copy(system.duplicate(descriptor));
  if (!copy.is_open()) return Error::from_errno(errno, operation);
  return copy;
}

}  // namespace

}  // namespace bowline::linux_host
