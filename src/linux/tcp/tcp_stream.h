#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "linux/poll/observed_socket.h"
#include "linux/socket/socket_address.h"
#include "ports/stream_socket.h"

namespace bowline::linux_host {

/// A TCP connection: its descriptor, who watches it and who is at the other end, and no buffer.
class TcpStream final : public ports::StreamSocket, public ObservedSocket {
 public:
  static constexpr std::size_t pieces_max = 64;

  [[nodiscard]] static Result<ports::Connecting> connect(EpollPoller& poller,
                                                         const SocketAddress& remote,
                                                         const ports::Binding& binding,
                                                         const ports::StreamOptions& options,
                                                         ports::SocketObserver& observer);
  /// Takes over a connection that a listener accepted.
  [[nodiscard]] static Result<std::unique_ptr<TcpStream>> adopt(EpollPoller& poller,
                                                                Descriptor& accepted,
                                                                const SocketAddress& remote);

  void observe(ports::SocketObserver& observer) override { set_observer(observer); }
  [[nodiscard]] Result<void> finish_connect() override;
  [[nodiscard]] Result<void> check() override;
  [[nodiscard]] Result<ports::Transfer> read(std::span<std::byte> into) override;
  [[nodiscard]] Result<ports::Transfer> write(
      std::span<const std::span<const std::byte>> pieces) override;
  [[nodiscard]] Result<ports::Transfer> finish() override;
  [[nodiscard]] bool has_unacknowledged() const override;
  void abort() noexcept override;
  [[nodiscard]] SocketAddress local_address() const override;
  [[nodiscard]] SocketAddress remote_address() const override;
  [[nodiscard]] ports::StreamStatistics statistics() const override;

 private:
  TcpStream(EpollPoller& poller, Descriptor descriptor, const SocketAddress& remote,
            ports::SocketObserver* observer);
  [[nodiscard]] Result<bool> start_connecting(const SocketAddress& remote);
  [[nodiscard]] bool met_itself() const;
  [[nodiscard]] int take_error() const;
  [[nodiscard]] Result<ports::Transfer> write_one(std::span<const std::byte> rest);
  [[nodiscard]] Result<ports::Transfer> write_many(
      std::span<const std::span<const std::byte>> pieces);
  [[nodiscard]] Result<ports::Transfer> stop_writing(ports::Transfer transfer);
  [[nodiscard]] Result<ports::Transfer> stop_at_error(int error, std::size_t bytes,
                                                      const char* operation);

  // An error that came behind bytes which had to be given to the caller first.
  std::uint16_t deferred_errno_ = 0;
  // The remote address without the padding of SocketAddress, always in its IPv6 form: idle connections are
  // many.
  std::array<std::uint8_t, 16> remote_octets_;
  std::uint32_t remote_scope_id_;
  std::uint16_t remote_port_;
};

}  // namespace bowline::linux_host
