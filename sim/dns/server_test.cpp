#include <gtest/gtest.h>

#include <bowline/sim/dns_server.h>
#include <bowline/sim/simulation.h>

#include "sim/tests/app.h"
#include "wire/dns/message.h"

namespace bowline::sim {
namespace {

using namespace std::chrono_literals;
using wire::DnsMessage;

/// Someone who asks, 10 ms from a server.
struct DnsLab {
  DnsLab() {
    client.attach(net, "eth0", {"192.0.2.1/24"}, AttachOptions().link(LinkOptions().delay(10ms)));
    host.attach(net, "eth0", {"192.0.2.53/24"});
    server.emplace(host, "192.0.2.53");
    server->add("example.com", "A", "198.51.100.1").add("example.com", "A", "198.51.100.2", 60s);
    server->add("www.example.com", "CNAME", "example.com");
    server->add("example.com", "SOA", "ns.example.com root.example.com 1 2 3 4 300");
  }
  [[nodiscard]] static std::vector<std::byte> query(std::string_view name, wire::RecordType type) {
    DnsMessage message;
    message.id = 4711;
    message.questions.push_back({wire::DnsName::parse(name).value(), type});
    message.edns = wire::Edns{};
    return message.encode();
  }
  /// The answer to a query over UDP, if one comes within 10 s.
  std::optional<DnsMessage> ask(std::string_view name,
                                wire::RecordType type = wire::RecordType::a) {
    const std::size_t before = socket.heard.size();
    EXPECT_TRUE(socket.send(address("192.0.2.53:53"), as_text(query(name, type))).has_value());
    if (!sim.run_until([&] { return socket.heard.size() > before; }, 10s)) return std::nullopt;
    const auto message = DnsMessage::parse(as_bytes(socket.heard.back().text));
    return message.has_value() ? std::optional(*message) : std::nullopt;
  }

  Simulation sim{1};
  Network& net = sim.add_network("internet");
  Host& client = sim.add_host("client");
  Host& host = sim.add_host("dns");
  std::optional<DnsServer> server;
  App app{client};
  Datagrams socket{app, 1000};
};

TEST(DnsServer, answers_from_its_zone_without_regard_to_case) {
  DnsLab lab;
  const auto answer = lab.ask("Example.COM");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->id, 4711);
  EXPECT_TRUE(answer->response);
  EXPECT_EQ(answer->rcode, wire::Rcode::no_error);
  EXPECT_EQ(to_string(answer->questions.at(0).name), "Example.COM");
  ASSERT_EQ(answer->answers.size(), 2u);
  EXPECT_EQ(std::get<IpAddress>(answer->answers[1].data), ip("198.51.100.2"));
  EXPECT_EQ(answer->answers[1].ttl_seconds, 60u);
  EXPECT_EQ(lab.socket.heard[0].remote, address("192.0.2.53:53"));
}

TEST(DnsServer, follows_aliases) {
  DnsLab lab;
  const auto answer = lab.ask("www.example.com");
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->answers.size(), 3u);
  EXPECT_EQ(answer->answers[0].type, wire::RecordType::cname);
  EXPECT_EQ(answer->answers[2].type, wire::RecordType::a);
}

TEST(DnsServer, an_endless_alias_ends) {
  DnsLab lab;
  lab.server->add("a.example.com", "CNAME", "b.example.com")
      .add("b.example.com", "CNAME", "a.example.com");
  EXPECT_TRUE(lab.ask("a.example.com"));
}

TEST(DnsServer, tells_no_data_from_no_name_and_how_long_that_holds) {
  DnsLab lab;
  const auto no_data = lab.ask("example.com", wire::RecordType::aaaa);
  ASSERT_TRUE(no_data);
  EXPECT_EQ(no_data->rcode, wire::Rcode::no_error);
  EXPECT_TRUE(no_data->answers.empty());
  ASSERT_EQ(no_data->authorities.size(), 1u);
  EXPECT_EQ(std::get<wire::SoaData>(no_data->authorities[0].data).minimum, 300u);
  const auto parent = lab.ask("com");
  EXPECT_EQ(parent->rcode, wire::Rcode::no_error) << "there are names below";
  const auto no_name = lab.ask("nothing.example.com");
  ASSERT_TRUE(no_name);
  EXPECT_EQ(no_name->rcode, wire::Rcode::name_error);
  EXPECT_EQ(no_name->authorities.size(), 1u);
}

TEST(DnsServer, speaks_service_records_and_the_other_types) {
  DnsLab lab;
  lab.server->add("example.com", "HTTPS",
                  "1 . alpn=\"h3,h2\" port=8443 ipv4hint=192.0.2.7 ipv6hint=2001:db8::7");
  lab.server->add("example.com", "TXT", "hello")
      .add("example.com", "SRV", "1 2 443 host.example.com");
  const auto https = lab.ask("example.com", wire::RecordType::https);
  ASSERT_TRUE(https && https->answers.size() == 1);
  const auto& data = std::get<wire::ServiceData>(https->answers[0].data);
  EXPECT_EQ(data.priority, 1);
  EXPECT_TRUE(data.target.is_root());
  EXPECT_EQ(data.alpn, (std::vector<std::string>{"h3", "h2"}));
  EXPECT_EQ(data.port, 8443);
  EXPECT_EQ(data.ipv4_hints, std::vector{ip("192.0.2.7")});
  EXPECT_EQ(data.ipv6_hints, std::vector{ip("2001:db8::7")});
  EXPECT_EQ(std::get<wire::TxtData>(lab.ask("example.com", wire::RecordType::txt)->answers[0].data)
                .strings[0],
            "hello");
  EXPECT_EQ(
      std::get<wire::SrvData>(lab.ask("example.com", wire::RecordType::srv)->answers[0].data).port,
      443);
}

