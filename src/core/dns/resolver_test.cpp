#include "core/dns/resolver.h"

#include "core/dns/dns_scene.h"
#include "core/dns/host_files/hosts_file.h"

namespace bowline::core {
namespace {

using namespace testing;
using Texts = std::vector<std::string>;

// The rows D1 to D13 of the acceptance table, and one-answer-per-type basics.

TEST(Resolver, gives_each_type_its_answer_in_the_order_asked) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1"),
                        address_record("www.example.com", "2001:db8::1")});
  scene.server().lacks("www.example.com", {RecordType::https});
  scene.look_up("www.example.com", {RecordType::https, RecordType::aaaa, RecordType::a});
  EXPECT_EQ(scene.server().questions(),
            (Texts{"www.example.com HTTPS", "www.example.com AAAA", "www.example.com A"}));
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 3U);
  EXPECT_EQ(scene.answers[0].answer.status, AnswerStatus::nodata);
  EXPECT_EQ(scene.answers[0].answer.error->kind(), ErrorKind::name_not_found);
  const Answer& ipv4 = scene.answers[2].answer;
  EXPECT_EQ(ipv4.status, AnswerStatus::ok);
  EXPECT_EQ(ipv4.source, AnswerSource::query);
  EXPECT_EQ(ipv4.transport, DnsTransport::udp);
  EXPECT_EQ(ipv4.server, server_at("192.0.2.53:53"));
  EXPECT_EQ(ipv4.question, "www.example.com");
  EXPECT_EQ(ipv4.ttl_seconds, 300U);
  EXPECT_EQ(ipv4.ended - ipv4.started, 10ms);
  EXPECT_TRUE(scene.datagram_sockets.empty());
}

TEST(Resolver, d1_shows_an_answer_while_the_other_type_is_never_answered) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1")});
  scene.server().ignores = [](const SeenQuery& query) {
    return query.message.questions[0].type == RecordType::aaaa;
  };
  scene.look_up("www.example.com", {RecordType::aaaa, RecordType::a});
  scene.run_for(20s);
  ASSERT_EQ(scene.answers.size(), 2U);
  EXPECT_EQ(scene.answers[0].answer.type, RecordType::a);
  EXPECT_EQ(scene.answers[0].after, 10ms);
  EXPECT_EQ(scene.answers[1].answer.status, AnswerStatus::timeout);
  EXPECT_LE(scene.answers[1].after, 15s);
}

TEST(Resolver, d2_asks_by_tcp_after_a_truncated_reply_and_keeps_the_connection) {
  DnsScene scene;
  scene.configure();
  scene.server().truncates = true;
  scene.server().holds(
      {address_record("a.example.com", "192.0.2.1"), address_record("b.example.com", "192.0.2.2")});
  const Answer first = scene.resolve("a.example.com");
  EXPECT_EQ(first.transport, DnsTransport::tcp);
  EXPECT_EQ(first.ended - first.started, 30ms) << "one round trip by UDP, two by TCP";
  const Answer second = scene.resolve("b.example.com");
  EXPECT_EQ(second.ended - second.started, 20ms) << "no new handshake";
  EXPECT_EQ(scene.streams_opened, 1U);
  scene.run_for(11s);
  EXPECT_TRUE(scene.stream_sockets.empty()) << "idle for ten seconds";
}

TEST(Resolver, d3_ignores_wrong_replies_and_takes_the_right_one) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1")});
  scene.look_up("www.example.com");
  const SeenQuery query = scene.server().seen.at(0);
  DnsMessage forged = scene.server().reply(query);
  forged.answers = {address_record("www.example.com", "192.0.2.66")};
  DnsMessage wrong = forged;
  wrong.id = static_cast<std::uint16_t>(forged.id + 1);
  scene.deliver(query.socket, wrong.encode());
  wrong = forged;
  wrong.questions[0].name = name("www.example.org");
  scene.deliver(query.socket, wrong.encode());
  scene.deliver(query.socket + 1000, forged.encode());
  EXPECT_TRUE(scene.answers.empty());
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 1U);
  EXPECT_EQ(std::get<IpAddress>(scene.answers[0].answer.records.at(0).data),
            IpAddress::v4({192, 0, 2, 1}));
}

