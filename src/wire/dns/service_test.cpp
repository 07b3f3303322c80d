#include <gtest/gtest.h>

#include "wire/dns/dns_bytes.h"
#include "wire/dns/message.h"

namespace bowline::wire {
namespace {

// A response whose answers are HTTPS records with these data, all owned by "example.com".
std::vector<std::byte> response_with(const std::vector<std::vector<std::byte>>& data) {
  DnsMessage message;
  for (const auto& bytes : data)
    message.answers.push_back(
        {DnsName::parse("example.com").value(), RecordType::https, class_in, 300, RawData{bytes}});
  return message.encode();
}

DnsMessage parse_all(const std::vector<std::vector<std::byte>>& data) {
  return DnsMessage::parse(response_with(data)).value();
}

constexpr std::string_view foo_com = "03 'foo' 07 'example' 03 'com' 00";
constexpr std::string_view foo_org = "03 'foo' 07 'example' 03 'org' 00";

std::string with_target(std::string_view priority, std::string_view target,
                        std::string_view parameters) {
  return std::string(priority) + ' ' + std::string(target) + ' ' + std::string(parameters);
}

// The test vectors of RFC 9460 appendix D, by figure.
TEST(DnsService, rfc9460_appendix_d_vectors_read_write_and_show) {
  struct Row {
    std::string wire;
    std::string_view text;
  };
  const Row rows[] = {
      /* 2 */ {with_target("0000", foo_com, ""), "0 foo.example.com"},
      /* 3 */ {"0001 00", "1 ."},
      /* 4 */ {with_target("0010", foo_com, "0003 0002 0035"), "16 foo.example.com port=53"},
      /* 5 */
      {with_target("0001", foo_com, "029b 0005 'hello'"), "1 foo.example.com key667=\"hello\""},
      /* 6 */
      {with_target("0001", foo_com, "029b 0009 'hello' d2 'qoe'"),
       "1 foo.example.com key667=\"hello\\210qoe\""},
      /* 7 */
      {with_target("0001", foo_com,
                   "0006 0020 20010db8000000000000000000000001 20010db8000000000000000000530001"),
       "1 foo.example.com ipv6hint=2001:db8::1,2001:db8::53:1"},
      /* 8 */
      {"0001 07 'example' 03 'com' 00 0006 0010 20010db8012203440000 0000c0000221",
       "1 example.com ipv6hint=2001:db8:122:344::c000:221"},
      /* 9 */
      {with_target("0010", foo_org,
                   "0000 0004 0001 0004  0001 0009 02 'h2' 05 'h3-19'  0004 0004 c0000201"),
       "16 foo.example.org mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1"},
      /* 10 */
      {with_target("0010", foo_org, "0001 000c 08 'f' 5c 'oo,bar' 02 'h2'"),
       "16 foo.example.org alpn=\"f\\\\\\\\oo\\\\,bar,h2\""},
  };
  for (const Row& row : rows) {
    const auto bytes = dns_bytes(row.wire);
    const DnsMessage message = parse_all({bytes});
    ASSERT_EQ(message.answers.size(), 1U) << row.text;
    EXPECT_TRUE(std::holds_alternative<ServiceData>(message.answers[0].data));
    EXPECT_EQ(to_string(message.answers[0]), row.text);
    EXPECT_EQ(hex(message.encode()), hex(response_with({bytes}))) << row.text;
  }
}

TEST(DnsService, known_parameters_land_in_their_fields) {
  const DnsMessage message = parse_all({dns_bytes(
      "0001 00  0000 0002 0003  0001 0006 02 'h3' 02 'h2'  0002 0000  0003 0002 20fb"
      "0004 0008 c0000201 c0000202  0005 0004 00010203  0006 0010 20010db8000000000000000000000001"
      "0007 0010 '/dns-query{?dns}'  fde8 0001 ff")});
  const auto& data = std::get<ServiceData>(message.answers.at(0).data);
  EXPECT_EQ(data.mandatory, std::vector<std::uint16_t>{3});
  EXPECT_EQ(data.alpn, (std::vector<std::string>{"h3", "h2"}));
  EXPECT_TRUE(data.no_default_alpn);
  EXPECT_EQ(data.port, 8443);
  EXPECT_EQ(data.ipv4_hints.size(), 2U);
  EXPECT_EQ(to_string(data.ipv6_hints.at(0)), "2001:db8::1");
  EXPECT_EQ(hex(data.ech), "00010203");
  EXPECT_EQ(data.parameters.size(), 9U);
  EXPECT_EQ(
      to_string(message.answers[0]),
      "1 . mandatory=port alpn=\"h3,h2\" no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 "
      "ech=AAECAw== ipv6hint=2001:db8::1 dohpath=\"/dns-query{?dns}\" key65000=\"\\255\"");
}

TEST(DnsService, fields_alone_encode_as_parameters) {
  ServiceData data;
  data.priority = 1;
  data.alpn = {"h3", "h2"};
  data.no_default_alpn = true;
  data.port = 443;
  data.mandatory = {1};
  data.ipv4_hints = {IpAddress::v4({192, 0, 2, 1})};
  data.ipv6_hints = {IpAddress::loopback(Family::ipv6)};
  data.ech = dns_bytes("0002fe0d");
  DnsMessage message;
  message.answers.push_back({DnsName(), RecordType::https, class_in, 0, data});
  const DnsMessage again = DnsMessage::parse(message.encode()).value();
  auto& parsed = std::get<ServiceData>(again.answers.at(0).data);
  EXPECT_EQ(to_string(again.answers[0]), to_string(message.answers[0]));
  EXPECT_EQ(parsed.alpn, data.alpn);
  EXPECT_EQ(parsed.port, data.port);
  EXPECT_EQ(parsed.ipv6_hints, data.ipv6_hints);
  EXPECT_EQ(parsed.parameters.size(), 7U);
}

TEST(DnsService, ech_shows_as_base64_with_its_padding) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"0005 0004 fbefbeff", "++++/w=="},
      {"0005 0005 666f6f6261", "Zm9vYmE="},
      {"0005 0006 666f6f626172", "Zm9vYmFy"}};
  for (const auto& [wire, text] : rows)
    EXPECT_EQ(to_string(parse_all({dns_bytes("0001 00" + std::string(wire))}).answers.at(0)),
              "1 . ech=" + std::string(text));
}

