#include "wire/dns/message.h"

#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "wire/dns/dns_bytes.h"

namespace bowline::wire {
namespace {

using testing::HasSubstr;

DnsMessage parse(std::string_view notation) {
  return DnsMessage::parse(dns_bytes(notation)).value();
}

// A response with one answer: owner, type, class IN, TTL 60, and the data with its length.
std::string answer(std::string_view owner, std::string_view type, std::string_view data) {
  const std::size_t length = dns_bytes(data).size();
  const std::byte octets[] = {static_cast<std::byte>(length >> 8),
                              static_cast<std::byte>(length & 0xff)};
  return "0001 8180 0000 0001 0000 0000 " + std::string(owner) + ' ' + std::string(type) +
         " 0001 0000003c " + hex(octets) + ' ' + std::string(data);
}

TEST(DnsMessage, golden_query_with_edns) {
  DnsMessage query;
  query.id = 0xbeef;
  query.questions = {{name("www.example.com"), RecordType::aaaa}};
  query.edns = Edns{};
  const std::string_view wire =
      "beef 0100 0001 0000 0000 0001"
      "03 'www' 07 'example' 03 'com' 00 001c 0001"
      "00 0029 04d0 00 00 0000 0000";
  EXPECT_EQ(hex(query.encode()), hex(dns_bytes(wire)));
  EXPECT_EQ(parse(wire), query);
}

TEST(DnsMessage, golden_response_with_compression) {
  const std::string_view wire =
      "1234 8580 0001 0003 0001 0001"
      "03 'www' 07 'example' 03 'com' 00 0001 0001"  // 12: the question
      "c00c 0005 0001 00000e10 0006 03 'cdn' c010"   // 33: a CNAME, 45: "cdn"
      "c02d 0001 0001 0000003c 0004 c0000201"        // owner "cdn.example.com"
      "c02d 0001 0001 0000003c 0004 c0000202"
      "c010 0002 0001 00015180 0005 02 'ns' c010"  // NS of "example.com", at 95: "ns"
      "c05f 001c 0001 00015180 0010 20010db8000000000000000000000053";
  const DnsMessage message = parse(wire);
  EXPECT_TRUE(message.response);
  EXPECT_TRUE(message.authoritative);
  ASSERT_EQ(message.answers.size(), 3U);
  EXPECT_EQ(to_string(message.answers[0]), "cdn.example.com");
  EXPECT_EQ(message.answers[1].name, name("cdn.example.com"));
  EXPECT_EQ(message.answers[1].ttl_seconds, 60U);
  EXPECT_EQ(to_string(message.answers[2]), "192.0.2.2");
  EXPECT_EQ(to_string(message.authorities.at(0)), "ns.example.com");
  EXPECT_EQ(message.additional.at(0).name, name("ns.example.com"));
  EXPECT_EQ(to_string(message.additional[0]), "2001:db8::53");
  EXPECT_EQ(hex(message.encode()), hex(dns_bytes(wire)));
}

TEST(DnsMessage, golden_record_data_of_every_type) {
  struct Row {
    std::string_view type, data, text;
  };
  const Row rows[] = {
      {"0001", "c0000201", "192.0.2.1"},
      {"001c", "20010db8000000000000000000000001", "2001:db8::1"},
      {"0002", "02 'ns' 00", "ns"},
      {"0005", "01 'a' 04 'test' 00", "a.test"},
      {"000c", "04 'host' 00", "host"},
      {"0006", "02 'ns' 00 04 'mail' 00 00000001 00000e10 00000258 00015180 0000012c",
       "ns mail 1 3600 600 86400 300"},
      {"0010", "05 'hello' 03 'a' 22 'b' 01 1b", "\"hello\" \"a\\\"b\" \"\\027\""},
      {"0021", "0001 0002 01bb 04 'host' 00", "1 2 443 host"},
      {"0041", "0001 00 0001 0003 02 'h3'", "1 . alpn=\"h3\""},
      {"0040", "0000 01 'a' 00", "0 a"},
      {"000f", "000a 04 'mail' 00", "10 mail"},
      {"ff00", "", "\\# 0"},
  };
  for (const Row& row : rows) {
    const std::string wire = answer("00", row.type, row.data);
    const DnsMessage message = parse(wire);
    EXPECT_EQ(to_string(message.answers.at(0)), row.text);
    EXPECT_EQ(hex(message.encode()), hex(dns_bytes(wire))) << row.text;
  }
}

TEST(DnsMessage, knows_types_and_rcodes_by_name) {
  EXPECT_EQ(to_string(RecordType::https), "HTTPS");
  EXPECT_EQ(to_string(static_cast<RecordType>(1234)), "TYPE1234");
  EXPECT_EQ(record_type_from("aaaa"), RecordType::aaaa);
  EXPECT_EQ(record_type_from("TYPE28"), RecordType::aaaa);
  EXPECT_EQ(record_type_from("type65535"), static_cast<RecordType>(65535));
  for (const std::string_view text : {"", "AAAAA", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "TYP"})
    EXPECT_FALSE(record_type_from(text).has_value()) << text;
  EXPECT_EQ(to_string(Rcode::name_error), "NXDOMAIN");
  EXPECT_EQ(to_string(Rcode::server_failure), "SERVFAIL");
  EXPECT_EQ(to_string(static_cast<Rcode>(11)), "RCODE11");
}

// RFC 6891 6.1.3: 12 bits, the upper eight in the OPT record.
TEST(DnsMessage, edns_carries_extended_rcode_flags_and_options) {
  const DnsMessage message = parse(
      "0001 8005 0000 0000 0000 0001"
      "00 0029 0100 01 00 8000 000b  000a 0002 abcd  000f 0001 07");
  EXPECT_EQ(std::to_underlying(message.rcode), 0x15);
  ASSERT_TRUE(message.edns.has_value());
  EXPECT_EQ(message.edns->udp_bytes_max, 512);  // RFC 6891 6.2.3: less counts as 512
  EXPECT_TRUE(message.edns->dnssec_ok);
  ASSERT_EQ(message.edns->options.size(), 2U);
  EXPECT_EQ(message.edns->options[1].code, 15);
  EXPECT_TRUE(message.additional.empty());
  EXPECT_EQ(DnsMessage::parse(message.encode()).value(), message);
}

TEST(DnsMessage, rfc2181_ttl_with_the_top_bit_is_zero) {
  const auto ttl_of = [](const std::string& ttl) {
    const std::string wire = "0001 8180 0000 0001 0000 0000 00 0001 0001 " + ttl + " 0004 c0000201";
    return parse(wire).answers.at(0).ttl_seconds;
  };
  EXPECT_EQ(ttl_of("80000001"), 0U);
  EXPECT_EQ(ttl_of("7fffffff"), 0x7fffffffU);
}

TEST(DnsMessage, empty_txt_data_reads_as_one_empty_string) {
  EXPECT_EQ(to_string(parse(answer("00", "0010", "")).answers.at(0)), "\"\"");
}

TEST(DnsMessage, other_classes_keep_addresses_raw) {
  const auto message = parse("0001 8180 0000 0001 0000 0000 00 0001 0003 00000000 0002 abcd");
  EXPECT_EQ(to_string(message.answers.at(0)), "\\# 2 abcd");
}

// RFC 3597 4: what looks like a pointer in an unknown type is not one.
TEST(DnsMessage, unknown_types_are_not_decompressed) {
  const std::string wire = answer("01 'a' 00", "00ff", "c00c c0ff");
  EXPECT_EQ(to_string(parse(wire).answers.at(0)), "\\# 4 c00cc0ff");
}

TEST(DnsMessage, srv_targets_are_read_compressed_and_written_plain) {
  const DnsMessage message = parse(answer("04 'host' 00", "0021", "0001 0002 01bb c00c"));
  EXPECT_EQ(to_string(message.answers.at(0)), "1 2 443 host");
  EXPECT_THAT(hex(message.encode()), HasSubstr("01bb04686f737400"));
}

TEST(DnsMessage, ignores_octets_behind_the_last_record) {
  EXPECT_EQ(parse(answer("00", "0001", "c0000201") + " ffff").answers.size(), 1U);
}

TEST(DnsMessage, malformed_input_gives_field_and_offset) {
  struct Row {
    std::string wire;
    std::string_view field, rule;
  };
  const Row rows[] = {
      {"", "header", "ends inside at offset 0"},
      {"0001 8180 0000 0001 0000 00", "header", "ends inside at offset 10"},
      {"0001 0100 0001 0000 0000 0000", "questions[0].name", "ends inside a name at offset 12"},
      {"0001 0100 0001 0000 0000 0000 03 'ab'", "questions[0].name",
       "ends inside a label at offset 12"},
      {"0001 0100 0001 0000 0000 0000 00 0001 00", "questions[0].type", "ends inside at offset 13"},
      {"0001 0100 0002 0000 0000 0000 00 0001 0001", "questions[1].name", "offset 17"},
      {"0001 0100 0001 0000 0000 0000 c0", "questions[0].name",
       "ends inside a pointer at offset 12"},
      {"0001 0100 0001 0000 0000 0000 40 00 0001 0001", "questions[0].name",
       "unknown kind of label at offset 12"},
      {"0001 0100 0001 0000 0000 0000 80 00 0001 0001", "questions[0].name",
       "unknown kind of label at offset 12"},
      {"0001 8180 0000 0001 0000 0000 00 0001 0001 0000003c 00", "answers[0].type", "offset 13"},
      {"0001 8180 0000 0001 0000 0000 00 0001 0001 0000003c 0005 c0000201", "answers[0].data",
       "longer than the message at offset 23"},
      {answer("00", "0001", "c00002"), "answers[0].data", "the record ends inside at offset 23"},
      {answer("00", "0001", "c000020101"), "answers[0].data",
       "octets behind the data at offset 27"},
      {answer("00", "001c", "c0000201"), "answers[0].data", "the record ends inside at offset 23"},
      {answer("00", "0005", ""), "answers[0].data", "ends inside a name at offset 23"},
      {answer("00", "0005", "01 'a' 00 00"), "answers[0].data",
       "octets behind the data at offset 26"},
      {answer("00", "0006", "00 00 00000001"), "answers[0].data",
       "the record ends inside at offset 29"},
      {answer("00", "0010", "05 'abc'"), "answers[0].data", "the record ends inside at offset 24"},
      {answer("00", "0021", "0001 0002"), "answers[0].data", "the record ends inside at offset 27"},
      {answer("00", "0029", ""), "answers[0].type", "OPT outside the additional section"},
  };
  for (const Row& row : rows) {
    const auto result = DnsMessage::parse(dns_bytes(row.wire));
    ASSERT_FALSE(result.has_value()) << row.wire;
    EXPECT_EQ(result.error().kind(), ErrorKind::malformed);
    EXPECT_EQ(result.error().subject(), row.field) << row.wire;
    EXPECT_THAT(result.error().message(), HasSubstr(row.rule)) << row.wire;
  }
}

// What decides is read strictly; what stands behind it may be anything.
TEST(DnsMessage, keeps_the_answers_when_what_follows_them_is_broken) {
  const std::string head = "0001 8180 0001 0001 ";
  const std::string good = "01 'a' 00 0001 0001 c00c 0001 0001 0000003c 0004 c0000201 ";
  const std::string opt = "00 0029 04d0 00000000 0000 ";
  struct Row {
    std::string wire;
    std::string damage;
    bool edns = false;
  };
  const Row rows[] = {
      {head + "0000 0005" + good + opt, "additional[1].name: the message ends inside a name", true},
      {head + "0000 0001" + good + "ff ff ff",
       "additional[0].name: pointer that does not point backwards"},
      {head + "0000 0001" + good + "40 00 0001", "additional[0].name: unknown kind of label"},
      {head + "0000 0001" + good + "c0 ff 0001 0001 00000000 0000",
       "additional[0].name: pointer that does not point backwards"},
      {head + "0000 0001" + good + "01 'x' 00 0029 04d0 00000000 0000",
       "additional[0].name: OPT that is not at the root"},
      {head + "0000 0002" + good + opt + opt, "additional[1].type: a second OPT", true},
      {head + "0000 0001" + good + "00 0029 04d0 00000000 0005 000a 0002 ab",
       "additional[0].option: the record ends inside at offset"},
      {head + "0001 0001" + good + "00 0001 0001 00000000 0003 010203" + opt,
       "authorities[0].data: the record ends inside", true},
      {head + "0001 0001" + good + "00 0006 0001 00000000 ffff 00" + opt,
       "authorities[0].data: longer than the message"},
      {head + "0001 0001" + good + opt + opt, "authorities[0].type: OPT outside", true},
      {head + "ffff ffff" + good, "authorities[0].name: the message ends inside a name"},
  };
  for (const Row& row : rows) {
    const auto result = DnsMessage::parse(dns_bytes(row.wire));
    ASSERT_TRUE(result.has_value()) << row.wire << to_string(result.error());
    EXPECT_EQ(result->answers.size(), 1U) << row.wire;
    EXPECT_THAT(result->damage, testing::StartsWith(row.damage));
    EXPECT_EQ(result->edns.has_value(), row.edns) << row.wire;
  }
  EXPECT_EQ(parse(head + "0000 0001" + good + opt).damage, "");
}

TEST(DnsMessage, every_cut_of_a_message_is_malformed) {
  const auto whole = dns_bytes(answer(
      "01 'a' 00", "0006", "02 'ns' c00c c00c 00000001 00000e10 00000258 00015180 0000012c"));
  ASSERT_TRUE(DnsMessage::parse(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(DnsMessage::parse(std::span(whole).first(size)).has_value()) << size;
}

TEST(DnsMessage, cuts_long_lists_and_counts_what_is_left_out) {
  DnsMessage big;
  big.response = true;
  big.questions.push_back({name("many.test"), RecordType::a});
  for (std::uint8_t i = 0; i < 200; ++i)
    for (std::uint8_t j = 0; j < 10; ++j)
      big.answers.push_back(
          {name("many.test"), RecordType::a, class_in, 60, IpAddress::v4({10, 0, j, i})});
  big.edns.emplace();
  const auto read = DnsMessage::parse(big.encode());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->answers.size() + read->records_cut, 2000U);
  EXPECT_EQ(read->answers.size(), 1023U);
  EXPECT_TRUE(read->edns.has_value());
  EXPECT_EQ(read->damage, "");
}

TEST(DnsMessage, cuts_lists_of_long_names_and_many_strings) {
  const std::string label(63, 'x');
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'y');
  DnsMessage big;
  big.questions.push_back({name(longest), RecordType::txt});
  TxtData strings;
  strings.strings.assign(20, "s");
  for (int i = 0; i < 900; ++i)
    big.answers.push_back({name(longest), RecordType::txt, class_in, 60, strings});
  const auto read = DnsMessage::parse(big.encode());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->answers.size(), 102U) << "2048 strings";
  for (Record& record : big.answers) record.data = TxtData{{"s"}};
  const auto names = DnsMessage::parse(big.encode());
  ASSERT_TRUE(names.has_value());
  EXPECT_EQ(names->answers.size(), 513U) << "128 KiB of names";
  EXPECT_EQ(names->answers.size() + names->records_cut, 900U);
}

// RFC 2181 9.
TEST(DnsMessage, a_truncated_message_may_break_off_inside_a_record) {
  const DnsMessage message = parse(
      "0001 8380 0000 0002 0000 0000 00 0001 0001 0000003c 0004 c0000201 00 0001 0001 0000003c "
      "0004 c0");
  EXPECT_TRUE(message.truncated);
  EXPECT_EQ(message.answers.size(), 1U);
}

TEST(DnsMessage, encode_cuts_at_a_record_and_says_so) {
  DnsMessage message;
  message.questions = {{name("example.com"), RecordType::txt}};
  message.edns = Edns{};
  const TxtData text{{std::string(100, 'x')}};
  message.answers.assign(10, {name("example.com"), RecordType::txt, class_in, 1, text});
  message.additional.push_back({name("other.example"), RecordType::a, class_in, 1, IpAddress()});
  const auto bytes = message.encode(512);
  EXPECT_LE(bytes.size(), 512U);
  const DnsMessage cut = DnsMessage::parse(bytes).value();
  EXPECT_TRUE(cut.truncated);
  EXPECT_EQ(cut.answers.size(), 4U);
  EXPECT_TRUE(cut.additional.empty());
  EXPECT_TRUE(cut.edns.has_value());
  EXPECT_FALSE(DnsMessage::parse(message.encode()).value().truncated);
}

TEST(DnsMessage, leaving_out_extra_information_is_no_truncation) {
  DnsMessage message;
  message.answers.push_back({name("a"), RecordType::a, class_in, 1, IpAddress()});
  message.additional.assign(
      3, {name("b"), RecordType::txt, class_in, 1, TxtData{{std::string(250, 'x')}}});
  const DnsMessage cut = DnsMessage::parse(message.encode(512)).value();
  EXPECT_FALSE(cut.truncated);
  EXPECT_EQ(cut.answers.size(), 1U);
  EXPECT_EQ(cut.additional.size(), 1U);
}

TEST(DnsMessage, encode_never_makes_more_than_a_length_can_say) {
  DnsMessage message;
  message.answers.push_back(
      {DnsName(), RecordType::a, class_in, 1, RawData{std::vector<std::byte>(70'000)}});
  message.edns = Edns();
  message.edns->options = {{1, std::vector<std::byte>(70'000)}};
  const DnsMessage cut = DnsMessage::parse(message.encode()).value();
  EXPECT_TRUE(cut.truncated);
  EXPECT_TRUE(cut.answers.empty());
  EXPECT_TRUE(cut.edns.value().options.empty());
}

TEST(DnsMessage, names_beyond_the_reach_of_pointers_are_written_in_full) {
  DnsMessage message;
  for (int i = 0; i < 300; ++i) {
    DnsName owner = name("host" + std::to_string(i) + ".far.example");
    message.answers.push_back(
        {owner, RecordType::txt, class_in, 1, TxtData{{std::string(100, 'x')}}});
  }
  message.answers.push_back(message.answers.back());
  EXPECT_GT(message.encode().size(), 0x4000U);
  EXPECT_EQ(DnsMessage::parse(message.encode()).value(), message);
}

TEST(DnsMessage, threat_77_pointer_loops_end_linearly) {
  const std::string header = "0001 0100 0001 0000 0000 0000 ";
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"c00c 0001 0001", "backwards at offset 12"},         // to itself
      {"c00e c00c 0001 0001", "backwards at offset 12"},    // forwards, in a ring
      {"01 'a' c00c 0001 0001", "backwards at offset 14"},  // to its own start: grows for ever
      {"c0ff 0001 0001", "backwards at offset 12"},         // beyond the message
      {"ffff 0001 0001", "backwards at offset 12"},
  };
  for (const auto& [wire, rule] : rows) {
    const auto result = DnsMessage::parse(dns_bytes(header + std::string(wire)));
    ASSERT_FALSE(result.has_value()) << wire;
    EXPECT_THAT(result.error().message(), HasSubstr(rule));
  }
}

TEST(DnsMessage, threat_77_a_chain_of_pointers_is_cut) {
  // An unknown record whose data is pointers, each to the one before; then names that enter at its end.
  const auto chain_of = [](int pointers) {
    std::string data = "00";
    std::size_t target = 23;
    for (int i = 0; i < pointers; ++i) {
      std::vector<std::byte> pointer;
      ByteWriter(pointer).u16(static_cast<std::uint16_t>(0xc000 | target));
      data += hex(pointer);
      target = i == 0 ? 24 : target + 2;
    }
    auto bytes = dns_bytes(answer("00", "ff00", data));
    bytes[7] = std::byte{2};
    ByteWriter into(bytes);
    into.u16(static_cast<std::uint16_t>(0xc000 | target));
    into.bytes(dns_bytes("0001 0001 00000000 0004 c0000201"));
    return DnsMessage::parse(bytes);
  };
  EXPECT_TRUE(chain_of(126).has_value());
  EXPECT_FALSE(chain_of(127).has_value());
  EXPECT_FALSE(chain_of(8000).has_value());
}

TEST(DnsMessage, threat_77_names_have_255_octets_at_most_however_they_are_put_together) {
  // 23: four labels of 50 octets, which with one of 49 make a name of 255 octets; and with 50 one of 256.
  const std::string labels = "32" + std::string(100, '6') + ' ';
  const std::string body = labels + labels + labels + labels + "00";
  const auto joined = [&](std::size_t octets) {
    auto bytes = dns_bytes(answer("00", "0005", body));
    bytes[7] = std::byte{2};
    ByteWriter into(bytes);
    into.u8(static_cast<std::uint8_t>(octets));
    into.bytes(std::vector<std::byte>(octets, std::byte{'x'}));
    into.bytes(dns_bytes("c017 0001 0001 00000000 0004 c0000201"));
    return DnsMessage::parse(bytes);
  };
  ASSERT_TRUE(joined(49).has_value());
  EXPECT_EQ(joined(49)->answers[1].name.wire().size(), 255U);
  ASSERT_FALSE(joined(50).has_value());
  EXPECT_THAT(joined(50).error().message(), HasSubstr("name over 255 octets"));
}

TEST(DnsMessage, threat_77_all_names_together_are_limited) {
  const auto bytes = dns_bytes(answer("04 'host' 00", "0002", "c00c"));  // 6 octets, and 6 more
  EXPECT_TRUE(DnsMessage::parse(bytes, {.records_max = 9, .name_octets_max = 12}).has_value());
  const auto over = DnsMessage::parse(bytes, {.records_max = 9, .name_octets_max = 11});
  ASSERT_TRUE(over.has_value());
  EXPECT_EQ(over->records_cut, 1U);
  EXPECT_TRUE(over->answers.empty());
}

TEST(DnsMessage, threat_77_small_parts_of_records_are_limited) {
  const std::string opt = "0001 8180 0000 0000 0000 0001 00 0029 04d0 00000000 ";
  const std::pair<std::string, std::size_t> rows[] = {
      {answer("00", "0010", "01 'a' 00 01 'b'"), 3},                 // strings of a TXT record
      {answer("00", "0041", "0001 00 0001 0004 01 'a' 01 'b'"), 3},  // a parameter of two protocols
      {answer("00", "0041", "0001 00 0004 0008 c0000201c0000202"), 3},  // of two addresses
      {opt + "0008 000a 0000 000b 0000", 2},                            // options of EDNS
  };
  for (const auto& [wire, parts] : rows) {
    const auto bytes = dns_bytes(wire);
    EXPECT_TRUE(DnsMessage::parse(bytes, {.parts_max = parts}).has_value()) << wire;
    const auto over = DnsMessage::parse(bytes, {.parts_max = parts - 1});
    ASSERT_TRUE(over.has_value()) << wire;
    EXPECT_EQ(over->records_cut, 1U) << wire;
    EXPECT_TRUE(over->answers.empty());
  }
}

TEST(DnsMessage, threat_77_lying_counts_end_where_the_message_does) {
  const auto kind_of = [](std::string_view wire) {
    return DnsMessage::parse(dns_bytes(wire)).error().kind();
  };
  EXPECT_EQ(kind_of("0001 8180 0000 0400 0000 0000"), ErrorKind::malformed);
  EXPECT_EQ(kind_of("0001 8180 ffff ffff ffff ffff"), ErrorKind::malformed);
  const auto one = dns_bytes(answer("00", "0001", "c0000201"));
  EXPECT_TRUE(DnsMessage::parse(one, {.records_max = 1}).has_value());
  EXPECT_EQ(DnsMessage::parse(one, {.records_max = 0})->records_cut, 1U);
  EXPECT_FALSE(DnsMessage::parse(std::vector<std::byte>(65'536)).has_value());
  EXPECT_TRUE(DnsMessage::parse(std::vector<std::byte>(65'535)).has_value());
}

}  // namespace
}  // namespace bowline::wire
