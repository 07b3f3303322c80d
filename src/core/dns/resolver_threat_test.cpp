#include <algorithm>

#include "core/dns/dns_scene.h"

namespace bowline::core {
namespace {

using namespace testing;

// Rows 76 to 82 of the threat table.

TEST(Resolver, threat_76_moves_to_tcp_at_the_tenth_guess_and_hears_no_further_one) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1")});
  scene.look_up("www.example.com");
  const SeenQuery query = scene.server().seen.at(0);
  DnsMessage guess = scene.server().reply(query);
  guess.answers = {address_record("www.example.com", "192.0.2.66")};
  std::vector<std::byte> bytes = guess.encode();
  SeededRandom guesser(2);
  for (int i = 0; i < 1'000'000; ++i) {
    const auto id = static_cast<std::uint16_t>(guesser.next());
    bytes[0] = static_cast<std::byte>(id >> 8);
    bytes[1] = static_cast<std::byte>(id & 0xff);
    scene.resolver.handle_datagram(query.socket, bytes, scene.now);
    if (i == 8) {
      scene.drain();
      EXPECT_EQ(scene.streams_opened, 0U);
    }
    if (i == 9) {
      scene.drain();
      EXPECT_EQ(scene.streams_opened, 1U) << "ten mismatches";
      EXPECT_TRUE(scene.datagram_sockets.empty());
    }
  }
  scene.drain();
  EXPECT_TRUE(scene.answers.empty());
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 1U);
  EXPECT_EQ(scene.answers[0].answer.transport, DnsTransport::tcp);
  EXPECT_EQ(std::get<IpAddress>(scene.answers[0].answer.records.at(0).data),
            IpAddress::v4({192, 0, 2, 1}));
}

TEST(Resolver, threat_76_accepts_no_id_but_the_one_it_drew) {
  Resolver::Options options;
  options.mismatches_max = 1'000'000;
  DnsScene scene(options);
  scene.configure();
  scene.look_up("www.example.com");
  const SeenQuery query = scene.server().seen.at(0);
  DnsMessage reply = scene.server().reply(query);
  reply.rcode = wire::Rcode::no_error;
  reply.authorities.clear();
  reply.answers = {address_record("www.example.com", "192.0.2.66")};
  std::vector<std::byte> bytes = reply.encode();
  const auto deliver = [&](std::uint16_t id) {
    bytes[0] = static_cast<std::byte>(id >> 8);
    bytes[1] = static_cast<std::byte>(id & 0xff);
    scene.resolver.handle_datagram(query.socket, bytes, scene.now);
  };
  for (unsigned id = 0; id <= 0xffff; ++id)
    if (id != query.message.id) deliver(static_cast<std::uint16_t>(id));
  scene.drain();
  EXPECT_TRUE(scene.answers.empty());
  EXPECT_TRUE(scene.datagram_sockets.contains(query.socket)) << "each guess met an open socket";
  deliver(query.message.id);
  scene.drain();
  EXPECT_EQ(scene.answers.size(), 1U);
}

TEST(Resolver, threat_76_draws_ids_from_all_numbers) {
  DnsScene scene;
  scene.configure();
  for (int i = 0; i < 2000; ++i) scene.look_up("n" + std::to_string(i) + ".example.com");
  std::set<std::uint16_t> ids;
  std::set<Resolver::SocketId> sockets;
  std::size_t high = 0;
  for (const SeenQuery& query : scene.server().seen) {
    ids.insert(query.message.id);
    sockets.insert(query.socket);
    high += query.message.id >= 0x8000;
  }
  EXPECT_GT(ids.size(), 1900U);
  EXPECT_EQ(sockets.size(), 2000U) << "a socket, so a port, for each question";
  EXPECT_NEAR(static_cast<double>(high), 1000, 150);
}

TEST(Resolver, threat_76_counts_guesses_at_all_tries_of_a_question_together) {
  DnsScene scene;
  scene.configure();
  scene.server().silent = true;
  scene.look_up("www.example.com");
  scene.run_for(2s);
  ASSERT_EQ(scene.server().seen.size(), 3U);
  for (int i = 0; i < 10; ++i)
    scene.deliver(scene.server().seen[static_cast<std::size_t>(i % 3)].socket, {});
  EXPECT_EQ(scene.streams_opened, 1U);
}

