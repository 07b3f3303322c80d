#include "wire/ip/icmp.h"

#include <algorithm>
#include <optional>

#include "base/bytes.h"
#include "wire/ip/checksum.h"

namespace bowline::wire {

namespace {

constexpr std::size_t icmp_header_bytes = 8;

/// One kind of error in both numberings.
struct Numbers {
  IcmpErrorKind kind;
  std::uint8_t v4_type, v4_code, v6_type, v6_code;
};
/// The first row of a kind is the one that is sent.
constexpr Numbers numbers[] = {
    {IcmpErrorKind::net_unreachable, 3, 0, 1, 0},  {IcmpErrorKind::host_unreachable, 3, 1, 1, 3},
    {IcmpErrorKind::port_unreachable, 3, 3, 1, 4}, {IcmpErrorKind::prohibited, 3, 13, 1, 1},
    {IcmpErrorKind::packet_too_big, 3, 4, 2, 0},   {IcmpErrorKind::prohibited, 3, 9, 1, 5},
    {IcmpErrorKind::prohibited, 3, 10, 1, 6},
};

Error malformed_icmp(const char* what) { return {ErrorKind::malformed, "parse icmp error", what}; }

std::optional<IcmpErrorKind> kind_of(Family family, std::uint8_t type, std::uint8_t code) {
  for (const Numbers& row : numbers) {
    const bool same = family == Family::ipv4 ? row.v4_type == type && row.v4_code == code
                                             : row.v6_type == type && row.v6_code == code;
    if (same) return row.kind;
  }
  return std::nullopt;
}

/// ICMP is summed alone, ICMPv6 with a pseudo header.
std::uint16_t icmp_checksum(const IpAddress& source, const IpAddress& destination,
                            std::span<const std::byte> bytes) {
  if (source.is_v6()) return transport_checksum(source, destination, IpProtocol::icmpv6, bytes);
  InternetChecksum checksum;
  checksum.add(bytes);
  return checksum.value();
}

}  // namespace

std::string_view to_string(IcmpErrorKind kind) {
  switch (kind) {
    case IcmpErrorKind::net_unreachable: return "net unreachable";
    case IcmpErrorKind::host_unreachable: return "host unreachable";
    case IcmpErrorKind::port_unreachable: return "port unreachable";
    case IcmpErrorKind::prohibited: return "prohibited";
    case IcmpErrorKind::packet_too_big: return "packet too big";
  }
  return "unknown";
}

Result<IcmpError> IcmpError::parse(const IpPacket& packet) {
  if (packet.payload.size() < icmp_header_bytes)
    return malformed_icmp("shorter than an ICMP header");
  if (icmp_checksum(packet.source, packet.destination, packet.payload) != 0)
    return malformed_icmp("checksum");
  ByteReader reader(packet.payload);
  const std::uint8_t type = *reader.u8();
  const std::uint8_t code = *reader.u8();
  reader.u16();  // the checksum, verified above
  const auto kind = kind_of(packet.source.family(), type, code);
  if (!kind) return Error(ErrorKind::unsupported, "parse icmp error", "not an error message");
  const std::uint32_t rest = *reader.u32();
  IcmpError error;
  error.kind = *kind;
  // RFC 1191 4: IPv4 has 16 bits for the MTU.
  if (*kind == IcmpErrorKind::packet_too_big)
    error.mtu = packet.source.is_v4() ? rest & 0xffff : rest;
  error.quoted = packet.payload.subspan(icmp_header_bytes);
  return error;
}

std::vector<std::byte> IcmpError::encode(const IpAddress& source,
                                         const IpAddress& destination) const {
  const bool v4 = source.is_v4();
  const Numbers& row = *std::ranges::find(numbers, kind, &Numbers::kind);
  std::vector<std::byte> bytes;
  ByteWriter writer(bytes);
  writer.u8(v4 ? row.v4_type : row.v6_type);
  writer.u8(v4 ? row.v4_code : row.v6_code);
  writer.u16(0);
  writer.u32(v4 ? std::min<std::uint32_t>(mtu, 0xffff) : mtu);
  // RFC 1812 4.3.2.3 and RFC 4443 2.4 (c): an error fits the smallest MTU.
  const std::size_t quote_bytes_max =
      (v4 ? 576 : 1280) - ip_header_bytes(source.family()) - icmp_header_bytes;
  writer.bytes(quoted.first(std::min(quoted.size(), quote_bytes_max)));
  writer.patch_u16(2, icmp_checksum(source, destination, bytes));
  return bytes;
}

}  // namespace bowline::wire
