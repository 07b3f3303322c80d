#include "wire/ip/packet.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "base/bytes.h"
#include "wire/ip/checksum.h"

namespace bowline::wire {

namespace {

constexpr std::uint16_t dont_fragment_flag = 0x4000;
constexpr std::uint16_t more_fragments_flag = 0x2000;
constexpr std::uint16_t fragment_offset_mask = 0x1fff;

/// An IP header, and what it says about its own size and the packet's.
struct Header {
  IpPacket fields;
  std::size_t header_bytes = 0;
  std::size_t packet_bytes = 0;
};

Error malformed_packet(const char* what) { return {ErrorKind::malformed, "parse ip packet", what}; }

template <std::size_t Size>
std::array<std::uint8_t, Size> octets_at(std::span<const std::byte> bytes, std::size_t offset) {
  std::array<std::uint8_t, Size> octets;
  std::ranges::transform(bytes.subspan(offset, Size), octets.begin(),
                         [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return octets;
}

std::uint8_t u8_at(std::span<const std::byte> bytes, std::size_t offset) {
  return std::to_integer<std::uint8_t>(bytes[offset]);
}
std::uint16_t u16_at(std::span<const std::byte> bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(u8_at(bytes, offset) << 8 | u8_at(bytes, offset + 1));
}

Result<Header> parse_ipv4_header(std::span<const std::byte> bytes) {
  if (bytes.size() < ipv4_header_bytes) return malformed_packet("shorter than an IPv4 header");
  Header header;
  header.header_bytes = std::size_t{4} * (u8_at(bytes, 0) & 0x0f);
  header.packet_bytes = u16_at(bytes, 2);
  if (header.header_bytes < ipv4_header_bytes || header.header_bytes > bytes.size())
    return malformed_packet("IPv4 header length");
  if (header.packet_bytes < header.header_bytes) return malformed_packet("IPv4 total length");
  InternetChecksum checksum;
  checksum.add(bytes.first(header.header_bytes));
  if (checksum.value() != 0) return malformed_packet("IPv4 header checksum");

  const std::uint16_t fragment = u16_at(bytes, 6);
  IpPacket& fields = header.fields;
  fields.traffic_class = u8_at(bytes, 1);
  fields.identification = u16_at(bytes, 4);
  fields.dont_fragment = (fragment & dont_fragment_flag) != 0;
  fields.more_fragments = (fragment & more_fragments_flag) != 0;
  fields.fragment_offset = fragment & fragment_offset_mask;
  fields.hop_limit = u8_at(bytes, 8);
  fields.protocol = static_cast<IpProtocol>(u8_at(bytes, 9));
  fields.source = IpAddress::v4(octets_at<4>(bytes, 12));
  fields.destination = IpAddress::v4(octets_at<4>(bytes, 16));
  return header;
}

Result<Header> parse_ipv6_header(std::span<const std::byte> bytes) {
  if (bytes.size() < ipv6_header_bytes) return malformed_packet("shorter than an IPv6 header");
  Header header;
  header.header_bytes = ipv6_header_bytes;
  header.packet_bytes = ipv6_header_bytes + u16_at(bytes, 4);
  IpPacket& fields = header.fields;
  fields.traffic_class = static_cast<std::uint8_t>(u16_at(bytes, 0) >> 4 & 0xff);
  fields.protocol = static_cast<IpProtocol>(u8_at(bytes, 6));
  fields.hop_limit = u8_at(bytes, 7);
  fields.source = IpAddress::v6(octets_at<16>(bytes, 8));
  fields.destination = IpAddress::v6(octets_at<16>(bytes, 24));
  return header;
}

Result<Header> parse_header(std::span<const std::byte> bytes) {
  if (bytes.empty()) return malformed_packet("no bytes");
  const unsigned version = u8_at(bytes, 0) >> 4;
  if (version == 4) return parse_ipv4_header(bytes);
  if (version == 6) return parse_ipv6_header(bytes);
  return malformed_packet("IP version");
}

void write_ipv4_header(const IpPacket& packet, std::vector<std::byte>& into) {
  ByteWriter writer(into);
  writer.u8(0x45);
  writer.u8(packet.traffic_class);
  writer.u16(static_cast<std::uint16_t>(ipv4_header_bytes + packet.payload.size()));
  writer.u16(packet.identification);
  writer.u16(static_cast<std::uint16_t>((packet.dont_fragment ? dont_fragment_flag : 0) |
                                        (packet.more_fragments ? more_fragments_flag : 0) |
                                        (packet.fragment_offset & fragment_offset_mask)));
  writer.u8(packet.hop_limit);
  writer.u8(static_cast<std::uint8_t>(packet.protocol));
  writer.u16(0);
  writer.bytes(std::as_bytes(packet.source.octets()));
  writer.bytes(std::as_bytes(packet.destination.octets()));
  InternetChecksum checksum;
  checksum.add(into);
  writer.patch_u16(10, checksum.value());
}

void write_ipv6_header(const IpPacket& packet, std::vector<std::byte>& into) {
  ByteWriter writer(into);
  writer.u16(static_cast<std::uint16_t>(0x6000 | packet.traffic_class << 4));
  writer.u16(0);
  writer.u16(static_cast<std::uint16_t>(packet.payload.size()));
  writer.u8(static_cast<std::uint8_t>(packet.protocol));
  writer.u8(packet.hop_limit);
  writer.bytes(std::as_bytes(packet.source.octets()));
  writer.bytes(std::as_bytes(packet.destination.octets()));
}

}  // namespace

Result<IpPacket> IpPacket::parse(std::span<const std::byte> bytes) {
  BOWLINE_TRY(Header header, parse_header(bytes));
  if (header.packet_bytes > bytes.size()) return malformed_packet("cut short");
  header.fields.payload =
      bytes.subspan(header.header_bytes, header.packet_bytes - header.header_bytes);
  return header.fields;
}

std::vector<std::byte> IpPacket::encode() const {
  assert(source.family() == destination.family());
  assert(payload.size() + (source.is_v4() ? ipv4_header_bytes : 0) <= 65'535);
  std::vector<std::byte> bytes;
  bytes.reserve(ip_header_bytes(source.family()) + payload.size());
  source.is_v4() ? write_ipv4_header(*this, bytes) : write_ipv6_header(*this, bytes);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

Result<IpFlow> IpFlow::parse_quoted(std::span<const std::byte> bytes) {
  BOWLINE_TRY(const Header header, parse_header(bytes));
  const IpPacket& fields = header.fields;
  if (fields.protocol != IpProtocol::tcp && fields.protocol != IpProtocol::udp)
    return Error(ErrorKind::unsupported, "parse ip packet", "neither TCP nor UDP");
  // A later fragment does not hold the ports.
  if (fields.fragment_offset != 0 || bytes.size() < header.header_bytes + 8)
    return malformed_packet("no transport header");
  return IpFlow{fields.protocol,
                {fields.source, u16_at(bytes, header.header_bytes)},
                {fields.destination, u16_at(bytes, header.header_bytes + 2)}};
}

}  // namespace bowline::wire
