#pragma once

#include <memory>

#include "linux/poll/observed_socket.h"
#include "linux/socket/socket_address.h"
#include "ports/stream_socket.h"

namespace bowline::linux_host {

class TcpListener final : public ports::StreamListener, public ObservedSocket {
 public:
  [[nodiscard]] static Result<std::unique_ptr<TcpListener>> listen(
      EpollPoller& poller, const SocketAddress& local, const ports::ListenOptions& options,
      ports::SocketObserver& observer);

  [[nodiscard]] Result<std::unique_ptr<ports::StreamSocket>> accept() override;
  [[nodiscard]] SocketAddress local_address() const override;

 private:
  TcpListener(EpollPoller& poller, Descriptor descriptor, ports::SocketObserver& observer)
      : ObservedSocket(poller, std::move(descriptor), &observer) {}
  [[nodiscard]] int accept_next();

  // Taken from the queue, but the kernel had no memory to watch it: the next accept() tries again.
  Descriptor accepted_;
  SocketAddress accepted_from_;
};

}  // namespace bowline::linux_host
