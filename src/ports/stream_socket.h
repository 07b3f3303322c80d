#pragma once

#include <bowline/address.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

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

/// A connected, or connecting, byte stream: TCP.
///
/// lifetime  destroying it closes gracefully and at once; bytes the system took are still delivered, unless
///           something unread waits or still comes
/// thread    its loop's
class StreamSocket {
 public:
  virtual ~StreamSocket() = default;

  /// Moves readiness reports to another observer, such as when a listener hands a connection on.
  virtual void observe(SocketObserver& observer) = 0;

  /// After the first `writable` report: success if connected, or why not.
  [[nodiscard]] virtual Result<void> finish_connect() = 0;

  /// Reads at most `into.size()` bytes (at least 1). A transfer shorter than `into` also means `blocked`,
  /// unless it says `end`; so one call per report is enough.
  [[nodiscard]] virtual Result<Transfer> read(std::span<std::byte> into) = 0;

  /// Writes from up to 64 pieces, in order. `blocked` if not everything was taken.
  [[nodiscard]] virtual Result<Transfer> write(
      std::span<const std::span<const std::byte>> pieces) = 0;

  /// Ends our sending side (FIN) behind everything written.
  [[nodiscard]] virtual Result<void> shutdown_write() = 0;

  /// Why the connection broke behind the end of the stream, where no read would tell. That it did is reported
  /// as `writable`, whatever was reported before.
  [[nodiscard]] virtual Result<void> check() = 0;

  /// Bytes, or our end, are on their way: the system would drop them if the peer sent anything to a closed
  /// socket.
  [[nodiscard]] virtual bool has_unacknowledged() const = 0;

  /// Drops the connection with a RST and closes the socket; only destruction may follow.
  virtual void abort() noexcept = 0;

  [[nodiscard]] virtual SocketAddress local_address() const = 0;
  [[nodiscard]] virtual SocketAddress remote_address() const = 0;
  [[nodiscard]] virtual StreamStatistics statistics() const = 0;
};

/// A connect that was started.
struct Connecting {
  std::unique_ptr<StreamSocket> socket;
  /// Connected already, as towards this host itself: there is nothing to finish.
  bool done = false;
};

/// Options of TCP sockets. Unset means the system's default.
struct StreamOptions {
  bool no_delay = true;
  bool keep_alive = false;
  std::optional<Duration> keep_alive_idle;
  std::optional<Duration> keep_alive_interval;
  std::optional<unsigned> keep_alive_count;
  std::optional<Duration> user_timeout;          ///< give up on unacknowledged data
  std::optional<std::size_t> send_buffer_bytes;  ///< the system's own buffers
  std::optional<std::size_t> receive_buffer_bytes;
  /// Of a connect: bytes will be written as soon as it is done, and the handshake's last packet may wait for
  /// them.
  bool speaks_first = false;
};

/// Where a socket is bound and what it may use.
struct Binding {
  std::optional<IpAddress> source;    ///< local address
  std::uint16_t port = 0;             ///< local port; 0 = the system chooses
  std::uint32_t interface_index = 0;  ///< use this interface only; 0 = any
  bool reuse_address = false;
};

/// A listening TCP socket.
///
/// readiness `readable` means accept() may give something
class StreamListener {
 public:
  virtual ~StreamListener() = default;

  /// The next connection, already connected and observed by nobody (its first report comes after `observe`);
  /// empty if none waits. Errors of a single connection that died in the queue are skipped.
  /// errors    resources_exhausted when descriptors or memory ran out; the connection stays in the queue
  [[nodiscard]] virtual Result<std::unique_ptr<StreamSocket>> accept() = 0;

  [[nodiscard]] virtual SocketAddress local_address() const = 0;
};

struct ListenOptions {
  Binding binding;
  StreamOptions stream;  ///< for accepted connections
  int backlog = 1024;
  bool dual_stack =
      true;  ///< an IPv6 wildcard listener also takes IPv4; peers then show as IPv4, not v4-mapped
  bool reuse_port =
      false;  ///< several listeners share the port, and the system spreads connections over them
};

}  // namespace bowline::ports
