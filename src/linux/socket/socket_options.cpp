#include "linux/socket/socket_options.h"

#include <arpa/inet.h>
#include <linux/tcp.h>
#include <netinet/in.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <string>

namespace bowline::linux_host {

namespace {

// <linux/in6.h>, which does not go together with <netinet/in.h>.
constexpr int ipv6_addr_preferences = 72;
constexpr int prefer_temporary = 1;
constexpr int prefer_public = 2;
constexpr int multipath_tcp = 262;  // IPPROTO_MPTCP, which older headers lack

/// Rounded up, so that no timeout becomes none.
template <class Unit>
int whole(Duration duration) {
  return static_cast<int>(
      std::min<Duration::rep>(std::chrono::ceil<Unit>(duration).count(), INT_MAX));
}

}  // namespace

Result<void> SocketSetup::set_stream_options(const ports::StreamOptions& options) const {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  if (options.no_delay) BOWLINE_TRY_VOID(set(IPPROTO_TCP, TCP_NODELAY, 1));
  if (options.keep_alive) BOWLINE_TRY_VOID(set(SOL_SOCKET, SO_KEEPALIVE, 1));
  if (options.keep_alive_idle.has_value())
    BOWLINE_TRY_VOID(set(IPPROTO_TCP, TCP_KEEPIDLE, whole<seconds>(*options.keep_alive_idle)));
  if (options.keep_alive_interval.has_value())
    BOWLINE_TRY_VOID(set(IPPROTO_TCP, TCP_KEEPINTVL, whole<seconds>(*options.keep_alive_interval)));
  if (options.keep_alive_count.has_value())
    BOWLINE_TRY_VOID(set(IPPROTO_TCP, TCP_KEEPCNT, *options.keep_alive_count));
  if (options.user_timeout.has_value())
    BOWLINE_TRY_VOID(
        set(IPPROTO_TCP, TCP_USER_TIMEOUT, whole<milliseconds>(*options.user_timeout)));
  if (options.max_segment_bytes.has_value())
    BOWLINE_TRY_VOID(named("max segment bytes", set(IPPROTO_TCP, TCP_MAXSEG,
                                                    static_cast<int>(std::min<std::uint32_t>(
                                                        *options.max_segment_bytes, INT_MAX)))));
  if (options.pacing_bytes_per_second.has_value())
    BOWLINE_TRY_VOID(
        named("pacing", set(SOL_SOCKET, SO_MAX_PACING_RATE, *options.pacing_bytes_per_second)));
  if (options.hop_limit.has_value()) {
    const int hops = *options.hop_limit;
    BOWLINE_TRY_VOID(named("hop limit", set(IPPROTO_IP, IP_TTL, hops)));
    if (family == Family::ipv6)
      BOWLINE_TRY_VOID(named("hop limit", set(IPPROTO_IPV6, IPV6_UNICAST_HOPS, hops)));
  }
  if (options.send_buffer_bytes.has_value())
    BOWLINE_TRY_VOID(set_buffer_bytes(SO_SNDBUF, *options.send_buffer_bytes));
  if (options.receive_buffer_bytes.has_value())
    BOWLINE_TRY_VOID(set_buffer_bytes(SO_RCVBUF, *options.receive_buffer_bytes));
  return {};
}

/// The type of service sets the priority too, so that comes behind it. A socket of IPv6 may carry IPv4.
Result<void> SocketSetup::set_marks(const ports::PacketMarks& marks, Ecn ecn) const {
  const int traffic_class = marks.dscp << 2 | static_cast<int>(ecn);
  const char* const name = marks.dscp != 0 ? "service class" : "ecn";
  if (traffic_class != 0) {
    BOWLINE_TRY_VOID(named(name, set(IPPROTO_IP, IP_TOS, traffic_class)));
    if (family == Family::ipv6)
      BOWLINE_TRY_VOID(named(name, set(IPPROTO_IPV6, IPV6_TCLASS, traffic_class)));
  }
  if (marks.priority == 0) return {};
  return named(name, set(SOL_SOCKET, SO_PRIORITY, static_cast<int>(marks.priority)));
}

Result<void> SocketSetup::set_buffer_bytes(int name, std::size_t bytes) const {
  const int value =
      static_cast<int>(std::min<std::size_t>(bytes, INT_MAX / 2));  // the kernel doubles it
  const int force = name == SO_RCVBUF ? SO_RCVBUFFORCE : SO_SNDBUFFORCE;
  auto forced = set(SOL_SOCKET, force, value);
  if (!forced.has_value() && forced.error().code() == EPERM) return set(SOL_SOCKET, name, value);
  return forced;
}

Result<void> SocketSetup::use_interface(std::uint32_t interface_index, SocketRole role) const {
  auto bound = set(SOL_SOCKET, SO_BINDTOIFINDEX, static_cast<int>(interface_index));
  if (bound.has_value() || bound.error().code() != EPERM || role == SocketRole::listener)
    return bound;
  // Before Linux 5.7 that needed a privilege. This steers what we send, which is all a client needs; a
  // listener would be reached over every interface.
  if (family == Family::ipv4) return set(IPPROTO_IP, IP_UNICAST_IF, htonl(interface_index));
  return set(IPPROTO_IPV6, IPV6_UNICAST_IF, htonl(interface_index));
}

Result<void> SocketSetup::set_binding_options(const ports::Binding& binding,
                                              SocketRole role) const {
  if (binding.interface_index != 0) BOWLINE_TRY_VOID(use_interface(binding.interface_index, role));
  if (binding.reuse_address) BOWLINE_TRY_VOID(set(SOL_SOCKET, SO_REUSEADDR, 1));
  if (binding.address_preference == AddressPreference::system || family != Family::ipv6) return {};
  const bool temporary = binding.address_preference == AddressPreference::temporary;
  return named("prefer address", set(IPPROTO_IPV6, ipv6_addr_preferences,
                                     temporary ? prefer_temporary : prefer_public));
}

Result<void> SocketSetup::bind(const SocketAddress& local) const {
  RawAddress raw;
  const socklen_t size = to_raw(local, family, raw);
  if (system.bind(fd, &raw.any, size) < 0)
    return Error::from_errno(errno, operation).about(to_string(local));
  return {};
}

Result<Descriptor> open_socket(const System& system, Family family, int type, const char* operation,
                               int protocol) {
  Descriptor descriptor(system.socket(to_raw(family), type, protocol));
  if (!descriptor.is_open()) return Error::from_errno(errno, operation);
  return descriptor;
}

Result<Descriptor> open_stream_socket(const System& system, Family family, bool multipath,
                                      const char* operation) {
  if (!multipath) return open_socket(system, family, SOCK_STREAM, operation);
  auto opened = open_socket(system, family, SOCK_STREAM, operation, multipath_tcp);
  if (opened.has_value()) return opened;
  const int code = static_cast<int>(opened.error().code());
  const bool missing = code == EPROTONOSUPPORT || code == ENOPROTOOPT || code == EINVAL;
  if (!missing) return opened;
  return Error(ErrorKind::unsupported, ErrorDomain::posix, code, operation,
               "multipath: this kernel has no Multipath TCP, or it is switched off");
}

Result<void> named(const char* option, Result<void> done) {
  if (done.has_value()) return {};
  const Error& error = done.error();
  return Error(error.kind(), error.domain(), error.code(), error.operation(),
               std::string(option) + ": " + error.message());
}

SocketAddress local_address_of(const System& system, int fd) {
  RawAddress raw{};
  socklen_t size = sizeof raw;
  if (system.getsockname(fd, &raw.any, &size) < 0) return {};
  return from_raw(raw);
}

}  // namespace bowline::linux_host
