#pragma once

#include <memory>

#include "linux/poll/observed_socket.h"
#include "ports/process.h"

namespace bowline::linux_host {

/// One wait for a descriptor of the program's own.
///
/// It holds a duplicate: whatever happens to the number meanwhile, the wait is for what was open
/// under it; and
/// epoll knows each wait apart, however many there are for one file.
class WatchedDescriptor final : public ObservedSocket, public ports::DescriptorWatch {
 public:
  /// Null if it is ready now, as regular files always are.
  [[nodiscard]] static Result<std::unique_ptr<ports::DescriptorWatch>> open(
      EpollPoller& poller, int descriptor, ports::Awaited awaited, ports::SocketObserver& observer);

 private:
  using ObservedSocket::ObservedSocket;
};

/// Standard input, read without ever waiting.
///
/// Whether reads wait is a property of the open file, which a terminal or a pipe shares with other
/// processes. So
/// it is opened once more, through /proc, where that can be done; else each read is preceded by a question
/// whether it would wait.
class KernelInput final : public ObservedSocket, public ports::ByteSource {
 public:
  [[nodiscard]] static Result<std::unique_ptr<ports::ByteSource>> open(
      EpollPoller& poller, ports::SocketObserver& observer);

  Result<ports::Transfer> read(std::span<std::byte> into) override;

 private:
  enum class Manner : std::uint8_t { never_waits, socket, asks_first };
  KernelInput(EpollPoller& poller, Descriptor descriptor, ports::SocketObserver& observer,
              Manner manner)
      : ObservedSocket(poller, std::move(descriptor), &observer), manner_(manner) {}
  [[nodiscard]] ssize_t read_now(std::span<std::byte> into) const;

  Manner manner_;
};

}  // namespace bowline::linux_host
