#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <bowline/result.h>

#include "wire/ip/packet.h"

namespace bowline::wire {

inline constexpr std::size_t tcp_header_bytes = 20;  ///< without options

/// One TCP segment. Options other than the two named are skipped.
///
/// source    RFC 9293 3.1, RFC 7323 2 (window scale)
struct TcpSegment {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgement = 0;
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  bool psh = false;
  std::uint16_t window = 0;                        ///< as it stands in the header, not scaled
  std::optional<std::uint16_t> segment_bytes_max;  ///< the MSS option
  std::optional<std::uint8_t> window_scale;
  std::span<const std::byte> payload;

  /// errors    malformed: a wrong length, option or checksum
  [[nodiscard]] static Result<TcpSegment> parse(const IpPacket& packet);

  /// Wire form with the checksum between these two addresses.
  [[nodiscard]] std::vector<std::byte> encode(const IpAddress& source,
                                              const IpAddress& destination) const;

  /// How much of the sequence space it takes: its bytes, and one each for SYN and FIN.
  [[nodiscard]] std::uint32_t sequence_length() const {
    return static_cast<std::uint32_t>(payload.size()) + (syn ? 1 : 0) + (fin ? 1 : 0);
  }
};

/// The RST for a segment that belongs to no connection, RFC 9293 3.10.7.1; without payload.
[[nodiscard]] TcpSegment reset_answering(const TcpSegment& segment);

}  // namespace bowline::wire
