#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "ports/datagram_socket.h"
#include "sim/host/ip_layer.h"
#include "sim/host/local_ports.h"
#include "sim/host/socket_count.h"
#include "sim/host/tcp_stack.h"
#include "sim/net/world.h"
#include "wire/ip/icmp.h"

namespace bowline::sim {

/// A UDP socket: where it is bound, and what has come.
struct UdpSocket {
  struct Datagram {
    SocketAddress remote;
    IpAddress destination;
    std::vector<std::byte> bytes;
    DatagramFacts facts;
    /// What it takes of the receive buffer: also an empty one takes something.
    [[nodiscard]] std::size_t queue_cost() const { return bytes.size() + 64; }
  };

  SocketAddress local;
  bool dual_stack = false;
  bool reuse_port = false;
  bool reuse_address = false;
  std::uint32_t interface_index = 0;
  ports::Fragmentation fragmentation = ports::Fragmentation::refuse;
  std::optional<std::uint8_t> hop_limit;
  Ecn ecn = Ecn::not_ect;
  std::uint8_t dscp = 0;
  std::uint64_t drops = 0;  ///< for want of room in the queue
  ports::MulticastOptions multicast;
  std::vector<ports::Membership> memberships;  ///< each on a certain interface
  bool keeps_failures = false;                 ///< ICMP errors go to `failures`
  std::deque<ports::DatagramFailure> failures;
  std::optional<SocketAddress> peer;  ///< if connected
  std::deque<Datagram> queue;
  std::size_t queue_bytes = 0;
  std::size_t queue_bytes_max = 212'992;  ///< Linux's
  std::optional<Error> failure;           ///< from an ICMP error, until it is read
  SocketWatcher* watcher = nullptr;
};

/// A host's UDP.
class UdpStack {
 public:
  UdpStack(World& world, IpLayer& ip, Random& random, SocketCount& sockets)
      : world_(world), ip_(ip), random_(random), sockets_(sockets) {}

  [[nodiscard]] Result<UdpSocket*> open(const ports::DatagramOptions& options);
  void close(UdpSocket& socket);
  /// Sends every datagram of a run.
  [[nodiscard]] Result<void> send(UdpSocket& socket, const ports::DatagramRun& run);
  [[nodiscard]] std::size_t datagram_bytes_max(const UdpSocket& socket,
                                               const SocketAddress& remote) const {
    return datagram_bytes_max(socket, remote, socket.interface_index);
  }

  [[nodiscard]] Result<void> join(UdpSocket& socket, const ports::Membership& membership);
  [[nodiscard]] Result<void> leave(UdpSocket& socket, const ports::Membership& membership);

  void handle(const wire::IpPacket& packet, std::uint32_t interface_index);
  void handle_icmp(const wire::IpFlow& flow, const wire::IcmpError& error);

 private:
  [[nodiscard]] std::size_t datagram_bytes_max(const UdpSocket& socket, const SocketAddress& remote,
                                               std::uint32_t interface_index) const;
  [[nodiscard]] Result<SocketAddress> choose_local(const ports::DatagramOptions& options) const;
  [[nodiscard]] Result<void> check_free(const UdpSocket& socket) const;
  [[nodiscard]] Result<void> send_one(const UdpSocket& socket, wire::IpPacket packet,
                                      std::uint16_t destination_port, std::uint32_t interface_index,
                                      std::span<const std::byte> bytes);
  [[nodiscard]] std::uint32_t interface_for(const UdpSocket& socket, const SocketAddress& remote,
                                            std::uint32_t asked_for) const;
  /// The membership with its interface, as it is kept.
  [[nodiscard]] Result<ports::Membership> placed(const UdpSocket& socket,
                                                 const ports::Membership& membership,
                                                 const char* operation) const;
  [[nodiscard]] UdpSocket* find(const SocketAddress& local, const SocketAddress& remote,
                                std::uint32_t interface_index);
  [[nodiscard]] std::vector<UdpSocket*> find_members(const SocketAddress& local,
                                                     const SocketAddress& remote,
                                                     std::uint32_t interface_index);
  void deliver(UdpSocket& socket, UdpSocket::Datagram datagram);
  void keep_failure(UdpSocket& socket, const wire::IpFlow& flow, wire::IcmpErrorKind kind);
  void report_closed_port(const wire::IpPacket& packet, std::uint32_t interface_index);

  World& world_;
  IpLayer& ip_;
  Random& random_;
  SocketCount& sockets_;
  LocalPorts ports_;
  std::vector<std::unique_ptr<UdpSocket>> open_;
};

}  // namespace bowline::sim
