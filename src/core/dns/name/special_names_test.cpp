#include "core/dns/name/special_names.h"

#include "core/dns/dns_scene.h"

namespace bowline::core {
namespace {

using namespace testing;

TEST(SpecialName, knows_the_zones_and_all_below_by_whole_labels) {
  EXPECT_EQ(special_name(name("localhost")), SpecialName::localhost);
  EXPECT_EQ(special_name(name("a.b.LOCALHOST.")), SpecialName::localhost);
  EXPECT_EQ(special_name(name("notlocalhost")), SpecialName::none);
  EXPECT_EQ(special_name(name("printer.local")), SpecialName::multicast);
  EXPECT_EQ(special_name(name("1.0.254.169.in-addr.arpa")), SpecialName::multicast);
  EXPECT_EQ(special_name(name("0.8.e.f.ip6.arpa")), SpecialName::multicast);
  EXPECT_EQ(special_name(name("x.invalid")), SpecialName::invalid);
  EXPECT_EQ(special_name(name("x.onion")), SpecialName::onion);
  EXPECT_EQ(special_name(name("local.example")), SpecialName::none);
}

TEST(SpecialAnswer, gives_loopback_for_localhost_and_nothing_else_of_it) {
  const auto ipv4 = special_answer(name("x.localhost"), RecordType::a);
  ASSERT_EQ(ipv4->records.size(), 1U);
  EXPECT_EQ(std::get<IpAddress>(ipv4->records[0].data), IpAddress::loopback(Family::ipv4));
  const auto ipv6 = special_answer(name("localhost"), RecordType::aaaa);
  EXPECT_EQ(std::get<IpAddress>(ipv6->records.at(0).data), IpAddress::loopback(Family::ipv6));
  EXPECT_EQ(special_answer(name("localhost"), RecordType::https)->status, AnswerStatus::nodata);
}

TEST(SpecialAnswer, explains_why_a_name_is_not_asked) {
  const auto answer = special_answer(name("printer.local"), RecordType::a);
  EXPECT_EQ(answer->status, AnswerStatus::nxdomain);
  EXPECT_EQ(answer->error->kind(), ErrorKind::name_not_found);
  EXPECT_NE(answer->error->message().find("multicast DNS"), std::string::npos);
}

TEST(HostsAnswer, has_nodata_for_the_family_that_is_not_listed) {
  const std::multimap<std::string, IpAddress> hosts = {{"db.test", IpAddress::v4({10, 0, 0, 1})},
                                                       {"db.test", IpAddress::v4({10, 0, 0, 2})}};
  EXPECT_EQ(hosts_answer(hosts, name("DB.test"), RecordType::a)->records.size(), 2U);
  EXPECT_EQ(hosts_answer(hosts, name("db.test"), RecordType::aaaa)->status, AnswerStatus::nodata);
  EXPECT_EQ(hosts_answer(hosts, name("db.test"), RecordType::https)->status, AnswerStatus::nodata);
  EXPECT_FALSE(hosts_answer(hosts, name("db.test"), RecordType::txt).has_value());
  EXPECT_FALSE(hosts_answer(hosts, name("other.test"), RecordType::a).has_value());
}

TEST(LiteralAnswer, is_the_address_for_its_family) {
  const IpAddress address = IpAddress::parse("2001:db8::1").value();
  EXPECT_EQ(literal_answer(address, RecordType::aaaa).status, AnswerStatus::ok);
  EXPECT_EQ(literal_answer(address, RecordType::a).status, AnswerStatus::nodata);
  EXPECT_EQ(literal_answer(address, RecordType::aaaa).question, "2001:db8::1");
}

}  // namespace
}  // namespace bowline::core
