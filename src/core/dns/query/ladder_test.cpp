#include <algorithm>

#include "core/dns/dns_scene.h"

// How a server is asked that cannot do all that we do: with EDNS, without, by TCP. And what is made of
// replies that are not as they should be.

namespace bowline::core {
namespace {

using namespace testing;

const IpAddress right = IpAddress::v4({192, 0, 2, 1});

struct LadderScene : DnsScene {
  LadderScene() {
    configure();
    for (int i = 0; i < 9; ++i)
      server().holds({address_record("n" + std::to_string(i) + ".test", "192.0.2.1")});
    server().holds({address_record("www.test", "192.0.2.1")});
  }
  /// The way of the server's queries: `edns`, `plain`, `tcp` ...
  std::vector<std::string> ways() {
    std::vector<std::string> all;
    for (const SeenQuery& query : server().seen)
      all.push_back(std::string(query.message.edns.has_value() ? "edns" : "plain") +
                    (query.transport == DnsTransport::tcp ? " tcp" : ""));
    return all;
  }
  static bool is_right(const Answer& answer) {
    return answer.status == AnswerStatus::ok && answer.records.size() == 1 &&
           std::get<IpAddress>(answer.records[0].data) == right;
  }
};

using Bytes = std::vector<std::byte>;
using Texts = std::vector<std::string>;

/// What a server does to its reply before it is sent.
struct Mangling {
  const char* name;
  std::function<void(const SeenQuery&, Bytes&)> mangle;
};

void put_u16(Bytes& bytes, std::size_t at, unsigned value) {
  bytes[at] = static_cast<std::byte>(value >> 8);
  bytes[at + 1] = static_cast<std::byte>(value & 0xff);
}
void append(Bytes& bytes, std::initializer_list<unsigned> octets) {
  for (const unsigned octet : octets) bytes.push_back(static_cast<std::byte>(octet));
}

TEST(Ladder, uses_an_intact_answer_whatever_is_wrong_around_it) {
  const Mangling rows[] = {
      {"additional count too high", [](const SeenQuery&, Bytes& b) { put_u16(b, 10, 9); }},
      {"authority count too high", [](const SeenQuery&, Bytes& b) { put_u16(b, 8, 2); }},
      {"additional count too low", [](const SeenQuery&, Bytes& b) { put_u16(b, 10, 0); }},
      {"octets behind the last record", [](const SeenQuery&, Bytes& b) { append(b, {255, 0, 7}); }},
      {"junk that is counted",
       [](const SeenQuery&, Bytes& b) {
         append(b, {0xff, 0xff, 0xff, 1, 2, 3, 4});
         put_u16(b, 10, 2);
       }},
      {"OPT with a name",
       [](const SeenQuery&, Bytes& b) {
         append(b, {1, 'x', 0, 41, 4, 208, 0, 0, 0, 0, 0, 0});
         put_u16(b, 10, 2);
       }},
      {"two OPT records",
       [](const SeenQuery&, Bytes& b) {
         append(b, {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0});
         put_u16(b, 10, 2);
       }},
      {"an OPT whose option is longer than itself",
       [](const SeenQuery&, Bytes& b) {
         b.resize(b.size() - 2);
         append(b, {0, 4, 0, 10, 0, 9});
       }},
      {"a broken address in the additional section",
       [](const SeenQuery&, Bytes& b) {
         append(b, {0, 0, 1, 0, 1, 0, 0, 0, 9, 0, 3, 1, 2, 3});
         put_u16(b, 10, 2);
       }},
      {"reserved header bit", [](const SeenQuery&, Bytes& b) { b[3] |= std::byte{0x40}; }},
  };
  for (const Mangling& row : rows) {
    LadderScene scene;
    scene.server().mangle = row.mangle;
    const Answer answer = scene.resolve("www.test");
    EXPECT_TRUE(LadderScene::is_right(answer)) << row.name;
    EXPECT_EQ(answer.ended - answer.started, 10ms) << row.name;
    EXPECT_EQ(scene.ways(), Texts{"edns"}) << row.name;
  }
}

TEST(Ladder, says_what_was_malformed_and_where) {
  LadderScene scene;
  scene.server().mangle = [](const SeenQuery&, Bytes& bytes) { put_u16(bytes, 10, 9); };
  const Answer answer = scene.resolve("www.test");
  ASSERT_EQ(answer.remarks.size(), 1U);
  EXPECT_EQ(answer.remarks[0].find("malformed behind the answers, additional[1].name: "), 0U)
      << answer.remarks[0];
}

TEST(Ladder, is_strict_where_it_decides) {
  const Mangling rows[] = {
      {"answer count too high", [](const SeenQuery&, Bytes& b) { put_u16(b, 6, 9); }},
      {"address of three octets", [](const SeenQuery&, Bytes& b) { put_u16(b, 36, 3); }},
      {"cut inside the answer", [](const SeenQuery&, Bytes& b) { b.resize(40); }},
      {"header only", [](const SeenQuery&, Bytes& b) { b.resize(12); }},
      {"two questions counted", [](const SeenQuery&, Bytes& b) { put_u16(b, 4, 2); }},
  };
  for (const Mangling& row : rows) {
    LadderScene scene;
    scene.server().mangle = row.mangle;
    EXPECT_EQ(scene.resolve("www.test").status, AnswerStatus::malformed) << row.name;
    EXPECT_EQ(scene.ways(), (Texts{"edns", "plain", "plain tcp"})) << row.name;
    EXPECT_EQ(scene.answers.back().after, 10ms * 4) << "TCP takes a round trip to open";
  }
}

// What EDNS does to servers that do not know it.
const Mangling allergies[] = {
    {"the answer stands behind the OPT record of the question",
     [](const SeenQuery& query, Bytes& bytes) {
       if (!query.message.edns.has_value()) return;
       const Bytes opt(bytes.end() - 11, bytes.end());
       bytes.resize(bytes.size() - 11);
       bytes.insert(bytes.end() - 16, opt.begin(), opt.end());
     }},
    {"SERVFAIL",
     [](const SeenQuery& query, Bytes& bytes) {
       if (!query.message.edns.has_value()) return;
       bytes.resize(26);
       put_u16(bytes, 2, 0x8182);
       for (const std::size_t count : {6, 8, 10}) put_u16(bytes, count, 0);
     }},
    {"REFUSED, header only",
     [](const SeenQuery& query, Bytes& bytes) {
       if (!query.message.edns.has_value()) return;
       bytes.resize(12);
       put_u16(bytes, 2, 0x8185);
     }},
    {"FORMERR, with the whole question",
     [](const SeenQuery& query, Bytes& bytes) {
       if (query.message.edns.has_value()) put_u16(bytes, 2, 0x8181);
     }},
    {"NOTIMP, counts as if all were there",
     [](const SeenQuery& query, Bytes& bytes) {
       if (!query.message.edns.has_value()) return;
       bytes.resize(12);
       put_u16(bytes, 2, 0x8184);
       put_u16(bytes, 10, 7);
     }},
    {"silence",
     [](const SeenQuery& query, Bytes& bytes) {
       if (query.message.edns.has_value()) bytes.clear();
     }},
    {"an answer with the address missing",
     [](const SeenQuery& query, Bytes& bytes) {
       if (query.message.edns.has_value()) bytes.resize(bytes.size() - 11 - 4);
     }},
};

TEST(Ladder, asks_without_edns_and_remembers_it_for_ten_minutes) {
  for (const Mangling& row : allergies) {
    LadderScene scene;
    scene.server().mangle = row.mangle;
    const Answer answer = scene.resolve("www.test");
    EXPECT_TRUE(LadderScene::is_right(answer)) << row.name;
    EXPECT_EQ(scene.ways(), (Texts{"edns", "plain"})) << row.name;
    EXPECT_LE(answer.ended - answer.started, 510ms) << row.name;
    EXPECT_FALSE(answer.remarks.empty()) << row.name;

    scene.server().seen.clear();
    const Answer second = scene.resolve("n1.test");
    EXPECT_TRUE(LadderScene::is_right(second)) << row.name;
    EXPECT_EQ(scene.ways(), Texts{"plain"}) << row.name;
    EXPECT_EQ(second.ended - second.started, 10ms) << row.name;

    scene.run_for(10min);
    scene.server().seen.clear();
    EXPECT_TRUE(LadderScene::is_right(scene.resolve("n2.test"))) << row.name;
    EXPECT_EQ(scene.ways(), (Texts{"edns", "plain"})) << row.name << ": the memory has its limit";
  }
}

TEST(Ladder, holds_a_failure_against_no_server_that_does_edns) {
  LadderScene scene;
  EXPECT_TRUE(LadderScene::is_right(scene.resolve("www.test")));
  scene.server().seen.clear();
  scene.server().before_sending = [](const SeenQuery&, DnsMessage& reply) {
    reply.rcode = wire::Rcode::server_failure;
    reply.answers.clear();
    reply.edns.reset();
  };
  EXPECT_EQ(scene.resolve("n1.test").status, AnswerStatus::servfail);
  EXPECT_EQ(scene.ways(), Texts{"edns"});
}

TEST(Ladder, goes_by_tcp_where_udp_does_not_come_through_and_remembers_it) {
  LadderScene scene;
  scene.server().ignores = [](const SeenQuery& query) {
    return query.transport == DnsTransport::udp;
  };
  const Answer answer = scene.resolve("www.test");
  EXPECT_TRUE(LadderScene::is_right(answer));
  EXPECT_EQ(answer.transport, DnsTransport::tcp);
  EXPECT_EQ(scene.ways(), (Texts{"edns", "plain", "plain", "plain tcp"}));
  EXPECT_EQ(answer.remarks.size(), 2U);
  scene.server().seen.clear();
  const Answer second = scene.resolve("n1.test");
  EXPECT_TRUE(LadderScene::is_right(second));
  EXPECT_LE(second.ended - second.started, 20ms);
  EXPECT_EQ(scene.ways(), Texts{"plain tcp"});
}

TEST(Ladder, goes_back_to_udp_when_tcp_was_a_wrong_guess) {
  LadderScene scene;
  scene.server().refuses_tcp = true;
  scene.server().ignores = [&](const SeenQuery&) { return scene.server().seen.size() < 4; };
  EXPECT_TRUE(LadderScene::is_right(scene.resolve("www.test")));
  EXPECT_EQ(scene.ways(), (Texts{"edns", "plain", "plain", "plain"}));
}

TEST(Ladder, takes_a_late_answer_while_it_asks_in_another_way) {
  LadderScene scene;
  scene.server().delay = 900ms;
  const Answer answer = scene.resolve("www.test");
  EXPECT_TRUE(LadderScene::is_right(answer));
  EXPECT_EQ(answer.ended - answer.started, 900ms);
  scene.server().seen.clear();
  EXPECT_TRUE(LadderScene::is_right(scene.resolve("n1.test")));
  EXPECT_EQ(scene.ways(), Texts{"edns"}) << "slow, but it does EDNS";
}

TEST(Ladder, turns_to_the_next_server_at_once_when_a_refusal_does_not_echo_the_question) {
  const Mangling rows[] = {
      {"header only",
       [](const SeenQuery&, Bytes& bytes) {
         bytes.resize(12);
         put_u16(bytes, 2, 0x8185);
       }},
      {"header only, no counts",
       [](const SeenQuery&, Bytes& bytes) {
         bytes.assign({bytes[0], bytes[1], std::byte{0x81}, std::byte{0x82}});
         bytes.resize(12);
       }},
      {"the question cut",
       [](const SeenQuery&, Bytes& bytes) {
         bytes.resize(17);
         put_u16(bytes, 2, 0x8182);
       }},
      {"another question",
       [](const SeenQuery&, Bytes& bytes) {
         put_u16(bytes, 2, 0x8185);
         bytes[13] = std::byte{'x'};
       }},
      {"question of type 0",
       [](const SeenQuery&, Bytes& bytes) {
         put_u16(bytes, 2, 0x8182);
         put_u16(bytes, 22, 0);
       }},
      {"NOTAUTH",
       [](const SeenQuery&, Bytes& bytes) {
         bytes.resize(12);
         put_u16(bytes, 2, 0x8189);
         put_u16(bytes, 4, 0);
       }},
  };
  for (const Mangling& row : rows) {
    LadderScene scene;
    scene.configure({"192.0.2.1:53", "192.0.2.2:53"});
    for (const char* address : {"192.0.2.1:53", "192.0.2.2:53"})
      scene.server(address).holds({address_record("www.test", "192.0.2.1")});
    scene.server("192.0.2.1:53").mangle = row.mangle;
    const Answer answer = scene.resolve("www.test");
    EXPECT_TRUE(LadderScene::is_right(answer)) << row.name;
    EXPECT_LE(answer.ended - answer.started, 30ms) << row.name;
    EXPECT_EQ(scene.streams_opened, 0U) << row.name;
    LadderScene alone;
    alone.server().mangle = row.mangle;
    const Answer refused = alone.resolve("www.test");
    EXPECT_NE(refused.status, AnswerStatus::ok) << row.name;
    EXPECT_LE(refused.ended - refused.started, 20ms) << row.name;
  }
}

TEST(Ladder, takes_no_refusal_with_another_id_and_no_good_answer_without_the_question) {
  LadderScene scene;
  scene.server().mangle = [](const SeenQuery&, Bytes& bytes) {
    bytes[0] ^= std::byte{1};
    put_u16(bytes, 2, 0x8185);
  };
  scene.look_up("www.test");
  scene.run_for(400ms);
  EXPECT_TRUE(scene.answers.empty());
  LadderScene other;
  other.server().mangle = [](const SeenQuery&, Bytes& bytes) { bytes[13] = std::byte{'x'}; };
  other.look_up("www.test");
  other.run_for(400ms);
  EXPECT_TRUE(other.answers.empty());
  EXPECT_EQ(other.ways(), Texts{"edns"});
}

TEST(Ladder, goes_by_tcp_for_a_truncated_reply_without_the_question) {
  LadderScene scene;
  scene.server().mangle = [](const SeenQuery& query, Bytes& bytes) {
    if (query.transport == DnsTransport::tcp) return;
    bytes.resize(12);
    put_u16(bytes, 2, 0x8380);
  };
  EXPECT_TRUE(LadderScene::is_right(scene.resolve("www.test")));
  EXPECT_EQ(scene.ways(), (Texts{"edns", "edns tcp"}));
}

TEST(Ladder, cuts_a_long_list_and_not_the_name) {
  struct Row {
    const char* name;
    int addresses;
    std::size_t kept;
    bool behind_cname;
  };
  const Row rows[] = {{"few", 30, 30, false},
                      {"as many as are kept", 1023, 1023, false},
                      {"one more", 1024, 1023, false},
                      {"two thousand", 2000, 1023, false},
                      {"as many as a message holds", 4090, 1023, false},
                      {"two thousand behind a CNAME", 2000, 1022, true}};
  for (const Row& row : rows) {
    LadderScene scene;
    scene.server().answer("www.test", RecordType::a, [&](DnsMessage& reply) {
      const char* owner = row.behind_cname ? "w.test" : "www.test";
      if (row.behind_cname) reply.answers.push_back(cname_record("www.test", owner));
      for (int i = 0; i < row.addresses; ++i)
        reply.answers.push_back(address_record(
            owner, "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)));
    });
    scene.server().before_sending = [](const SeenQuery& query, DnsMessage& reply) {
      reply.truncated = query.transport == DnsTransport::udp && reply.answers.size() > 40;
      if (reply.truncated) reply.answers.clear();
    };
    const Answer answer = scene.resolve("www.test");
    EXPECT_EQ(answer.status, AnswerStatus::ok) << row.name;
    EXPECT_EQ(answer.records.size(), row.kept) << row.name;
    const auto cut = static_cast<std::size_t>(row.addresses) - row.kept;
    ASSERT_TRUE(answer.reply.has_value());
    EXPECT_EQ(answer.reply->records_cut, cut) << row.name;
    EXPECT_EQ(std::ranges::count_if(answer.remarks,
                                    [](const std::string& words) {
                                      return words.find("too many records") != std::string::npos;
                                    }),
              cut > 0)
        << row.name;
    EXPECT_EQ(scene.resolve("www.test").source, AnswerSource::cache) << row.name;
  }
}

TEST(Ladder, calls_a_malformed_service_record_malformed_and_says_where) {
  LadderScene scene;
  scene.server().answer("www.test", RecordType::https, [](DnsMessage& reply) {
    reply.answers.push_back({name("www.test"), RecordType::https, wire::class_in, 60,
                             wire::RawData{{std::byte{0}, std::byte{1}}}});
  });
  const Answer answer = scene.resolve("www.test", RecordType::https);
  EXPECT_EQ(answer.status, AnswerStatus::malformed);
  EXPECT_NE(answer.error->message().find("at offset"), std::string::npos);
  EXPECT_EQ(scene.server().seen.size(), 1U) << "the rest of the reply is fine";
}

}  // namespace
}  // namespace bowline::core
