#include <algorithm>

#include "core/dns/dns_scene.h"
#include "core/dns/host_files/hosts_file.h"
#include "core/dns/host_files/resolv_conf.h"

// What the host's files make of a lookup, from their text to the questions.

namespace bowline::core {
namespace {

using namespace testing;
using Texts = std::vector<std::string>;

struct ConfiguredScene : DnsScene {
  explicit ConfiguredScene(std::string_view resolv_conf, bool multicast_dns = false) {
    config = parse_resolv_conf(resolv_conf).config;
    config.multicast_dns = multicast_dns;
    if (config.entries[0].servers.empty()) config.entries[0].servers = {server_at("192.0.2.53:53")};
    resolver.configure(config, now);
    drain();
  }
  Texts questions() { return server().questions(); }
};

TEST(ResolverConfig, kubernetes_names_are_asked_in_the_order_of_its_search_list) {
  const std::string_view pod =
      "nameserver 192.0.2.53\n"
      "search shop.svc.cluster.local svc.cluster.local cluster.local\n"
      "options ndots:5\n";
  struct Row {
    const char* asked;
    const char* exists;
    Texts questions;
  };
  const Row rows[] = {
      {"web", "web.shop.svc.cluster.local", {"web.shop.svc.cluster.local A"}},
      {"web.shop",
       "web.shop.svc.cluster.local",
       {"web.shop.shop.svc.cluster.local A", "web.shop.svc.cluster.local A"}},
      {"web.shop.svc",
       "web.shop.svc.cluster.local",
       {"web.shop.svc.shop.svc.cluster.local A", "web.shop.svc.svc.cluster.local A",
        "web.shop.svc.cluster.local A"}},
      {"web.shop.svc.cluster.local.",
       "web.shop.svc.cluster.local",
       {"web.shop.svc.cluster.local A"}},
      {"www.example.com",
       "www.example.com",
       {"www.example.com.shop.svc.cluster.local A", "www.example.com.svc.cluster.local A",
        "www.example.com.cluster.local A", "www.example.com A"}},
      {"nas.local",
       "nas.local.cluster.local",
       {"nas.local.shop.svc.cluster.local A", "nas.local.svc.cluster.local A",
        "nas.local.cluster.local A"}},
  };
  for (const bool multicast_dns : {false, true})
    for (const Row& row : rows) {
      ConfiguredScene scene(pod, multicast_dns);
      scene.server().holds({address_record(row.exists, "10.0.0.1")});
      const Answer answer = scene.resolve(row.asked);
      if (std::string_view(row.asked) == "nas.local" && multicast_dns) continue;
      EXPECT_EQ(answer.status, AnswerStatus::ok) << row.asked;
      EXPECT_EQ(scene.questions(), row.questions) << row.asked;
    }
}

TEST(ResolverConfig, says_why_a_name_below_local_is_asked_of_servers) {
  ConfiguredScene scene("search corp.local\n", true);
  scene.server().holds({address_record("dc.corp.local", "10.0.0.1")});
  const Answer answer = scene.resolve("dc");
  ASSERT_EQ(answer.remarks.size(), 1U);
  EXPECT_EQ(answer.remarks[0],
            "dc.corp.local is asked of DNS servers: it is under the search domain corp.local");
}

TEST(ResolverConfig, asks_for_names_of_multicast_dns_only_where_nothing_speaks_it) {
  for (const bool multicast_dns : {false, true}) {
    ConfiguredScene scene("", multicast_dns);
    scene.server().holds({address_record("printer.local", "10.0.0.9")});
    EXPECT_EQ(scene.resolve("printer.local").status,
              multicast_dns ? AnswerStatus::nxdomain : AnswerStatus::ok);
    EXPECT_EQ(scene.questions().empty(), multicast_dns);
  }
}

TEST(ResolverConfig, goes_on_along_the_search_list_past_a_name_without_addresses) {
  ConfiguredScene scene("search a.test b.test\n");
  scene.server().lacks("web.a.test", {RecordType::a, RecordType::aaaa});
  scene.server().holds({address_record("web.b.test", "10.0.0.1")});
  scene.server().lacks("web.b.test", {RecordType::aaaa});
  scene.look_up("web", {RecordType::aaaa, RecordType::a});
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 2U);
  for (const auto& got : scene.answers) EXPECT_EQ(got.answer.question, "web.b.test");
}

TEST(ResolverConfig, does_not_leave_a_name_that_exists_for_a_slow_answer) {
  ConfiguredScene scene("search a.test b.test\n");
  scene.server().lacks("web.a.test", {RecordType::aaaa});
  scene.server().holds({address_record("web.a.test", "10.0.0.1")});
  scene.server().ignores = [&](const SeenQuery& query) {
    return query.asked() == "web.a.test A" && query.at < Instant{2s};
  };
  scene.look_up("web", {RecordType::aaaa, RecordType::a});
  scene.run_for(5s);
  ASSERT_EQ(scene.answers.size(), 2U);
  EXPECT_EQ(scene.answers[1].answer.question, "web.a.test");
}

TEST(ResolverConfig, option_no_aaaa_asks_for_ipv4_only) {
  ConfiguredScene scene("options no-aaaa\n");
  scene.config.hosts = std::make_shared<HostsFile>("2001:db8::7 six.test");
  scene.resolver.configure(scene.config, scene.now);
  scene.server().holds({address_record("www.test", "10.0.0.1")});
  scene.look_up("www.test", {RecordType::aaaa, RecordType::a});
  scene.run_for(1s);
  EXPECT_EQ(scene.questions(), Texts{"www.test A"});
  ASSERT_EQ(scene.answers.size(), 2U);
  EXPECT_EQ(scene.answers[0].answer.status, AnswerStatus::nodata);
  EXPECT_EQ(scene.resolve("six.test", RecordType::aaaa).status, AnswerStatus::ok)
      << "the hosts file still counts";
}

TEST(ResolverConfig, option_use_vc_asks_by_tcp) {
  ConfiguredScene scene("options use-vc\n");
  scene.server().holds({address_record("www.test", "10.0.0.1")});
  EXPECT_EQ(scene.resolve("www.test").transport, DnsTransport::tcp);
}

TEST(ResolverConfig, option_single_request_asks_one_after_the_other) {
  ConfiguredScene scene("search a.test b.test\noptions single-request\n");
  scene.server().holds(
      {address_record("web.b.test", "10.0.0.1"), address_record("web.b.test", "2001:db8::1")});
  scene.look_up("web", {RecordType::aaaa, RecordType::a});
  scene.run_for(1s);
  EXPECT_EQ(scene.questions(),
            (Texts{"web.a.test AAAA", "web.a.test A", "web.b.test AAAA", "web.b.test A"}));
  for (std::size_t i = 1; i < scene.server().seen.size(); ++i)
    EXPECT_EQ(scene.server().seen[i].at - scene.server().seen[i - 1].at, 10ms);
  EXPECT_EQ(scene.answers.size(), 2U);
  scene.look_up("web", {RecordType::aaaa, RecordType::a});
  EXPECT_EQ(scene.answers.size(), 4U) << "from the cache, both at once";
}

TEST(ResolverConfig, option_rotate_takes_turns) {
  ConfiguredScene scene("nameserver 192.0.2.1\nnameserver 192.0.2.2\noptions rotate\n");
  for (int i = 0; i < 4; ++i) (void)scene.resolve("n" + std::to_string(i) + ".test.");
  EXPECT_EQ(scene.server("192.0.2.1:53").seen.size(), 2U);
  EXPECT_EQ(scene.server("192.0.2.2:53").seen.size(), 2U);
}

TEST(ResolverConfig, options_timeout_and_attempts_bound_the_wait) {
  struct Row {
    const char* options;
    Duration end;
  };
  const Row rows[] = {
      {"options timeout:1 attempts:1\n", 2s}, {"options timeout:1 attempts:2\n", 1s + 2s},
      {"options timeout:3 attempts:1\n", 3s}, {"options timeout:5 attempts:2\n", 5s + 5s},
      {"options attempts:1\n", 2s},           {"", 2s + 4s + 5s}};
  for (const Row& row : rows) {
    ConfiguredScene scene(row.options);
    scene.server().silent = true;
    const Answer answer = scene.resolve("www.test.");
    EXPECT_LE(answer.ended - answer.started, row.end) << row.options;
    EXPECT_GE(answer.ended - answer.started, row.end / 2) << row.options;
  }
  ConfiguredScene scene("options timeout:1 attempts:1\n");
  scene.config.timeout.reset();
  scene.config.attempts.reset();
  scene.resolver.configure(scene.config, scene.now);
  scene.server().silent = true;
  const Answer answer = scene.resolve("www.test.");
  EXPECT_EQ(answer.ended - answer.started, 11s) << "a new file has its own";
}

TEST(ResolverConfig, option_trust_ad_asks_for_the_flag) {
  for (const char* text : {"", "options trust-ad\n"}) {
    ConfiguredScene scene(text);
    scene.server().holds({address_record("www.test", "10.0.0.1")});
    scene.server().before_sending = [](const SeenQuery& query, DnsMessage& reply) {
      reply.authentic_data = query.message.authentic_data;
    };
    const Answer answer = scene.resolve("www.test");
    EXPECT_EQ(answer.reply->authentic_data, *text != '\0');
  }
}

TEST(ResolverConfig, option_no_tld_query_keeps_single_labels_inside) {
  ConfiguredScene scene("search a.test\noptions no-tld-query\n");
  EXPECT_EQ(scene.resolve("intranet").status, AnswerStatus::nxdomain);
  EXPECT_EQ(scene.questions(), Texts{"intranet.a.test A"});
}

TEST(ResolverConfig, an_address_is_turned_round_for_ptr) {
  ConfiguredScene scene("search a.test\n");
  scene.config.hosts = std::make_shared<HostsFile>("10.0.0.1 db.test db");
  scene.resolver.configure(scene.config, scene.now);
  scene.server().answer("1.2.0.192.in-addr.arpa", RecordType::ptr, [](DnsMessage& reply) {
    reply.answers.push_back({name("1.2.0.192.in-addr.arpa"), RecordType::ptr, wire::class_in, 60,
                             wire::NameData{name("host.test")}});
  });
  const Answer answer = scene.resolve("192.0.2.1", RecordType::ptr);
  EXPECT_EQ(answer.status, AnswerStatus::ok);
  EXPECT_EQ(to_string(answer.records.at(0)), "host.test");
  EXPECT_EQ(scene.questions(), Texts{"1.2.0.192.in-addr.arpa PTR"});
  EXPECT_EQ(scene.resolve("10.0.0.1", RecordType::ptr).source, AnswerSource::hosts);
  EXPECT_EQ(scene.resolve("192.0.2.9", RecordType::ptr).status, AnswerStatus::nxdomain);
  EXPECT_EQ(scene.resolve("192.0.2.1", RecordType::a).source, AnswerSource::literal);
}

TEST(ResolverConfig, without_recursion_a_referral_is_an_answer) {
  ConfiguredScene scene("");
  scene.server().answer("www.test", RecordType::a, [](DnsMessage& reply) {
    reply.authorities.push_back(
        {name("test"), RecordType::ns, wire::class_in, 60, wire::NameData{name("ns.test")}});
    reply.additional.push_back(address_record("ns.test", "192.0.2.9"));
  });
  ASSERT_TRUE(scene
                  .try_look_up({.name = "www.test.",
                                .types = {RecordType::a},
                                .server = server_at("192.0.2.53:53"),
                                .recursion = false,
                                .whole_reply = true})
                  .has_value());
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 1U);
  const Answer& answer = scene.answers[0].answer;
  EXPECT_EQ(answer.status, AnswerStatus::nodata);
  EXPECT_TRUE(answer.reply->referral);
  EXPECT_EQ(answer.authorities.size(), 1U);
  EXPECT_EQ(answer.additional.size(), 1U);
  EXPECT_FALSE(scene.server().seen.at(0).message.recursion_desired);
}

}  // namespace
}  // namespace bowline::core