TEST(Resolver, d4_turns_to_the_second_server_and_skips_the_dead_one_next_time) {
  DnsScene scene;
  scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
  scene.server("192.0.2.1:53").silent = true;
  scene.server("192.0.2.2:53")
      .holds({address_record("a.example.com", "192.0.2.9"),
              address_record("b.example.com", "192.0.2.9")});
  const Answer first = scene.resolve("a.example.com");
  EXPECT_EQ(first.status, AnswerStatus::ok);
  EXPECT_EQ(first.ended - first.started, 2s + 10ms) << "nothing was known about the first";
  EXPECT_EQ(first.server, server_at("192.0.2.2:53"));
  const Answer second = scene.resolve("b.example.com");
  EXPECT_EQ(second.ended - second.started, 10ms);
  EXPECT_EQ(scene.server("192.0.2.1:53").seen.size(), 2U) << "with EDNS, and without";
}

TEST(Resolver, d4_waits_only_250_ms_for_a_server_known_to_be_fast) {
  DnsScene scene;
  scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
  for (const char* server : {"192.0.2.1:53", "192.0.2.2:53"})
    scene.server(server).holds({address_record("a.example.com", "192.0.2.9"),
                                address_record("b.example.com", "192.0.2.9")});
  EXPECT_EQ(scene.resolve("a.example.com").status, AnswerStatus::ok);
  scene.server("192.0.2.1:53").silent = true;
  const Answer second = scene.resolve("b.example.com");
  EXPECT_EQ(second.ended - second.started, 260ms);
}

TEST(Resolver, d4_counts_a_late_answer_of_the_slow_server) {
  DnsScene scene;
  scene.configure();
  scene.server().holds(
      {address_record("a.example.com", "192.0.2.9"), address_record("b.example.com", "192.0.2.9")});
  (void)scene.resolve("a.example.com");
  scene.server().delay = 300ms;
  const Answer answer = scene.resolve("b.example.com");
  EXPECT_EQ(answer.status, AnswerStatus::ok);
  EXPECT_EQ(answer.ended - answer.started, 300ms) << "the first question's socket still listens";
  EXPECT_EQ(scene.server().seen.size(), 3U);
  EXPECT_NE(scene.server().seen[1].socket, scene.server().seen[2].socket)
      << "a fresh socket for each try";
  EXPECT_TRUE(scene.datagram_sockets.empty());
}

TEST(Resolver, d7_follows_a_cname_with_further_queries_in_the_same_scope) {
  DnsScene scene;
  ResolverConfig config;
  config.entries = {{0, 0, {server_at("192.0.2.1:53")}, {}},
                    {7, 7, {server_at("10.0.0.1:53")}, {}}};
  scene.resolver.configure(config, scene.now);
  auto& corp = scene.server("10.0.0.1:53");
  const Record alias = cname_record("www.corp.example", "public.example.com", 20);
  corp.answer("www.corp.example", RecordType::a,
              [&](DnsMessage& reply) { reply.answers = {alias}; });
  corp.holds({address_record("public.example.com", "192.0.2.9", 300)});
  ASSERT_TRUE(scene.try_look_up({.name = "www.corp.example", .types = {RecordType::a}, .scope = 7})
                  .has_value());
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 1U);
  EXPECT_EQ(scene.answers[0].answer.status, AnswerStatus::ok);
  EXPECT_EQ(scene.answers[0].answer.question, "www.corp.example");
  EXPECT_EQ(scene.answers[0].answer.canonical_name, "public.example.com");
  EXPECT_EQ(scene.answers[0].answer.ttl_seconds, 20U) << "the least of the chain";
  EXPECT_EQ(corp.questions(), (Texts{"www.corp.example A", "public.example.com A"}));
  EXPECT_TRUE(scene.server("192.0.2.1:53").seen.empty());
}

