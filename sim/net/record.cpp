#include "sim/net/record.h"

#include "base/bytes.h"
#include "wire/ip/icmp.h"
#include "wire/ip/packet.h"
#include "wire/ip/tcp.h"
#include "wire/ip/udp.h"

namespace bowline::sim {

namespace {

constexpr std::uint32_t pcap_magic_nanoseconds = 0xa1b23c4d;
constexpr std::uint32_t link_type_raw = 101;

std::string describe_tcp(const wire::IpPacket& packet) {
  const auto segment = wire::TcpSegment::parse(packet);
  if (!segment.has_value()) return " tcp damaged";
  std::string text = " tcp";
  if (segment->syn) text += " SYN";
  if (segment->fin) text += " FIN";
  if (segment->rst) text += " RST";
  text += " seq=" + std::to_string(segment->sequence);
  if (segment->ack) text += " ack=" + std::to_string(segment->acknowledgement);
  text += " win=" + std::to_string(segment->window);
  if (segment->segment_bytes_max) text += " mss=" + std::to_string(*segment->segment_bytes_max);
  return text + " length=" + std::to_string(segment->payload.size());
}

std::string describe_udp(const wire::IpPacket& packet) {
  const auto datagram = wire::UdpDatagram::parse(packet);
  return datagram.has_value() ? " udp length=" + std::to_string(datagram->payload.size())
                              : " udp damaged";
}

std::string describe_icmp(const wire::IpPacket& packet) {
  const auto error = wire::IcmpError::parse(packet);
  if (!error.has_value()) return " icmp";
  std::string text = " icmp " + std::string(to_string(error->kind));
  if (error->kind == wire::IcmpErrorKind::packet_too_big)
    text += " mtu=" + std::to_string(error->mtu);
  if (const auto flow = wire::IpFlow::parse_quoted(error->quoted); flow.has_value())
    text += " about " + to_string(flow->source) + " > " + to_string(flow->destination);
  return text;
}

}  // namespace

void Transcript::add(Instant now, std::string_view where, std::string_view what) {
  std::string line = format_ms(now.time_since_epoch());
  for (const std::string_view part : {where, what}) {
    line += ' ';
    line += part;
  }
  line += '\n';
  for (const char c : line)
    digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;  // FNV-1a
  // Once a line does not fit, no shorter one may follow: the text is a start of the run without gaps.
  full_ = full_ || text_.size() + line.size() > bytes_max;
  if (!full_) text_ += line;
}

void Capture::add(Instant now, std::string_view host, bool sent,
                  std::span<const std::byte> packet) {
  full_ = full_ || bytes_ + packet.size() > bytes_max;
  if (full_) return;
  bytes_ += packet.size();
  packets_.push_back({now, std::string(host), sent, {packet.begin(), packet.end()}});
}

std::vector<std::byte> Capture::file(std::optional<std::string_view> host) const {
  std::vector<std::byte> bytes;
  ByteWriter writer(bytes);
  writer.u32(pcap_magic_nanoseconds);
  writer.u16(2);  // version 2.4
  writer.u16(4);
  writer.u32(0);
  writer.u32(0);
  writer.u32(65'535);
  writer.u32(link_type_raw);
  for (const Packet& packet : packets_) {
    if (host ? packet.host != *host : !packet.sent) continue;
    const auto nanoseconds = static_cast<std::uint64_t>(packet.at.time_since_epoch().count());
    writer.u32(static_cast<std::uint32_t>(nanoseconds / 1'000'000'000));
    writer.u32(static_cast<std::uint32_t>(nanoseconds % 1'000'000'000));
    writer.u32(static_cast<std::uint32_t>(packet.bytes.size()));
    writer.u32(static_cast<std::uint32_t>(packet.bytes.size()));
    writer.bytes(packet.bytes);
  }
  return bytes;
}

std::string describe(std::span<const std::byte> bytes) {
  const auto packet = wire::IpPacket::parse(bytes);
  if (!packet.has_value()) return "damaged packet of " + std::to_string(bytes.size()) + " bytes";
  const auto flow = wire::IpFlow::parse_quoted(bytes);
  std::string text = flow.has_value()
                         ? to_string(flow->source) + " > " + to_string(flow->destination)
                         : to_string(packet->source) + " > " + to_string(packet->destination);
  switch (packet->protocol) {
    case wire::IpProtocol::tcp: return text + describe_tcp(*packet);
    case wire::IpProtocol::udp: return text + describe_udp(*packet);
    case wire::IpProtocol::icmp:
    case wire::IpProtocol::icmpv6: return text + describe_icmp(*packet);
  }
  return text + " protocol " + std::to_string(static_cast<unsigned>(packet->protocol));
}

}  // namespace bowline::sim
