#pragma once

#include <bowline/export.h>
#include <bowline/result.h>

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace BOWLINE_API bowline {

enum class Family : std::uint8_t { ipv4, ipv6 };

[[nodiscard]] std::string to_string(Family family);  // "ipv4", "ipv6"

/// An IPv4 or IPv6 address. An IPv6 address may carry a scope: the index of the interface it is valid on.
///
/// size      24 bytes, a plain value
/// source    RFC 4291, RFC 4007 (scopes), RFC 5952 (text form)
class IpAddress {
 public:
  /// 0.0.0.0
  constexpr IpAddress() = default;
  [[nodiscard]] static constexpr IpAddress v4(std::array<std::uint8_t, 4> octets) {
    IpAddress address;
    for (std::size_t i = 0; i < 4; ++i) address.octets_[i] = octets[i];
    return address;
  }
  [[nodiscard]] static constexpr IpAddress v6(std::array<std::uint8_t, 16> octets,
                                              std::uint32_t scope_id = 0) {
    IpAddress address;
    address.octets_ = octets;
    address.scope_id_ = scope_id;
    address.family_ = Family::ipv6;
    return address;
  }
  [[nodiscard]] static IpAddress any(Family family);
  [[nodiscard]] static IpAddress loopback(Family family);

  /// Dotted quad, or any RFC 4291 form, with an optional numeric zone: `fe80::1%3`. A zone that is a name
  /// needs the host's list of interfaces and is resolved by `Endpoint`; here it is `malformed`.
  [[nodiscard]] static Result<IpAddress> parse(std::string_view text);

  [[nodiscard]] constexpr Family family() const { return family_; }
  [[nodiscard]] constexpr bool is_v4() const { return family_ == Family::ipv4; }
  [[nodiscard]] constexpr bool is_v6() const { return family_ == Family::ipv6; }
  /// 4 or 16 octets in network order.
  [[nodiscard]] constexpr std::span<const std::uint8_t> octets() const {
    return std::span(octets_).first(is_v4() ? 4 : 16);
  }
  /// Interface index; 0 = none.
  [[nodiscard]] constexpr std::uint32_t scope_id() const { return scope_id_; }
  [[nodiscard]] IpAddress with_scope(std::uint32_t scope_id) const;

  [[nodiscard]] bool is_unspecified() const;
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_link_local() const;
  [[nodiscard]] bool is_multicast() const;
  [[nodiscard]] bool is_v4_mapped() const;  ///< ::ffff:0:0/96
  /// ::ffff:192.0.2.1 as 192.0.2.1; every other address as it is.
  [[nodiscard]] IpAddress unmapped() const;
  /// 192.0.2.1 as ::ffff:192.0.2.1; IPv6 as it is.
  [[nodiscard]] IpAddress mapped() const;

  friend constexpr auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  Family family_ = Family::ipv4;
  std::uint32_t scope_id_ = 0;
  std::array<std::uint8_t, 16> octets_{};
};

/// RFC 5952 text, with `%3` if scoped.
[[nodiscard]] std::string to_string(const IpAddress& address);

/// An address and the number of leading bits that count: `2001:db8::/32`.
class IpPrefix {
 public:
  constexpr IpPrefix() = default;
  /// Bits beyond `length` are cleared; `length` is at most 32 or 128.
  IpPrefix(IpAddress address, unsigned length);
  [[nodiscard]] static Result<IpPrefix> parse(std::string_view text);

  [[nodiscard]] const IpAddress& address() const { return address_; }
  [[nodiscard]] unsigned length() const { return length_; }
  /// Same family, and equal in the first `length()` bits; scopes do not count.
  [[nodiscard]] bool contains(const IpAddress& address) const;

  friend auto operator<=>(const IpPrefix&, const IpPrefix&) = default;

 private:
  IpAddress address_;
  unsigned length_ = 0;
};

[[nodiscard]] std::string to_string(const IpPrefix& prefix);

/// Leading bits that two addresses of one family share; 0 across families.
[[nodiscard]] unsigned common_prefix_length(const IpAddress& a, const IpAddress& b);

/// An address and a port: one end of a TCP connection or UDP flow.
struct SocketAddress {
  IpAddress ip;
  std::uint16_t port = 0;

  constexpr SocketAddress() = default;
  constexpr SocketAddress(IpAddress ip_, std::uint16_t port_) : ip(ip_), port(port_) {}

  /// `192.0.2.1:53`, `[2001:db8::1]:53`, `[fe80::1%3]:53`.
  [[nodiscard]] static Result<SocketAddress> parse(std::string_view text);

  friend constexpr auto operator<=>(const SocketAddress&, const SocketAddress&) = default;
};

[[nodiscard]] std::string to_string(const SocketAddress& address);

}  // namespace BOWLINE_API bowline

template <>
struct std::hash<bowline::IpAddress> {
  std::size_t operator()(const bowline::IpAddress& address) const noexcept;
};

template <>
struct std::hash<bowline::SocketAddress> {
  std::size_t operator()(const bowline::SocketAddress& address) const noexcept;
};
