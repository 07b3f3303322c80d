#include "core/dns/resolver.h"

#include "core/dns/dns_scene.h"
#include "core/dns/host_files/hosts_file.h"

namespace bowline::core {
namespace {

using namespace testing;
using Texts = std::vector<std::string>;

// Search list, hosts, special names, literals.

TEST(Resolver, asks_all_types_of_one_suffix_together) {
  DnsScene scene;
  scene.configure({"192.0.2.53:53"}, {"corp.example", "lab.example"});
  scene.server().holds({address_record("db.lab.example", "10.0.0.1")});
  scene.server().lacks("db.lab.example", {RecordType::aaaa});
  scene.look_up("db", {RecordType::aaaa, RecordType::a});
  EXPECT_EQ(scene.server().questions(), (Texts{"db.corp.example AAAA", "db.corp.example A"}));
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 2U);
  EXPECT_EQ(scene.answers[0].answer.status, AnswerStatus::nodata);
  EXPECT_EQ(scene.answers[1].answer.status, AnswerStatus::ok);
  EXPECT_EQ(scene.answers[1].answer.question, "db.lab.example");
  EXPECT_EQ(scene.answers[1].after, 20ms);
}

TEST(Resolver, never_appends_to_an_absolute_name) {
  DnsScene scene;
  scene.configure({"192.0.2.53:53"}, {"corp.example"});
  EXPECT_EQ(scene.resolve("db.").status, AnswerStatus::nxdomain);
  EXPECT_EQ(scene.server().questions(), Texts{"db A"});
}

TEST(Resolver, does_not_search_when_the_lookup_forbids_it) {
  DnsScene scene;
  scene.configure({"192.0.2.53:53"}, {"corp.example"});
  ASSERT_TRUE(
      scene.try_look_up({.name = "db", .types = {RecordType::a}, .use_search = false}).has_value());
  scene.run_for(1s);
  EXPECT_EQ(scene.server().questions(), Texts{"db A"});
}

TEST(Resolver, goes_on_searching_though_one_type_is_never_answered) {
  DnsScene scene;
  scene.configure({"192.0.2.53:53"}, {"corp.example", "lab.example"});
  scene.server().holds({address_record("db.lab.example", "10.0.0.1")});
  scene.server().ignores = [](const SeenQuery& query) {
    return query.message.questions[0].type == RecordType::https;
  };
  scene.look_up("db", {RecordType::https, RecordType::a});
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 1U);
  EXPECT_EQ(scene.answers[0].answer.status, AnswerStatus::ok);
  EXPECT_EQ(scene.answers[0].after, 10ms + 500ms + 10ms);
}

TEST(Resolver, reports_a_server_failure_met_on_the_search) {
  DnsScene scene;
  scene.configure({"192.0.2.53:53"}, {"corp.example", "lab.example"});
  scene.server().answer("db.corp.example", RecordType::a,
                        [](DnsMessage& reply) { reply.rcode = wire::Rcode::server_failure; });
  const Answer answer = scene.resolve("db");
  EXPECT_EQ(answer.status, AnswerStatus::servfail);
  EXPECT_EQ(answer.question, "db.corp.example");
}

TEST(Resolver, asks_the_hosts_first_for_both_families) {
  DnsScene scene;
  scene.configure();
  scene.config.hosts = std::make_shared<HostsFile>("10.0.0.1 db.test");
  scene.resolver.configure(scene.config, scene.now);
  scene.look_up("DB.test", {RecordType::https, RecordType::aaaa, RecordType::a});
  ASSERT_EQ(scene.answers.size(), 3U);
  EXPECT_EQ(scene.answers[1].answer.status, AnswerStatus::nodata);
  EXPECT_EQ(scene.answers[2].answer.status, AnswerStatus::ok);
  EXPECT_EQ(scene.answers[2].answer.source, AnswerSource::hosts);
  scene.look_up("db.test", {RecordType::a, RecordType::txt});
  scene.run_for(1s);
  EXPECT_EQ(scene.server().questions(), Texts{"db.test TXT"}) << "the hosts say nothing about that";
  EXPECT_EQ(scene.answers.size(), 5U);
}

TEST(Resolver, believes_the_hosts_file_about_names_below_local) {
  DnsScene scene;
  scene.configure();
  scene.config.multicast_dns = true;
  scene.config.hosts = std::make_shared<HostsFile>("192.168.1.5 nas.local");
  scene.resolver.configure(scene.config, scene.now);
  scene.drain();
  const Answer answer = scene.resolve("nas.local");
  EXPECT_EQ(answer.status, AnswerStatus::ok);
  EXPECT_EQ(answer.source, AnswerSource::hosts);
  EXPECT_TRUE(scene.server().seen.empty());
}

TEST(Resolver, takes_addresses_as_they_are) {
  DnsScene scene;
  EXPECT_EQ(scene.resolve("192.0.2.7").source, AnswerSource::literal);
  EXPECT_EQ(scene.resolve("2001:db8::1", RecordType::a).status, AnswerStatus::nodata);
}

}  // namespace
}  // namespace bowline::core
