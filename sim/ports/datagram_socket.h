#pragma once

#include "base/buffer_pool.h"
#include "ports/datagram_socket.h"
#include "sim/host/udp_stack.h"
#include "sim/ports/poller.h"

namespace bowline::sim {

/// A simulated UDP socket with the readiness of an edge-triggered one. It never blocks on sending: links
/// drop.
class SimDatagramSocket final : public ports::DatagramSocket,
                                private ReadySource,
                                private SocketWatcher {
 public:
  SimDatagramSocket(UdpStack& stack, UdpSocket& socket, SimPoller& poller, BufferPool& buffers,
                    const ports::DatagramOptions& options, ports::SocketObserver& observer);
  ~SimDatagramSocket() override { stack_.close(socket_); }

  void observe(ports::SocketObserver& observer) override;
  [[nodiscard]] Result<std::size_t> send(std::span<const ports::DatagramRun> runs) override;
  [[nodiscard]] Result<std::size_t> receive(std::span<ports::ReceivedRun> into) override;
  [[nodiscard]] std::optional<ports::DatagramFailure> take_failure() override;
  [[nodiscard]] Result<void> join(const ports::Membership& membership) override {
    return stack_.join(socket_, membership);
  }
  [[nodiscard]] Result<void> leave(const ports::Membership& membership) override {
    return stack_.leave(socket_, membership);
  }
  [[nodiscard]] SocketAddress local_address() const override { return socket_.local; }
  [[nodiscard]] std::size_t datagram_bytes_max(const SocketAddress& remote) const override {
    return stack_.datagram_bytes_max(socket_, socket_.peer.value_or(remote));
  }
  /// Every datagram is a packet of its own, but one call sends them all.
  [[nodiscard]] ports::DatagramOffload offload() const override { return {true, false}; }
  [[nodiscard]] std::uint64_t receive_drops() const override { return socket_.drops; }

 private:
  [[nodiscard]] bool readable() const {
    return !socket_.queue.empty() || socket_.failure.has_value() || !socket_.failures.empty();
  }
  [[nodiscard]] ports::ReceivedRun take_first();
  void report() override;
  void handle_socket_change() override;

  UdpStack& stack_;
  UdpSocket& socket_;
  SimPoller& poller_;
  BufferPool& buffers_;
  ports::WantedFacts wanted_;
  ports::SocketObserver* observer_;
  ports::Readiness armed_{true, false};
};

}  // namespace bowline::sim
