#pragma once

#include <bowline/address.h>
#include <bowline/export.h>
#include <bowline/result.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace BOWLINE_API bowline {

/// The name of a peer, or of a local binding: a host and port, an address, or a URL. An immutable value.
///
/// A host that is an IP literal is an address endpoint. A zone such as `fe80::1%eth0` is kept by name until
/// the endpoint is used, and fails there with `address_unavailable` if there is no such interface.
class Endpoint {
 public:
  /// Nowhere: the wildcard address and port 0.
  Endpoint() = default;
  Endpoint(SocketAddress address) : address_(address), is_address_(true) {}  // NOLINT

  /// Brackets may stand around an IPv6 address.
  ///
  /// errors    invalid_argument: empty or over-long name; a space, percent sign, control character or other
  ///           octet that is not ASCII; a bad label, a bad zone, a number that is no IPv4 address
  [[nodiscard]] static Result<Endpoint> parse_host(std::string_view host, std::uint16_t port);
  /// `https://user@example.com:8443/path`: scheme, host, port (or the scheme's own) and the rest, kept as it
  /// is.
  ///
  /// errors    invalid_argument; unsupported for a scheme without a known port and none given
  /// source    RFC 3986
  [[nodiscard]] static Result<Endpoint> parse_url(std::string_view url);

  [[nodiscard]] bool is_address() const { return is_address_; }
  /// Meaningful if is_address().
  [[nodiscard]] const SocketAddress& address() const { return address_; }
  /// The name as given, without a trailing dot's meaning being lost; an address in text form otherwise.
  [[nodiscard]] std::string host() const;
  [[nodiscard]] std::uint16_t port() const { return address_.port; }
  /// Interface name of the zone; empty if none, or if it was a number.
  [[nodiscard]] const std::string& zone() const { return zone_; }
  /// The whole URL, if it came from one; empty otherwise.
  [[nodiscard]] const std::string& url() const { return url_; }
  /// Why a string given to host(...) is not an endpoint; connecting to such an endpoint fails with it.
  [[nodiscard]] const Result<void>& validity() const { return validity_; }

  friend bool operator==(const Endpoint& a, const Endpoint& b) {
    return a.is_address_ == b.is_address_ && a.address_ == b.address_ && a.host_ == b.host_ &&
           a.zone_ == b.zone_ && a.url_ == b.url_;
  }

 private:
  friend Endpoint host(std::string_view name, std::uint16_t port);
  friend Endpoint url(std::string_view text);

  SocketAddress address_;
  bool is_address_ = false;
  std::string host_;
  std::string zone_;
  std::string url_;
  Result<void> validity_;
};

/// `host("example.com", 443)`: the short spelling. A bad name does not fail here but where it is used.
[[nodiscard]] Endpoint host(std::string_view name, std::uint16_t port);
/// `url("https://example.com/")`, the same way.
[[nodiscard]] Endpoint url(std::string_view text);

/// Every address of this host, of both families: where most servers listen.
[[nodiscard]] Endpoint any(std::uint16_t port);
/// 127.0.0.1 or ::1. To connect to this host by either family, use `host("localhost", port)`; a listener has
/// one socket, and that can be bound to one of the two.
[[nodiscard]] Endpoint loopback(std::uint16_t port, Family family = Family::ipv4);

/// `example.com:443`, `[2001:db8::1]:443`; safe to print whatever the name holds.
[[nodiscard]] std::string to_string(const Endpoint& endpoint);

}  // namespace BOWLINE_API bowline
