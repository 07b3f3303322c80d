#include "wire/dns/layout/record_layout.h"

#include <gtest/gtest.h>

#include "wire/dns/dns_bytes.h"
#include "wire/dns/message.h"

namespace bowline::wire {
namespace {

std::string text_of(std::string_view type, std::string_view data) {
  const TypeLayout* layout = layout_named(type);
  return layout == nullptr ? "no such type" : layout_text(layout->fields, dns_bytes(data));
}

TEST(RecordLayout, writes_every_type_as_zone_files_do) {
  struct Row {
    std::string_view type, data, text;
  };
  const Row rows[] = {
      {"MX", "000a 04 'mail' 00", "10 mail"},
      {"CAA", "00 05 'issue' 'ca.test; x=1'", "0 issue \"ca.test; x=1\""},
      {"CAA", "80 05 'iodef' ", "128 iodef \"\""},
      {"NAPTR", "0064 000a 01 'u' 07 'E2U+sip' 05 '!a!b!' 00",
       "100 10 \"u\" \"E2U+sip\" \"!a!b!\" ."},
      {"DS", "ec45 05 01 2bb183af", "60485 5 1 2bb183af"},
      {"DNSKEY", "0101 03 0d 010203", "257 3 13 AQID"},
      {"DNSKEY", "0101 03 0d 0102", "257 3 13 AQI="},
      {"DNSKEY", "0101 03 0d 01", "257 3 13 AQ=="},
      {"DNSKEY", "0000 03 00", "0 3 0"},
      {"TLSA", "03 01 01 d2abde24", "3 1 1 d2abde24"},
      {"SSHFP", "04 02 aabb", "4 2 aabb"},
      {"LOC", "00 33 16 13 89172dd0 70be15f0 00988d20",
       "42 21 54.000 N 71 6 18.000 W -24.00m 30m 10000m 10m"},
      {"LOC", "00 12 16 13 80000000 80000000 00989680",
       "0 0 0.000 N 0 0 0.000 E 0.00m 1m 10000m 10m"},
      {"LOC", "01 33 16 13 89172dd0 70be15f0 00988d20", ""},  // a version that is not known
      {"HINFO", "07 'RFC8482' 00", "\"RFC8482\" \"\""},
      {"RP", "01 'a' 00 00", "a ."},
      {"AFSDB", "0001 01 'a' 00", "1 a"},
      {"DNAME", "01 'a' 04 'test' 00", "a.test"},
      {"URI", "000a 0001 'https://a.test/'", "10 1 \"https://a.test/\""},
      {"RRSIG", "0001 0d 02 00000e10 65a4b980 65921100 3039 04 'test' 00 00ff",
       "A 13 2 3600 20240115045008 20240101011024 12345 test AP8="},
      {"NSEC", "01 'b' 00 00 07 22 00 00 00 00 03 80", "b NS SOA RRSIG NSEC DNSKEY"},
      {"NSEC3", "01 00 000a 02 aabb 05 0001020304 00 01 40", "1 0 10 aabb 000G40O4 A"},
      {"NSEC3PARAM", "01 00 0000 00", "1 0 0 -"},
      {"CSYNC", "00000042 0003 00 04 60 00 00 08", "66 3 A NS AAAA"},
      {"ZONEMD", "00000001 01 01 abcd", "1 1 1 abcd"},
      {"EUI48", "00005e005301", "00-00-5e-00-53-01"},
      {"SPF", "01 'a' 01 'b'", "\"a\" \"b\""},
      {"OPENPGPKEY", "000102", "AAEC"},
      {"TXT", "01 'a'", ""},  // has a data type of its own
  };
  for (const Row& row : rows) EXPECT_EQ(text_of(row.type, row.data), row.text) << row.type;
}

TEST(RecordLayout, has_no_text_for_data_that_do_not_fit) {
  const std::pair<std::string_view, std::string_view> rows[] = {
      {"MX", "000a"},
      {"MX", "000a c00c"},
      {"MX", "000a 00 00"},
      {"CAA", "00 00"},
      {"CAA", "00 ff 'issue'"},
      {"NAPTR", "0064 000a 01 'u'"},
      {"DS", "ec45"},
      {"NSEC", "01 'b' 00 00 21 00"},
      {"NSEC", "01 'b' 00 00 02 00"},
      {"RRSIG", "0001 0d 02 00000e10"},
      {"LOC", ""},
      {"SPF", "05 'a'"},
  };
  for (const auto& [type, data] : rows) EXPECT_EQ(text_of(type, data), "") << type << ' ' << data;
}

TEST(RecordLayout, knows_types_by_name_and_by_number) {
  for (const std::string_view name :
       {"MX", "CAA", "NAPTR", "DS", "DNSKEY", "TLSA", "SSHFP", "LOC", "DNAME", "NSEC3", "URI"}) {
    const auto type = record_type_from(name);
    ASSERT_TRUE(type.has_value()) << name;
    EXPECT_EQ(to_string(*type), name);
    EXPECT_EQ(record_type_from(std::to_string(std::to_underlying(*type))), type);
    EXPECT_EQ(record_type_from("type" + std::to_string(std::to_underlying(*type))), type);
  }
  EXPECT_EQ(record_type_from("caa"), static_cast<RecordType>(257));
  EXPECT_EQ(record_type_from("65400"), static_cast<RecordType>(65400));
  EXPECT_EQ(layout_of(static_cast<RecordType>(65400)), nullptr);
  EXPECT_EQ(layout_named(""), nullptr);
}

TEST(RecordLayout, keeps_names_in_full_that_came_compressed) {
  DnsMessage message =
      DnsMessage::parse(dns_bytes("0001 8180 0000 0001 0000 0000 04 'host' 00 000f 0001 0000003c "
                                  "0009 000a 04 'mail' c00c"))
          .value();
  EXPECT_EQ(to_string(message.answers.at(0)), "10 mail.host");
  EXPECT_EQ(DnsMessage::parse(message.encode()).value(), message);
}

TEST(RecordLayout, data_that_do_not_fit_are_written_raw) {
  const Record caa{DnsName(), static_cast<RecordType>(257), class_in, 0, RawData{dns_bytes("00")}};
  EXPECT_EQ(to_string(caa), "\\# 1 00");
}

}  // namespace
}  // namespace bowline::wire
