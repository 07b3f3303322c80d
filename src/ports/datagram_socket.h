#pragma once

#include <bowline/address.h>
#include <bowline/buffer.h>
#include <bowline/result.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "ports/stream_socket.h"

namespace bowline::ports {

/// A run of datagrams that goes to one peer, or came from one: `bytes` is cut every `segment_bytes`, and only
/// the last piece may be shorter. One datagram is a run with `segment_bytes == bytes.size()`; an empty
/// datagram is an empty run.
struct DatagramRun {
  SocketAddress remote;  ///< ignored when sending on a connected socket
  IpAddress local;       ///< our address that it shall come from (unspecified: the system chooses)
  std::size_t segment_bytes = 0;
  std::span<const std::byte> bytes;
};

/// A run that was received; its bytes are a slice of the loop's block.
struct ReceivedRun {
  SocketAddress remote;
  IpAddress local;  ///< our address to answer from (unspecified: the system chooses)
  std::size_t segment_bytes = 0;
  Buffer bytes;
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

  [[nodiscard]] virtual SocketAddress local_address() const = 0;

  /// The largest payload that reaches `remote` in one unfragmented packet by what the host knows now.
  [[nodiscard]] virtual std::size_t datagram_bytes_max(const SocketAddress& remote) const = 0;
};

struct DatagramOptions {
  Binding binding;
  std::optional<SocketAddress>
      connect_to;  ///< datagrams from elsewhere are not delivered, errors are
  Family family =
      Family::ipv6;  ///< when not connected; ipv6 is dual-stack unless bound to an address
  bool reuse_port = false;
  bool reads_first = false;  ///< arrivals need not be reported until a receive found nothing
  std::size_t receive_buffer_bytes =
      0;  ///< 0 = the system's; see performance notes before choosing
  std::size_t send_buffer_bytes = 0;
};

}  // namespace bowline::ports