TEST(DnsService, alias_mode_ignores_its_parameters) {
  const DnsMessage message = parse_all({dns_bytes("0000 00  0003 0001 ff")});
  const auto& data = std::get<ServiceData>(message.answers.at(0).data);
  EXPECT_TRUE(data.is_alias());
  EXPECT_FALSE(data.port.has_value());
  EXPECT_EQ(data.parameters.size(), 1U);
  EXPECT_EQ(to_string(message.answers[0]), "0 . port=\"\\255\"");
}

// RFC 9460 2.2 and 7; the malformed vectors of D.3 in wire form.
TEST(DnsService, a_malformed_record_rejects_all_of_its_type_in_the_section) {
  const std::string_view rows[] = {
      "00",                                              // no priority
      "0001",                                            // no target
      "0001 03 'fo'",                                    // target cut
      "0001 c00c",                                       // target compressed
      "0001 00  0001",                                   // parameter cut
      "0001 00  0001 0003 02 'h'",                       // value cut
      "0001 00  007b 0003 'abc' 007b 0003 'def'",        // key repeated
      "0001 00  0003 0002 0035 0001 0003 02 'h2'",       // keys out of order
      "0000 00  0003 0000 0001 0000",                    // likewise, in AliasMode
      "0001 00  0000 0000",                              // mandatory without keys
      "0001 00  0000 0001 01",                           // half a key
      "0001 00  0000 0004 0001 0001 0001 0003 02 'h2'",  // mandatory key twice
      "0001 00  0000 0004 0004 0001 0001 0003 02 'h2' 0004 0004 c0000201",  // mandatory keys out of order
      "0001 00  0001 0000",                                                 // alpn without ids
      "0001 00  0001 0001 00",                                              // empty id
      "0001 00  0001 0003 03 'h2'",     // id longer than the value
      "0001 00  0002 0003 'abc'",       // no-default-alpn with a value
      "0001 00  0003 0000",             // port without a value
      "0001 00  0003 0003 003500",      // port too long
      "0001 00  0004 0000",             // ipv4hint without addresses
      "0001 00  0004 0005 c000020101",  // ipv4hint of five octets
      "0001 00  0005 0000",             // ech without a list
      "0001 00  0005 0003 0000fe",      // ech too short for one configuration
      "0001 00  0006 0004 c0000201",    // ipv6hint of four octets
  };
  for (const std::string_view row : rows) {
    const DnsMessage message =
        parse_all({dns_bytes("0001 00 0003 0002 0035"), dns_bytes(row), dns_bytes("0002 00")});
    EXPECT_TRUE(message.answers.empty()) << row;
    EXPECT_EQ(message.service_records_rejected, 3U) << row;
  }
}

TEST(DnsService, a_malformed_record_leaves_other_types_and_sections_alone) {
  const auto row = [](RecordType type, std::string_view data) {
    return Record{DnsName(), type, class_in, 0, RawData{dns_bytes(data)}};
  };
  DnsMessage message;
  message.answers = {row(RecordType::https, "00"), row(RecordType::svcb, "000100"),
                     row(RecordType::a, "c0000201")};
  message.additional = {row(RecordType::https, "000100")};
  const DnsMessage parsed = DnsMessage::parse(message.encode()).value();
  ASSERT_EQ(parsed.answers.size(), 2U);
  EXPECT_EQ(parsed.answers[0].type, RecordType::svcb);
  EXPECT_EQ(parsed.additional.size(), 1U);
  EXPECT_EQ(parsed.service_records_rejected, 1U);
}

// RFC 9460 2.4.3 and 8.
TEST(DnsService, a_record_that_contradicts_itself_is_rejected_alone) {
  const std::string_view rows[] = {
      "0001 00  0000 0002 007b 0001 0003 02 'h2'",       // mandatory key is not there
      "0001 00  0000 0004 0000 0001 0001 0003 02 'h2'",  // mandatory lists itself
      "0001 00  0002 0000",                              // no-default-alpn without alpn
  };
  for (const std::string_view row : rows) {
    const DnsMessage message = parse_all({dns_bytes("0001 00"), dns_bytes(row)});
    ASSERT_EQ(message.answers.size(), 1U) << row;
    EXPECT_EQ(message.service_records_rejected, 1U);
  }
}

}  // namespace
}  // namespace bowline::wire
