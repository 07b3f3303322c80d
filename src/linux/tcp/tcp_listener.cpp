#include "linux/tcp/tcp_listener.h"

#include <linux/tcp.h>

#include "linux/socket/socket_options.h"
#include "linux/tcp/tcp_stream.h"

namespace bowline::linux_host {

namespace {

// A port that the system chose can still be taken by somebody who asks for it by number, until this listens.
constexpr int ports_tried_max = 8;

Result<Descriptor> open_listening(const System& system, const SocketAddress& local,
                                  const ports::ListenOptions& options);
bool concerns_one_connection(int error);

/// Connections that sent bytes with their SYN and have not answered ours yet.
constexpr int fast_open_pending_max = 256;

}  // namespace

Result<std::unique_ptr<TcpListener>> TcpListener::listen(EpollPoller& poller,
                                                         const SocketAddress& local,
                                                         const ports::ListenOptions& options,
                                                         ports::SocketObserver& observer) {
  auto listening = open_listening(poller.system(), local, options);
  for (int tried = 1; local.port == 0 && tried < ports_tried_max; ++tried) {
    if (listening.has_value() || listening.error().kind() != ErrorKind::address_in_use) break;
    listening = open_listening(poller.system(), local, options);
  }
  BOWLINE_TRY(Descriptor descriptor, std::move(listening));
  std::unique_ptr<TcpListener> listener(new TcpListener(poller, std::move(descriptor), observer));
  BOWLINE_TRY_VOID(listener->watch());
  return listener;
}

Result<std::unique_ptr<ports::StreamSocket>> TcpListener::accept() {
  if (!accepted_.is_open()) {
    const int error = accept_next();
    if (error == EAGAIN) {
      note_read_blocked();
      return nullptr;
    }
    if (error != 0) return Error::from_errno(error, "accept");
  }
  BOWLINE_TRY(auto stream, TcpStream::adopt(poller(), accepted_, accepted_from_));
  return stream;
}

/// Fills accepted_; gives the errno, or 0.
int TcpListener::accept_next() {
  for (;;) {
    RawAddress raw{};
    socklen_t size = sizeof raw;
    accepted_ = Descriptor(system().accept(fd(), &raw.any, &size));
    if (accepted_.is_open()) {
      accepted_from_ = from_raw(raw);
      return 0;
    }
    if (!concerns_one_connection(errno)) return errno;
  }
}

SocketAddress TcpListener::local_address() const { return local_address_of(system(), fd()); }

namespace {

Result<void> configure(const SocketSetup& setup, const SocketAddress& local,
                       const ports::ListenOptions& options);

Result<Descriptor> open_listening(const System& system, const SocketAddress& local,
                                  const ports::ListenOptions& options) {
  const Family family = local.ip.family();
  BOWLINE_TRY(Descriptor descriptor,
              open_stream_socket(system, family, options.stream.multipath, "listen"));
  const SocketSetup setup{system, descriptor.number(), family, "listen"};
  BOWLINE_TRY_VOID(configure(setup, local, options));
  BOWLINE_TRY_VOID(setup.bind(local));
  if (system.listen(setup.fd, options.backlog) < 0)
    return Error::from_errno(errno, "listen").about(to_string(local));
  return descriptor;
}

/// Accepted connections inherit all of the options, which saves calls for each of them.
Result<void> configure(const SocketSetup& setup, const SocketAddress& local,
                       const ports::ListenOptions& options) {
  const bool dual_stack = options.dual_stack && local.ip.is_unspecified();
  if (local.ip.is_v6()) BOWLINE_TRY_VOID(setup.set(IPPROTO_IPV6, IPV6_V6ONLY, dual_stack ? 0 : 1));
  if (options.reuse_port) BOWLINE_TRY_VOID(setup.set(SOL_SOCKET, SO_REUSEPORT, 1));
  BOWLINE_TRY_VOID(setup.set_stream_options(options.stream));
  BOWLINE_TRY_VOID(setup.set_marks(options.binding.marks, Ecn::not_ect));
  if (options.stream.fast_open)
    BOWLINE_TRY_VOID(
        named("fast open", setup.set(IPPROTO_TCP, TCP_FASTOPEN, fast_open_pending_max)));
  return setup.set_binding_options(options.binding, SocketRole::listener);
}

/// accept(2): Linux passes on what happened to a connection while it was in the queue.
bool concerns_one_connection(int error) {
  switch (error) {
    case ECONNABORTED:
    case ECONNRESET:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EPROTO:
    case ETIMEDOUT: return true;
    default: return false;
  }
}

}  // namespace

}  // namespace bowline::linux_host
