#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <bowline/result.h>

#include "core/http/rules/challenge.h"

namespace bowline::core {

/// Where a tunnel is to lead. The name is not looked up here: the proxy does that.
struct TunnelTarget {
  std::string host;  ///< a name, or an address without brackets
  std::uint16_t port = 0;
};

/// Who we are to a proxy, and what is needed to say so.
struct ProxyLogin {
  std::string username;
  std::string password;
  std::string client_nonce;             ///< fresh chance, printable
  DigestHash hash;                      ///< unset: Digest cannot be answered
  std::optional<Challenge> known = {};  ///< what the proxy asked for before: answered unasked
  unsigned nonce_count = 0;             ///< how often its nonce was used before
};

/// The client's side of a handshake with a proxy; behind it the stream belongs to the peer.
///
///   start --> unwritten() is sent, what comes is taken ... --> is_open()
///
/// Nothing in here takes time into account: whoever runs it has a limit for the whole.
///
/// errors    refused, unreachable, timed_out, name_not_found, permission_denied: what the proxy said, with
///           "proxy" as operation; protocol_violation, malformed, limit_exceeded: what it must not say
class ProxyTunnel {
 public:
  virtual ~ProxyTunnel() = default;

  /// Once. errors    invalid_argument: the target or the login cannot be said to such a proxy
  [[nodiscard]] virtual Result<void> start() = 0;
  /// Takes octets from the front of what the proxy sent; those that it leaves belong to the tunnel. After an
  /// error nothing more is to be called.
  [[nodiscard]] virtual Result<std::size_t> take(std::span<const std::byte> bytes) = 0;
  /// The proxy has ended its side before the tunnel was open.
  [[nodiscard]] virtual Error handle_end() = 0;
  /// The challenge that was answered, or is to be answered on a new connection; null if there was none.
  [[nodiscard]] virtual const Challenge* challenge() const { return nullptr; }
  /// It wants to answer a challenge, but the proxy closes: on a new connection it would go on.
  [[nodiscard]] virtual bool wants_new_connection() const { return false; }

  [[nodiscard]] std::string_view unwritten() const {
    return std::string_view(output_).substr(written_);
  }
  void mark_written(std::size_t count) { written_ += count; }
  [[nodiscard]] bool is_open() const { return is_open_; }

 protected:
  void write(std::string_view bytes);

  bool is_open_ = false;

 private:
  std::string output_;
  std::size_t written_ = 0;
};

/// By CONNECT (RFC 9110 9.3.6): also through further messages on the same connection, if the proxy wants to
/// know who we are.
[[nodiscard]] std::unique_ptr<ProxyTunnel> make_http_tunnel(TunnelTarget target,
                                                            std::optional<ProxyLogin> login,
                                                            std::string user_agent = {});
/// By SOCKS5 (RFC 1928, RFC 1929).
[[nodiscard]] std::unique_ptr<ProxyTunnel> make_socks_tunnel(TunnelTarget target,
                                                             std::optional<ProxyLogin> login);

}  // namespace bowline::core
