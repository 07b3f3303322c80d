#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ports/stream_socket.h"
#include "sim/host/addressing.h"
#include "sim/host/ip_layer.h"
#include "sim/host/local_ports.h"
#include "sim/host/socket_count.h"
#include "sim/net/world.h"
#include "sim/tcp/connection.h"
#include "wire/ip/icmp.h"

namespace bowline::sim {

/// Told that a socket or listener may have become readable or writable; it only takes note.
class SocketWatcher {
 public:
  virtual void handle_socket_change() = 0;

 protected:
  ~SocketWatcher() = default;
};

class TcpListenPoint;

/// Who has a connection.
enum class TcpHolder : std::uint8_t {
  handshake,  ///< of a listener's
  queue,      ///< waits to be accepted, even if it has died meanwhile
  program,    ///< counts as one of the host's sockets
  nobody,     ///< it goes when it has ended
};

/// A connection and its place on the host.
struct TcpSocket {
  TcpConnection connection;
  SocketAddress local;
  SocketAddress remote;
  std::uint32_t interface_index = 0;
  std::uint64_t id = 0;
  SocketWatcher* watcher = nullptr;
  TcpListenPoint* parent = nullptr;  ///< until somebody accepts it
  TcpHolder holder = TcpHolder::program;
  std::optional<Instant> timer_at;
  bool reuse_address = true;  ///< shares its address and port with others that do
  std::uint8_t dscp = 0;
  std::optional<std::uint8_t> hop_limit = {};
  std::uint64_t packets_sent = 0;
  std::uint64_t packets_received = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t bytes_received = 0;  ///< payload, what came twice included
};

/// Where connections come in.
class TcpListenPoint {
 public:
  TcpListenPoint(SocketAddress local, const ports::ListenOptions& options, SocketWatcher& watcher)
      : local_(local), options_(options), watcher_(watcher) {}

  [[nodiscard]] const SocketAddress& local() const { return local_; }
  /// The only one that it hears; 0 is any.
  [[nodiscard]] std::uint32_t interface_index() const {
    return zone_or(local_.ip, options_.binding.interface_index);
  }
  /// Somebody waits to be accepted.
  [[nodiscard]] bool readable() const { return !queue_.empty(); }

 private:
  friend class TcpStack;
  SocketAddress local_;
  ports::ListenOptions options_;
  SocketWatcher& watcher_;
  std::deque<TcpSocket*> queue_;  ///< connected, not accepted yet
  std::size_t half_open_ = 0;
};

/// A host's TCP: finds the connection a segment belongs to, and sends what connections say.
class TcpStack {
 public:
  TcpStack(World& world, IpLayer& ip, Random& random, SocketCount& sockets,
           unsigned syn_retries_max)
      : world_(world),
        ip_(ip),
        random_(random),
        sockets_(sockets),
        syn_retries_max_(syn_retries_max),
        secret_(random.next()) {}

  [[nodiscard]] Result<TcpSocket*> connect(const SocketAddress& remote,
                                           const ports::Binding& binding,
                                           const ports::StreamOptions& options);
  [[nodiscard]] Result<TcpListenPoint*> listen(const SocketAddress& local,
                                               const ports::ListenOptions& options,
                                               SocketWatcher& watcher);
  /// The next connection, which may have died; null if none waits.
  /// errors    resources_exhausted; the connection stays in the queue
  [[nodiscard]] Result<TcpSocket*> accept(TcpListenPoint& point);
  /// Resets what nobody accepted.
  void close(TcpListenPoint& point);

  /// After anything was done to a connection: sends what it says, keeps its timer, tells its watcher.
  /// The socket may be gone afterwards if nobody holds it.
  void service(TcpSocket& socket);
  /// Nobody holds the socket any more.
  void release(TcpSocket& socket);

  void handle(const wire::IpPacket& packet, std::uint32_t interface_index);
  void handle_icmp(const wire::IpFlow& flow, const wire::IcmpError& error);

 private:
  struct Key {
    SocketAddress local;
    SocketAddress remote;
    auto operator<=>(const Key&) const = default;
  };

  [[nodiscard]] static Result<void> check_options(const ports::StreamOptions& options,
                                                  const char* operation);
  [[nodiscard]] Result<void> check_bind(const ports::Binding& binding, Family family) const;
  [[nodiscard]] TcpOptions tcp_options(const ports::StreamOptions& options, const IpAddress& remote,
                                       std::uint32_t interface_index) const;
  [[nodiscard]] std::size_t segment_bytes_max(const IpAddress& remote,
                                              std::uint32_t interface_index) const;
  [[nodiscard]] TcpSocket& add(TcpConnection connection, const Key& key,
                               std::uint32_t interface_index);
  void remove(TcpSocket& socket);
  void answer(const Key& key, std::uint32_t interface_index, const wire::TcpSegment& segment);
  [[nodiscard]] std::uint32_t initial_sequence(const Key& key) const;
  [[nodiscard]] TcpListenPoint* find_listener(const SocketAddress& local,
                                              const SocketAddress& remote,
                                              std::uint32_t interface_index);
  void handle_established(TcpSocket& socket);
  void leave_parent(TcpSocket& socket);
  void leave_connections(const TcpSocket& socket);
  /// `from` says how the packet is marked; null: nobody's.
  void send(const Key& ends, std::uint32_t interface_index, wire::TcpSegment segment,
            const TcpSocket* from = nullptr);
  void arm(TcpSocket& socket);
  void handle_timer(std::uint64_t id, Instant at);

  World& world_;
  IpLayer& ip_;
  Random& random_;
  SocketCount& sockets_;
  unsigned syn_retries_max_;
  std::uint64_t secret_;
  LocalPorts ports_;
  std::map<std::uint64_t, std::unique_ptr<TcpSocket>> by_id_;
  std::map<Key, TcpSocket*> connections_;  ///< those that are not closed
  std::uint64_t ids_made_ = 0;
  std::vector<std::unique_ptr<TcpListenPoint>> listeners_;
};

}  // namespace bowline::sim
