#pragma once

#include <bowline/address.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "ports/transfer.h"

namespace bowline::ports {

/// What became possible on a socket. Edge-triggered: reported once, and then again only after a transfer
/// said `blocked`.
struct Readiness {
  bool readable =
      false;  ///< bytes, the end of the stream, a connection to accept, or an error wait to be read
  bool writable =
      false;  ///< room to write, or the connect has ended (see StreamSocket::finish_connect)
};

/// Told of readiness, always from inside `Poller::wait`. It may destroy the socket from inside the call.
class SocketObserver {
 public:
  virtual void handle_readiness(Readiness readiness) = 0;

 protected:
  ~SocketObserver() = default;
};

/// What the transport measured, as far as it can tell.
struct StreamStatistics {
  std::optional<Duration> smoothed_rtt;
  std::optional<Duration> minimum_rtt;
  std::uint64_t bytes_retransmitted = 0;
};

/// A connected byte stream that can be read, written and finished: a TCP socket, or a layer that
/// wraps another
/// ByteStream, such as TLS, a proxy's tunnel or one stream of a QUIC connection.
///
/// lifetime  destroying it closes gracefully and at once; bytes that the layer below took are still
/// delivered,
///           unless something unread waits or still comes
/// thread    its loop's
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Moves readiness reports to another observer, such as when a listener hands a connection on.
  virtual void observe(SocketObserver& observer) = 0;

  /// Reads at most `into.size()` bytes (at least 1). Unless the transfer says `blocked` or `end`, more may be
  /// there already, and nobody will report it: read again, now or later.
  [[nodiscard]] virtual Result<Transfer> read(std::span<std::byte> into) = 0;

  /// Writes from up to 64 pieces, in order. `blocked` if not everything was taken.
  [[nodiscard]] virtual Result<Transfer> write(
      std::span<const std::span<const std::byte>> pieces) = 0;

  /// Ends our sending side behind everything written: FIN for TCP, close_notify and then the end of the layer
  /// below for TLS. `blocked` if the end could not be handed down whole: call again once writable,
  /// until it is
  /// not; nothing may be written any more.
  [[nodiscard]] virtual Result<Transfer> finish() = 0;

  /// Why the stream broke behind the end of the peer's side, where no read would tell. That it did
  /// is reported
  /// as `writable`, whatever was reported before.
  [[nodiscard]] virtual Result<void> check() = 0;

  /// Bytes, or our end, are on their way: the system would drop them if the peer sent anything to a closed
  /// socket.
  [[nodiscard]] virtual bool has_unacknowledged() const = 0;

  /// Drops the connection with a RST, where the transport has one; only destruction may follow.
  virtual void abort() noexcept = 0;

  [[nodiscard]] virtual SocketAddress local_address() const = 0;
  [[nodiscard]] virtual SocketAddress remote_address() const = 0;
  [[nodiscard]] virtual StreamStatistics statistics() const = 0;
};

}  // namespace bowline::ports