TEST(Resolver, d10_gives_a_stale_answer_at_once_and_the_fresh_one_after_it) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1", 60)});
  (void)scene.resolve("www.example.com");
  scene.run_for(2min);
  const Instant asked = scene.now;
  ASSERT_TRUE(
      scene.try_look_up({.name = "www.example.com", .types = {RecordType::a}, .allow_stale = true})
          .has_value());
  ASSERT_EQ(scene.answers.size(), 2U);
  EXPECT_TRUE(scene.answers[1].answer.stale);
  EXPECT_FALSE(scene.answers[1].answer.final);
  EXPECT_EQ(scene.answers[1].answer.ended, asked);
  EXPECT_EQ(scene.server().seen.size(), 2U) << "refreshed in the same turn";
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 3U);
  EXPECT_FALSE(scene.answers[2].answer.stale);
  EXPECT_TRUE(scene.answers[2].answer.final);
}

TEST(Resolver, d10_gives_nothing_stale_unasked) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1", 60)});
  (void)scene.resolve("www.example.com");
  scene.run_for(2min);
  scene.server().silent = true;
  EXPECT_EQ(scene.resolve("www.example.com").status, AnswerStatus::timeout);
  scene.server().silent = false;
}

TEST(Resolver, d10_keeps_the_stale_answer_when_the_refresh_fails) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1", 60)});
  (void)scene.resolve("www.example.com");
  scene.run_for(2min);
  scene.server().silent = true;
  for (int i = 0; i < 2; ++i) {
    scene.answers.clear();
    ASSERT_TRUE(
        scene
            .try_look_up({.name = "www.example.com", .types = {RecordType::a}, .allow_stale = true})
            .has_value());
    scene.run_for(20s);
    ASSERT_EQ(scene.answers.size(), 2U);
    EXPECT_TRUE(scene.answers[0].answer.stale);
    EXPECT_EQ(scene.answers[1].answer.status, AnswerStatus::timeout);
  }
}

TEST(Resolver, d11_hands_over_service_records_for_the_race_to_judge) {
  DnsScene scene;
  scene.configure();
  wire::ServiceData service;
  service.priority = 1;
  service.mandatory = {65000};
  service.parameters = {{0, {std::byte{0xfd}, std::byte{0xe8}}}, {65000, {}}};
  const Record record{name("cdn.example.net"), RecordType::https, wire::class_in, 60, service};
  scene.server().answer("www.example.com", RecordType::https, [&](DnsMessage& reply) {
    reply.answers = {cname_record("www.example.com", "cdn.example.net"), record};
  });
  const Answer answer = scene.resolve("www.example.com", RecordType::https);
  ASSERT_EQ(answer.status, AnswerStatus::ok);
  EXPECT_EQ(answer.canonical_name, "cdn.example.net");
  EXPECT_EQ(std::get<wire::ServiceData>(answer.records.at(0).data).mandatory,
            std::vector<std::uint16_t>{65000});
}

TEST(Resolver, hands_over_alias_records_without_following_them) {
  DnsScene scene;
  scene.configure();
  wire::ServiceData alias;
  alias.target = name("pool.example.net");
  scene.server().holds({{name("example.com"), RecordType::https, wire::class_in, 60, alias}});
  const Answer answer = scene.resolve("example.com", RecordType::https);
  ASSERT_EQ(answer.status, AnswerStatus::ok);
  EXPECT_TRUE(std::get<wire::ServiceData>(answer.records.at(0).data).is_alias());
  EXPECT_EQ(scene.server().seen.size(), 1U);
}

TEST(Resolver, d13_asks_again_after_the_configuration_of_the_scope_has_changed) {
  DnsScene scene;
  scene.configure();
  EXPECT_EQ(scene.resolve("vpn.example.com").status, AnswerStatus::nxdomain);
  EXPECT_EQ(scene.resolve("vpn.example.com").source, AnswerSource::cache);
  scene.configure();
  EXPECT_EQ(scene.resolve("vpn.example.com").source, AnswerSource::cache) << "nothing has changed";
  scene.configure({"10.0.0.1:53"});
  scene.server("10.0.0.1:53").holds({address_record("vpn.example.com", "10.1.2.3")});
  EXPECT_EQ(scene.resolve("vpn.example.com").status, AnswerStatus::ok);
}

