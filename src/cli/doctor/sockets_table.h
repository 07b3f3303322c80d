#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/address.h>

namespace bowline::cli {

/// One TCP or UDP socket of this host, as /proc/net lists it.
struct HostSocket {
  std::string protocol;  ///< "tcp", "udp"
  SocketAddress local;
  SocketAddress remote;
  bool listens = false;  ///< waits for peers: a TCP listener, or a UDP socket without a peer
  unsigned user_id = 0;
  std::uint64_t inode = 0;  ///< 0: it belongs to nobody any more
};

/// The rows of one table, such as /proc/net/tcp6; what is malformed is skipped.
[[nodiscard]] std::vector<HostSocket> parse_sockets(std::string_view table,
                                                    std::string_view protocol);
/// All of this host's, of the network namespace that the command runs in.
[[nodiscard]] std::vector<HostSocket> read_sockets();

/// A process that holds a socket.
struct SocketOwner {
  int process = 0;
  std::string name;     ///< as the kernel shows it
  std::string program;  ///< the file; empty if this user may not see it
};

/// Who holds it. Without privileges only this user's own processes are seen.
[[nodiscard]] std::vector<SocketOwner> owners_of(std::uint64_t inode);
/// The user's name, or the number.
[[nodiscard]] std::string user_name(unsigned user_id);

}  // namespace bowline::cli
