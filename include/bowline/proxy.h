#pragma once

#include <bowline/endpoint.h>
#include <bowline/export.h>
#include <bowline/parameters.h>
#include <bowline/result.h>
#include <bowline/security.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bowline::drive {
struct StackPlan;
}

namespace BOWLINE_API bowline {

enum class ProxyKind : std::uint8_t {
  http,   ///< by CONNECT, and for plain http by passing requests on
  https,  ///< the same, with TLS on the way to the proxy
  socks5  ///< RFC 1928: for all that stands on TCP
};
[[nodiscard]] std::string to_string(ProxyKind kind);  // as in a URL

/// A proxy on the way to a peer. It looks the peer's name up; what it says is never taken for the peer's.
/// A value; setters chain; copies share what was learnt about it.
class Proxy {
 public:
  struct Facts;  ///< the library's own; may grow
  Proxy(ProxyKind kind, std::string_view host, std::uint16_t port);
  /// `http://user:password@proxy.example.com:3128`; also https, socks5 and socks5h. Without a scheme http is
  /// meant; without a port 80, 443 or 1080.
  ///
  /// errors    malformed; unsupported for another scheme; invalid_argument for a path or query
  [[nodiscard]] static Result<Proxy> parse(std::string_view text);

  /// Who we are to it. Said once the proxy asks, by Digest if it can, else by Basic; SOCKS5 has but one way,
  /// which anybody on the way can read.
  Proxy& credential(std::string username, std::string password);
  /// Of the way to an https proxy; what it says of ALPN does not count.
  Proxy& security(const SecurityOptions& options);

  [[nodiscard]] ProxyKind kind() const;
  [[nodiscard]] const Endpoint& endpoint() const;
  [[nodiscard]] const std::string& username() const;
  [[nodiscard]] const std::string& password() const;
  [[nodiscard]] const SecurityOptions& security() const;
  /// `http://proxy.example.com:3128`: no user and no password, safe to print.
  [[nodiscard]] std::string text() const;
  /// For the library.
  [[nodiscard]] const Facts& facts() const { return *facts_; }

 private:
  Facts& change();
  std::shared_ptr<Facts> facts_;
};

/// TCP that goes through a proxy: `connect(loop, host("example.com", 443), tls(tunnel(proxy)))`. The race is
/// towards the proxy's addresses; the peer's name is not looked up here.
///
/// errors    of connecting: with "proxy" as Error::operation() what the proxy said: refused, unreachable,
///           timed_out, permission_denied; and those of reaching the proxy
class Tunnel {
 public:
  using connection_type = StreamConnection;
  Tunnel(const Proxy& proxy, const TcpOptions& tcp);
  [[nodiscard]] std::shared_ptr<const drive::StackPlan> plan() const { return plan_; }

 private:
  std::shared_ptr<const drive::StackPlan> plan_;
};

[[nodiscard]] Tunnel tunnel(const Proxy& proxy, const TcpOptions& tcp = {});
[[nodiscard]] inline Tls tls(const Tunnel& below, const SecurityOptions& options = {}) {
  return Tls(below.plan(), options);
}

/// Which requests of a session go through a proxy. A value; setters chain.
///
/// A session has a list of them. The first that fits says which proxies are tried, in order: the next one if
/// the one before cannot be reached, or speaks no such protocol; what a proxy says about the peer is final.
class ProxyRule {
 public:
  /// For all requests, unless told otherwise.
  explicit ProxyRule(const Proxy& first) : proxies_{first} {}
  /// Those that fit go the direct way.
  [[nodiscard]] static ProxyRule direct() { return {}; }

  ProxyRule& or_else(const Proxy& next);
  /// And if none of them can be reached, without a proxy.
  ProxyRule& or_direct(bool value = true);
  /// Only for hosts in this list, as NO_PROXY has it: `example.com, 10.0.0.0/8, [2001:db8::1]:8080`.
  ProxyRule& only_for(std::string hosts);
  /// But not for hosts in this one.
  ProxyRule& except(std::string hosts);
  /// Only for `http` or `https`.
  ProxyRule& only_scheme(std::string scheme);

  [[nodiscard]] const std::vector<Proxy>& proxies() const { return proxies_; }
  [[nodiscard]] bool allows_direct() const { return allows_direct_; }
  [[nodiscard]] const std::optional<std::string>& hosts() const { return hosts_; }
  [[nodiscard]] const std::string& exceptions() const { return exceptions_; }
  [[nodiscard]] const std::string& scheme() const { return scheme_; }

 private:
  ProxyRule() = default;
  std::vector<Proxy> proxies_;
  bool allows_direct_ = false;
  std::optional<std::string> hosts_;
  std::string exceptions_;
  std::string scheme_;
};

}  // namespace BOWLINE_API bowline
