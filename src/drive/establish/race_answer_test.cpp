#include "drive/establish/race_answer.h"

#include <gtest/gtest.h>

namespace bowline::drive {
namespace {

IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }

AnswerReading reading() {
  return {[](const IpAddress& address) { return core::RaceAddress{address, std::nullopt, false}; },
          false};
}

wire::Record https(wire::ServiceData data) {
  wire::Record record;
  record.type = wire::RecordType::https;
  record.data = std::move(data);
  return record;
}

wire::ServiceData service(std::uint16_t priority, const char* target) {
  wire::ServiceData data;
  data.priority = priority;
  if (std::string_view(target) != ".") data.target = wire::DnsName::parse(target).value();
  return data;
}

core::Answer answer_of(wire::RecordType type, std::vector<wire::Record> records) {
  core::Answer answer;
  answer.type = type;
  answer.question = answer.canonical_name = "a.example";
  answer.records = std::move(records);
  return answer;
}

TEST(RaceAnswer, takes_addresses) {
  wire::Record record;
  record.type = wire::RecordType::aaaa;
  record.data = ip("2001:db8::1");
  const auto told =
      to_race_answer(answer_of(wire::RecordType::aaaa, {record}), {"a.example"}, reading());
  EXPECT_EQ(told.name, "a.example");
  EXPECT_EQ(told.query, core::RaceQuery::ipv6);
  EXPECT_TRUE(told.positive);
  ASSERT_EQ(told.addresses.size(), 1U);
  EXPECT_EQ(told.addresses[0].address, ip("2001:db8::1"));
}

TEST(RaceAnswer, takes_all_that_a_service_record_says) {
  wire::ServiceData data = service(1, "Alt.Example");
  data.alpn = {"h3"};
  data.no_default_alpn = true;
  data.port = 8443;
  data.ech = {std::byte{1}, std::byte{2}};
  data.ipv4_hints = {ip("192.0.2.1")};
  data.ipv6_hints = {ip("2001:db8::1")};
  const auto told =
      to_race_answer(answer_of(wire::RecordType::https, {https(data)}), {"a.example"}, reading());
  EXPECT_TRUE(told.positive);
  ASSERT_EQ(told.services.size(), 1U);
  const core::RaceService& made = told.services[0];
  EXPECT_EQ(made.target, "alt.example");
  EXPECT_EQ(made.port, 8443);
  EXPECT_EQ(made.alpn, data.alpn);
  EXPECT_TRUE(made.no_default_alpn);
  EXPECT_EQ(made.ech.size(), 2U);
  EXPECT_TRUE(made.usable);
  EXPECT_EQ(made.hints.size(), 2U);
}

TEST(RaceAnswer, an_alias_hides_no_name_and_the_first_one_counts) {
  const auto told = to_race_answer(
      answer_of(wire::RecordType::https,
                {https(service(0, "one.example")), https(service(0, "two.example"))}),
      {"a.example"}, reading());
  EXPECT_EQ(told.alias, "one.example");
  EXPECT_TRUE(told.services.empty());
}

TEST(RaceAnswer, a_mandatory_key_that_is_not_understood_makes_a_record_unusable) {
  struct Row {
    std::uint16_t key;
    bool understands_ech;
    bool usable;
  };
  for (const Row& row : {Row{1, false, true}, Row{3, false, true}, Row{5, false, false},
                         Row{5, true, true}, Row{7, true, false}, Row{4711, true, false}}) {
    wire::ServiceData data = service(1, ".");
    data.mandatory = {row.key};
    AnswerReading how = reading();
    how.understands_ech = row.understands_ech;
    const auto told =
        to_race_answer(answer_of(wire::RecordType::https, {https(data)}), {"a.example"}, how);
    EXPECT_EQ(told.services.at(0).usable, row.usable) << row.key;
  }
}

TEST(RaceAnswer, the_owner_as_target_is_the_name_raced_unless_it_was_asked_under_a_port) {
  core::Answer answer = answer_of(wire::RecordType::https, {https(service(1, "."))});
  EXPECT_EQ(to_race_answer(answer, {"a.example"}, reading()).services.at(0).target, ".");
  answer.canonical_name = "_8443._https.a.example";
  EXPECT_EQ(to_race_answer(answer, {"a.example", true}, reading()).services.at(0).target,
            "_8443._https.a.example");
}

TEST(RaceAnswer, the_port_of_an_origin_stands_in_the_name_of_its_records) {
  EXPECT_EQ(service_name("a.example", 443), "a.example");
  EXPECT_EQ(service_name("a.example", 80), "a.example");
  EXPECT_EQ(service_name("a.example", 8443), "_8443._https.a.example");
}

}  // namespace
}  // namespace bowline::drive
