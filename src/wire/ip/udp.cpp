#include "wire/ip/udp.h"

#include "base/bytes.h"
#include "wire/ip/checksum.h"

namespace bowline::wire {

namespace {

Error malformed_udp(const char* what) { return {ErrorKind::malformed, "parse udp datagram", what}; }

}  // namespace

Result<UdpDatagram> UdpDatagram::parse(const IpPacket& packet) {
  if (packet.payload.size() < udp_header_bytes) return malformed_udp("shorter than a UDP header");
  ByteReader reader(packet.payload);
  UdpDatagram datagram;
  datagram.source_port = *reader.u16();
  datagram.destination_port = *reader.u16();
  const std::size_t length = *reader.u16();
  const std::uint16_t checksum = *reader.u16();
  if (length < udp_header_bytes || length > packet.payload.size()) return malformed_udp("length");
  const auto bytes = packet.payload.first(length);
  // RFC 768: all zero means that the sender made no checksum; IPv6 does not allow that.
  const bool unchecked = checksum == 0 && packet.source.is_v4();
  if (!unchecked && (checksum == 0 || transport_checksum(packet.source, packet.destination,
                                                         IpProtocol::udp, bytes) != 0))
    return malformed_udp("checksum");
  datagram.payload = bytes.subspan(udp_header_bytes);
  return datagram;
}

std::vector<std::byte> UdpDatagram::encode(const IpAddress& source,
                                           const IpAddress& destination) const {
  std::vector<std::byte> bytes;
  bytes.reserve(udp_header_bytes + payload.size());
  ByteWriter writer(bytes);
  writer.u16(source_port);
  writer.u16(destination_port);
  writer.u16(static_cast<std::uint16_t>(udp_header_bytes + payload.size()));
  writer.u16(0);
  writer.bytes(payload);
  const std::uint16_t checksum = transport_checksum(source, destination, IpProtocol::udp, bytes);
  writer.patch_u16(6, checksum == 0 ? 0xffff : checksum);
  return bytes;
}

}  // namespace bowline::wire
