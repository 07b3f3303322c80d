#include "core/dns/resolver.h"

#include "core/dns/dns_scene.h"

namespace bowline::core {
namespace {

using namespace testing;
using Texts = std::vector<std::string>;

/// As its server closes it, or something on the way breaks it.
void lose_the_stream(DnsScene& scene) {
  ASSERT_EQ(scene.stream_sockets.size(), 1U);
  const auto socket = scene.stream_sockets.begin()->first;
  scene.stream_sockets.erase(socket);
  scene.resolver.handle_stream_failure(socket, Error(ErrorKind::reset, "read", "reset"), scene.now);
}

// Servers: their errors, their order, what is believed of them, and the streams to them.

TEST(Resolver, turns_to_the_next_server_at_once_on_servfail_or_refused) {
  for (const auto rcode : {wire::Rcode::server_failure, wire::Rcode::refused, wire::Rcode{23}}) {
    DnsScene scene;
    scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
    scene.server("192.0.2.1:53").answer("www.example.com", RecordType::a, [&](DnsMessage& reply) {
      reply.rcode = rcode;
    });
    scene.server("192.0.2.2:53").holds({address_record("www.example.com", "192.0.2.9")});
    const Answer answer = scene.resolve("www.example.com");
    EXPECT_EQ(answer.status, AnswerStatus::ok);
    EXPECT_EQ(answer.ended - answer.started, 20ms);
  }
}

TEST(Resolver, says_what_the_servers_said_when_all_decline) {
  DnsScene scene;
  scene.configure();
  scene.server().answer("a.example.com", RecordType::a,
                        [](DnsMessage& reply) { reply.rcode = wire::Rcode::refused; });
  scene.server().answer("b.example.com", RecordType::a, [](DnsMessage& reply) {
    reply.rcode = wire::Rcode::server_failure;
    reply.edns->options.push_back(
        {15, {std::byte{0}, std::byte{9}, std::byte{'x'}, std::byte{0x1b}}});
  });
  const Answer refused = scene.resolve("a.example.com");
  EXPECT_EQ(refused.status, AnswerStatus::refused);
  EXPECT_EQ(refused.error->domain(), ErrorDomain::dns);
  EXPECT_EQ(refused.error->code(), 5);
  const Answer failed = scene.resolve("b.example.com");
  EXPECT_EQ(failed.status, AnswerStatus::servfail);
  EXPECT_EQ(failed.error->message(), "SERVFAIL, EDE 9 (DNSKEY missing): x\\x1b");
  EXPECT_EQ(scene.server().seen.size(), 2U) << "a server that declined is not asked again";
}

TEST(Resolver, asks_without_edns_when_a_server_does_not_understand_it) {
  for (const auto rcode :
       {wire::Rcode::format_error, wire::Rcode::not_implemented, wire::Rcode::bad_version}) {
    DnsScene scene;
    scene.configure();
    scene.server().holds({address_record("www.example.com", "192.0.2.1")});
    scene.server().before_sending = [&](const SeenQuery& query, DnsMessage& reply) {
      if (!query.message.edns.has_value()) return;
      reply.rcode = rcode;
      reply.answers.clear();
      if (rcode == wire::Rcode::format_error) reply.edns.reset();
    };
    const Answer answer = scene.resolve("www.example.com");
    EXPECT_EQ(answer.status, AnswerStatus::ok);
    ASSERT_EQ(scene.server().seen.size(), 2U);
    EXPECT_EQ(scene.server().seen[0].message.edns->udp_bytes_max, 1232U);
    EXPECT_FALSE(scene.server().seen[1].message.edns.has_value());
  }
}

TEST(Resolver, does_not_take_a_referral_for_an_answer) {
  DnsScene scene;
  scene.configure();
  scene.server().answer("www.example.com", RecordType::a, [](DnsMessage& reply) {
    reply.authorities.push_back(
        {name("com"), RecordType::ns, wire::class_in, 60, wire::NameData{name("ns.example")}});
  });
  EXPECT_EQ(scene.resolve("www.example.com").status, AnswerStatus::servfail);
}

TEST(Resolver, turns_to_the_next_server_at_once_when_one_is_out_of_reach) {
  DnsScene scene;
  scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
  scene.server("192.0.2.1:53").silent = true;
  scene.server("192.0.2.2:53").holds({address_record("www.example.com", "192.0.2.9")});
  scene.look_up("www.example.com");
  scene.resolver.handle_datagram_failure(scene.server("192.0.2.1:53").seen.at(0).socket,
                                         Error(ErrorKind::refused, "receive", "refused"),
                                         scene.now);
  scene.drain();
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 1U);
  EXPECT_EQ(scene.answers[0].after, 10ms);
}

TEST(Resolver, lists_why_each_server_failed) {
  DnsScene scene;
  scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
  for (const char* server : {"192.0.2.1:53", "192.0.2.2:53"}) scene.server(server).silent = true;
  scene.look_up("www.example.com");
  scene.resolver.handle_datagram_failure(scene.server("192.0.2.1:53").seen.at(0).socket,
                                         Error(ErrorKind::refused, "receive", "refused"),
                                         scene.now);
  scene.drain();
  scene.run_for(15s);
  ASSERT_EQ(scene.answers.size(), 1U);
  const Answer& answer = scene.answers[0].answer;
  EXPECT_EQ(answer.status, AnswerStatus::timeout);
  EXPECT_EQ(answer.error->kind(), ErrorKind::resolution_failed);
  ASSERT_EQ(answer.error->attempts().size(), 2U);
  EXPECT_EQ(answer.error->attempts()[0].kind(), ErrorKind::refused);
  EXPECT_EQ(answer.error->attempts()[0].subject(), "192.0.2.1:53");
  EXPECT_EQ(answer.error->attempts()[1].kind(), ErrorKind::timed_out);
  EXPECT_EQ(answer.error->attempts()[1].subject(), "192.0.2.2:53");
}

TEST(Resolver, asks_each_server_three_times_and_a_silent_one_not_longer_than_it_must) {
  DnsScene scene;
  scene.configure();
  scene.server().silent = true;
  const Answer answer = scene.resolve("www.example.com");
  EXPECT_EQ(scene.server().seen.size(), 3U) << "the first try is with EDNS and without";
  EXPECT_EQ(scene.streams_opened, 1U) << "the third is by TCP";
  EXPECT_EQ(answer.ended - answer.started, 2s + 4s + 5s);
  ASSERT_EQ(answer.error->attempts().size(), 1U);
  EXPECT_EQ(answer.error->attempts()[0].kind(), ErrorKind::timed_out);
  EXPECT_TRUE(scene.datagram_sockets.empty());
}

TEST(Resolver, ends_a_lookup_in_time_whatever_happens) {
  DnsScene scene({.lookup_timeout = 3s});
  scene.configure();
  scene.server().silent = true;
  const Answer answer = scene.resolve("www.example.com");
  EXPECT_EQ(answer.status, AnswerStatus::timeout);
  EXPECT_EQ(answer.ended - answer.started, 3s);
  scene.run_for(5s);
  EXPECT_TRUE(scene.datagram_sockets.empty());
}

TEST(Resolver, takes_turns_where_the_configuration_says_so) {
  DnsScene scene;
  scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
  scene.config.rotate = true;
  scene.resolver.configure(scene.config, scene.now);
  for (int i = 0; i < 4; ++i) (void)scene.resolve("n" + std::to_string(i) + ".example.com");
  EXPECT_EQ(scene.server("192.0.2.1:53").seen.size(), 2U);
  EXPECT_EQ(scene.server("192.0.2.2:53").seen.size(), 2U);
}

TEST(Resolver, parks_a_server_that_is_silent_over_tcp) {
  DnsScene scene;
  scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
  scene.config.only_tcp = true;
  scene.resolver.configure(scene.config, scene.now);
  scene.server("192.0.2.1:53").silent = true;
  scene.server("192.0.2.2:53")
      .holds({address_record("a.example.com", "192.0.2.9"),
              address_record("b.example.com", "192.0.2.9")});
  EXPECT_EQ(scene.resolve("a.example.com").status, AnswerStatus::ok);
  const Instant before = scene.now;
  EXPECT_EQ(scene.resolve("b.example.com").status, AnswerStatus::ok);
  EXPECT_LT(scene.now - before, 1s);
}

TEST(Resolver, learns_of_a_dead_server_though_nobody_waits_for_its_time) {
  DnsScene scene;
  scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
  scene.server("192.0.2.1:53").silent = true;
  scene.server("192.0.2.2:53").holds({address_record("www.example.com", "192.0.2.9")});
  const auto lookup = scene.look_up("other.example.com");
  scene.run_for(100ms);
  scene.resolver.cancel_lookup(lookup, scene.now);
  scene.run_for(3s);
  const std::size_t asked = scene.server("192.0.2.1:53").seen.size();
  EXPECT_EQ(scene.resolve("www.example.com").status, AnswerStatus::ok);
  EXPECT_EQ(scene.server("192.0.2.1:53").seen.size(), asked) << "it is parked by now";
}

TEST(Resolver, holds_nothing_against_a_server_that_another_interface_does_not_reach) {
  DnsScene scene;
  scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
  ResolverEntry over_wlan = scene.config.entries.front();
  over_wlan.scope = over_wlan.interface_index = 5;
  scene.config.entries.push_back(over_wlan);
  scene.resolver.configure(scene.config, scene.now);
  scene.server("192.0.2.1:53").holds({address_record("db.corp.example", "10.0.0.5")});
  ASSERT_TRUE(scene.try_look_up({.name = "www.example.com", .types = {RecordType::a}, .scope = 5})
                  .has_value());
  ASSERT_EQ(scene.datagram_sockets.size(), 1U);
  scene.resolver.handle_datagram_failure(scene.datagram_sockets.begin()->first,
                                         Error(ErrorKind::unreachable, "send", "no route"),
                                         scene.now);
  scene.drain();
  scene.run_for(1s);
  EXPECT_EQ(scene.resolve("db.corp.example").server, server_at("192.0.2.1:53"));
}

// Streams.

TEST(Resolver, asks_by_tcp_from_the_start_where_the_configuration_says_so) {
  DnsScene scene;
  scene.configure();
  scene.config.only_tcp = true;
  scene.resolver.configure(scene.config, scene.now);
  scene.server().holds({address_record("www.example.com", "192.0.2.1"),
                        address_record("www.example.com", "2001:db8::1")});
  scene.look_up("www.example.com", {RecordType::aaaa, RecordType::a});
  scene.run_for(1s);
  EXPECT_EQ(scene.answers.size(), 2U);
  EXPECT_EQ(scene.streams_opened, 1U) << "pipelined";
  EXPECT_EQ(scene.server().seen.at(0).transport, DnsTransport::tcp);
}

TEST(Resolver, asks_again_when_the_server_closes_an_idle_stream_under_the_question) {
  DnsScene scene;
  scene.configure();
  scene.server().truncates = true;
  scene.server().holds(
      {address_record("a.example.com", "192.0.2.1"), address_record("b.example.com", "192.0.2.1")});
  (void)scene.resolve("a.example.com");
  scene.look_up("b.example.com");
  scene.after(11ms, [&] { lose_the_stream(scene); });
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 2U);
  EXPECT_EQ(scene.answers[1].answer.status, AnswerStatus::ok);
  EXPECT_EQ(scene.streams_opened, 2U);
}

