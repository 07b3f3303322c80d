#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "base/random.h"
#include "wire/ip/checksum.h"
#include "wire/ip/icmp.h"
#include "wire/ip/packet.h"
#include "wire/ip/tcp.h"
#include "wire/ip/udp.h"

namespace bowline::wire {
namespace {

std::vector<std::byte> from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(digit(text[i]) << 4 | digit(text[i + 1])));
  return bytes;
}

const IpAddress a4 = IpAddress::v4({192, 0, 2, 1});
const IpAddress b4 = IpAddress::v4({198, 51, 100, 7});
const IpAddress a6 = IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});
const IpAddress b6 = IpAddress::v6({0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2});

/// Builds packets of each kind between the addresses of one family.
struct Samples {
  IpAddress from, to;

  std::vector<std::byte> packet(IpProtocol protocol, std::span<const std::byte> payload) const {
    IpPacket packet;
    packet.source = from;
    packet.destination = to;
    packet.protocol = protocol;
    packet.payload = payload;
    return packet.encode();
  }
  std::vector<std::byte> tcp() const {
    TcpSegment segment;
    segment.source_port = 40000;
    segment.destination_port = 443;
    segment.sequence = 0xfffffffe;
    segment.acknowledgement = 7;
    segment.syn = segment.ack = true;
    segment.window = 65535;
    segment.segment_bytes_max = 1460;
    segment.window_scale = 7;
    segment.payload = as_bytes("hello");
    return packet(IpProtocol::tcp, segment.encode(from, to));
  }
  std::vector<std::byte> udp(std::string_view text) const {
    UdpDatagram datagram;
    datagram.source_port = 5353;
    datagram.destination_port = 53;
    datagram.payload = as_bytes(text);
    return packet(IpProtocol::udp, datagram.encode(from, to));
  }
  std::vector<std::byte> icmp(std::span<const std::byte> quoted) const {
    IcmpError error;
    error.kind = IcmpErrorKind::packet_too_big;
    error.mtu = 1280;
    error.quoted = quoted;
    return packet(icmp_of(from.family()), error.encode(from, to));
  }
};

class IpBothFamilies : public ::testing::TestWithParam<Samples> {};
INSTANTIATE_TEST_SUITE_P(Families, IpBothFamilies,
                         ::testing::Values(Samples{a4, b4}, Samples{a6, b6}), [](const auto& row) {
                           return std::string(to_string(row.param.from.family()));
                         });

TEST(InternetChecksum, gives_the_sum_of_the_rfc_1071_example) {
  InternetChecksum checksum;
  checksum.add(from_hex("0001f203f4f5f6f7"));
  EXPECT_EQ(checksum.value(), static_cast<std::uint16_t>(~0xddf2));
}

TEST(IpPacket, reads_the_well_known_example_header) {
  auto bytes = from_hex("45000073000040004011b861c0a80001c0a800c7");
  bytes.resize(0x73);
  const auto packet = IpPacket::parse(bytes);
  ASSERT_TRUE(packet.has_value()) << to_string(packet.error());
  EXPECT_EQ(packet->source, IpAddress::v4({192, 168, 0, 1}));
  EXPECT_EQ(packet->destination, IpAddress::v4({192, 168, 0, 199}));
  EXPECT_EQ(packet->protocol, IpProtocol::udp);
  EXPECT_TRUE(packet->dont_fragment);
  EXPECT_FALSE(packet->is_fragment());
  EXPECT_EQ(packet->payload.size(), 95u);
}

TEST_P(IpBothFamilies, tcp_segments_come_back_as_they_went) {
  const auto bytes = GetParam().tcp();
  const auto packet = IpPacket::parse(bytes);
  ASSERT_TRUE(packet.has_value());
  const auto segment = TcpSegment::parse(*packet);
  ASSERT_TRUE(segment.has_value());
  EXPECT_EQ(segment->source_port, 40000);
  EXPECT_EQ(segment->destination_port, 443);
  EXPECT_EQ(segment->sequence, 0xfffffffeu);
  EXPECT_EQ(segment->acknowledgement, 7u);
  EXPECT_TRUE(segment->syn && segment->ack && !segment->fin && !segment->rst && !segment->psh);
  EXPECT_EQ(segment->window, 65535);
  EXPECT_EQ(segment->segment_bytes_max, 1460);
  EXPECT_EQ(segment->window_scale, 7);
  EXPECT_EQ(as_text(segment->payload), "hello");
  EXPECT_EQ(segment->sequence_length(), 6u);
}

TEST_P(IpBothFamilies, udp_datagrams_come_back_as_they_went) {
  for (const std::string_view text : {"", "a", "ab", "abc"}) {
    const auto bytes = GetParam().udp(text);
    const auto packet = IpPacket::parse(bytes);
    ASSERT_TRUE(packet.has_value());
    const auto datagram = UdpDatagram::parse(*packet);
    ASSERT_TRUE(datagram.has_value());
    EXPECT_EQ(as_text(datagram->payload), text);
  }
}

