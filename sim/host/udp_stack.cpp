#include "sim/host/udp_stack.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sim/host/addressing.h"
#include "wire/ip/udp.h"

namespace bowline::sim {

namespace {

constexpr std::size_t payload_bytes_max = 65'507;  // 65,535 less the smaller IP header and UDP's

}  // namespace

Result<UdpSocket*> UdpStack::open(const ports::DatagramOptions& options) {
  BOWLINE_TRY_VOID(sockets_.check("open datagram socket"));
  BOWLINE_TRY(const std::uint32_t own_interface,
              bound_interface(options.binding, "open datagram socket"));
  BOWLINE_TRY(const SocketAddress local, choose_local(options));
  auto socket = std::make_unique<UdpSocket>();
  socket->local = local;
  socket->dual_stack = local.ip.is_v6() && local.ip.is_unspecified() && !options.connect_to;
  socket->reuse_port = options.reuse_port;
  socket->interface_index = own_interface;
  if (options.connect_to) {
    const SocketAddress peer(options.connect_to->ip.unmapped(), options.connect_to->port);
    socket->interface_index = zone_or(peer.ip, socket->interface_index);
    BOWLINE_TRY_VOID(check_zone(peer, socket->interface_index, "open datagram socket"));
    socket->peer = SocketAddress(with_zone(peer.ip, socket->interface_index), peer.port);
  }
  if (options.receive_buffer_bytes != 0) socket->queue_bytes_max = options.receive_buffer_bytes;
  BOWLINE_TRY_VOID(check_free(*socket));
  sockets_.add();
  ports_.add(local.port);
  open_.push_back(std::move(socket));
  return open_.back().get();
}

Result<SocketAddress> UdpStack::choose_local(const ports::DatagramOptions& options) const {
  SocketAddress local(options.binding.source.value_or(IpAddress::any(options.family)).unmapped(),
                      options.binding.port);
  if (local.port == 0) local.port = ports_.find_free(random_);
  if (local.port == 0) return Error::from_errno(EADDRINUSE, "open datagram socket");
  if (options.connect_to) {
    BOWLINE_TRY(local.ip,
                ip_.choose_source(options.binding.source, options.connect_to->ip.unmapped(),
                                  options.binding.interface_index, "open datagram socket"));
  } else if (!local.ip.is_unspecified() && !ip_.has_address(local.ip)) {
    return Error::from_errno(EADDRNOTAVAIL, "open datagram socket").about(to_string(local));
  }
  return local;
}

Result<void> UdpStack::check_free(const UdpSocket& socket) const {
  for (const auto& other : open_) {
    if (other->local.port != socket.local.port || (other->reuse_port && socket.reuse_port))
      continue;
    if (!interfaces_overlap(other->interface_index, socket.interface_index)) continue;
    if (addresses_overlap(socket.local.ip, socket.dual_stack, other->local.ip, other->dual_stack))
      return Error::from_errno(EADDRINUSE, "open datagram socket").about(to_string(socket.local));
  }
  return {};
}

void UdpStack::close(UdpSocket& socket) {
  sockets_.remove();
  ports_.remove(socket.local.port);
  std::erase_if(open_, [&](const auto& entry) { return entry.get() == &socket; });
}

// ---- sending

Result<void> UdpStack::send(UdpSocket& socket, const ports::DatagramRun& run) {
  if (socket.failure) return *std::exchange(socket.failure, std::nullopt);
  const SocketAddress remote =
      socket.peer.value_or(SocketAddress(run.remote.ip.unmapped(), run.remote.port));
  const IpAddress bound = run.local.is_unspecified() ? socket.local.ip : run.local.unmapped();
  BOWLINE_TRY(const IpAddress source,
              ip_.choose_source(bound, remote.ip, socket.interface_index, "send"));
  const std::size_t piece = run.segment_bytes == 0 ? run.bytes.size() : run.segment_bytes;
  if (std::min(piece, run.bytes.size()) > datagram_bytes_max(socket, remote))
    return Error::from_errno(EMSGSIZE, "send").about(to_string(remote));
  std::span<const std::byte> rest = run.bytes;
  do {
    const auto bytes = rest.first(std::min(piece, rest.size()));
    BOWLINE_TRY_VOID(send_one(socket, source, remote, bytes));
    rest = rest.subspan(bytes.size());
  } while (!rest.empty());
  return {};
}

Result<void> UdpStack::send_one(const UdpSocket& socket, const IpAddress& source,
                                const SocketAddress& remote, std::span<const std::byte> bytes) {
  wire::UdpDatagram datagram;
  datagram.source_port = socket.local.port;
  datagram.destination_port = remote.port;
  datagram.payload = bytes;
  const auto payload = datagram.encode(source, remote.ip);
  wire::IpPacket packet;
  packet.source = source;
  packet.destination = remote.ip;
  packet.protocol = wire::IpProtocol::udp;
  packet.payload = payload;
  return ip_.send(packet, socket.interface_index);
}

std::size_t UdpStack::datagram_bytes_max(const UdpSocket& socket,
                                         const SocketAddress& remote) const {
  const IpAddress ip = remote.ip.unmapped();
  const std::size_t headers = wire::ip_header_bytes(ip.family()) + wire::udp_header_bytes;
  return std::min(payload_bytes_max, ip_.packet_bytes_max(ip, socket.interface_index) - headers);
}

// ---- receiving

void UdpStack::handle(const wire::IpPacket& packet, std::uint32_t interface_index) {
  const auto datagram = wire::UdpDatagram::parse(packet);
  if (!datagram.has_value())
    return world_.note("udp", "drops (damaged) datagram for " + to_string(packet.destination));
  const SocketAddress remote(with_zone(packet.source, interface_index), datagram->source_port);
  const SocketAddress local(with_zone(packet.destination, interface_index),
                            datagram->destination_port);
  UdpSocket* socket = find(local, remote, interface_index);
  if (socket == nullptr) return report_closed_port(packet, interface_index);
  UdpSocket::Datagram entry{remote, local.ip, {datagram->payload.begin(), datagram->payload.end()}};
  if (socket->queue_bytes + entry.queue_cost() > socket->queue_bytes_max)
    return world_.note(to_string(socket->local),
                       "drops (queue full) datagram from " + to_string(remote));
  socket->queue_bytes += entry.queue_cost();
  socket->queue.push_back(std::move(entry));
  if (socket->watcher != nullptr) socket->watcher->handle_socket_change();
}

UdpSocket* UdpStack::find(const SocketAddress& local, const SocketAddress& remote,
                          std::uint32_t interface_index) {
  std::vector<UdpSocket*> connected, exact, wildcard;
  for (const auto& socket : open_) {
    if (socket->local.port != local.port) continue;
    if (!address_takes(socket->local.ip, socket->dual_stack, local.ip)) continue;
    if (!interfaces_overlap(socket->interface_index, interface_index)) continue;
    if (socket->peer) {
      if (*socket->peer == remote) connected.push_back(socket.get());
    } else {
      (socket->local.ip.is_unspecified() ? wildcard : exact).push_back(socket.get());
    }
  }
  for (const auto* candidates : {&connected, &exact, &wildcard})
    if (!candidates->empty()) return (*candidates)[flow_hash(remote, local) % candidates->size()];
  return nullptr;
}

void UdpStack::report_closed_port(const wire::IpPacket& packet, std::uint32_t interface_index) {
  if (packet.destination.is_multicast()) return;
  wire::IpPacket answer;
  answer.source = packet.destination;
  answer.destination = with_zone(packet.source, interface_index);
  answer.protocol = wire::icmp_of(packet.source.family());
  wire::IcmpError error;
  error.kind = wire::IcmpErrorKind::port_unreachable;
  const auto quoted = packet.encode();
  error.quoted = quoted;
  const auto payload = error.encode(answer.source, answer.destination);
  answer.payload = payload;
  // Without a way back nobody learns of it, as on a real network.
  (void)ip_.send(answer, 0).has_value();
}

void UdpStack::handle_icmp(const wire::IpFlow& flow, const wire::IcmpError& error) {
  if (error.kind == wire::IcmpErrorKind::packet_too_big) return;
  for (const auto& socket : open_) {
    if (socket->local != flow.source || socket->peer != flow.destination) continue;
    socket->failure = Error::from_errno(errno_of(error.kind, flow.source.ip.family()), "receive")
                          .about(to_string(flow.destination));
    if (socket->watcher != nullptr) socket->watcher->handle_socket_change();
  }
}

}  // namespace bowline::sim
