#include "core/dns/name/special_names.h"

#include "core/dns/dns_scene.h"
#include "core/dns/host_files/hosts_file.h"

namespace bowline::core {
namespace {

using namespace testing;

SpecialNames names_with(bool multicast_dns, std::vector<std::string> search = {}) {
  ResolverConfig config;
  config.multicast_dns = multicast_dns;
  config.entries.emplace_back();
  config.entries[0].search = std::move(search);
  return SpecialNames(config);
}

TEST(SpecialNames, knows_the_zones_and_all_below_by_whole_labels) {
  const SpecialNames special = names_with(true);
  EXPECT_EQ(special.kind_of(name("localhost")), SpecialName::localhost);
  EXPECT_EQ(special.kind_of(name("a.b.LOCALHOST.")), SpecialName::localhost);
  EXPECT_EQ(special.kind_of(name("notlocalhost")), SpecialName::none);
  EXPECT_EQ(special.kind_of(name("printer.local")), SpecialName::multicast);
  EXPECT_EQ(special.kind_of(name("1.0.254.169.in-addr.arpa")), SpecialName::multicast);
  EXPECT_EQ(special.kind_of(name("0.8.e.f.ip6.arpa")), SpecialName::multicast);
  EXPECT_EQ(special.kind_of(name("x.invalid")), SpecialName::invalid);
  EXPECT_EQ(special.kind_of(name("x.onion")), SpecialName::onion);
  EXPECT_EQ(special.kind_of(name("local.example")), SpecialName::none);
}

TEST(SpecialNames, leaves_to_multicast_dns_what_it_can_answer) {
  struct Row {
    const char* name;
    std::vector<std::string> search;
    bool multicast_dns;
    SpecialName kind;
    const char* why;
  };
  const Row rows[] = {
      {"printer.local", {}, true, SpecialName::multicast, ""},
      {"printer.local", {}, false, SpecialName::none, "nothing on this host speaks"},
      {"local", {}, true, SpecialName::multicast, ""},
      {"web.shop.svc.cluster.local", {}, true, SpecialName::none, "two labels"},
      {"web.cluster.local",
       {"cluster.local"},
       true,
       SpecialName::none,
       "search domain cluster.local"},
      {"cluster.local", {"cluster.local"}, true, SpecialName::none, "search domain cluster.local"},
      {"dc1.local", {"local"}, true, SpecialName::none, "search domain local"},
      {"dc1.LOCAL", {"local."}, true, SpecialName::none, "search domain local"},
      {"printer.local", {"corp.local"}, true, SpecialName::multicast, ""},
      {"_http._tcp.local", {}, false, SpecialName::none, "two labels"},
      {"1.0.254.169.in-addr.arpa", {}, false, SpecialName::none, ""},
      {"www.example", {"local"}, true, SpecialName::none, ""},
  };
  for (const Row& row : rows) {
    const SpecialNames special = names_with(row.multicast_dns, row.search);
    EXPECT_EQ(special.kind_of(name(row.name)), row.kind) << row.name;
    if (row.kind != SpecialName::none) continue;
    const std::string why = special.why_asked(name(row.name));
    EXPECT_EQ(why.empty(), *row.why == '\0') << row.name;
    EXPECT_NE(why.find(row.why), std::string::npos) << why;
  }
}

TEST(SpecialNames, gives_loopback_for_localhost_and_nothing_else_of_it) {
  const SpecialNames special;
  const auto ipv4 = special.answer(name("x.localhost"), RecordType::a);
  EXPECT_EQ(ipv4->source, AnswerSource::rule);
  EXPECT_EQ(special.answer(name("x.invalid"), RecordType::a)->source, AnswerSource::rule);
  ASSERT_EQ(ipv4->records.size(), 1U);
  EXPECT_EQ(std::get<IpAddress>(ipv4->records[0].data), IpAddress::loopback(Family::ipv4));
  const auto ipv6 = special.answer(name("localhost"), RecordType::aaaa);
  EXPECT_EQ(std::get<IpAddress>(ipv6->records.at(0).data), IpAddress::loopback(Family::ipv6));
  EXPECT_EQ(special.answer(name("localhost"), RecordType::https)->status, AnswerStatus::nodata);
}

TEST(SpecialNames, explains_why_a_name_is_not_asked) {
  const auto answer = names_with(true).answer(name("printer.local"), RecordType::a);
  EXPECT_EQ(answer->status, AnswerStatus::nxdomain);
  EXPECT_EQ(answer->error->kind(), ErrorKind::name_not_found);
  EXPECT_NE(answer->error->message().find("multicast DNS"), std::string::npos);
}

TEST(HostsAnswer, has_nodata_for_the_family_that_is_not_listed) {
  HostsFile hosts("10.0.0.1 db.test\n10.0.0.2 db.test\n");
  EXPECT_EQ(hosts_answer(hosts, name("DB.test"), RecordType::a)->records.size(), 2U);
  EXPECT_EQ(hosts_answer(hosts, name("db.test"), RecordType::aaaa)->status, AnswerStatus::nodata);
  EXPECT_EQ(hosts_answer(hosts, name("db.test"), RecordType::https)->status, AnswerStatus::nodata);
  EXPECT_FALSE(hosts_answer(hosts, name("db.test"), RecordType::txt).has_value());
  EXPECT_FALSE(hosts_answer(hosts, name("other.test"), RecordType::a).has_value());
}

TEST(HostsAnswer, has_the_names_of_an_address) {
  HostsFile hosts("10.0.0.1 db.test db\n");
  const auto answer = hosts_answer(hosts, name("1.0.0.10.in-addr.arpa"), RecordType::ptr);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->records.size(), 2U);
  EXPECT_EQ(to_string(answer->records[0]), "db.test");
  EXPECT_FALSE(hosts_answer(hosts, name("2.0.0.10.in-addr.arpa"), RecordType::ptr).has_value());
  EXPECT_FALSE(hosts_answer(hosts, name("db.test"), RecordType::ptr).has_value());
}

TEST(LiteralAnswer, is_the_address_for_its_family) {
  const IpAddress address = IpAddress::parse("2001:db8::1").value();
  EXPECT_EQ(literal_answer(address, RecordType::aaaa).status, AnswerStatus::ok);
  EXPECT_EQ(literal_answer(address, RecordType::a).status, AnswerStatus::nodata);
  EXPECT_EQ(literal_answer(address, RecordType::aaaa).question, "2001:db8::1");
}

}  // namespace
}  // namespace bowline::core
