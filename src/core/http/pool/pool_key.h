#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace bowline::core {

/// Everything that must be equal before two requests may share a connection. Whoever adds an attribute of
/// security or routing to requests adds it here; the tests compare each attribute by itself.
struct PoolKey {
  // Whom it leads to.
  std::string scheme;
  std::string host;  ///< as a URL has it: lower case, an address in its one form
  std::uint16_t port = 0;

  // On which way.
  std::string interface = {};
  std::string source = {};    ///< local address and port
  std::string family = {};    ///< "ipv4", "ipv6", or both
  std::string resolver = {};  ///< the DNS server that was asked, if it was not the host's
  bool may_be_expensive = true;
  bool may_be_constrained = true;

  // Through whom.
  std::string proxy = {};             ///< kind, host and port
  std::string proxy_credential = {};  ///< who we are to it
  std::uint32_t proxy_security = 0;

  // How it is secured: settings that differ in anything have different numbers.
  std::uint32_t security = 0;
  std::string server_name = {};
  std::string peer_name = {};
  std::string pins = {};
  std::string roots = {};
  std::string tls_minimum = {};
  std::string client_identity = {};
  bool trusts_anybody = false;

  // For whom.
  std::string partition = {};  ///< top-level site
  std::string connection_credential =
      {};                   ///< of schemes that authenticate a connection: NTLM, Negotiate
  bool is_private = false;  ///< sends no cookies or credentials

  // What is spoken.
  std::string protocols = {};    ///< those that may be, as "h2,http/1.1"
  std::uint32_t generation = 0;  ///< a new one keeps what was opened before from being used

  /// Requests are passed on by the proxy, which is told the whole URL; else it makes a tunnel.
  [[nodiscard]] bool is_forwarded() const {
    return scheme == "http" && !proxy.empty() && !proxy.starts_with("socks5:");
  }

  friend bool operator==(const PoolKey&, const PoolKey&) = default;
  friend std::strong_ordering operator<=>(const PoolKey&, const PoolKey&) = default;
};

}  // namespace bowline::core
