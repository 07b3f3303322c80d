#include "wire/ip/tcp.h"

#include "base/bytes.h"
#include "wire/ip/checksum.h"

namespace bowline::wire {

namespace {

constexpr std::uint8_t fin_bit = 0x01, syn_bit = 0x02, rst_bit = 0x04, psh_bit = 0x08,
                       ack_bit = 0x10;
constexpr std::uint8_t end_option = 0, no_operation = 1, mss_option = 2, window_scale_option = 3;

Error malformed_tcp(const char* what) { return {ErrorKind::malformed, "parse tcp segment", what}; }

void set_flags(TcpSegment& segment, std::uint8_t bits) {
  segment.fin = (bits & fin_bit) != 0;
  segment.syn = (bits & syn_bit) != 0;
  segment.rst = (bits & rst_bit) != 0;
  segment.psh = (bits & psh_bit) != 0;
  segment.ack = (bits & ack_bit) != 0;
}

std::uint8_t flag_bits(const TcpSegment& segment) {
  return static_cast<std::uint8_t>((segment.fin ? fin_bit : 0) | (segment.syn ? syn_bit : 0) |
                                   (segment.rst ? rst_bit : 0) | (segment.psh ? psh_bit : 0) |
                                   (segment.ack ? ack_bit : 0));
}

Result<void> parse_options(std::span<const std::byte> bytes, TcpSegment& segment) {
  ByteReader reader(bytes);
  while (const auto kind = reader.u8()) {
    if (*kind == end_option) break;
    if (*kind == no_operation) continue;
    const auto length = reader.u8();
    if (!length || *length < 2) return malformed_tcp("option length");
    const auto body = reader.bytes(*length - 2u);
    if (!body) return malformed_tcp("option cut short");
    ByteReader value(*body);
    if (*kind == mss_option && body->size() == 2) segment.segment_bytes_max = value.u16();
    if (*kind == window_scale_option && body->size() == 1) segment.window_scale = value.u8();
  }
  return {};
}

void write_options(const TcpSegment& segment, ByteWriter& writer) {
  if (segment.segment_bytes_max) {
    writer.u8(mss_option);
    writer.u8(4);
    writer.u16(*segment.segment_bytes_max);
  }
  if (segment.window_scale) {
    writer.u8(no_operation);
    writer.u8(window_scale_option);
    writer.u8(3);
    writer.u8(*segment.window_scale);
  }
}

}  // namespace

Result<TcpSegment> TcpSegment::parse(const IpPacket& packet) {
  const auto bytes = packet.payload;
  if (bytes.size() < tcp_header_bytes) return malformed_tcp("shorter than a TCP header");
  const std::size_t header_bytes = std::size_t{4} * (std::to_integer<std::size_t>(bytes[12]) >> 4);
  if (header_bytes < tcp_header_bytes || header_bytes > bytes.size())
    return malformed_tcp("data offset");
  if (transport_checksum(packet.source, packet.destination, IpProtocol::tcp, bytes) != 0)
    return malformed_tcp("checksum");

  ByteReader reader(bytes);
  TcpSegment segment;
  segment.source_port = *reader.u16();
  segment.destination_port = *reader.u16();
  segment.sequence = *reader.u32();
  segment.acknowledgement = *reader.u32();
  reader.u8();  // the data offset, read above
  set_flags(segment, *reader.u8());
  segment.window = *reader.u16();
  BOWLINE_TRY_VOID(
      parse_options(bytes.subspan(tcp_header_bytes, header_bytes - tcp_header_bytes), segment));
  segment.payload = bytes.subspan(header_bytes);
  return segment;
}

std::vector<std::byte> TcpSegment::encode(const IpAddress& source,
                                          const IpAddress& destination) const {
  const std::size_t header_bytes =
      tcp_header_bytes + (segment_bytes_max ? 4u : 0u) + (window_scale ? 4u : 0u);
  std::vector<std::byte> bytes;
  bytes.reserve(header_bytes + payload.size());
  ByteWriter writer(bytes);
  writer.u16(source_port);
  writer.u16(destination_port);
  writer.u32(sequence);
  writer.u32(acknowledgement);
  writer.u8(static_cast<std::uint8_t>(header_bytes / 4 << 4));
  writer.u8(flag_bits(*this));
  writer.u16(window);
  writer.u16(0);  // checksum
  writer.u16(0);  // urgent pointer
  write_options(*this, writer);
  writer.bytes(payload);
  writer.patch_u16(16, transport_checksum(source, destination, IpProtocol::tcp, bytes));
  return bytes;
}

TcpSegment reset_answering(const TcpSegment& segment) {
  TcpSegment reset;
  reset.source_port = segment.destination_port;
  reset.destination_port = segment.source_port;
  reset.rst = true;
  reset.ack = !segment.ack;
  if (segment.ack)
    reset.sequence = segment.acknowledgement;
  else
    reset.acknowledgement = segment.sequence + segment.sequence_length();
  return reset;
}

}  // namespace bowline::wire