TEST(Resolver, d13_neither_shares_nor_keeps_what_was_asked_before_the_change) {
  DnsScene scene;
  scene.configure();
  scene.look_up("vpn.example.com");
  scene.configure({"10.0.0.1:53"});
  scene.server("10.0.0.1:53").holds({address_record("vpn.example.com", "10.1.2.3")});
  scene.look_up("vpn.example.com");
  scene.run_for(5ms);
  scene.server("10.0.0.1:53").delay = 50ms;
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 2U);
  EXPECT_EQ(scene.answers[0].answer.status, AnswerStatus::nxdomain) << "its own servers";
  EXPECT_EQ(scene.answers[1].answer.status, AnswerStatus::ok);
  EXPECT_EQ(scene.resolve("vpn.example.com").status, AnswerStatus::ok);
}

TEST(Resolver, d13_keeps_the_search_of_a_running_lookup_to_itself) {
  DnsScene scene;
  scene.configure({"192.0.2.53:53"}, {"corp.example", "lab.example"});
  scene.server().holds({address_record("db.lab.example", "192.0.2.66")});
  scene.look_up("db");
  scene.configure({"10.0.0.1:53"});
  scene.server("10.0.0.1:53").holds({address_record("db.lab.example", "10.0.0.2")});
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 1U);
  EXPECT_EQ(scene.answers[0].answer.server, server_at("192.0.2.53:53")) << "its own servers";
  EXPECT_EQ(scene.resolve("db.lab.example").server, server_at("10.0.0.1:53"));
}

TEST(Resolver, d13_keeps_no_answer_that_was_asked_for_before_the_network_changed) {
  DnsScene scene;
  scene.configure();
  scene.look_up("vpn.example.com");  // of which the network before knows nothing
  scene.run_for(5ms);
  scene.resolver.flush_cache(0, scene.now);
  scene.drain();
  scene.server().holds({address_record("vpn.example.com", "10.1.2.3")});
  scene.run_for(1s);
  const Answer after = scene.resolve("vpn.example.com");
  EXPECT_EQ(after.status, AnswerStatus::ok) << "from " << to_string(after.source);
}

TEST(Resolver, d13_shares_no_question_that_was_asked_before_the_network_changed) {
  DnsScene scene;
  scene.configure();
  scene.look_up("vpn.example.com");
  scene.run_for(5ms);
  scene.resolver.flush_cache(0, scene.now);
  scene.drain();
  scene.server().holds({address_record("vpn.example.com", "10.1.2.3")});
  EXPECT_EQ(scene.resolve("vpn.example.com").status, AnswerStatus::nxdomain)
      << "the first lookup's";
  scene.run_for(1s);
  ASSERT_EQ(scene.server().seen.size(), 2U);
}

// Cache and sharing.

TEST(Resolver, answers_from_the_cache_with_what_is_left_of_the_ttl) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1", 300)});
  (void)scene.resolve("www.example.com");
  scene.run_for(100s);
  const Answer cached = scene.resolve("WWW.Example.com");
  EXPECT_EQ(cached.source, AnswerSource::cache);
  EXPECT_EQ(cached.ttl_seconds, 200U);
  EXPECT_EQ(scene.server().seen.size(), 1U);
  ASSERT_TRUE(
      scene.try_look_up({.name = "www.example.com", .types = {RecordType::a}, .use_cache = false})
          .has_value());
  EXPECT_EQ(scene.server().seen.size(), 2U);
  scene.resolver.flush_cache(0, scene.now);
  scene.run_for(1s);
}

