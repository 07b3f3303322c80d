#pragma once

#include <linux/udp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <span>

#include "linux/socket/socket_address.h"
#include "ports/datagram_socket.h"

namespace bowline::linux_host {

/// What the kernel needs to know to send one run, or one datagram of it.
class OutgoingMessage {
 public:
  /// Fills `into`, which stays valid as long as this object and the run.
  ///
  /// connected   the socket knows where to send
  void describe(const ports::DatagramRun& run, std::span<const std::byte> bytes,
                Family socket_family, bool connected, std::uint8_t dscp, msghdr& into);

 private:
  /// Where it comes from and by which interface it goes out.
  void add_way(const ports::DatagramRun& run, Family socket_family, Family family, msghdr& into);

  RawAddress remote_;
  iovec bytes_;
  static constexpr std::size_t control_bytes_max = CMSG_SPACE(sizeof(in6_pktinfo)) +
                                                   2 * CMSG_SPACE(sizeof(int)) +
                                                   CMSG_SPACE(sizeof(std::uint16_t));
  alignas(cmsghdr) std::array<std::byte, control_bytes_max> control_;
};

/// What the kernel says about one received run.
class IncomingMessage {
 public:
  explicit IncomingMessage(std::span<std::byte> room);
  IncomingMessage(const IncomingMessage&) = delete;
  IncomingMessage& operator=(const IncomingMessage&) = delete;

  [[nodiscard]] msghdr& header() { return header_; }
  /// All but the bytes of a run of `bytes` bytes; our address, and the facts, only if the message names them.
  void describe(std::size_t bytes, ports::ReceivedRun& into);
  /// The errno in a message from the error queue, if the network reported it; 0 for anything else.
  [[nodiscard]] int network_error();
  /// Who reported it, and whether it is that a hop limit was exceeded.
  struct Reporter {
    std::optional<IpAddress> address;
    bool hop_exceeded = false;
  };
  [[nodiscard]] Reporter reporter();
  /// Who sent it; of a message from the error queue, where the datagram went that it is about.
  [[nodiscard]] SocketAddress remote() const { return from_raw(remote_); }

 private:
  RawAddress remote_{};
  iovec bytes_;
  alignas(cmsghdr) std::array<std::byte, 256> control_;
  msghdr header_{};
};

}  // namespace bowline::linux_host
