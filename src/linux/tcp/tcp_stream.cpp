#include "linux/tcp/tcp_stream.h"

#include <linux/tcp.h>

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "linux/socket/socket_options.h"
#include "ports/network.h"

namespace bowline::linux_host {

using ports::Transfer;

// Ten thousand idle connections must cost kilobytes each in the kernel only.
static_assert(sizeof(TcpStream) <= 64);

namespace {

Result<void> bind_to_connect(const SocketSetup& setup, const ports::Binding& binding);
std::span<iovec> without_first(std::span<iovec> pieces, std::size_t bytes);
std::optional<Duration> from_microseconds(std::uint32_t microseconds);

}  // namespace

Result<ports::Connecting> TcpStream::connect(EpollPoller& poller, const SocketAddress& to,
                                             const ports::Binding& binding,
                                             const ports::StreamOptions& options,
                                             ports::SocketObserver& observer) {
  const SocketAddress remote(to.ip.unmapped(), to.port);
  const Family family = remote.ip.family();
  BOWLINE_TRY(Descriptor descriptor,
              open_stream_socket(poller.system(), family, options.multipath, "connect"));
  const SocketSetup setup{poller.system(), descriptor.number(), family, "connect"};
  BOWLINE_TRY_VOID(setup.set_stream_options(options));
  BOWLINE_TRY_VOID(setup.set_marks(binding.marks, Ecn::not_ect));
  if (options.fast_open)
    BOWLINE_TRY_VOID(named("fast open", setup.set(IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)));
  // The peer gets one packet less, and hears of the connection together with what it is for.
  if (options.speaks_first && !options.multipath)
    BOWLINE_TRY_VOID(setup.set(IPPROTO_TCP, TCP_QUICKACK, 0));
  BOWLINE_TRY_VOID(bind_to_connect(setup, binding));
  std::unique_ptr<TcpStream> stream(
      new TcpStream(poller, std::move(descriptor), remote, &observer));
  BOWLINE_TRY(const bool connected, stream->start_connecting(remote));
  // Not earlier: an unconnected socket reports that it has hung up.
  BOWLINE_TRY_VOID(connected ? stream->watch_arrivals() : stream->watch());
  return ports::Connecting{std::move(stream), connected};
}

Result<std::unique_ptr<TcpStream>> TcpStream::adopt(EpollPoller& poller, Descriptor& accepted,
                                                    const SocketAddress& remote) {
  std::unique_ptr<TcpStream> stream(new TcpStream(poller, std::move(accepted), remote, nullptr));
  if (auto watched = stream->watch_arrivals(); !watched.has_value()) {
    accepted = stream->release();
    return std::move(watched).error();
  }
  return stream;
}

TcpStream::TcpStream(EpollPoller& poller, Descriptor descriptor, const SocketAddress& remote,
                     ports::SocketObserver* observer)
    : ObservedSocket(poller, std::move(descriptor), observer),
      remote_scope_id_(remote.ip.scope_id()),
      remote_port_(remote.port) {
  const IpAddress mapped = remote.ip.mapped();
  std::ranges::copy(mapped.octets(), remote_octets_.begin());
}

/// Begins, and tells whether it is over already: towards this host itself, packets arrive within the call.
Result<bool> TcpStream::start_connecting(const SocketAddress& remote) {
  RawAddress raw;
  const socklen_t size = to_raw(remote, remote.ip.family(), raw);
  int error = system().connect(fd(), &raw.any, size) == 0 ? 0 : errno;
  // Asked again, it says how far it came; EALREADY also follows a signal that came while it began.
  if (error == EINPROGRESS || error == EALREADY)
    error = system().connect(fd(), &raw.any, size) == 0 ? 0 : errno;
  const bool connected = error == 0 || error == EISCONN;
  // An ICMP error that arrives within the call, as one from a container's firewall does, is only noted by the
  // kernel, which fails the socket no earlier than with its next SYN, a second later.
  if (error == EALREADY) {
    error = take_error();
    if (error != 0) return ports::network_error(error).about(to_string(remote));
  }
  if (connected) error = met_itself() ? ECONNREFUSED : 0;
  if (error == 0) return connected;
  return Error::from_errno(error, "connect").about(to_string(remote));
}

Result<void> TcpStream::finish_connect() {
  int error = has_trouble() ? take_error() : 0;
  if (error == 0 && met_itself()) error = ECONNREFUSED;
  if (error == 0) return {};
  return ports::network_error(error).about(to_string(remote_address()));
}

/// A connect to a local port that nobody listens on meets itself if that port is the one it was given.
bool TcpStream::met_itself() const {
  constexpr std::uint16_t given_ports_min = 1024;  // one below these is never given
  return remote_port_ >= given_ports_min && local_address() == remote_address();
}

/// The errno that waits in the socket, or 0.
int TcpStream::take_error() const {
  int error = 0;
  socklen_t size = sizeof error;
  if (system().getsockopt(fd(), SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
  return error;
}

Result<Transfer> TcpStream::read(std::span<std::byte> into) {
  assert(!into.empty());
  if (deferred_errno_ != 0) return Error::from_errno(std::exchange(deferred_errno_, 0), "read");
  Transfer transfer;
  do {
    const ssize_t count = system().receive(fd(), into.subspan(transfer.bytes));
    if (count < 0 && errno == EAGAIN) break;
    if (count < 0) return stop_at_error(errno, transfer.bytes, "read");
    transfer.end = count == 0;
    transfer.bytes += static_cast<std::size_t>(count);
    // A short read has emptied the queue, so that another would only find it empty: unless more than bytes
    // waits, for which there will be no further edge.
  } while (has_trouble() && !transfer.end && transfer.bytes < into.size());
  transfer.blocked = !transfer.end && transfer.bytes < into.size();
  if (transfer.blocked) note_read_blocked();
  return transfer;
}

Result<Transfer> TcpStream::write(std::span<const std::span<const std::byte>> pieces) {
  assert(pieces.size() <= pieces_max);
  if (deferred_errno_ != 0) return Error::from_errno(std::exchange(deferred_errno_, 0), "write");
  // Nearly always there is one.
  return pieces.size() == 1 ? write_one(pieces.front()) : write_many(pieces);
}

Result<Transfer> TcpStream::write_one(std::span<const std::byte> rest) {
  Transfer transfer;
  while (!rest.empty()) {
    const ssize_t count = system().send(fd(), rest);
    if (count < 0) return stop_writing(transfer);
    transfer.bytes += static_cast<std::size_t>(count);
    rest = rest.subspan(static_cast<std::size_t>(count));
  }
  return transfer;
}

Result<Transfer> TcpStream::write_many(std::span<const std::span<const std::byte>> pieces) {
  std::array<iovec, pieces_max> vectors;
  std::size_t filled = 0;
  for (const auto piece : pieces)
    if (!piece.empty()) vectors[filled++] = {const_cast<std::byte*>(piece.data()), piece.size()};
  std::span<iovec> rest = std::span(vectors).first(filled);
  Transfer transfer;
  while (!rest.empty()) {
    const ssize_t count = system().send_pieces(fd(), rest);
    if (count < 0) return stop_writing(transfer);
    transfer.bytes += static_cast<std::size_t>(count);
    rest = without_first(rest, static_cast<std::size_t>(count));
  }
  return transfer;
}

Result<Transfer> TcpStream::stop_writing(Transfer transfer) {
  // In progress: with fast open, the first write is what connects.
  const bool full = errno == EAGAIN || errno == EINPROGRESS;
  const int error = full ? await_room() : errno;
  if (error != 0) return stop_at_error(error, transfer.bytes, "write");
  transfer.blocked = true;
  return transfer;
}

/// The bytes before an error count: they are reported now, and the error with the next call in either
/// direction.
Result<Transfer> TcpStream::stop_at_error(int error, std::size_t bytes, const char* operation) {
  if (bytes == 0) return Error::from_errno(error, operation);
  deferred_errno_ = static_cast<std::uint16_t>(error);
  report_readable_later();
  report_writable_later();
  return Transfer{bytes, true, false};
}

Result<Transfer> TcpStream::finish() {
  if (system().shutdown(fd(), SHUT_WR) < 0) return Error::from_errno(errno, "shut down write");
  return Transfer{};
}

Result<void> TcpStream::check() {
  const int error = has_trouble() ? take_error() : 0;
  if (error == 0) return {};
  return Error::from_errno(error, "connection").about(to_string(remote_address()));
}

bool TcpStream::has_unacknowledged() const {
  int bytes = 0;
  return system().outgoing_bytes(fd(), bytes) == 0 && bytes > 0;
}

void TcpStream::abort() noexcept {
  const linger at_once{1, 0};
  // If it fails the socket closes gracefully instead; the peer's side ends either way.
  static_cast<void>(system().setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once));
  close();
}

SocketAddress TcpStream::local_address() const { return local_address_of(system(), fd()); }

SocketAddress TcpStream::remote_address() const {
  return {IpAddress::v6(remote_octets_, remote_scope_id_).unmapped(), remote_port_};
}

ports::StreamStatistics TcpStream::statistics() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (system().getsockopt(fd(), IPPROTO_TCP, TCP_INFO, &info, &size) < 0) return {};
  ports::StreamStatistics statistics;
  statistics.smoothed_rtt = from_microseconds(info.tcpi_rtt);
  statistics.minimum_rtt = from_microseconds(info.tcpi_min_rtt);
  statistics.rtt_variance = from_microseconds(info.tcpi_rttvar);
  statistics.bytes_retransmitted = info.tcpi_bytes_retrans;
  statistics.bytes_sent = info.tcpi_bytes_sent;
  statistics.bytes_acknowledged = info.tcpi_bytes_acked;
  statistics.bytes_received = info.tcpi_bytes_received;
  statistics.packets_sent = info.tcpi_segs_out;
  statistics.packets_received = info.tcpi_segs_in;
  statistics.packets_retransmitted = info.tcpi_total_retrans;
  statistics.duplicates_reported = info.tcpi_dsack_dups;
  statistics.packets_out_of_order = info.tcpi_rcv_ooopack;
  statistics.reorderings_seen = info.tcpi_reord_seen;
  return statistics;
}

namespace {

Result<void> bind_to_connect(const SocketSetup& setup, const ports::Binding& binding) {
  BOWLINE_TRY_VOID(setup.set_binding_options(binding, SocketRole::client));
  if (!binding.source.has_value() && binding.port == 0) return {};
  // A port of [::] would be taken for IPv4 too, and both families may race from one.
  if (setup.family == Family::ipv6) BOWLINE_TRY_VOID(setup.set(IPPROTO_IPV6, IPV6_V6ONLY, 1));
  // Lets connections to different peers share one local port, instead of using up all of them.
  if (binding.port == 0) BOWLINE_TRY_VOID(setup.set(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1));
  return setup.bind({binding.source.value_or(IpAddress::any(setup.family)), binding.port});
}

std::span<iovec> without_first(std::span<iovec> pieces, std::size_t bytes) {
  while (!pieces.empty() && bytes >= pieces.front().iov_len) {
    bytes -= pieces.front().iov_len;
    pieces = pieces.subspan(1);
  }
  if (bytes > 0) {
    pieces.front().iov_base = static_cast<std::byte*>(pieces.front().iov_base) + bytes;
    pieces.front().iov_len -= bytes;
  }
  return pieces;
}

/// The kernel says 0 or all ones while it has measured nothing.
std::optional<Duration> from_microseconds(std::uint32_t microseconds) {
  if (microseconds == 0 || microseconds == std::numeric_limits<std::uint32_t>::max())
    return std::nullopt;
  return std::chrono::microseconds(microseconds);
}

}  // namespace

}  // namespace bowline::linux_host
