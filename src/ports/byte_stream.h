#pragma once

#include <bowline/address.h>
#include <bowline/result.h>
#include <bowline/security_report.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "ports/secure_channel.h"
#include "ports/transfer.h"

namespace bowline::ports {

/// What became possible on a socket or a stream. Edge-triggered: reported once, and then again only after a
/// transfer said `blocked`. One report too many does no harm.
struct Readiness {
  bool readable =
      false;  ///< bytes, the end of the stream, a connection to accept, or an error wait to be read
  bool writable =
      false;  ///< room to write, or the connect has ended (see StreamSocket::finish_connect)
};

/// Told of readiness. It may destroy the socket or stream from inside the call, so that the call is the last
/// thing its caller does with itself.
///
/// A socket reports from inside `Poller::wait` and from nowhere else. A layer that wraps a stream reports
/// from inside the report of the stream below it or, for what it finds out by itself, from a timer of its
/// loop (drive/carrier/later_report.h); never from inside a call that its observer makes.
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
  std::optional<Duration> rtt_variance = {};
  std::uint64_t bytes_sent = 0;          ///< payload, those that were sent again included
  std::uint64_t bytes_acknowledged = 0;  ///< by the peer
  std::uint64_t bytes_received = 0;
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t packets_retransmitted = 0;
  std::uint64_t duplicates_reported = 0;   ///< packets that the peer said it got twice (RFC 2883)
  std::uint64_t packets_out_of_order = 0;  ///< that came before an earlier one
  std::uint64_t reorderings_seen = 0;      ///< of what we sent
};

/// What one layer of a stream says of itself in reports.
struct LayerFacts {
  std::string protocol;            ///< "tcp", "tls"
  std::optional<Instant> started;  ///< of its handshake; TCP leaves both to whoever connected it
  std::optional<Instant> ended;
  std::optional<Duration> rtt;                               ///< as this layer measured it
  std::vector<std::pair<std::string, std::string>> details;  ///< what was agreed on: {"alpn", "h2"}
  std::optional<SecurityReport> security = {};               ///< of TLS and DTLS
};

/// A connected byte stream that can be read, written and finished: a TCP socket, or a layer that wraps
/// another ByteStream, such as TLS, a proxy's tunnel or one stream of a QUIC connection.
///
/// Rules that hold for every layer:
/// - After `blocked` the layer reports `readable` (of read) or `writable` (of write and finish) once it is
/// worth while to try again. It does so whatever the stream below reports: a layer that holds decoded bytes
/// is readable though its socket is not.
/// - A transfer that is short, but not `blocked` and not at the `end`, will not be followed by a report: the
/// caller goes on, now or later by itself.
/// - A layer that has to read in order to be able to write, or the other way round, does that by itself.
/// - Each layer observes the one below it, and nobody else does.
///
/// lifetime  destroying it closes gracefully and at once; bytes that the layer below took are still
///           delivered, unless something unread waits or still comes
/// thread    its loop's
class ByteStream {
 public:
  virtual ~ByteStream() = default;

  /// Moves readiness reports to another observer, such as when a listener hands a connection on. What was
  /// reported to the last one is not reported again.
  virtual void observe(SocketObserver& observer) = 0;

  /// Reads at most `into.size()` bytes (at least 1), and at least one unless it says `blocked` or `end`.
  /// errors    what broke the stream; bytes that came before were given by earlier reads
  [[nodiscard]] virtual Result<Transfer> read(std::span<std::byte> into) = 0;

  /// Writes from up to 64 pieces, in order; at least one byte, unless it says `blocked` or all are empty.
  /// errors    what broke the stream
  [[nodiscard]] virtual Result<Transfer> write(
      std::span<const std::span<const std::byte>> pieces) = 0;

  /// Ends our sending side behind everything written: FIN for TCP, close_notify and then the end of the
  /// layer below for TLS. `blocked` if the end could not be handed down whole: call again once writable,
  /// until it is not. Afterwards nothing may be written, and another call does nothing.
  [[nodiscard]] virtual Result<Transfer> finish() = 0;

  /// Why the stream broke behind the end of the peer's side, where no read would tell. That it did is
  /// reported as `writable`, whatever was reported before.
  [[nodiscard]] virtual Result<void> check() = 0;

  /// Bytes, or our end, are on their way, in this layer or below it: they would be dropped if the stream were
  /// destroyed and the peer sent anything more.
  [[nodiscard]] virtual bool has_unacknowledged() const = 0;

  /// Drops the connection with a RST, where the transport has one; only destruction may follow.
  virtual void abort() noexcept = 0;

  [[nodiscard]] virtual SocketAddress local_address() const = 0;
  [[nodiscard]] virtual SocketAddress remote_address() const = 0;
  [[nodiscard]] virtual StreamStatistics statistics() const = 0;
  /// Adds what the layers say of themselves, the lowest first: so a layer asks the one below it before it
  /// adds its own. Allocates; for reports.
  virtual void append_facts(std::vector<LayerFacts>& layers) const = 0;
  /// The topmost layer that secures it; null without one. Lives as long as the stream.
  [[nodiscard]] virtual SecureChannel* secure_channel() { return nullptr; }
};

}  // namespace bowline::ports
