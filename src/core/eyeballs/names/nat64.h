#pragma once

#include <optional>

#include <bowline/address.h>

namespace bowline::core {

/// The IPv6 address under which a NAT64 with `prefix` reaches `v4`.
///
/// Nothing if the prefix has no length of RFC 6052 2.2, or if the address means this host, this
/// link or everybody on it: a translator elsewhere has no business with 0/8, 127/8, 169.254/16 and
/// 255.255.255.255. The well-known prefix 64:ff9b::/96 stands for global addresses only (RFC 6052 3.1).
[[nodiscard]] std::optional<IpAddress> synthesise_nat64(const IpPrefix& prefix,
                                                        const IpAddress& v4);

/// The IPv4 address inside `v6`, if that lies within `prefix`; the inverse of synthesise_nat64.
[[nodiscard]] std::optional<IpAddress> extract_nat64(const IpPrefix& prefix, const IpAddress& v6);

}  // namespace bowline::core
