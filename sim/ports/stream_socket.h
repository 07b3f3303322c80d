#pragma once

#include "ports/stream_socket.h"
#include "sim/host/tcp_stack.h"
#include "sim/ports/poller.h"

namespace bowline::sim {

/// A simulated connection with the readiness of an edge-triggered socket.
class SimStreamSocket final : public ports::StreamSocket,
                              private ReadySource,
                              private SocketWatcher {
 public:
  SimStreamSocket(TcpStack& stack, TcpSocket& socket, SimPoller& poller,
                  ports::SocketObserver* observer);
  ~SimStreamSocket() override;

  void observe(ports::SocketObserver& observer) override;
  [[nodiscard]] Result<void> finish_connect() override;
  [[nodiscard]] Result<void> check() override;
  [[nodiscard]] Result<ports::Transfer> read(std::span<std::byte> into) override;
  [[nodiscard]] Result<ports::Transfer> write(
      std::span<const std::span<const std::byte>> pieces) override;
  [[nodiscard]] Result<ports::Transfer> finish() override;
  [[nodiscard]] bool has_unacknowledged() const override {
    return socket_.connection.sender().has_unacknowledged();
  }
  void abort() noexcept override;
  [[nodiscard]] SocketAddress local_address() const override { return socket_.local; }
  [[nodiscard]] SocketAddress remote_address() const override { return socket_.remote; }
  [[nodiscard]] ports::StreamStatistics statistics() const override;

 private:
  [[nodiscard]] ports::Readiness news() const;
  void report() override;
  void handle_socket_change() override;

  TcpStack& stack_;
  TcpSocket& socket_;
  SimPoller& poller_;
  ports::SocketObserver* observer_;
  ports::Readiness armed_{true, true};  ///< what to report once it is there
  bool told_failure_ = false;
};

class SimStreamListener final : public ports::StreamListener,
                                private ReadySource,
                                private SocketWatcher {
 public:
  SimStreamListener(TcpStack& stack, SimPoller& poller, ports::SocketObserver& observer)
      : stack_(stack), poller_(poller), observer_(observer) {}
  ~SimStreamListener() override;

  /// Before anything else.
  [[nodiscard]] Result<void> open(const SocketAddress& local, const ports::ListenOptions& options);
  [[nodiscard]] Result<std::unique_ptr<ports::StreamSocket>> accept() override;
  [[nodiscard]] SocketAddress local_address() const override { return point_->local(); }

 private:
  void report() override;
  void handle_socket_change() override;

  TcpStack& stack_;
  SimPoller& poller_;
  ports::SocketObserver& observer_;
  TcpListenPoint* point_ = nullptr;
  bool armed_ = true;
};

}  // namespace bowline::sim
