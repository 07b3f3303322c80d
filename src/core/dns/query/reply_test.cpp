#include "core/dns/query/reply.h"

#include "core/dns/dns_scene.h"

namespace bowline::core {
namespace {

using namespace testing;
using Outcome = ReplyReading::Outcome;

const wire::Question question{name("www.example.com"), RecordType::a};

DnsMessage good_reply() {
  DnsMessage query;
  query.id = 7;
  query.questions.push_back(question);
  return reply_to(query);
}

void expect_refused(const DnsMessage& message) {
  EXPECT_FALSE(check_reply(message.encode(), 7, question).has_value());
}

TEST(CheckReply, takes_the_reply_to_the_question_whatever_its_case) {
  DnsMessage reply = good_reply();
  reply.questions[0].name = name("WWW.example.COM");
  EXPECT_TRUE(check_reply(reply.encode(), 7, question).has_value());
}

TEST(CheckReply, refuses_another_id_question_type_or_class) {
  DnsMessage reply = good_reply();
  reply.id = 8;
  expect_refused(reply);
  reply = good_reply();
  reply.questions[0].name = name("www.example.org");
  expect_refused(reply);
  reply = good_reply();
  reply.questions[0].type = RecordType::aaaa;
  expect_refused(reply);
  reply = good_reply();
  reply.questions[0].question_class = 3;
  expect_refused(reply);
}

TEST(CheckReply, refuses_queries_other_opcodes_and_a_missing_question) {
  DnsMessage reply = good_reply();
  reply.response = false;
  expect_refused(reply);
  reply = good_reply();
  reply.opcode = 4;
  expect_refused(reply);
  reply = good_reply();
  reply.questions.clear();
  expect_refused(reply);
  reply = good_reply();
  reply.questions.push_back(question);
  expect_refused(reply);
}

TEST(CheckReply, lets_a_server_that_did_not_understand_leave_the_question_out) {
  DnsMessage reply = good_reply();
  reply.questions.clear();
  reply.rcode = wire::Rcode::format_error;
  EXPECT_TRUE(check_reply(reply.encode(), 7, question).has_value());
}

TEST(CheckReply, refuses_what_is_empty_short_or_cut) {
  EXPECT_FALSE(check_reply({}, 7, question).has_value());
  const auto bytes = good_reply().encode();
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(check_reply(std::span(bytes).first(size), 7, question).has_value()) << size;
}

struct Reading {
  Result<ReplyReading> reading;
  std::string end;
};

Reading read(const DnsMessage& reply, RecordType type = RecordType::a, std::size_t links_max = 16) {
  CnameChain chain(question.name, links_max);
  auto reading = read_reply(reply, type, chain);
  return {std::move(reading), to_string(chain.end())};
}

TEST(ReadReply, finds_the_records_at_the_end_of_the_chain_in_any_order) {
  DnsMessage reply = good_reply();
  reply.answers = {address_record("c.example", "192.0.2.1", 30),
                   cname_record("b.example", "c.example", 20),
                   cname_record("www.example.com", "b.example", 40)};
  const auto [reading, end] = read(reply);
  ASSERT_TRUE(reading.has_value());
  EXPECT_EQ(reading->outcome, Outcome::records);
  EXPECT_EQ(reading->records.size(), 1U);
  EXPECT_EQ(reading->ttl_seconds, 20U);
  EXPECT_EQ(end, "c.example");
}

TEST(ReadReply, ignores_what_does_not_belong_to_the_question) {
  DnsMessage reply = good_reply();
  reply.answers = {address_record("evil.example", "192.0.2.66")};
  reply.additional = {address_record("www.example.com", "192.0.2.66")};
  reply.authorities = {address_record("www.example.com", "192.0.2.66")};
  Record chaos = address_record("www.example.com", "192.0.2.66");
  chaos.record_class = 3;
  chaos.data = wire::RawData{};
  reply.answers.push_back(chaos);
  const auto [reading, end] = read(reply);
  ASSERT_TRUE(reading.has_value());
  EXPECT_EQ(reading->outcome, Outcome::nodata);
  EXPECT_TRUE(reading->records.empty());
}

TEST(ReadReply, knows_a_chain_that_is_not_finished) {
  DnsMessage reply = good_reply();
  reply.answers = {cname_record("www.example.com", "b.example", 40)};
  // A SOA of a zone that the end is not in says nothing about it.
  reply.authorities = {soa_record("example.com", 60)};
  const auto [reading, end] = read(reply);
  ASSERT_TRUE(reading.has_value());
  EXPECT_EQ(reading->outcome, Outcome::unfinished);
  EXPECT_EQ(end, "b.example");
}

TEST(ReadReply, takes_the_negative_ttl_from_the_soa) {
  DnsMessage reply = good_reply();
  reply.rcode = wire::Rcode::name_error;
  reply.authorities = {soa_record("example.com", 600, 60)};
  EXPECT_EQ(read(reply).reading->ttl_seconds, 60U);
  reply.authorities = {soa_record("example.com", 30, 60)};
  EXPECT_EQ(read(reply).reading->ttl_seconds, 30U);
  EXPECT_EQ(read(reply).reading->outcome, Outcome::nxdomain);
  reply.authorities = {soa_record("example.org", 30, 60)};
  EXPECT_EQ(read(reply).reading->ttl_seconds, 0U) << "no SOA of ours: not to be kept";
}

TEST(ReadReply, applies_nxdomain_to_the_end_of_the_chain) {
  DnsMessage reply = good_reply();
  reply.rcode = wire::Rcode::name_error;
  reply.answers = {cname_record("www.example.com", "b.example", 40)};
  const auto [reading, end] = read(reply);
  EXPECT_EQ(reading->outcome, Outcome::nxdomain);
  EXPECT_EQ(end, "b.example");
}

TEST(ReadReply, takes_the_cname_itself_when_that_is_asked_for) {
  DnsMessage reply = good_reply();
  reply.answers = {cname_record("www.example.com", "b.example", 40)};
  EXPECT_EQ(read(reply, RecordType::cname).reading->outcome, Outcome::records);
  EXPECT_EQ(read(reply, RecordType::any).reading->outcome, Outcome::records);
}

TEST(ReadReply, follows_sixteen_links_and_not_seventeen) {
  DnsMessage reply = good_reply();
  std::string owner = "www.example.com";
  for (int i = 0; i < 16; ++i) {
    const std::string target = "n" + std::to_string(i) + ".example";
    reply.answers.push_back(cname_record(owner, target));
    owner = target;
  }
  reply.answers.push_back(address_record(owner, "192.0.2.1"));
  EXPECT_TRUE(read(reply).reading.has_value());
  const auto refused = read(reply, RecordType::a, 15).reading;
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::limit_exceeded);
}

TEST(ReadReply, refuses_loops) {
  DnsMessage reply = good_reply();
  reply.answers = {cname_record("www.example.com", "b.example"),
                   cname_record("b.example", "WWW.example.com")};
  const auto refused = read(reply).reading;
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::protocol_violation);
}

