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
  if (options.echo)
    return Error(ErrorKind::unsupported, "open datagram socket",
                 "echo: a simulated host does not have it");
  if (options.hop_limit == 0)
    return Error(ErrorKind::invalid_argument, ErrorDomain::posix, EINVAL, "open datagram socket",
                 "hop limit: not from 1 to 255");
  BOWLINE_TRY(const SocketAddress local, choose_local(options));
  auto socket = std::make_unique<UdpSocket>();
  socket->local = local;
  socket->dual_stack =
      options.dual_stack && local.ip.is_v6() && local.ip.is_unspecified() && !options.connect_to;
  socket->reuse_port = options.reuse_port;
  socket->reuse_address = options.binding.reuse_address;
  socket->fragmentation = options.fragmentation;
  socket->hop_limit = options.hop_limit;
  socket->ecn = options.ecn;
  socket->dscp = options.binding.marks.dscp;
  socket->multicast = options.multicast;
  socket->keeps_failures = options.receive_failures;
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
  } else if (!local.ip.is_unspecified() && !local.ip.is_multicast() && !ip_.has_address(local.ip)) {
    return Error::from_errno(EADDRNOTAVAIL, "open datagram socket").about(to_string(local));
  }
  return local;
}

Result<void> UdpStack::check_free(const UdpSocket& socket) const {
  for (const auto& other : open_) {
    if (other->local.port != socket.local.port || (other->reuse_port && socket.reuse_port) ||
        (other->reuse_address && socket.reuse_address))
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
  for (const ports::Membership& membership : socket.memberships)
    ip_.leave(membership.group, membership.interface_index);
  std::erase_if(open_, [&](const auto& entry) { return entry.get() == &socket; });
}

// ---- sending

Result<void> UdpStack::send(UdpSocket& socket, const ports::DatagramRun& run) {
  if (socket.failure) return *std::exchange(socket.failure, std::nullopt);
  if (run.hop_limit == 0) return Error::from_errno(EINVAL, "send").about("hop limit");
  const SocketAddress remote =
      socket.peer.value_or(SocketAddress(run.remote.ip.unmapped(), run.remote.port));
  const std::uint32_t interface_index = interface_for(socket, remote, run.interface_index);
  const IpAddress bound = socket.local.ip.is_multicast() ? IpAddress() : socket.local.ip;
  const IpAddress wanted = run.local.is_unspecified() ? bound : run.local.unmapped();
  wire::IpPacket packet;
  BOWLINE_TRY(packet.source, ip_.choose_source(wanted, remote.ip, interface_index, "send"));
  packet.destination = remote.ip;
  packet.protocol = wire::IpProtocol::udp;
  packet.dont_fragment = socket.fragmentation != ports::Fragmentation::allow;
  packet.traffic_class =
      static_cast<std::uint8_t>(socket.dscp << 2 | static_cast<int>(run.ecn.value_or(socket.ecn)));
  const bool to_group = remote.ip.is_multicast();
  const auto usual = to_group ? socket.multicast.hop_limit.value_or(1)
                              : socket.hop_limit.value_or(packet.hop_limit);
  packet.hop_limit = run.hop_limit.value_or(usual);

  const std::size_t piece = run.segment_bytes == 0 ? run.bytes.size() : run.segment_bytes;
  const std::size_t limit = packet.dont_fragment
                                ? datagram_bytes_max(socket, remote, interface_index)
                                : payload_bytes_max;
  if (std::min(piece, run.bytes.size()) > limit)
    return Error::from_errno(EMSGSIZE, "send").about(to_string(remote));
  std::span<const std::byte> rest = run.bytes;
  do {
    const auto bytes = rest.first(std::min(piece, rest.size()));
    BOWLINE_TRY_VOID(send_one(socket, packet, remote.port, interface_index, bytes));
    rest = rest.subspan(bytes.size());
  } while (!rest.empty());
  return {};
}

Result<void> UdpStack::send_one(const UdpSocket& socket, wire::IpPacket packet,
                                std::uint16_t destination_port, std::uint32_t interface_index,
                                std::span<const std::byte> bytes) {
  wire::UdpDatagram datagram;
  datagram.source_port = socket.local.port;
  datagram.destination_port = destination_port;
  datagram.payload = bytes;
  const auto payload = datagram.encode(packet.source, packet.destination);
  packet.payload = payload;
  if (packet.destination.is_multicast())
    return ip_.send_to_group(packet, interface_index, socket.multicast.loop);
  return ip_.send(packet, interface_index);
}

std::uint32_t UdpStack::interface_for(const UdpSocket& socket, const SocketAddress& remote,
                                      std::uint32_t asked_for) const {
  if (asked_for != 0) return asked_for;
  if (remote.ip.is_multicast() && socket.multicast.interface_index != 0)
    return socket.multicast.interface_index;
  return socket.interface_index;
}

std::size_t UdpStack::datagram_bytes_max(const UdpSocket& socket, const SocketAddress& remote,
                                         std::uint32_t interface_index) const {
  const IpAddress ip = remote.ip.unmapped();
  const std::size_t headers = wire::ip_header_bytes(ip.family()) + wire::udp_header_bytes;
  const std::size_t packet_bytes_max = socket.fragmentation == ports::Fragmentation::refuse_local
                                           ? ip_.interface_packet_bytes_max(ip, interface_index)
                                           : ip_.packet_bytes_max(ip, interface_index);
  return std::min(payload_bytes_max, packet_bytes_max - headers);
}

// ---- groups

Result<void> UdpStack::join(UdpSocket& socket, const ports::Membership& membership) {
  constexpr const char* operation = "join multicast group";
  BOWLINE_TRY(const ports::Membership known, placed(socket, membership, operation));
  if (std::ranges::find(socket.memberships, known) != socket.memberships.end())
    return Error::from_errno(EADDRINUSE, operation).about(to_string(membership.group));
  socket.memberships.push_back(known);
  ip_.join(known.group, known.interface_index);
  return {};
}

Result<void> UdpStack::leave(UdpSocket& socket, const ports::Membership& membership) {
  constexpr const char* operation = "leave multicast group";
  BOWLINE_TRY(const ports::Membership known, placed(socket, membership, operation));
  const auto found = std::ranges::find(socket.memberships, known);
  if (found == socket.memberships.end())
    return Error::from_errno(EADDRNOTAVAIL, operation).about(to_string(membership.group));
  socket.memberships.erase(found);
  ip_.leave(known.group, known.interface_index);
  return {};
}

Result<ports::Membership> UdpStack::placed(const UdpSocket& socket,
                                           const ports::Membership& membership,
                                           const char* operation) const {
  if (!membership.group.is_multicast())
    return Error::from_errno(EINVAL, operation).about(to_string(membership.group));
  if (!socket.dual_stack && socket.local.ip.family() != membership.group.family())
    return Error(ErrorKind::unsupported, operation, "the socket does not speak the group's family")
        .about(to_string(membership.group));
  ports::Membership known = membership;
  known.interface_index = ip_.interface_of_group(membership.group, membership.interface_index);
  known.group = membership.group.with_scope(0);
  if (known.interface_index == 0)
    return Error::from_errno(ENODEV, operation).about(to_string(membership.group));
  return known;
}

// ---- receiving

void UdpStack::handle(const wire::IpPacket& packet, std::uint32_t interface_index) {
  const auto datagram = wire::UdpDatagram::parse(packet);
  if (!datagram.has_value())
    return world_.note("udp", "drops (damaged) datagram for " + to_string(packet.destination));
  const SocketAddress remote(with_zone(packet.source, interface_index), datagram->source_port);
  const SocketAddress local(with_zone(packet.destination, interface_index),
                            datagram->destination_port);
  UdpSocket::Datagram entry{
      remote,
      local.ip,
      {datagram->payload.begin(), datagram->payload.end()},
      {interface_index, packet.hop_limit, static_cast<Ecn>(packet.traffic_class & 3)}};
  if (local.ip.is_multicast()) {
    for (UdpSocket* member : find_members(local, remote, interface_index)) deliver(*member, entry);
    return;
  }
  UdpSocket* socket = find(local, remote, interface_index);
  if (socket == nullptr) return report_closed_port(packet, interface_index);
  deliver(*socket, std::move(entry));
}

void UdpStack::deliver(UdpSocket& socket, UdpSocket::Datagram datagram) {
  if (socket.queue_bytes + datagram.queue_cost() > socket.queue_bytes_max) {
    ++socket.drops;
    return world_.note(to_string(socket.local),
                       "drops (queue full) datagram from " + to_string(datagram.remote));
  }
  socket.queue_bytes += datagram.queue_cost();
  socket.queue.push_back(std::move(datagram));
  if (socket.watcher != nullptr) socket.watcher->handle_socket_change();
}

/// Every socket gets what is sent to a group that it has joined on this interface.
std::vector<UdpSocket*> UdpStack::find_members(const SocketAddress& local,
                                               const SocketAddress& remote,
                                               std::uint32_t interface_index) {
  const auto takes = [&](const UdpSocket& socket) {
    if (socket.local.port != local.port || (socket.peer && *socket.peer != remote)) return false;
    if (!address_takes(socket.local.ip, socket.dual_stack, local.ip)) return false;
    return std::ranges::any_of(socket.memberships, [&](const ports::Membership& membership) {
      return membership.group == local.ip.with_scope(0) &&
             membership.interface_index == interface_index &&
             (!membership.source || membership.source->with_scope(0) == remote.ip.with_scope(0));
    });
  };
  std::vector<UdpSocket*> members;
  for (const auto& socket : open_)
    if (takes(*socket)) members.push_back(socket.get());
  return members;
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
  for (const auto& socket : open_) {
    if (socket->keeps_failures) {
      keep_failure(*socket, flow, error.kind);
      continue;
    }
    if (error.kind == wire::IcmpErrorKind::packet_too_big) continue;
    if (socket->local != flow.source || socket->peer != flow.destination) continue;
    socket->failure = Error::from_errno(errno_of(error.kind, flow.source.ip.family()), "receive")
                          .about(to_string(flow.destination));
    if (socket->watcher != nullptr) socket->watcher->handle_socket_change();
  }
}

void UdpStack::keep_failure(UdpSocket& socket, const wire::IpFlow& flow, wire::IcmpErrorKind kind) {
  const bool is_ours = socket.local.port == flow.source.port &&
                       address_takes(socket.local.ip, socket.dual_stack, flow.source.ip) &&
                       (!socket.peer || socket.peer == flow.destination);
  if (!is_ours || socket.failures.size() >= ports::DatagramSocket::failures_max) return;
  socket.failures.push_back(
      {flow.destination, Error::from_errno(errno_of(kind, flow.source.ip.family()), "send")
                             .about(to_string(flow.destination))});
  if (socket.watcher != nullptr) socket.watcher->handle_socket_change();
}

}  // namespace bowline::sim
