#include "linux/udp/udp_socket.h"

#include <linux/sock_diag.h>

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

/// How often in one call new reports of the network may come in between.
constexpr int tries_max = 16;

}  // namespace

namespace {

/// 0 is UDP.
int protocol_of(const DatagramOptions& options, Family family) {
  if (!options.echo) return 0;
  return family == Family::ipv4 ? static_cast<int>(IPPROTO_ICMP) : static_cast<int>(IPPROTO_ICMPV6);
}

}  // namespace

Result<std::unique_ptr<UdpSocket>> UdpSocket::open(EpollPoller& poller, BufferPool& pool,
                                                   const DatagramOptions& options,
                                                   ports::SocketObserver& observer) {
  const Family family = UdpSetup::family_of(options);
  BOWLINE_TRY(Descriptor descriptor, open_socket(poller.system(), family, SOCK_DGRAM,
                                                 "open datagram", protocol_of(options, family)));
  const UdpSetup setup(poller.system(), descriptor.number(), family,
                       UdpSetup::is_dual_stack(options));
  BOWLINE_TRY_VOID(setup.open(options));

  std::unique_ptr<UdpSocket> socket(
      new UdpSocket(poller, pool, std::move(descriptor), options, observer));
  if (options.reads_first) {
    socket->enroll();
  } else {
    BOWLINE_TRY_VOID(socket->watch_arrivals());
  }
  return socket;
}

UdpSocket::UdpSocket(EpollPoller& poller, BufferPool& pool, Descriptor descriptor,
                     const DatagramOptions& options, ports::SocketObserver& observer)
    : ObservedSocket(poller, std::move(descriptor), &observer),
      pool_(pool),
      family_(UdpSetup::family_of(options)),
      connected_(options.connect_to.has_value()),
      dual_stack_(UdpSetup::is_dual_stack(options)),
      dscp_(options.binding.marks.dscp),
      may_fragment_(options.fragmentation == ports::Fragmentation::allow),
      receives_runs_(options.receive_runs && setup().try_receive_runs()) {
  if (connected_) local_ = local_address().ip;
  if (options.receive_failures) failures_ = std::make_unique<Failures>();
}

Result<std::size_t> UdpSocket::send(std::span<const DatagramRun> runs) {
  std::size_t taken = 0;
  int error = std::exchange(deferred_errno_, 0);
  if (error == 0) error = send_runs(runs, taken);
  NetworkNews news;
  if (error != 0 && error != EAGAIN) news = take_network_news();
  // A path that turned out narrower fails whatever is sent next, once; but that may well fit.
  if (error == EMSGSIZE && news.narrower_path) error = send_runs(runs, taken);
  for (int i = 0; i < tries_max && error != 0 && news.went_to_failures; ++i) {
    error = send_runs(runs, taken);
    news = error != 0 && error != EAGAIN ? take_network_news() : NetworkNews();
  }
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
    messages[i].describe(runs[i], runs[i].bytes, family_, connected_, dscp_, headers[i].msg_hdr);
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
  const bool may_be_this_run_only = errno == EINVAL && may_fragment_;
  const int error = send_segments(runs.front(), taken);
  if (may_be_this_run_only) segments_in_kernel_ = true;
  return error;
}

int UdpSocket::send_segments(const DatagramRun& run, std::size_t& taken) {
  std::size_t sent = take_partial(run);
  do {
    const auto segment =
        run.bytes.subspan(sent, std::min(run.segment_bytes, run.bytes.size() - sent));
    OutgoingMessage message;
    msghdr header;
    message.describe(run, segment, family_, connected_, dscp_, header);
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
  if (error == 0) error = receive_runs(into, count);
  if (error == EAGAIN) error = await_arrivals();
  if (error == 0) return count;
  NetworkNews news = take_network_news();
  for (int i = 0; i < tries_max && error != 0 && news.went_to_failures; ++i) {
    error = receive_runs(into, count);
    if (error == EAGAIN) error = await_arrivals();
    if (error == 0) return count;
    news = take_network_news();
  }
  if (count == 0) {
    if (news.error != error) report_error_later(news.error);
    return Error::from_errno(error, "receive");
  }
  deferred_errno_ = news.error;
  report_readable_later();
  return count;
}

int UdpSocket::receive_runs(std::span<ReceivedRun> into, std::size_t& count) {
  while (count < into.size()) {
    const int error = receive_one(into[count]);
    if (error != 0) return error;
    ++count;
  }
  return 0;
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
  into.local = into.destination = local_;
  message.describe(bytes, into);
  into.bytes = pool_.commit(bytes);
  return 0;
}

/// Empties the error queue; of several errors, the first is the news.
UdpSocket::NetworkNews UdpSocket::take_network_news() {
  clear_trouble();
  NetworkNews news;
  if (!connected_ && !failures_) return news;
  for (;;) {
    std::array<std::byte, 16> start_of_datagram;
    IncomingMessage message(start_of_datagram);
    const ssize_t size = system().receive_message(fd(), message.header(), MSG_ERRQUEUE);
    if (size < 0) break;
    const int error = message.network_error();
    if (failures_ && error != 0) {
      keep_failure(message, error,
                   std::span(start_of_datagram).first(static_cast<std::size_t>(size)));
      news.went_to_failures = true;
    } else if (error == EMSGSIZE) {
      news.narrower_path = true;  // datagram_bytes_max() tells who asks
    } else if (news.error == 0) {
      news.error = error;
    }
  }
  if (news.went_to_failures) report_readable_later();
  return news;
}

void UdpSocket::keep_failure(IncomingMessage& message, int error,
                             std::span<const std::byte> bytes) {
  if (failures_->size() >= failures_max) return;
  const SocketAddress remote = message.remote();
  const IncomingMessage::Reporter reporter = message.reporter();
  failures_->push_back({remote,
                        Error::from_errno(error, "send").about(to_string(remote)),
                        reporter.address,
                        reporter.hop_exceeded,
                        {bytes.begin(), bytes.end()}});
}

std::optional<ports::DatagramFailure> UdpSocket::take_failure() {
  if (!failures_) return std::nullopt;
  if (failures_->empty() && has_trouble()) static_cast<void>(take_network_news());
  if (failures_->empty()) return std::nullopt;
  ports::DatagramFailure failure = std::move(failures_->front());
  failures_->pop_front();
  return failure;
}

Result<void> UdpSocket::join(const ports::Membership& membership) {
  return setup().join(membership);
}

Result<void> UdpSocket::leave(const ports::Membership& membership) {
  return setup().leave(membership);
}

std::uint64_t UdpSocket::receive_drops() const {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof memory;
  if (system().getsockopt(fd(), SOL_SOCKET, SO_MEMINFO, memory.data(), &size) < 0) return 0;
  return memory[SK_MEMINFO_DROPS];
}

ports::DatagramOffload UdpSocket::offload() const {
  return {segments_in_kernel_ && setup().can_send_runs(), receives_runs_};
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

}  // namespace bowline::linux_host
