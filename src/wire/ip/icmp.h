#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include <bowline/result.h>

#include "wire/ip/packet.h"

namespace bowline::wire {

/// What an ICMP error says, alike for both families.
enum class IcmpErrorKind : std::uint8_t {
  net_unreachable,
  host_unreachable,
  port_unreachable,
  prohibited,
  packet_too_big,
};
[[nodiscard]] std::string_view to_string(IcmpErrorKind kind);  // "port unreachable"

/// "Your packet did not arrive": the errors of ICMP and ICMPv6 that a socket is told about.
///
/// source    RFC 792, RFC 1191 4, RFC 1812 5.2.7.1; RFC 4443 3.1 and 3.2
struct IcmpError {
  IcmpErrorKind kind{};
  std::uint32_t mtu = 0;  ///< for packet_too_big
  std::span<const std::byte>
      quoted;  ///< the start of the packet concerned: see IpFlow::parse_quoted

  /// errors    malformed: a wrong length or checksum; unsupported for every other ICMP message
  [[nodiscard]] static Result<IcmpError> parse(const IpPacket& packet);

  /// Wire form between these two addresses; quotes as much as keeps the packet within 576 or 1280 bytes.
  [[nodiscard]] std::vector<std::byte> encode(const IpAddress& source,
                                              const IpAddress& destination) const;
};

/// The ICMP of an address family.
[[nodiscard]] constexpr IpProtocol icmp_of(Family family) {
  return family == Family::ipv4 ? IpProtocol::icmp : IpProtocol::icmpv6;
}

}  // namespace bowline::wire
