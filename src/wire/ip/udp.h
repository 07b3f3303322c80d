#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <bowline/result.h>

#include "wire/ip/packet.h"

namespace bowline::wire {

inline constexpr std::size_t udp_header_bytes = 8;

/// One UDP datagram.
///
/// source    RFC 768, RFC 8200 8.1
struct UdpDatagram {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::span<const std::byte> payload;

  /// errors    malformed: a wrong length or checksum; none at all is taken over IPv4 only
  [[nodiscard]] static Result<UdpDatagram> parse(const IpPacket& packet);

  /// Wire form with the checksum between these two addresses; `payload` is at most 65,507 bytes.
  [[nodiscard]] std::vector<std::byte> encode(const IpAddress& source,
                                              const IpAddress& destination) const;
};

}  // namespace bowline::wire