TEST(Resolver, turns_to_the_next_server_when_tcp_is_refused) {
  DnsScene scene;
  scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
  scene.server("192.0.2.1:53").truncates = true;
  scene.server("192.0.2.1:53").refuses_tcp = true;
  scene.server("192.0.2.2:53").holds({address_record("www.example.com", "192.0.2.9")});
  EXPECT_EQ(scene.resolve("www.example.com").server, server_at("192.0.2.2:53"));
}

TEST(Resolver, asks_again_what_a_server_left_unanswered_as_it_closed_the_stream) {
  DnsScene scene;
  scene.configure();
  ScriptedServer& server = scene.server();
  server.truncates = true;
  server.holds({address_record("www.example.com", "192.0.2.1"),
                address_record("www.example.com", "2001:db8::1")});
  std::set<Resolver::SocketId> served;
  server.ignores = [&](const SeenQuery& query) {
    return query.transport == DnsTransport::tcp && !served.insert(query.socket).second;
  };
  scene.look_up("www.example.com", {RecordType::aaaa, RecordType::a});
  // UDP 10 ms, TCP opens at 20 ms, the first answer at 30 ms, then the server closes.
  scene.after(31ms, [&] { lose_the_stream(scene); });
  scene.run_for(16s);
  ASSERT_EQ(scene.answers.size(), 2U);
  EXPECT_EQ(scene.answers[0].answer.status, AnswerStatus::ok);
  EXPECT_EQ(scene.answers[1].answer.status, AnswerStatus::ok);
}