TEST(Resolver, shares_one_query_among_all_who_ask_the_same) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1")});
  const auto first = scene.look_up("www.example.com");
  const auto second = scene.look_up("WWW.example.com");
  const auto third = scene.look_up("www.example.com");
  EXPECT_EQ(scene.server().seen.size(), 1U);
  scene.resolver.cancel_lookup(first, scene.now);
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 2U) << "cancelling one keeps the rest";
  EXPECT_EQ(scene.answers[0].lookup, second);
  EXPECT_EQ(scene.answers[1].lookup, third);
}

TEST(Resolver, lets_a_cancelled_lookup_fill_the_cache) {
  DnsScene scene;
  scene.configure();
  scene.server().delay = 500ms;
  scene.server().holds({address_record("www.example.com", "192.0.2.1")});
  scene.resolver.cancel_lookup(scene.look_up("www.example.com"), scene.now);
  scene.run_for(2s);
  EXPECT_TRUE(scene.answers.empty());
  EXPECT_EQ(scene.resolve("www.example.com").source, AnswerSource::cache);
  scene.server().silent = true;
  scene.resolver.cancel_lookup(scene.look_up("other.example.com"), scene.now);
  scene.run_for(5s);
  EXPECT_TRUE(scene.datagram_sockets.empty()) << "not for longer than its server has time";
}

TEST(Resolver, asks_a_server_given_by_the_lookup_and_no_other) {
  DnsScene scene;
  scene.configure();
  scene.server("10.0.0.1:5353").holds({address_record("www.example.com", "10.1.1.1")});
  ASSERT_TRUE(scene
                  .try_look_up({.name = "www.example.com",
                                .types = {RecordType::a},
                                .server = server_at("10.0.0.1:5353")})
                  .has_value());
  scene.run_for(1s);
  EXPECT_EQ(scene.answers.at(0).answer.server, server_at("10.0.0.1:5353"));
  EXPECT_TRUE(scene.server().seen.empty());
  EXPECT_EQ(scene.resolve("www.example.com").status, AnswerStatus::nxdomain)
      << "its answer is not everybody's";
}

TEST(Resolver, refuses_lookups_that_make_no_sense) {
  DnsScene scene({.lookups_max = 1});
  EXPECT_EQ(scene.try_look_up({.name = "a.example", .types = {RecordType::a}}).error().kind(),
            ErrorKind::resolution_failed);
  scene.configure();
  EXPECT_EQ(scene.try_look_up({.name = "", .types = {RecordType::a}}).error().kind(),
            ErrorKind::invalid_argument);
  EXPECT_EQ(scene.try_look_up({.name = "a.example", .types = {}}).error().kind(),
            ErrorKind::invalid_argument);
  EXPECT_EQ(scene.try_look_up({.name = "a..b", .types = {RecordType::a}}).error().kind(),
            ErrorKind::malformed);
  EXPECT_EQ(
      scene.try_look_up({.name = "a.example", .types = {RecordType::a}, .scope = 3}).error().kind(),
      ErrorKind::resolution_failed);
  scene.server().silent = true;
  (void)scene.look_up("a.example");
  EXPECT_EQ(scene.try_look_up({.name = "b.example", .types = {RecordType::a}}).error().kind(),
            ErrorKind::limit_exceeded);
}

// What the trace tells.

TEST(Resolver, tells_what_it_does_if_asked) {
  DnsScene scene({.trace = &trace_always});
  scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
  scene.server("192.0.2.1:53").silent = true;
  scene.server("192.0.2.2:53").holds({address_record("www.example.com", "192.0.2.9")});
  (void)scene.resolve("www.example.com");
  Texts lines;
  for (const TraceNote& note : scene.notes)
    lines.push_back(std::string(to_string(note.kind)) + ": " + note.detail);
  EXPECT_EQ(lines,
            (Texts{"lookup_started: www.example.com A",
                   "query_sent: www.example.com A to 192.0.2.1:53 by udp, try 1",
                   "query_sent: www.example.com A to 192.0.2.1:53 by udp without EDNS, try 1",
                   "server_parked: 192.0.2.1:53",
                   "query_sent: www.example.com A to 192.0.2.2:53 by udp, try 1",
                   "answered: www.example.com A ok from query"}));
}

}  // namespace
}  // namespace bowline::core