TEST_P(IpBothFamilies, icmp_errors_name_the_flow_they_are_about) {
  const auto quoted = GetParam().tcp();
  const auto bytes = GetParam().icmp(quoted);
  const auto packet = IpPacket::parse(bytes);
  ASSERT_TRUE(packet.has_value());
  const auto error = IcmpError::parse(*packet);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->kind, IcmpErrorKind::packet_too_big);
  EXPECT_EQ(error->mtu, 1280u);
  const auto flow = IpFlow::parse_quoted(error->quoted);
  ASSERT_TRUE(flow.has_value());
  EXPECT_EQ(flow->protocol, IpProtocol::tcp);
  EXPECT_EQ(flow->source, SocketAddress(GetParam().from, 40000));
  EXPECT_EQ(flow->destination, SocketAddress(GetParam().to, 443));
}

TEST_P(IpBothFamilies, icmp_errors_fit_the_smallest_mtu) {
  const auto quoted = GetParam().udp(std::string(1400, 'x'));
  const auto bytes = GetParam().icmp(quoted);
  EXPECT_EQ(bytes.size(), GetParam().from.is_v4() ? 576u : 1280u);
}

TEST_P(IpBothFamilies, bytes_behind_the_packet_are_ignored) {
  auto bytes = GetParam().udp("text");
  const auto size = bytes.size();
  bytes.resize(size + 20);
  const auto packet = IpPacket::parse(bytes);
  ASSERT_TRUE(packet.has_value());
  EXPECT_EQ(packet->payload.size(), size - ip_header_bytes(GetParam().from.family()));
}

TEST_P(IpBothFamilies, a_packet_cut_anywhere_is_refused) {
  const auto bytes = GetParam().tcp();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(IpPacket::parse(std::span(bytes).first(size)).has_value()) << size;
}

TEST_P(IpBothFamilies, every_flipped_bit_of_a_segment_is_found) {
  const auto good = GetParam().tcp();
  const std::size_t header = ip_header_bytes(GetParam().from.family());
  for (std::size_t bit = header * 8; bit < good.size() * 8; ++bit) {
    auto bytes = good;
    bytes[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    const auto packet = IpPacket::parse(bytes);
    ASSERT_TRUE(packet.has_value());
    EXPECT_FALSE(TcpSegment::parse(*packet).has_value()) << bit;
  }
}

TEST(IpPacket, every_flipped_bit_of_an_ipv4_header_is_found) {
  const auto good = Samples{a4, b4}.udp("text");
  for (std::size_t bit = 0; bit < ipv4_header_bytes * 8; ++bit) {
    auto bytes = good;
    bytes[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
    EXPECT_FALSE(IpPacket::parse(bytes).has_value()) << bit;
  }
}

TEST(UdpDatagram, takes_a_datagram_without_checksum_over_ipv4_only) {
  for (const Samples& samples : {Samples{a4, b4}, Samples{a6, b6}}) {
    auto bytes = samples.udp("text");
    const std::size_t checksum_at = ip_header_bytes(samples.from.family()) + 6;
    bytes[checksum_at] = bytes[checksum_at + 1] = std::byte{0};
    const auto packet = IpPacket::parse(bytes);
    ASSERT_TRUE(packet.has_value());
    EXPECT_EQ(UdpDatagram::parse(*packet).has_value(), samples.from.is_v4());
  }
}

TEST(IpFlow, refuses_later_fragments_and_other_protocols) {
  IpPacket packet;
  packet.source = a4;
  packet.destination = b4;
  packet.protocol = IpProtocol::udp;
  packet.fragment_offset = 1;
  const auto payload = from_hex("0102030405060708");
  packet.payload = payload;
  EXPECT_EQ(IpFlow::parse_quoted(packet.encode()).error().kind(), ErrorKind::malformed);
  packet.fragment_offset = 0;
  packet.protocol = static_cast<IpProtocol>(47);
  EXPECT_EQ(IpFlow::parse_quoted(packet.encode()).error().kind(), ErrorKind::unsupported);
}

TEST(IpPacket, any_bytes_are_safe_to_parse) {
  constexpr std::uint64_t seed = 20;
  SeededRandom random(seed);
  const std::vector<std::vector<std::byte>> starts = {Samples{a4, b4}.tcp(), Samples{a6, b6}.tcp(),
                                                      Samples{a4, b4}.icmp(Samples{a4, b4}.tcp())};
  for (int round = 0; round < 20'000; ++round) {
    auto bytes = starts[random.below(starts.size())];
    for (auto flips = random.below(6); flips > 0; --flips)
      bytes[random.below(bytes.size())] = static_cast<std::byte>(random.below(256));
    bytes.resize(random.below(bytes.size() + 1));
    (void)IpFlow::parse_quoted(bytes).has_value();
    auto packet = IpPacket::parse(bytes);
    if (!packet.has_value()) packet = IpPacket{a4, b4, {}, 64, 0, 0, true, false, 0, bytes};
    (void)TcpSegment::parse(*packet).has_value();
    (void)UdpDatagram::parse(*packet).has_value();
    (void)IcmpError::parse(*packet).has_value();
  }
}

}  // namespace
}  // namespace bowline::wire
