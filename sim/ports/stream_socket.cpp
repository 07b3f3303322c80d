#include "sim/ports/stream_socket.h"

#include <utility>

namespace bowline::sim {

SimStreamSocket::SimStreamSocket(TcpStack& stack, TcpSocket& socket, SimPoller& poller,
                                 ports::SocketObserver* observer)
    : stack_(stack), socket_(socket), poller_(poller), observer_(observer) {
  socket_.watcher = this;
}

SimStreamSocket::~SimStreamSocket() { stack_.release(socket_); }

void SimStreamSocket::observe(ports::SocketObserver& observer) {
  observer_ = &observer;
  handle_socket_change();
}

Result<void> SimStreamSocket::finish_connect() {
  const TcpConnection& connection = socket_.connection;
  if (connection.is_connecting())
    return Error(ErrorKind::not_ready, "connect", "the handshake goes on");
  if (connection.failure()) return Error(*connection.failure()).about(to_string(socket_.remote));
  return {};
}

Result<ports::Transfer> SimStreamSocket::read(std::span<std::byte> into) {
  TcpConnection& connection = socket_.connection;
  BOWLINE_TRY(const std::size_t count, connection.read(into));
  ports::Transfer transfer;
  transfer.bytes = count;
  transfer.end = count == 0 && connection.at_end();
  transfer.blocked = count < into.size() && !transfer.end;
  if (transfer.blocked) armed_.readable = true;
  // Reading makes room, which the peer may have to be told; and what came behind the bytes is news again.
  stack_.service(socket_);
  return transfer;
}

Result<ports::Transfer> SimStreamSocket::write(std::span<const std::span<const std::byte>> pieces) {
  TcpConnection& connection = socket_.connection;
  ports::Transfer transfer;
  transfer.blocked = connection.is_connecting();
  for (const auto& piece : pieces) {
    if (transfer.blocked) break;
    BOWLINE_TRY(const std::size_t taken, connection.write(piece));
    transfer.bytes += taken;
    transfer.blocked = taken < piece.size();
  }
  if (transfer.blocked) armed_.writable = true;
  stack_.service(socket_);
  return transfer;
}

Result<ports::Transfer> SimStreamSocket::finish() {
  if (socket_.connection.failure()) return *socket_.connection.failure();
  socket_.connection.shutdown_write();
  stack_.service(socket_);
  return ports::Transfer{};
}

Result<void> SimStreamSocket::check() {
  if (!socket_.connection.failure()) return {};
  return Error(*socket_.connection.failure()).about(to_string(socket_.remote));
}

void SimStreamSocket::abort() noexcept {
  observer_ = nullptr;
  socket_.connection.abort();
  stack_.service(socket_);
}

ports::StreamStatistics SimStreamSocket::statistics() const {
  const TcpSender& sender = socket_.connection.sender();
  ports::StreamStatistics statistics;
  statistics.smoothed_rtt = sender.round_trip().smoothed();
  statistics.minimum_rtt = sender.round_trip().minimum();
  statistics.rtt_variance = sender.round_trip().variation();
  statistics.bytes_retransmitted = sender.bytes_retransmitted();
  statistics.bytes_sent = socket_.bytes_sent;
  statistics.bytes_acknowledged = sender.bytes_acknowledged();
  statistics.bytes_received = socket_.bytes_received;
  statistics.packets_sent = socket_.packets_sent;
  statistics.packets_received = socket_.packets_received;
  return statistics;
}

ports::Readiness SimStreamSocket::news() const {
  const bool broke = socket_.connection.failure() && !told_failure_;
  return {armed_.readable && socket_.connection.readable(),
          broke || (armed_.writable && socket_.connection.writable())};
}

void SimStreamSocket::handle_socket_change() {
  const ports::Readiness ready = news();
  if (observer_ != nullptr && (ready.readable || ready.writable)) poller_.mark(*this);
}

void SimStreamSocket::report() {
  const ports::Readiness ready = news();
  if (observer_ == nullptr || !(ready.readable || ready.writable)) return;
  armed_.readable = armed_.readable && !ready.readable;
  armed_.writable = armed_.writable && !ready.writable;
  told_failure_ = socket_.connection.failure().has_value();
  observer_->handle_readiness(ready);
}

SimStreamListener::~SimStreamListener() {
  if (point_ != nullptr) stack_.close(*point_);
}

Result<void> SimStreamListener::open(const SocketAddress& local,
                                     const ports::ListenOptions& options) {
  BOWLINE_TRY(point_, stack_.listen(local, options, *this));
  return {};
}

Result<std::unique_ptr<ports::StreamSocket>> SimStreamListener::accept() {
  BOWLINE_TRY(TcpSocket * socket, stack_.accept(*point_));
  armed_ = armed_ || socket == nullptr;
  if (socket == nullptr) return std::unique_ptr<ports::StreamSocket>();
  return std::make_unique<SimStreamSocket>(stack_, *socket, poller_, nullptr);
}

void SimStreamListener::handle_socket_change() {
  if (armed_ && point_->readable()) poller_.mark(*this);
}

void SimStreamListener::report() {
  if (!point_->readable()) return;
  armed_ = false;
  observer_.handle_readiness({.readable = true, .writable = false});
}

}  // namespace bowline::sim