TEST(IsReferral, is_true_for_a_server_that_only_points_elsewhere) {
  DnsMessage reply = good_reply();
  EXPECT_FALSE(is_referral(reply));
  reply.authorities.push_back(
      {name("com"), RecordType::ns, wire::class_in, 60, wire::NameData{name("ns.example")}});
  EXPECT_TRUE(is_referral(reply));
  reply.authorities.push_back(soa_record("com", 60));
  EXPECT_FALSE(is_referral(reply));
}

TEST(ExtendedError, is_named_and_escaped) {
  DnsMessage reply = good_reply();
  EXPECT_EQ(extended_error(reply), "");
  reply.edns.emplace();
  std::vector<std::byte> value = {std::byte{0}, std::byte{6}};
  const auto text = as_bytes("bad\x1b[31m");
  value.insert(value.end(), text.begin(), text.end());
  reply.edns->options.push_back({15, value});
  EXPECT_EQ(extended_error(reply), "EDE 6 (DNSSEC bogus): bad\\x1b[31m");
  reply.edns->options[0].value = {std::byte{0}};
  EXPECT_EQ(extended_error(reply), "");
  reply.edns->options[0].value = {std::byte{0x12}, std::byte{0x34}};
  EXPECT_EQ(extended_error(reply), "EDE 4660");
}

}  // namespace
}  // namespace bowline::core
