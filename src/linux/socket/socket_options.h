#pragma once

#include <bowline/address.h>
#include <bowline/result.h>

#include <cstdint>

#include "linux/socket/socket_address.h"
#include "linux/system/descriptor.h"
#include "linux/system/system.h"
#include "ports/stream_socket.h"

namespace bowline::linux_host {

/// What is a socket bound for: to reach a peer, or to be reached?
enum class SocketRole : std::uint8_t { client, listener };

/// A socket whose system calls give typed errors; `operation` names them.
struct SocketSetup {
  const System& system;
  int fd;
  Family family;
  const char* operation;

  /// `value` of setsockopt, by its own size.
  template <class Value>
  [[nodiscard]] Result<void> set(int level, int name, const Value& value) const {
    if (system.setsockopt(fd, level, name, &value, sizeof value) < 0)
      return Error::from_errno(errno, operation);
    return {};
  }

  [[nodiscard]] Result<void> set_stream_options(const ports::StreamOptions& options) const;
  /// What the traffic class and this host's queues shall be. `ecn` is the lower two bits, where TCP does not
  /// rule them itself.
  [[nodiscard]] Result<void> set_marks(const ports::PacketMarks& marks, Ecn ecn) const;
  /// SO_RCVBUF or SO_SNDBUF; beyond the system's limit where we may.
  [[nodiscard]] Result<void> set_buffer_bytes(int name, std::size_t bytes) const;
  /// Only this interface from now on; a client may have to do with sending over no other.
  [[nodiscard]] Result<void> use_interface(std::uint32_t interface_index, SocketRole role) const;
  /// All of a binding but its address and port.
  [[nodiscard]] Result<void> set_binding_options(const ports::Binding& binding,
                                                 SocketRole role) const;
  [[nodiscard]] Result<void> bind(const SocketAddress& local) const;
};

[[nodiscard]] Result<Descriptor> open_socket(const System& system, Family family, int type,
                                             const char* operation, int protocol = 0);

/// A TCP socket, or one of Multipath TCP.
/// errors    unsupported where the kernel has none, naming it
[[nodiscard]] Result<Descriptor> open_stream_socket(const System& system, Family family,
                                                    bool multipath, const char* operation);

/// A failure with the option's name in its message.
[[nodiscard]] Result<void> named(const char* option, Result<void> done);

/// Where `fd` is bound; 0.0.0.0:0 if the kernel will not say.
[[nodiscard]] SocketAddress local_address_of(const System& system, int fd);

}  // namespace bowline::linux_host
