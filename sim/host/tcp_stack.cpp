#include "sim/host/tcp_stack.h"

#include <algorithm>
#include <cerrno>

#include "ports/network.h"

namespace bowline::sim {

// ---- opening

Result<TcpSocket*> TcpStack::connect(const SocketAddress& remote, const ports::Binding& binding,
                                     const ports::StreamOptions& options) {
  const SocketAddress peer(remote.ip.unmapped(), remote.port);
  BOWLINE_TRY_VOID(check_options(options, "connect"));
  BOWLINE_TRY_VOID(sockets_.check("connect"));
  BOWLINE_TRY(const std::uint32_t own_interface, bound_interface(binding, "connect"));
  ports::Binding bound = binding;
  bound.interface_index = zone_or(peer.ip, own_interface);
  BOWLINE_TRY_VOID(check_zone(peer, bound.interface_index, "connect"));
  BOWLINE_TRY(const IpAddress source,
              ip_.choose_source(bound.source, peer.ip, bound.interface_index, "connect"));
  BOWLINE_TRY_VOID(check_bind(bound, peer.ip.family()));
  const std::uint16_t port = bound.port != 0 ? bound.port : ports_.find_free(random_);
  const Key key{{source, port}, {with_zone(peer.ip, bound.interface_index), peer.port}};
  if (port == 0 || connections_.contains(key))
    return Error::from_errno(EADDRINUSE, "connect").about(to_string(key.local));
  TcpSocket& socket = add(TcpConnection::open(tcp_options(options, peer.ip, bound.interface_index),
                                              initial_sequence(key), world_.now),
                          key, bound.interface_index);
  sockets_.add();
  socket.reuse_address = binding.reuse_address;
  socket.dscp = binding.marks.dscp;
  socket.hop_limit = options.hop_limit;
  service(socket);
  return &socket;
}

/// What a simulated host does not have.
Result<void> TcpStack::check_options(const ports::StreamOptions& options, const char* operation) {
  const char* const missing = options.fast_open                 ? "fast open"
                              : options.multipath               ? "multipath"
                              : options.pacing_bytes_per_second ? "pacing"
                                                                : nullptr;
  if (missing != nullptr)
    return Error(ErrorKind::unsupported, operation,
                 std::string(missing) + ": a simulated host does not have it");
  constexpr std::uint32_t segment_bytes_min = 88;  // Linux's
  if (options.max_segment_bytes.value_or(segment_bytes_min) < segment_bytes_min ||
      options.hop_limit == 0)
    return Error::from_errno(EINVAL, operation);
  return {};
}

/// As bind(2) on Linux: sockets share an address and port only if both allow it and neither listens.
Result<void> TcpStack::check_bind(const ports::Binding& binding, Family family) const {
  if (binding.port == 0) return {};
  const IpAddress wanted = binding.source.value_or(IpAddress::any(family)).unmapped();
  const auto overlaps = [&](const SocketAddress& local, bool dual_stack,
                            std::uint32_t interface_index) {
    return local.port == binding.port &&
           interfaces_overlap(binding.interface_index, interface_index) &&
           addresses_overlap(wanted, wanted.is_v6(), local.ip, dual_stack);
  };
  const bool taken =
      std::ranges::any_of(listeners_,
                          [&](const auto& listener) {
                            return overlaps(listener->local_, listener->options_.dual_stack,
                                            listener->interface_index());
                          }) ||
      std::ranges::any_of(by_id_, [&](const auto& entry) {
        const TcpSocket& socket = *entry.second;
        return overlaps(socket.local, false, socket.interface_index) &&
               !(binding.reuse_address && socket.reuse_address);
      });
  if (taken)
    return Error::from_errno(EADDRINUSE, "bind")
        .about(to_string(SocketAddress(wanted, binding.port)));
  return {};
}

Result<TcpListenPoint*> TcpStack::listen(const SocketAddress& local,
                                         const ports::ListenOptions& options,
                                         SocketWatcher& watcher) {
  BOWLINE_TRY_VOID(check_options(options.stream, "listen"));
  BOWLINE_TRY_VOID(sockets_.check("listen"));
  SocketAddress address(local.ip.unmapped(), local.port);
  if (!address.ip.is_unspecified() && !ip_.has_address(address.ip))
    return Error::from_errno(EADDRNOTAVAIL, "listen").about(to_string(address));
  if (address.port == 0) address.port = ports_.find_free(random_);
  if (address.port == 0) return Error::from_errno(EADDRINUSE, "listen").about(to_string(address));
  const std::uint32_t interface_index = zone_or(address.ip, options.binding.interface_index);
  BOWLINE_TRY_VOID(check_zone(address, interface_index, "listen"));
  for (const auto& other : listeners_) {
    const bool shared = other->options_.reuse_port && options.reuse_port;
    if (other->local_.port == address.port && !shared &&
        interfaces_overlap(interface_index, other->interface_index()) &&
        addresses_overlap(address.ip, options.dual_stack, other->local_.ip,
                          other->options_.dual_stack))
      return Error::from_errno(EADDRINUSE, "listen").about(to_string(address));
  }
  sockets_.add();
  ports_.add(address.port);
  listeners_.push_back(std::make_unique<TcpListenPoint>(address, options, watcher));
  return listeners_.back().get();
}

Result<TcpSocket*> TcpStack::accept(TcpListenPoint& point) {
  // As accept(2), before it looks whether anybody waits.
  BOWLINE_TRY_VOID(sockets_.check("accept"));
  if (point.queue_.empty()) return nullptr;
  TcpSocket* socket = point.queue_.front();
  point.queue_.pop_front();
  socket->parent = nullptr;
  socket->holder = TcpHolder::program;
  sockets_.add();
  return socket;
}

void TcpStack::close(TcpListenPoint& point) {
  std::vector<TcpSocket*> children;
  for (const auto& [id, socket] : by_id_)
    if (socket->parent == &point) children.push_back(socket.get());
  for (TcpSocket* child : children) {
    leave_parent(*child);
    child->connection.abort();
    service(*child);
  }
  sockets_.remove();
  ports_.remove(point.local_.port);
  std::erase_if(listeners_, [&](const auto& entry) { return entry.get() == &point; });
}

TcpOptions TcpStack::tcp_options(const ports::StreamOptions& options, const IpAddress& remote,
                                 std::uint32_t interface_index) const {
  TcpOptions result;
  result.syn_retries_max = syn_retries_max_;
  result.segment_bytes_max = segment_bytes_max(remote, interface_index);
  if (options.max_segment_bytes)
    result.segment_bytes_max =
        std::min<std::size_t>(result.segment_bytes_max, *options.max_segment_bytes);
  result.sending.no_delay = options.no_delay;
  result.sending.user_timeout = options.user_timeout;
  result.sending.buffer_bytes_max =
      options.send_buffer_bytes.value_or(result.sending.buffer_bytes_max);
  result.receive_buffer_bytes_max =
      options.receive_buffer_bytes.value_or(result.receive_buffer_bytes_max);
  result.keep_alive = options.keep_alive;
  result.keep_alive_idle = options.keep_alive_idle.value_or(result.keep_alive_idle);
  result.keep_alive_interval = options.keep_alive_interval.value_or(result.keep_alive_interval);
  result.keep_alive_count = options.keep_alive_count.value_or(result.keep_alive_count);
  return result;
}

std::size_t TcpStack::segment_bytes_max(const IpAddress& remote,
                                        std::uint32_t interface_index) const {
  return ip_.packet_bytes_max(remote, interface_index) - wire::ip_header_bytes(remote.family()) -
         wire::tcp_header_bytes;
}

TcpSocket& TcpStack::add(TcpConnection connection, const Key& key, std::uint32_t interface_index) {
  ports_.add(key.local.port);
  auto socket = std::make_unique<TcpSocket>(
      TcpSocket{std::move(connection), key.local, key.remote, interface_index, ++ids_made_, nullptr,
                nullptr, TcpHolder::program, std::nullopt, true});
  TcpSocket& added = *socket;
  by_id_[added.id] = std::move(socket);
  connections_[key] = &added;
  return added;
}

/// RFC 6528 3: beyond that of every earlier connection between the same ends, by a clock of 64 ns as on
/// Linux.
std::uint32_t TcpStack::initial_sequence(const Key& key) const {
  const auto ticks = world_.now.time_since_epoch() / std::chrono::nanoseconds(64);
  return static_cast<std::uint32_t>(flow_hash(key.remote, key.local) ^ secret_) +
         static_cast<std::uint32_t>(ticks);
}

void TcpStack::remove(TcpSocket& socket) {
  ports_.remove(socket.local.port);
  by_id_.erase(socket.id);
}

// ---- packets in

void TcpStack::handle(const wire::IpPacket& packet, std::uint32_t interface_index) {
  const auto segment = wire::TcpSegment::parse(packet);
  if (!segment.has_value())
    return world_.note("tcp", "drops (damaged) segment for " + to_string(packet.destination));
  const Key key{{with_zone(packet.destination, interface_index), segment->destination_port},
                {with_zone(packet.source, interface_index), segment->source_port}};
  if (const auto found = connections_.find(key); found != connections_.end()) {
    TcpSocket& socket = *found->second;
    ++socket.packets_received;
    socket.bytes_received += segment->payload.size();
    const bool takes_over = socket.connection.gives_way_to(*segment) &&
                            find_listener(key.local, key.remote, interface_index) != nullptr;
    if (takes_over)
      socket.connection.end_time_wait();
    else
      socket.connection.handle(*segment, world_.now);
    service(socket);
    if (!takes_over) return;
  }
  answer(key, interface_index, *segment);
}

void TcpStack::answer(const Key& key, std::uint32_t interface_index,
                      const wire::TcpSegment& segment) {
  TcpListenPoint* point =
      opens_connection(segment) ? find_listener(key.local, key.remote, interface_index) : nullptr;
  if (point == nullptr) {
    if (segment.rst) return;
    return send(key, 0, wire::reset_answering(segment));
  }
  const std::size_t waiting = point->queue_.size() + point->half_open_;
  if (waiting >= static_cast<std::size_t>(std::max(point->options_.backlog, 1)))
    return world_.note(to_string(key.local),
                       "ignores a connection (queue full) from " + to_string(key.remote));
  const std::uint32_t bound_to = zone_or(key.remote.ip, point->interface_index());
  TcpSocket& socket =
      add(TcpConnection::answer(tcp_options(point->options_.stream, key.remote.ip, bound_to),
                                initial_sequence(key), segment, world_.now),
          key, bound_to);
  socket.parent = point;
  socket.holder = TcpHolder::handshake;
  socket.dscp = point->options_.binding.marks.dscp;
  socket.hop_limit = point->options_.stream.hop_limit;
  ++point->half_open_;
  service(socket);
}

TcpListenPoint* TcpStack::find_listener(const SocketAddress& local, const SocketAddress& remote,
                                        std::uint32_t interface_index) {
  std::vector<TcpListenPoint*> exact, wildcard;
  for (const auto& point : listeners_) {
    if (point->local_.port != local.port) continue;
    if (!address_takes(point->local_.ip, point->options_.dual_stack, local.ip)) continue;
    if (!interfaces_overlap(point->interface_index(), interface_index)) continue;
    (point->local_.ip.is_unspecified() ? wildcard : exact).push_back(point.get());
  }
  const auto& candidates = exact.empty() ? wildcard : exact;
  return candidates.empty() ? nullptr : candidates[flow_hash(remote, local) % candidates.size()];
}

void TcpStack::handle_icmp(const wire::IpFlow& flow, const wire::IcmpError& error) {
  if (error.kind == wire::IcmpErrorKind::packet_too_big) {
    // Every connection to that host shares the path.
    std::vector<TcpSocket*> concerned;
    for (const auto& [key, socket] : connections_)
      if (key.remote.ip == flow.destination.ip) concerned.push_back(socket);
    for (TcpSocket* socket : concerned) {
      socket->connection.handle_path_segment_bytes(
          segment_bytes_max(flow.destination.ip, socket->interface_index), world_.now);
      service(*socket);
    }
    return;
  }
  const auto found = connections_.find(Key{flow.source, flow.destination});
  if (found == connections_.end()) return;
  found->second->connection.handle_unreachable(
      ports::network_error(errno_of(error.kind, flow.source.ip.family())), world_.now);
  service(*found->second);
}

// ---- after every change

void TcpStack::service(TcpSocket& socket) {
  while (const auto segment = socket.connection.poll(world_.now)) {
    ++socket.packets_sent;
    socket.bytes_sent += segment->payload.size();
    send({socket.local, socket.remote}, socket.interface_index, *segment, &socket);
  }
  const bool closed = socket.connection.state() == TcpState::closed;
  if (closed) leave_connections(socket);
  if (socket.holder == TcpHolder::handshake) {
    if (closed)
      leave_parent(socket);
    else if (!socket.connection.is_connecting())
      handle_established(socket);
  }
  if (closed && socket.holder == TcpHolder::nobody) return remove(socket);
  arm(socket);
  if (socket.watcher != nullptr) socket.watcher->handle_socket_change();
}

/// What is closed is in nobody's way, though somebody may still hold it.
void TcpStack::leave_connections(const TcpSocket& socket) {
  const auto found = connections_.find(Key{socket.local, socket.remote});
  if (found != connections_.end() && found->second == &socket) connections_.erase(found);
}

void TcpStack::handle_established(TcpSocket& socket) {
  --socket.parent->half_open_;
  socket.parent->queue_.push_back(&socket);
  socket.holder = TcpHolder::queue;
  socket.parent->watcher_.handle_socket_change();
}

void TcpStack::leave_parent(TcpSocket& socket) {
  if (socket.holder == TcpHolder::queue)
    std::erase(socket.parent->queue_, &socket);
  else
    --socket.parent->half_open_;
  socket.parent = nullptr;
  socket.holder = TcpHolder::nobody;
}

void TcpStack::release(TcpSocket& socket) {
  sockets_.remove();
  socket.watcher = nullptr;
  socket.holder = TcpHolder::nobody;
  socket.connection.close(world_.now);
  service(socket);
}

void TcpStack::send(const Key& ends, std::uint32_t interface_index, wire::TcpSegment segment,
                    const TcpSocket* from) {
  segment.source_port = ends.local.port;
  segment.destination_port = ends.remote.port;
  const auto bytes = segment.encode(ends.local.ip, ends.remote.ip);
  wire::IpPacket packet;
  packet.source = ends.local.ip;
  packet.destination = ends.remote.ip;
  packet.protocol = wire::IpProtocol::tcp;
  packet.payload = bytes;
  if (from != nullptr) {
    packet.traffic_class = static_cast<std::uint8_t>(from->dscp << 2);
    packet.hop_limit = from->hop_limit.value_or(packet.hop_limit);
  }
  // A segment without a route is a lost one, and stands in the transcript: retransmission goes on.
  (void)ip_.send(packet, interface_index).has_value();
}

void TcpStack::arm(TcpSocket& socket) {
  const auto deadline = socket.connection.deadline();
  // An earlier event is enough: it comes, finds nothing due and arms again.
  if (!deadline || (socket.timer_at && *socket.timer_at <= *deadline)) return;
  socket.timer_at = *deadline;
  world_.events.add(*deadline, [this, id = socket.id, at = *deadline] { handle_timer(id, at); });
}

void TcpStack::handle_timer(std::uint64_t id, Instant at) {
  const auto found = by_id_.find(id);
  if (found == by_id_.end() || found->second->timer_at != at) return;
  TcpSocket& socket = *found->second;
  socket.timer_at.reset();
  socket.connection.handle_timeout(world_.now);
  service(socket);
}

}  // namespace bowline::sim
