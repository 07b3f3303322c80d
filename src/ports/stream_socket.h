#pragma once

#include <bowline/address.h>
#include <bowline/parameters.h>
#include <bowline/result.h>
#include <bowline/time.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "ports/byte_stream.h"

namespace bowline::ports {

/// A connected, or connecting, TCP socket.
class StreamSocket : public ByteStream {
 public:
  /// After the first `writable` report: success if connected, or why not.
  [[nodiscard]] virtual Result<void> finish_connect() = 0;

  void append_facts(std::vector<LayerFacts>& layers) const override {
    layers.push_back({"tcp", std::nullopt, std::nullopt, statistics().smoothed_rtt, {}});
  }
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
  std::optional<Duration> user_timeout;  ///< give up on unacknowledged data
  std::optional<std::uint32_t> max_segment_bytes;
  std::optional<std::uint64_t> pacing_bytes_per_second;
  std::optional<std::uint8_t> hop_limit;
  bool fast_open = false;
  bool multipath = false;
  std::optional<std::size_t> send_buffer_bytes;  ///< the system's own buffers
  std::optional<std::size_t> receive_buffer_bytes;
  /// Of a connect: bytes will be written as soon as it is done, and the handshake's last packet may wait for
  /// them.
  bool speaks_first = false;
};

/// How what is sent is marked, and served by this host's own queues; 0 = not at all.
struct PacketMarks {
  std::uint8_t dscp = 0;      ///< the upper six bits of the traffic class (RFC 2474)
  std::uint8_t priority = 0;  ///< 0 to 6, as IEEE 802.1D
  friend bool operator==(const PacketMarks&, const PacketMarks&) = default;
};

/// Where a socket is bound and what it may use.
struct Binding {
  std::optional<IpAddress> source;    ///< local address
  std::uint16_t port = 0;             ///< local port; 0 = the system chooses
  std::uint32_t interface_index = 0;  ///< use this interface only; 0 = any
  bool reuse_address = false;
  PacketMarks marks = {};
  AddressPreference address_preference = AddressPreference::system;  ///< of IPv6, without a source
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