TEST(Resolver, threat_77_ignores_malformed_replies_and_counts_them) {
  DnsScene scene({.trace = &trace_always});
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1")});
  scene.look_up("www.example.com");
  const SeenQuery query = scene.server().seen.at(0);
  std::vector<std::byte> reply = scene.server().reply(query).encode();
  reply[7] = std::byte{200};  // more answers than there are
  scene.deliver(query.socket, reply);
  reply.resize(12);
  scene.deliver(query.socket, reply);
  reply.insert(reply.end(), {std::byte{0xc0}, std::byte{12}, std::byte{0}, std::byte{1},
                             std::byte{0}, std::byte{1}});
  scene.deliver(query.socket, reply);  // a name that points to itself
  EXPECT_TRUE(scene.answers.empty());
  scene.run_for(1s);
  ASSERT_EQ(scene.answers.size(), 1U);
  EXPECT_EQ(scene.answers[0].answer.status, AnswerStatus::ok);
  EXPECT_EQ(std::ranges::count(scene.notes, TraceKind::reply_refused, &TraceNote::kind), 3);
}

TEST(Resolver, threat_77_calls_a_server_that_only_sends_nonsense_malformed) {
  DnsScene scene({.mismatches_max = 1000});
  scene.configure();
  scene.server().silent = true;
  scene.look_up("www.example.com");
  const SeenQuery query = scene.server().seen.at(0);
  std::vector<std::byte> reply = scene.server().reply(query).encode();
  reply[7] = std::byte{1};  // an answer that is not there
  reply.resize(33);
  scene.deliver(query.socket, reply);
  scene.run_for(20s);
  EXPECT_EQ(scene.answers.at(0).answer.status, AnswerStatus::malformed);
}

TEST(Resolver, threat_78_refuses_a_cname_that_points_to_itself) {
  DnsScene scene;
  scene.configure();
  scene.server().answer("www.example.com", RecordType::a, [](DnsMessage& reply) {
    reply.answers = {cname_record("www.example.com", "www.example.com")};
  });
  const Answer answer = scene.resolve("www.example.com");
  EXPECT_EQ(answer.status, AnswerStatus::malformed);
  EXPECT_EQ(answer.error->kind(), ErrorKind::protocol_violation);
}

TEST(Resolver, threat_78_refuses_a_loop_over_several_replies) {
  DnsScene scene;
  scene.configure();
  scene.server().answer("a.example.com", RecordType::a, [](DnsMessage& reply) {
    reply.answers = {cname_record("a.example.com", "b.example.com")};
  });
  scene.server().answer("b.example.com", RecordType::a, [](DnsMessage& reply) {
    reply.answers = {cname_record("b.example.com", "a.example.com")};
  });
  EXPECT_EQ(scene.resolve("a.example.com").status, AnswerStatus::malformed);
  EXPECT_EQ(scene.server().seen.size(), 2U);
}

TEST(Resolver, threat_78_follows_sixteen_of_a_hundred_links) {
  for (const bool in_one_reply : {true, false}) {
    DnsScene scene;
    scene.configure();
    std::vector<Record> chain;
    for (int i = 0; i < 100; ++i)
      chain.push_back(cname_record("n" + std::to_string(i) + ".example",
                                   "n" + std::to_string(i + 1) + ".example"));
    for (const Record& link : chain)
      scene.server().answer(to_string(link.name), RecordType::a, [&, link](DnsMessage& reply) {
        if (in_one_reply)
          reply.answers = chain;
        else
          reply.answers = {link};
      });
    const Answer answer = scene.resolve("n0.example");
    EXPECT_EQ(answer.status, AnswerStatus::malformed);
    EXPECT_EQ(answer.error->kind(), ErrorKind::limit_exceeded);
    EXPECT_EQ(scene.server().seen.size(), in_one_reply ? 1U : 17U);
  }
}

TEST(Resolver, threat_79_takes_only_records_that_answer_the_question) {
  DnsScene scene;
  scene.configure();
  scene.server().answer("www.example.com", RecordType::a, [](DnsMessage& reply) {
    Record chaos = address_record("www.example.com", "192.0.2.66");
    chaos.record_class = 3;
    chaos.data = wire::RawData{{std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}}};
    reply.answers = {address_record("bank.example", "192.0.2.66"), chaos,
                     address_record("www.example.com", "192.0.2.1"),
                     cname_record("bank.example", "evil.example")};
    reply.additional = {address_record("bank.example", "192.0.2.66"),
                        address_record("www.example.com", "192.0.2.67")};
  });
  const Answer answer = scene.resolve("www.example.com");
  ASSERT_EQ(answer.records.size(), 1U);
  EXPECT_EQ(std::get<IpAddress>(answer.records[0].data), IpAddress::v4({192, 0, 2, 1}));
  EXPECT_EQ(scene.resolve("bank.example").status, AnswerStatus::nxdomain)
      << "nothing of it was kept";
}

TEST(Resolver, threat_79_ignores_empty_datagrams_but_counts_them) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1")});
  scene.look_up("www.example.com");
  const auto socket = scene.server().seen.at(0).socket;
  for (int i = 0; i < 9; ++i) scene.deliver(socket, {});
  EXPECT_EQ(scene.streams_opened, 0U);
  EXPECT_TRUE(scene.answers.empty());
  scene.deliver(socket, {});
  EXPECT_EQ(scene.streams_opened, 1U);
  scene.run_for(1s);
  EXPECT_EQ(scene.answers.at(0).answer.status, AnswerStatus::ok);
}

