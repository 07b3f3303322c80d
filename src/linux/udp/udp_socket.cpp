#include "linux/udp/udp_socket.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <utility>

#include "linux/netlink/route_probe.h"
#include "linux/socket/socket_options.h"
#include "linux/udp/udp_message.h"

namespace bowline::linux_host {

using ports::DatagramOptions;
using ports::DatagramRun;
using ports::ReceivedRun;

namespace {

Family family_of(const DatagramOptions& options);
Result<void> configure(const SocketSetup& setup, const DatagramOptions& options);
Result<void> bind(const SocketSetup& setup, const DatagramOptions& options);
Result<void> connect(const SocketSetup& setup, const SocketAddress& remote);
void drop_early(const SocketSetup& setup);

}  // namespace

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(EpollPoller& poller, BufferPool& pool,
                                                   const DatagramOptions& options,
                                                   ports::SocketObserver& observer) {
  const Family family = family_of(options);
  BOWLINE_TRY(Descriptor descriptor,
              open_socket(poller.system(), family, SOCK_DGRAM, "open datagram"));
  const SocketSetup setup{poller.system(), descriptor.number(), family, "open datagram"};
  BOWLINE_TRY_VOID(configure(setup, options));
  BOWLINE_TRY_VOID(bind(setup, options));
  if (options.connect_to.has_value()) {
    BOWLINE_TRY_VOID(connect(setup, *options.connect_to));
    if (options.binding.port != 0) drop_early(setup);
  }

  std::unique_ptr<UdpSocket> socket(new UdpSocket(poller, pool, std::move(descriptor), family,
                                                  options.connect_to.has_value(), observer));
  if (options.reads_first) {
    socket->enroll();
  } else {
    BOWLINE_TRY_VOID(socket->watch_arrivals());
  }
  return socket;
}

UdpSocket::UdpSocket(EpollPoller& poller, BufferPool& pool, Descriptor descriptor, Family family,
                     bool connected, ports::SocketObserver& observer)
    : ObservedSocket(poller, std::move(descriptor), &observer),
      pool_(pool),
      family_(family),
      connected_(connected) {
  if (connected_) local_ = local_address().ip;
}

Result<std::size_t> UdpSocket::send(std::span<const DatagramRun> runs) {
  std::size_t taken = 0;
  int error = std::exchange(deferred_errno_, 0);
  if (error == 0) error = send_runs(runs, taken);
  NetworkNews news;
  if (error != 0 && error != EAGAIN) news = take_network_news();
  // A path that turned out narrower fails whatever is sent next, once; but that may well fit.
  if (error == EMSGSIZE && news.narrower_path) error = send_runs(runs, taken);
  if (error == EAGAIN) error = await_room();
  // The caller must first hear how many went. The rest fails again when it comes back with it; what the
  // network reported does not come again.
  if (error == 0 || taken > 0 || news.error != error) report_error_later(news.error);
  if (error != 0 && taken == 0) return Error::from_errno(error, "send");
  if (error != 0) report_writable_later();
  return taken;
}

int UdpSocket::send_runs(std::span<const DatagramRun> runs, std::size_t& taken) {
  int error = 0;
  while (error == 0 && taken < runs.size()) {
    const auto rest = runs.subspan(taken);
    error = segments_in_kernel_ ? send_batch(rest, taken) : send_segments(rest.front(), taken);
  }
  return error;
}

int UdpSocket::send_batch(std::span<const DatagramRun> runs, std::size_t& taken) {
  std::array<OutgoingMessage, batch_runs_max> messages;
  std::array<mmsghdr, batch_runs_max> headers;
  const std::size_t count = std::min(runs.size(), batch_runs_max);
  for (std::size_t i = 0; i < count; ++i) {
    assert(runs[i].bytes.empty() || runs[i].segment_bytes > 0);
    messages[i].describe(runs[i], runs[i].bytes, family_, connected_, headers[i].msg_hdr);
  }
  // A batch of one costs more than the message alone.
  const int sent = count == 1 ? (system().send_message(fd(), headers.front().msg_hdr) < 0 ? -1 : 1)
                              : system().send_messages(fd(), std::span(headers).first(count));
  if (sent >= 0) {
    taken += static_cast<std::size_t>(sent);
    return 0;
  }
  if (errno == ENOBUFS) {  // lost in the device's queue, as it could be in any other
    ++taken;
    return 0;
  }
  const bool segmented = runs.front().bytes.size() > runs.front().segment_bytes;
  if (!segmented || (errno != EIO && errno != EINVAL)) return errno;
  // EIO: the device cannot segment. EINVAL: a segment is too large, or something else that one datagram will
  // tell.
  return send_segments(runs.front(), taken);
}

int UdpSocket::send_segments(const DatagramRun& run, std::size_t& taken) {
  std::size_t sent = take_partial(run);
  do {
    const auto segment =
        run.bytes.subspan(sent, std::min(run.segment_bytes, run.bytes.size() - sent));
    OutgoingMessage message;
    msghdr header;
    message.describe(run, segment, family_, connected_, header);
    if (system().send_message(fd(), header) < 0 && errno != ENOBUFS) {
      const int error = errno;
      const auto gone = run.bytes.first(sent);
      if (error == EAGAIN && sent > 0)
        partial_ = std::make_unique<PartialRun>(run.remote, run.local, run.segment_bytes,
                                                std::vector<std::byte>(gone.begin(), gone.end()));
      return error;
    }
    segments_in_kernel_ = false;
    sent += segment.size();
  } while (sent < run.bytes.size());
  ++taken;
  return 0;
}

/// How much of this run went out already, if it is the one that was cut short. It may have grown since, and
/// it may be another one.
std::size_t UdpSocket::take_partial(const DatagramRun& run) {
  const auto partial = std::exchange(partial_, nullptr);
  if (!partial || partial->remote != run.remote || partial->local != run.local ||
      partial->segment_bytes != run.segment_bytes || partial->sent.size() >= run.bytes.size())
    return 0;
  const std::size_t sent = partial->sent.size();
  return std::ranges::equal(run.bytes.first(sent), partial->sent) ? sent : 0;
}

Result<std::size_t> UdpSocket::receive(std::span<ReceivedRun> into) {
  int error = std::exchange(deferred_errno_, 0);
  if (error == 0 && has_trouble()) error = take_network_news().error;
  std::size_t count = 0;
  while (error == 0 && count < into.size()) {
    error = receive_one(into[count]);
    if (error == 0) ++count;
  }
  if (error == EAGAIN) error = await_arrivals();
  if (error == 0) return count;
  const int reported = take_network_news().error;
  if (count == 0) {
    if (reported != error) report_error_later(reported);
    return Error::from_errno(error, "receive");
  }
  deferred_errno_ = reported;
  report_readable_later();
  return count;
}

int UdpSocket::receive_one(ReceivedRun& into) {
  const auto room = pool_.prepare(BufferPool::read_bytes_max);
  IncomingMessage message(room);
  ssize_t result = 0;
  do {
    result = system().receive_message(fd(), message.header(), 0);
  } while (result < 0 && errno == EMSGSIZE);  // a narrower path, which concerns no receive
  if (result < 0) return errno;

  const auto bytes = static_cast<std::size_t>(result);
  into.local = local_;
  message.describe(bytes, into);
  into.bytes = pool_.commit(bytes);
  return 0;
}

/// Empties the error queue; of several errors, the first is the news.
UdpSocket::NetworkNews UdpSocket::take_network_news() {
  clear_trouble();
  NetworkNews news;
  if (!connected_) return news;
  for (;;) {
    std::array<std::byte, 1> start_of_datagram;
    IncomingMessage message(start_of_datagram);
    if (system().receive_message(fd(), message.header(), MSG_ERRQUEUE) < 0) return news;
    const int error = message.network_error();
    if (error == EMSGSIZE) {
      news.narrower_path = true;  // datagram_bytes_max() tells who asks
    } else if (news.error == 0) {
      news.error = error;
    }
  }
}

void UdpSocket::report_error_later(int network_error) {
  if (network_error == 0) return;
  deferred_errno_ = network_error;
  report_readable_later();
}

SocketAddress UdpSocket::local_address() const { return local_address_of(system(), fd()); }

std::size_t UdpSocket::datagram_bytes_max(const SocketAddress& remote) const {
  if (connected_) return datagram_bytes_max_of(system(), fd(), family_);
  const auto probe = RouteProbe::open(system(), remote.ip, 0);
  return probe.has_value() ? probe->datagram_bytes_max() : datagram_bytes_min;
}

namespace {

Family family_of(const DatagramOptions& options) {
  if (options.connect_to.has_value()) return options.connect_to->ip.unmapped().family();
  if (options.binding.source.has_value()) return options.binding.source->family();
  return options.family;
}

Result<void> configure(const SocketSetup& setup, const DatagramOptions& options) {
  const bool connected = options.connect_to.has_value();
  const bool v6 = setup.family == Family::ipv6;
  const bool dual_stack = v6 && !connected && !options.binding.source.has_value();
  if (v6) {
    BOWLINE_TRY_VOID(setup.set(IPPROTO_IPV6, IPV6_V6ONLY, dual_stack ? 0 : 1));
    BOWLINE_TRY_VOID(setup.set(IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO));
    BOWLINE_TRY_VOID(connected ? setup.set(IPPROTO_IPV6, IPV6_RECVERR, 1)
                               : setup.set(IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
  }
  if (!v6 || dual_stack) BOWLINE_TRY_VOID(setup.set(IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
  if (!v6 || dual_stack)
    BOWLINE_TRY_VOID(connected ? setup.set(IPPROTO_IP, IP_RECVERR, 1)
                               : setup.set(IPPROTO_IP, IP_PKTINFO, 1));
  // Where GRO is missing (before Linux 5.0) each datagram comes as a run of its own.
  static_cast<void>(setup.set(IPPROTO_UDP, UDP_GRO, 1));
  if (options.reuse_port) BOWLINE_TRY_VOID(setup.set(SOL_SOCKET, SO_REUSEPORT, 1));
  if (options.receive_buffer_bytes > 0)
    BOWLINE_TRY_VOID(setup.set_buffer_bytes(SO_RCVBUF, options.receive_buffer_bytes));
  if (options.send_buffer_bytes > 0)
    BOWLINE_TRY_VOID(setup.set_buffer_bytes(SO_SNDBUF, options.send_buffer_bytes));
  return setup.set_binding_options(options.binding,
                                   options.connect_to ? SocketRole::client : SocketRole::listener);
}

/// An unconnected socket is bound at once, so that its port is known and peers can send first.
Result<void> bind(const SocketSetup& setup, const DatagramOptions& options) {
  const auto& [source, port, interface_index, reuse_address] = options.binding;
  if (options.connect_to.has_value() && !source.has_value() && port == 0) return {};
  return setup.bind({source.value_or(IpAddress::any(setup.family)), port});
}

Result<void> connect(const SocketSetup& setup, const SocketAddress& remote) {
  RawAddress raw;
  const socklen_t size = to_raw({remote.ip.unmapped(), remote.port}, setup.family, raw);
  if (setup.system.connect(setup.fd, &raw.any, size) < 0)
    return Error::from_errno(errno, setup.operation).about(to_string(remote));
  return {};
}

/// What came between bind and connect may be from anybody.
void drop_early(const SocketSetup& setup) {
  constexpr int early_max = 10'000;  // the peer's come all the time
  std::array<std::byte, 1> start;
  for (int i = 0; i < early_max && setup.system.receive(setup.fd, start) >= 0; ++i) {
  }
}

}  // namespace

}  // namespace bowline::linux_host
