#pragma once

#include <bowline/address.h>
#include <bowline/buffer.h>
#include <bowline/datagram_facts.h>
#include <bowline/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "ports/stream_socket.h"

namespace bowline::ports {

using bowline::Ecn;

/// A run of datagrams that goes to one peer: `bytes` is cut every `segment_bytes`, and only the last piece
/// may be shorter. One datagram is a run with `segment_bytes == bytes.size()`; an empty datagram is an empty
/// run.
struct DatagramRun {
  SocketAddress remote;  ///< ignored when sending on a connected socket
  IpAddress local;       ///< our address that it shall come from (unspecified: the system chooses)
  std::size_t segment_bytes = 0;
  std::span<const std::byte> bytes;
  std::uint32_t interface_index = 0;  ///< goes out by this interface; 0 = the routes decide
  std::optional<std::uint8_t> hop_limit = {};  ///< unset: the socket's
  std::optional<Ecn> ecn = {};                 ///< unset: the socket's
};

/// A run that was received; its bytes are a slice of the loop's block. All datagrams of a run have the same
/// facts.
struct ReceivedRun {
  SocketAddress remote;
  IpAddress local;  ///< our address to answer from (unspecified: the system chooses)
  std::size_t segment_bytes = 0;
  Buffer bytes;
  /// What it was sent to: `local`, or a group or broadcast address. Set where `local` is.
  IpAddress destination = {};
  /// What DatagramOptions::receive asks for; the rest is as in DatagramFacts().
  DatagramFacts facts = {};
  bool truncated = false;  ///< the datagram was longer, and its end is lost
};

/// A multicast group on one interface.
struct Membership {
  IpAddress group;
  std::uint32_t interface_index = 0;     ///< 0 = the system chooses by its routes
  std::optional<IpAddress> source = {};  ///< only what this host sends (RFC 4607)

  friend bool operator==(const Membership&, const Membership&) = default;
};

/// What the network reported of a datagram that was sent earlier.
struct DatagramFailure {
  SocketAddress remote;  ///< where that datagram went
  Error error;  ///< refused, unreachable ...; message_too_large for a path that is narrower
  std::optional<IpAddress> reporter = {};  ///< who said so; nothing where this host did
  bool hop_exceeded = false;               ///< it had passed as many routers as it may
  std::vector<std::byte> bytes = {};       ///< the beginning of its payload, as far as it came back
};

/// What a host does for many datagrams at once. Without it everything works, and costs a call each.
struct DatagramOffload {
  bool sends_runs = false;     ///< a run is cut below us (GSO)
  bool receives_runs = false;  ///< what came together is received together (GRO)
};

/// A UDP socket. It batches and segments by what the host can do (GSO, GRO, sendmmsg, recvmmsg).
///
/// readiness as StreamSocket, but it may be written to from the start, which is not reported
class DatagramSocket {
 public:
  static constexpr std::size_t segments_per_run_max = 64;
  static constexpr std::size_t run_bytes_max = 65'000;

  virtual ~DatagramSocket() = default;
  virtual void observe(SocketObserver& observer) = 0;

  /// Sends runs in order; gives the number of whole runs taken. Fewer than given: blocked, try the rest once
  /// writable. An error concerns the first run not taken: message_too_large, refused (an ICMP error for an
  /// earlier datagram of a connected socket), unreachable ...
  [[nodiscard]] virtual Result<std::size_t> send(std::span<const DatagramRun> runs) = 0;

  /// Receives up to `into.size()` runs; gives how many. 0 means nothing waits. An error is one that the
  /// network reported for a connected socket; it is reported once and the socket stays usable.
  [[nodiscard]] virtual Result<std::size_t> receive(std::span<ReceivedRun> into) = 0;

  /// With DatagramOptions::receive_failures, the next report of the network; empty if there is none. Those
  /// that come are announced as `readable`, and are no errors of send() and receive() then. At most
  /// `failures_max` wait; later ones are lost.
  [[nodiscard]] virtual std::optional<DatagramFailure> take_failure() = 0;
  static constexpr std::size_t failures_max = 64;

  /// From now on, what is sent to the group's address and this socket's port is received. What only other
  /// sockets of the host have joined is not.
  /// errors    address_in_use if it is joined already; address_unavailable without such an interface;
  ///           invalid_argument for an address of no group; unsupported
  [[nodiscard]] virtual Result<void> join(const Membership& membership) = 0;
  /// errors    address_unavailable if it is not joined
  [[nodiscard]] virtual Result<void> leave(const Membership& membership) = 0;

  [[nodiscard]] virtual SocketAddress local_address() const = 0;

  /// The largest payload that reaches `remote` in one unfragmented packet by what the host knows now.
  [[nodiscard]] virtual std::size_t datagram_bytes_max(const SocketAddress& remote) const = 0;

  [[nodiscard]] virtual DatagramOffload offload() const = 0;

  /// Datagrams that came and were dropped by this host since the socket was opened, mostly as its receive
  /// buffer was full; counts in 32 bits, and begins anew behind them.
  [[nodiscard]] virtual std::uint64_t receive_drops() const = 0;
};

/// What is done with datagrams that are too large for one packet.
enum class Fragmentation : std::uint8_t {
  refuse,  ///< "don't fragment": what is larger than the host knows the path to be is an error
  refuse_local,  ///< the same, but only the interface's limit counts: for whoever probes the path
  allow,         ///< they go in fragments
};

/// Which facts of received datagrams are wanted. Each costs a little with every datagram.
struct WantedFacts {
  bool ecn = false;
  bool hop_limit = false;
  bool interface = false;  ///< and ReceivedRun::destination; unconnected sockets always know both

  friend bool operator==(const WantedFacts&, const WantedFacts&) = default;
};

/// What is sent to groups.
struct MulticastOptions {
  bool loop = true;  ///< sockets of this host that have joined get it, too
  std::optional<std::uint8_t> hop_limit = {};  ///< unset: the system's, which is 1
  std::uint32_t interface_index = 0;  ///< goes out by this interface; 0 = the routes decide
};

/// An option that the host does not have is an error that names it.
struct DatagramOptions {
  /// With `reuse_address` several sockets, also of other programs, share one port: each gets what is sent to
  /// a group that it joined, and one of them what is sent to this host alone.
  Binding binding;
  std::optional<SocketAddress>
      connect_to;  ///< datagrams from elsewhere are not delivered, errors are
  Family family =
      Family::ipv6;  ///< when not connected; ipv6 is dual-stack unless bound to an address
  /// Datagrams of one size may come as one run. Where nobody else wants that, the kernel takes a
  /// millisecond to begin with it, and one to end: not for a socket that hears one datagram.
  bool receive_runs = true;
  bool dual_stack = true;  ///< false: an ipv6 socket is for IPv6 alone
  bool reuse_port =
      false;  ///< several sockets share the port, and the system spreads flows over them
  /// ICMP echo instead of UDP (ping sockets): payloads begin with the eight octets of the echo header, of
  /// which the system fills in identifier and checksum; there are no ports.
  bool echo = false;
  bool reads_first = false;  ///< arrivals need not be reported until a receive found nothing
  std::size_t receive_buffer_bytes =
      0;  ///< 0 = the system's; see performance notes before choosing
  std::size_t send_buffer_bytes = 0;
  Fragmentation fragmentation = Fragmentation::refuse;
  WantedFacts receive = {};
  bool receive_failures = false;               ///< see take_failure()
  std::optional<std::uint8_t> hop_limit = {};  ///< to single hosts; unset: the system's
  Ecn ecn = Ecn::not_ect;
  MulticastOptions multicast = {};
};

}  // namespace bowline::ports
