#include "linux/system/fault_system.h"

#include <array>
#include <cassert>

namespace bowline::linux_host {

std::span<const int> possible_faults(Call call) {
  static constexpr std::array accept{EMFILE, ENFILE, ENOBUFS, ENOMEM, ECONNABORTED, EINTR};
  static constexpr std::array bind{EADDRINUSE, EADDRNOTAVAIL, ENOMEM};
  static constexpr std::array connect{EINTR, EADDRNOTAVAIL, ENETUNREACH, ENOBUFS, EACCES};
  static constexpr std::array epoll_add{ENOMEM, ENOSPC};
  static constexpr std::array epoll_change{ENOMEM};
  static constexpr std::array interruption{EINTR};
  static constexpr std::array descriptor{EMFILE, ENFILE, ENOMEM};
  static constexpr std::array listen{EADDRINUSE};
  static constexpr std::array look{EINTR, ENOMEM};
  static constexpr std::array memory{ENOBUFS, ENOMEM};
  static constexpr std::array open{EINTR, EMFILE, ENOENT, EACCES};
  static constexpr std::array read{EINTR, EIO, Faults::short_transfer};
  static constexpr std::array receive_datagram{EINTR, ENOMEM, ENOBUFS, ECONNREFUSED};
  static constexpr std::array receive_stream{EINTR, ENOMEM, ECONNRESET, ETIMEDOUT};
  static constexpr std::array send_datagram{EINTR, ENOMEM, ENOBUFS, EPERM, EIO, ECONNREFUSED};
  static constexpr std::array send_stream{EINTR, ENOMEM,     ENOBUFS,
                                          EPIPE, ECONNRESET, Faults::short_transfer};
  static constexpr std::array shutdown{ENOTCONN};
  static constexpr std::array stat{EACCES, ENOMEM};
  static constexpr std::array write_file{EINTR, ENOSPC, EIO, Faults::short_transfer};
  static constexpr std::array file_change{EINTR, ENOSPC, EIO, EACCES};
  static constexpr std::array lock{EINTR, EWOULDBLOCK, ENOLCK};
  static constexpr std::array random{EINTR, Faults::short_transfer};
  switch (call) {
    case Call::accept: return accept;
    case Call::bind: return bind;
    case Call::connect: return connect;
    case Call::epoll_add: return epoll_add;
    case Call::epoll_change: return epoll_change;
    case Call::epoll_wait:
    case Call::write: return interruption;
    case Call::epoll_create:
    case Call::duplicate:
    case Call::eventfd:
    case Call::socket:
    case Call::timerfd_create: return descriptor;
    case Call::getrandom: return random;
    case Call::getsockname:
    case Call::getsockopt:
    case Call::ioctl:
    case Call::setsockopt: return memory;
    case Call::listen: return listen;
    case Call::look: return look;
    case Call::open: return open;
    case Call::read: return read;
    case Call::receive_datagram: return receive_datagram;
    case Call::receive_stream: return receive_stream;
    case Call::send_datagram: return send_datagram;
    case Call::send_stream: return send_stream;
    case Call::shutdown: return shutdown;
    case Call::stat: return stat;
    case Call::lock: return lock;
    case Call::write_file: return write_file;
    case Call::rename:
    case Call::sync:
    case Call::unlink: return file_change;
  }
  return {};
}

const char* to_string(Call call) {
  switch (call) {
    case Call::accept: return "accept";
    case Call::bind: return "bind";
    case Call::connect: return "connect";
    case Call::duplicate: return "duplicate";
    case Call::epoll_add: return "epoll_add";
    case Call::epoll_change: return "epoll_change";
    case Call::epoll_create: return "epoll_create";
    case Call::epoll_wait: return "epoll_wait";
    case Call::eventfd: return "eventfd";
    case Call::getrandom: return "getrandom";
    case Call::getsockname: return "getsockname";
    case Call::getsockopt: return "getsockopt";
    case Call::ioctl: return "ioctl";
    case Call::listen: return "listen";
    case Call::look: return "look";
    case Call::lock: return "lock";
    case Call::open: return "open";
    case Call::read: return "read";
    case Call::receive_datagram: return "receive_datagram";
    case Call::receive_stream: return "receive_stream";
    case Call::rename: return "rename";
    case Call::send_datagram: return "send_datagram";
    case Call::send_stream: return "send_stream";
    case Call::setsockopt: return "setsockopt";
    case Call::shutdown: return "shutdown";
    case Call::socket: return "socket";
    case Call::stat: return "stat";
    case Call::sync: return "sync";
    case Call::timerfd_create: return "timerfd_create";
    case Call::unlink: return "unlink";
    case Call::write: return "write";
    case Call::write_file: return "write_file";
  }
  return "";
}

int OneFault::next(Call call) {
  if (count_++ != index_) return 0;
  const auto faults = possible_faults(call);
  assert(faults.size() <= faults_per_call_max);
  const int fault = variant_ < faults.size() ? faults[variant_] : 0;
  fault_ = fault;
  call_ = static_cast<int>(call);
  return fault;
}

std::optional<OneFault::Outcome> OneFault::outcome() const {
  if (call_ < 0) return std::nullopt;
  return Outcome{static_cast<Call>(call_.load()), fault_};
}

}  // namespace bowline::linux_host