TEST(Resolver, threat_79_ignores_late_duplicates) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1")});
  (void)scene.resolve("www.example.com");
  const SeenQuery query = scene.server().seen.at(0);
  scene.deliver(query.socket, scene.server().reply(query).encode());
  scene.run_for(1s);
  EXPECT_EQ(scene.answers.size(), 1U);
}

TEST(Resolver, threat_79_does_not_trust_the_records_of_a_truncated_reply) {
  DnsScene scene;
  scene.configure();
  scene.server().holds({address_record("www.example.com", "192.0.2.1")});
  scene.server().before_sending = [](const SeenQuery& query, DnsMessage& reply) {
    reply.truncated = query.transport == DnsTransport::udp;
    if (reply.truncated) reply.answers = {address_record("www.example.com", "192.0.2.66")};
  };
  const Answer answer = scene.resolve("www.example.com");
  EXPECT_EQ(std::get<IpAddress>(answer.records.at(0).data), IpAddress::v4({192, 0, 2, 1}));
}

TEST(Resolver, threat_82_never_asks_for_localhost_and_its_like) {
  DnsScene scene;
  scene.configure({"192.0.2.53:53"}, {"localhost"});
  scene.config.multicast_dns = true;
  scene.resolver.configure(scene.config, scene.now);
  EXPECT_EQ(scene.resolve("localhost").status, AnswerStatus::ok);
  EXPECT_EQ(scene.resolve("app.localhost.", RecordType::aaaa).status, AnswerStatus::ok);
  EXPECT_EQ(scene.resolve("printer.local").status, AnswerStatus::nxdomain);
  EXPECT_EQ(scene.resolve("printer.local.", RecordType::https).status, AnswerStatus::nxdomain);
  EXPECT_EQ(scene.resolve("x.onion").status, AnswerStatus::nxdomain);
  EXPECT_EQ(scene.resolve("x.invalid").status, AnswerStatus::nxdomain);
  ASSERT_TRUE(scene
                  .try_look_up({.name = "printer.local",
                                .types = {RecordType::a},
                                .server = server_at("192.0.2.53:53")})
                  .has_value());
  EXPECT_TRUE(scene.server().seen.empty());
}

TEST(Resolver, threat_82_does_not_follow_into_names_of_multicast_dns) {
  DnsScene scene;
  scene.configure({"192.0.2.53:53"}, {"corp.example"});
  scene.config.multicast_dns = true;
  scene.resolver.configure(scene.config, scene.now);
  scene.server().answer("printer.corp.example", RecordType::a, [](DnsMessage& reply) {
    reply.answers = {cname_record("printer.corp.example", "printer.local")};
  });
  EXPECT_EQ(scene.resolve("printer.corp.example").status, AnswerStatus::nxdomain);
  EXPECT_EQ(scene.server().questions().at(0), "printer.corp.example A");
  EXPECT_EQ(std::ranges::count(scene.server().questions(), "printer.local A"), 0);
}

TEST(Resolver, threat_82_keeps_a_single_label_inside_where_the_configuration_says_so) {
  for (const bool bare_labels : {true, false}) {
    DnsScene scene;
    scene.configure({"192.0.2.53:53"}, {"corp.example"});
    scene.config.bare_labels = bare_labels;
    scene.resolver.configure(scene.config, scene.now);
    EXPECT_EQ(scene.resolve("intranet").status, AnswerStatus::nxdomain);
    std::vector<std::string> expected = {"intranet.corp.example A"};
    if (bare_labels) expected.emplace_back("intranet A");
    EXPECT_EQ(scene.server().questions(), expected);
  }
}

TEST(Resolver, threat_82_asks_only_the_servers_and_interface_of_the_scope) {
  DnsScene scene;
  ResolverConfig config;
  config.entries = {{0, 0, {server_at("192.0.2.53:53")}, {}},
                    {4, 4, {server_at("10.0.0.1:53")}, {}}};
  scene.resolver.configure(config, scene.now);
  ASSERT_TRUE(
      scene.resolver
          .start_lookup({.name = "a.example", .types = {RecordType::a}, .scope = 4}, scene.now)
          .has_value());
  std::size_t sent = 0;
  while (const auto output = scene.resolver.poll())
    if (const auto* send = std::get_if<Resolver::SendDatagram>(&*output)) {
      EXPECT_EQ(send->interface_index, 4U);
      EXPECT_EQ(send->server, server_at("10.0.0.1:53"));
      ++sent;
    }
  EXPECT_EQ(sent, 1U);
}

}  // namespace
}  // namespace bowline::core
