#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "wire/ip/packet.h"

namespace bowline::wire {

/// The Internet checksum over a run of bytes, RFC 1071; `add` may be called with an odd size only last.
class InternetChecksum {
 public:
  void add(std::span<const std::byte> bytes);
  /// The pseudo header of RFC 9293 3.1 (IPv4) or RFC 8200 8.1 (IPv6).
  void add_pseudo_header(const IpAddress& source, const IpAddress& destination, IpProtocol protocol,
                         std::size_t payload_bytes);
  /// What goes into the checksum field; over a message with a right checksum in it, 0.
  [[nodiscard]] std::uint16_t value() const;

 private:
  std::uint64_t sum_ = 0;
};

/// The checksum of a transport payload together with its pseudo header.
[[nodiscard]] std::uint16_t transport_checksum(const IpAddress& source,
                                               const IpAddress& destination, IpProtocol protocol,
                                               std::span<const std::byte> payload);

}  // namespace bowline::wire
