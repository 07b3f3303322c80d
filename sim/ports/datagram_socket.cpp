#include "sim/ports/datagram_socket.h"

#include <algorithm>
#include <utility>

namespace bowline::sim {

SimDatagramSocket::SimDatagramSocket(UdpStack& stack, UdpSocket& socket, SimPoller& poller,
                                     BufferPool& buffers, const ports::DatagramOptions& options,
                                     ports::SocketObserver& observer)
    : stack_(stack),
      socket_(socket),
      poller_(poller),
      buffers_(buffers),
      wanted_(options.receive),
      observer_(&observer) {
  // An unconnected socket has to know which of our addresses to answer from.
  if (!options.connect_to) wanted_.interface = true;
  socket_.watcher = this;
  handle_socket_change();
}

void SimDatagramSocket::observe(ports::SocketObserver& observer) { observer_ = &observer; }

Result<std::size_t> SimDatagramSocket::send(std::span<const ports::DatagramRun> runs) {
  std::size_t sent = 0;
  for (const ports::DatagramRun& run : runs) {
    auto result = stack_.send(socket_, run);
    if (result.has_value()) {
      ++sent;
      continue;
    }
    // Behind runs that went out, the error waits until the caller comes with this run again.
    if (sent == 0) return std::move(result).error();
    armed_.writable = true;
    poller_.mark(*this);
    break;
  }
  return sent;
}

Result<std::size_t> SimDatagramSocket::receive(std::span<ports::ReceivedRun> into) {
  if (socket_.failure) return *std::exchange(socket_.failure, std::nullopt);
  std::size_t count = 0;
  while (count < into.size() && !socket_.queue.empty()) into[count++] = take_first();
  if (count < into.size()) armed_.readable = true;
  return count;
}

ports::ReceivedRun SimDatagramSocket::take_first() {
  const UdpSocket::Datagram datagram = std::move(socket_.queue.front());
  socket_.queue.pop_front();
  socket_.queue_bytes -= datagram.queue_cost();
  ports::ReceivedRun run;
  run.remote = datagram.remote;
  run.destination = datagram.destination;
  // Our own address in its place, where it is a group's: the system chooses that.
  run.local = datagram.destination.is_multicast() ? IpAddress::any(datagram.destination.family())
                                                  : datagram.destination;
  if (wanted_.ecn) run.facts.ecn = datagram.facts.ecn;
  if (wanted_.hop_limit) run.facts.hop_limit = datagram.facts.hop_limit;
  if (wanted_.interface) run.facts.interface_index = datagram.facts.interface_index;
  run.segment_bytes = datagram.bytes.size();
  if (datagram.bytes.empty()) return run;
  std::ranges::copy(datagram.bytes, buffers_.prepare(datagram.bytes.size()).begin());
  run.bytes = buffers_.commit(datagram.bytes.size());
  return run;
}

std::optional<ports::DatagramFailure> SimDatagramSocket::take_failure() {
  if (socket_.failures.empty()) return std::nullopt;
  ports::DatagramFailure failure = std::move(socket_.failures.front());
  socket_.failures.pop_front();
  return failure;
}

void SimDatagramSocket::handle_socket_change() {
  if ((armed_.readable && readable()) || armed_.writable) poller_.mark(*this);
}

void SimDatagramSocket::report() {
  const ports::Readiness ready{armed_.readable && readable(), armed_.writable};
  if (!ready.readable && !ready.writable) return;
  armed_.readable = armed_.readable && !ready.readable;
  armed_.writable = false;
  observer_->handle_readiness(ready);
}

}  // namespace bowline::sim
