#pragma once

#include <optional>
#include <string_view>

#include <bowline/endpoint.h>
#include <bowline/loop.h>
#include <bowline/parameters.h>
#include <bowline/proxy.h>
#include <bowline/result.h>

#include "cli/words/arguments.h"

namespace bowline::cli {

/// What the options of connect and cat say about the network, once they are known to make sense on
/// this host.
struct NetworkOptions {
  bool udp = false;
  std::optional<Family> family;
  std::optional<Duration> timeout;  ///< only if it was given
  Parameters parameters;            ///< without timeout
  std::optional<Proxy> proxy;
  TcpOptions tcp;
};

/// errors    invalid_argument for what does not parse, contradicts itself or names an interface
/// that is not there
[[nodiscard]] Result<NetworkOptions> read_network_options(const Invocation& invocation, Loop& loop);

/// The options that say which way connections may go: family, interface, its type, what is prohibited, and
/// the service class; of these, those that the command has.
[[nodiscard]] Result<void> read_way_options(const Invocation& invocation, Loop& loop,
                                            Parameters& into);

/// The endpoint that HOST PORT or URL names. errors: invalid_argument; an address that the options
/// exclude counts too.
[[nodiscard]] Result<Endpoint> read_remote(const Invocation& invocation,
                                           const NetworkOptions& options, Loop& loop);

/// An address endpoint's interface must exist, and a link-local address must have one. errors:
/// invalid_argument
[[nodiscard]] Result<void> check_scope(const Endpoint& endpoint, const NetworkOptions& options,
                                       Loop& loop);

/// ::ffff:192.0.2.1 is an IPv4 address in disguise, and IPv4 is what goes over the wire.
[[nodiscard]] SocketAddress unmapped(const SocketAddress& address);

/// "443". errors: invalid_argument outside of `min` to 65535.
[[nodiscard]] Result<std::uint16_t> read_port(std::string_view text, std::uint16_t min);
/// "192.0.2.53", "2001:db8::53", "[2001:db8::53]:5353", "192.0.2.53:5353"; `port` is for those
/// without one. errors: as check_scope.
[[nodiscard]] Result<SocketAddress> read_address(std::string_view text, std::uint16_t port,
                                                 const NetworkOptions& options, Loop& loop);
/// "2", "0.25": seconds, more than nothing and up to a week.
[[nodiscard]] Result<Duration> read_seconds(std::string_view text,
                                            std::string_view option = "--timeout");

}  // namespace bowline::cli
