#pragma once

#include <string>
#include <vector>

#include "lab.h"

namespace bowline::test {

/// Real servers on the far host of a lab; each is ready when the call returns.

/// On port 80 of every address, IPv4 and IPv6; the page is `nginx`.
[[nodiscard]] Child start_nginx(Lab& lab);
/// Python's own HTTP server, on port 80 of one address or, with ::, of a dual-stack socket; the page is
/// `python`.
[[nodiscard]] Child start_python(Lab& lab, const std::string& address = "::");
/// Both know Lab::name with both of the far host's addresses, at 192.0.2.53.
[[nodiscard]] Child start_unbound(Lab& lab);
[[nodiscard]] Child start_dnsmasq(Lab& lab);

/// A DNS server that gives for each type what the rules say; see dns_server.py.
[[nodiscard]] Child start_dns(Lab& lab, std::vector<std::string> rules,
                              const std::string& address = "192.0.2.53");

/// Our own listener, which does to each connection what it is told, until it is killed.
enum class Conduct : std::uint8_t {
  echo,   ///< sends back what comes, and closes when the peer has
  hold,   ///< keeps it open, and reads only the peer's end
  ignore  ///< keeps it open, and never reads
};
/// Prints `heap N` and `descriptors N` on getting a connection to the port above `port`, which it closes at
/// once.
[[nodiscard]] Child start_listener(Lab& lab, std::uint16_t port, Conduct conduct);

/// Takes IPv4 and IPv6 as they come, on one port of one loop, and echoes: the same without a process of its
/// own.
class EchoServer {
 public:
  EchoServer(Loop& loop, std::uint16_t port, const Tcp& stack = tcp());
  Listener<StreamConnection> listener;
};

}  // namespace bowline::test
