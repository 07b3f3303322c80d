#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <bowline/address.h>
#include <bowline/result.h>

namespace bowline::wire {

/// What an IP packet carries; every other number is carried as it is, IPv6 extension headers included.
enum class IpProtocol : std::uint8_t { icmp = 1, tcp = 6, udp = 17, icmpv6 = 58 };

inline constexpr std::size_t ipv4_header_bytes = 20;
inline constexpr std::size_t ipv6_header_bytes = 40;
[[nodiscard]] constexpr std::size_t ip_header_bytes(Family family) {
  return family == Family::ipv4 ? ipv4_header_bytes : ipv6_header_bytes;
}

/// One IP packet: the header fields that matter, and what it carries.
///
/// source    RFC 791, RFC 8200
struct IpPacket {
  IpAddress source;  ///< decides the version; `destination` is of the same family
  IpAddress destination;
  IpProtocol protocol{};
  std::uint8_t hop_limit = 64;
  std::uint8_t traffic_class = 0;
  std::uint16_t identification = 0;   ///< IPv4 only
  bool dont_fragment = true;          ///< IPv4 only; IPv6 never fragments on the way
  bool more_fragments = false;        ///< IPv4 only
  std::uint16_t fragment_offset = 0;  ///< IPv4 only; in units of 8 bytes
  std::span<const std::byte> payload;

  [[nodiscard]] bool is_fragment() const { return more_fragments || fragment_offset != 0; }

  /// The packet at the start of `bytes`; `payload` points into them. IPv4 options are skipped, and bytes
  /// behind the packet's own length ignored.
  /// errors    malformed: a wrong version, length or IPv4 header checksum
  [[nodiscard]] static Result<IpPacket> parse(std::span<const std::byte> bytes);

  /// Wire form, without options; `payload` is at most 65,515 bytes (IPv4) or 65,535 bytes.
  [[nodiscard]] std::vector<std::byte> encode() const;
};

/// Who talks to whom: what names a TCP connection or a UDP flow on the wire.
struct IpFlow {
  IpProtocol protocol{};
  SocketAddress source;
  SocketAddress destination;

  /// The flow of a TCP or UDP packet of which at least the header and 8 bytes are there: as quoted by an
  /// ICMP error, where lengths and checksums need not fit the bytes.
  /// errors    malformed; unsupported where the packet is neither TCP nor UDP
  [[nodiscard]] static Result<IpFlow> parse_quoted(std::span<const std::byte> bytes);

  friend bool operator==(const IpFlow&, const IpFlow&) = default;
};

}  // namespace bowline::wire