TEST(Resolver, asks_again_after_a_stream_broke_under_the_only_question) {
  DnsScene scene;
  scene.configure();
  ScriptedServer& server = scene.server();
  server.truncates = true;
  server.holds({address_record("www.example.com", "192.0.2.1")});
  scene.look_up("www.example.com");
  scene.after(25ms, [&] { lose_the_stream(scene); });
  scene.run_for(16s);
  ASSERT_EQ(scene.answers.size(), 1U);
  EXPECT_EQ(scene.answers[0].answer.status, AnswerStatus::ok);
}

TEST(Resolver, leaves_a_dead_stream_though_nobody_waits_for_it_long) {
  DnsScene scene;
  scene.configure();
  ScriptedServer& server = scene.server();
  server.truncates = true;
  server.holds({address_record("a.example.com", "192.0.2.1")});
  EXPECT_EQ(scene.resolve("a.example.com").status, AnswerStatus::ok);
  ASSERT_EQ(scene.stream_sockets.size(), 1U);
  const auto dead = scene.stream_sockets.begin()->first;  // say, a NAT has forgotten it
  server.ignores = [&](const SeenQuery& query) { return query.socket == dead; };
  for (int i = 0; i < 20; ++i) {
    const std::string name = "n" + std::to_string(i) + ".example.com";
    server.holds({address_record(name, "192.0.2.1")});
    const std::size_t before = scene.answers.size();
    const auto id = scene.look_up(name);
    scene.run_for(3s);
    if (scene.answers.size() > before) return;
    scene.resolver.cancel_lookup(id, scene.now);
    scene.drain();
    scene.run_for(3s);
  }
  ADD_FAILURE() << "all were put on the dead stream";
}

}  // namespace
}  // namespace bowline::core
