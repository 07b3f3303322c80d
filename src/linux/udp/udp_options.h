#pragma once

#include <bowline/result.h>

#include "linux/socket/socket_options.h"
#include "ports/datagram_socket.h"

namespace bowline::linux_host {

/// Makes a UDP socket what its options say, in the words of IPv4, of IPv6, or of both for a dual-stack one.
/// An error names the option.
class UdpSetup {
 public:
  UdpSetup(const System& system, int fd, Family family, bool dual_stack)
      : setup_{system, fd, family, "open datagram"}, dual_stack_(dual_stack) {}

  /// The family of the socket itself.
  [[nodiscard]] static Family family_of(const ports::DatagramOptions& options);
  /// An IPv6 socket that also speaks IPv4.
  [[nodiscard]] static bool is_dual_stack(const ports::DatagramOptions& options);

  /// Sets every option, binds and connects.
  [[nodiscard]] Result<void> open(const ports::DatagramOptions& options) const;
  /// Whether the kernel now gives what came together together; before Linux 5.0 it does not.
  [[nodiscard]] bool try_receive_runs() const;
  [[nodiscard]] bool can_send_runs() const;

  [[nodiscard]] Result<void> join(const ports::Membership& membership) const;
  [[nodiscard]] Result<void> leave(const ports::Membership& membership) const;

 private:
  struct Option {
    const char* name;
    int v4;
    int v6;
  };

  [[nodiscard]] bool speaks_v4() const { return setup_.family == Family::ipv4 || dual_stack_; }
  [[nodiscard]] bool speaks_v6() const { return setup_.family == Family::ipv6; }
  [[nodiscard]] Result<void> set(const Option& option, int value) const;
  [[nodiscard]] Result<void> set_packet_options(const ports::DatagramOptions& options) const;
  [[nodiscard]] Result<void> set_wanted(const ports::DatagramOptions& options) const;
  [[nodiscard]] Result<void> set_multicast(const ports::MulticastOptions& options) const;
  [[nodiscard]] Result<void> set_socket_options(const ports::DatagramOptions& options) const;
  [[nodiscard]] Result<void> bind(const ports::DatagramOptions& options) const;
  [[nodiscard]] Result<void> connect(const SocketAddress& remote) const;
  void drop_early() const;
  [[nodiscard]] Result<void> hear_own_groups_only(Family family) const;
  [[nodiscard]] Result<void> change_membership(const ports::Membership& membership, int plain,
                                               int with_source, const char* operation) const;

  SocketSetup setup_;
  bool dual_stack_;
};

}  // namespace bowline::linux_host