TEST(DnsServer, answers_late_when_told) {
  DnsLab lab;
  lab.server->script("example.com", "A", DnsBehavior().delay(3s));
  const Instant start = lab.sim.now();
  EXPECT_TRUE(lab.ask("example.com"));
  EXPECT_EQ(lab.sim.now() - start, 3020ms);
}

TEST(DnsServer, keeps_silent_refuses_and_breaks_answers_when_told) {
  DnsLab lab;
  lab.server->script("silent.example.com", "*", DnsBehavior().drop());
  lab.server->script("broken.example.com", "*", DnsBehavior().rcode(2));
  lab.server->script("*", "AAAA", DnsBehavior().malformed());
  EXPECT_FALSE(lab.ask("silent.example.com"));
  EXPECT_EQ(lab.ask("broken.example.com")->rcode, wire::Rcode::server_failure);
  const std::size_t before = lab.socket.heard.size();
  EXPECT_FALSE(lab.ask("example.com", wire::RecordType::aaaa));
  EXPECT_EQ(lab.socket.heard.size(), before + 1) << "it came, but does not parse";
  EXPECT_EQ(lab.ask("example.com")->answers.size(), 2u);
}

TEST(DnsServer, sends_wrong_ids_and_no_questions_when_told) {
  DnsLab lab;
  lab.server->script("example.com", "A", DnsBehavior().wrong_id().times(1));
  lab.server->script("example.com", "A", DnsBehavior().no_question().times(1));
  EXPECT_NE(lab.ask("example.com")->id, 4711);
  const auto second = lab.ask("example.com");
  EXPECT_EQ(second->id, 4711);
  EXPECT_TRUE(second->questions.empty());
  EXPECT_EQ(lab.ask("example.com")->questions.size(), 1u);
}

TEST(DnsServer, scripts_hold_for_the_queries_they_name) {
  DnsLab lab;
  lab.server->script("example.com", "A", DnsBehavior().rcode(2).after(1).times(1));
  EXPECT_EQ(lab.ask("example.com")->rcode, wire::Rcode::no_error);
  EXPECT_EQ(lab.ask("example.com")->rcode, wire::Rcode::server_failure);
  EXPECT_EQ(lab.ask("example.com")->rcode, wire::Rcode::no_error);
}

TEST(DnsServer, its_answers_may_change) {
  DnsLab lab;
  EXPECT_EQ(lab.ask("example.com")->answers.size(), 2u);
  lab.server->remove("example.com", "A").add("example.com", "A", "203.0.113.9");
  EXPECT_EQ(lab.ask("example.com")->answers.size(), 1u);
}

TEST(DnsServer, cuts_what_does_not_fit_and_gives_it_whole_over_tcp) {
  DnsLab lab;
  for (int i = 0; i < 200; ++i)
    lab.server->add("many.example.com", "A", "198.51.100." + std::to_string(i));
  const auto cut = lab.ask("many.example.com");
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->truncated);
  EXPECT_LE(lab.socket.heard.back().text.size(), 1232u);

  Stream stream(lab.app);
  ASSERT_TRUE(stream.connect(address("192.0.2.53:53")).has_value());
  const auto bytes = DnsLab::query("many.example.com", wire::RecordType::a);
  std::string framed{'\0', static_cast<char>(bytes.size())};
  framed += as_text(bytes);
  stream.say(framed + framed);
  stream.finish();
  ASSERT_TRUE(lab.sim.run_until([&] { return stream.ended; }, 10s))
      << "the server closes behind the last answer";
  const std::string_view heard = stream.heard;
  const std::size_t size = heard.size() / 2;
  const auto whole = DnsMessage::parse(as_bytes(heard.substr(2, size - 2)));
  ASSERT_TRUE(whole.has_value());
  EXPECT_FALSE(whole->truncated);
  EXPECT_EQ(whole->answers.size(), 200u);
  EXPECT_EQ(heard.substr(0, size), heard.substr(size)) << "one answer per query";
}

TEST(DnsServer, sends_askers_to_tcp_when_told) {
  DnsLab lab;
  lab.server->script("example.com", "A", DnsBehavior().truncate());
  const auto answer = lab.ask("example.com");
  ASSERT_TRUE(answer);
  EXPECT_TRUE(answer->truncated);
  EXPECT_TRUE(answer->answers.empty());
}

TEST(DnsServer, keeps_a_log_of_queries) {
  DnsLab lab;
  (void)lab.ask("Example.com");
  (void)lab.ask("example.com");
  (void)lab.ask("example.com", wire::RecordType::https);
  ASSERT_EQ(lab.server->queries().size(), 3u);
  const DnsQuery& query = lab.server->queries()[0];
  EXPECT_EQ(query.name, "Example.com");
  EXPECT_EQ(query.type, "A");
  EXPECT_FALSE(query.over_tcp);
  EXPECT_EQ(query.from, address("192.0.2.1:1000"));
  EXPECT_EQ(lab.server->count("example.com", "A"), 2u);
  EXPECT_EQ(lab.server->count("example.com", "HTTPS"), 1u);
}

TEST(DnsServer, on_all_addresses_answers_from_the_one_that_was_asked) {
  DnsLab lab;
  lab.server.reset();
  lab.host.interface("eth0").add_address("192.0.2.54/24");
  lab.server.emplace(lab.host);
  EXPECT_TRUE(lab.socket
                  .send(address("192.0.2.54:53"),
                        as_text(DnsLab::query("example.com", wire::RecordType::a)))
                  .has_value());
  lab.sim.run_for(1s);
  ASSERT_EQ(lab.socket.heard.size(), 1u);
  EXPECT_EQ(lab.socket.heard[0].remote, address("192.0.2.54:53"));
}

}  // namespace
}  // namespace bowline::sim
