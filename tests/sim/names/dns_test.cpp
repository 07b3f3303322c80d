#include <gtest/gtest.h>

#include <set>

#include "story.h"

// What a name server, or somebody in its place, can do to a resolver: it never believes what does not answer
// its question, never asks what is none of a server's business, and never hangs.

namespace bowline::test {
namespace {

struct Names : Scene {
  /// All answers, in the order of their coming.
  std::vector<Resolution> look_up(std::string_view name,
                                  const std::vector<std::string>& types = {"A"},
                                  const LookupOptions& options = {}) {
    std::vector<Resolution> answers;
    Result<Lookup> lookup = resolve(*loop, name, types, options);
    if (!lookup.has_value()) {
      ADD_FAILURE() << to_string(lookup.error());
      return answers;
    }
    while (auto answer = lookup->next().wait().value()) answers.push_back(*std::move(answer));
    return answers;
  }
  Resolution ask(std::string_view name, const std::string& type = "A",
                 const LookupOptions& options = {}) {
    std::vector<Resolution> answers = look_up(name, {type}, options);
    EXPECT_EQ(answers.size(), 1U);
    return answers.empty() ? Resolution() : answers.front();
  }
  [[nodiscard]] std::size_t asked() const { return dns->queries().size(); }

  /// A second server, which knows the same name by another address.
  sim::Host& add_server(std::string_view address, std::optional<sim::DnsServer>& server,
                        std::string_view answer) {
    sim::Host& host = sim.add_host("ns" + std::string(address));
    host.attach(internet, "eth0", {std::string(address) + "/24"}, sim::AttachOptions());
    server.emplace(host);
    server->add("www.example.com", "A", answer);
    return host;
  }
};

TEST(Spoofing, threat_76_an_answer_with_a_wrong_id_is_not_believed) {
  Names names;
  names.dns->script("www.example.com", "A", sim::DnsBehavior().wrong_id().times(1));
  const Resolution answer = names.ask("www.example.com");
  EXPECT_EQ(answer.status(), ResolutionStatus::ok);
  EXPECT_EQ(names.dns->count("www.example.com", "A"), 2U) << "the wrong answer ended the question";
}

TEST(Spoofing, threat_76_wrong_ids_for_ever_end_in_a_typed_error_or_over_tcp) {
  Names names;
  names.dns->script("*", "*", sim::DnsBehavior().wrong_id());
  const Instant start = names.sim.now();
  const Resolution answer = names.ask("www.example.com");
  EXPECT_NE(answer.status(), ResolutionStatus::ok);
  EXPECT_TRUE(answer.error().has_value());
  EXPECT_TRUE(answer.addresses().empty());
  EXPECT_LE(names.sim.now() - start, 60s);
}

TEST(Spoofing, threat_76_an_answer_without_its_question_is_not_believed) {
  Names names;
  names.dns->script("www.example.com", "A", sim::DnsBehavior().no_question().times(1));
  const Resolution answer = names.ask("www.example.com");
  EXPECT_EQ(answer.status(), ResolutionStatus::ok);
  EXPECT_EQ(names.dns->count("www.example.com", "A"), 2U);
}

TEST(Spoofing, threat_76_questions_come_from_ports_nobody_can_guess) {
  Names names;
  constexpr int questions = 100;
  for (int i = 0; i < questions; ++i) names.ask("n" + std::to_string(i) + ".example.com");
  std::set<std::uint16_t> ports;
  for (const sim::DnsQuery& query : names.dns->queries()) ports.insert(query.from.port);
  EXPECT_GE(ports.size(), 98U);
  std::size_t neighbours = 0;
  for (const std::uint16_t port : ports)
    neighbours += ports.contains(static_cast<std::uint16_t>(port + 1)) ? 1 : 0;
  EXPECT_LE(neighbours, 10U) << "ports go up one by one";
}

TEST(Malformed, threat_77_bytes_are_passed_over_for_the_next_server) {
  Names names;
  std::optional<sim::DnsServer> second;
  names.add_server("198.51.100.54", second, "203.0.113.80");
  names.home.write_file("/etc/resolv.conf", "nameserver 198.51.100.53\nnameserver 198.51.100.54\n");
  names.dns->script("*", "*", sim::DnsBehavior().malformed());
  const Resolution answer = names.ask("www.example.com");
  EXPECT_EQ(answer.status(), ResolutionStatus::ok);
  EXPECT_EQ(to_string(*answer.server()), "198.51.100.54:53");
}

TEST(Malformed, threat_77_bytes_from_the_only_server_are_a_typed_error) {
  Names names;
  names.dns->script("*", "*", sim::DnsBehavior().malformed());
  const Instant start = names.sim.now();
  const Resolution answer = names.ask("www.example.com");
  EXPECT_NE(answer.status(), ResolutionStatus::ok);
  EXPECT_TRUE(answer.error().has_value());
  EXPECT_LE(names.sim.now() - start, 60s);
}

TEST(Aliases, threat_78_in_a_circle_end_in_a_typed_error) {
  Names names;
  names.dns->add("a.example.com", "CNAME", "b.example.com");
  names.dns->add("b.example.com", "CNAME", "a.example.com");
  names.dns->add("self.example.com", "CNAME", "self.example.com");
  for (const char* name : {"a.example.com", "self.example.com"}) {
    const std::size_t before = names.asked();
    const Resolution answer = names.ask(name);
    EXPECT_NE(answer.status(), ResolutionStatus::ok) << name;
    EXPECT_TRUE(answer.error().has_value()) << name;
    EXPECT_LE(names.asked() - before, 20U);
  }
}

TEST(Aliases, threat_78_are_followed_up_to_sixteen) {
  Names names;
  for (int i = 0; i < 100; ++i)
    names.dns->add("c" + std::to_string(i) + ".example.com", "CNAME",
                   "c" + std::to_string(i + 1) + ".example.com");
  names.dns->add("c100.example.com", "A", "203.0.113.80");
  const Resolution near = names.ask("c90.example.com");
  EXPECT_EQ(near.status(), ResolutionStatus::ok);
  EXPECT_EQ(near.canonical_name(), "c100.example.com");
  const std::size_t before = names.asked();
  const Resolution far = names.ask("c0.example.com");
  EXPECT_NE(far.status(), ResolutionStatus::ok);
  EXPECT_TRUE(far.error().has_value());
  EXPECT_LE(names.asked() - before, 20U);
}

TEST(Datagrams, threat_79_that_are_cut_short_are_asked_for_again_over_tcp) {
  Names names;
  names.dns->script("www.example.com", "A", sim::DnsBehavior().truncate());
  const Resolution answer = names.ask("www.example.com");
  EXPECT_EQ(answer.status(), ResolutionStatus::ok);
  EXPECT_EQ(answer.transport(), ResolverTransport::tcp);
  ASSERT_EQ(names.asked(), 2U);
  EXPECT_FALSE(names.dns->queries()[0].over_tcp);
  EXPECT_TRUE(names.dns->queries()[1].over_tcp);
}

TEST(Datagrams, threat_79_that_come_twice_and_late_are_ignored) {
  Names names;
  names.ns.interface("eth0").set_link(sim::LinkOptions().delay(5ms).jitter(20ms).duplication(1.0));
  for (int i = 0; i < 20; ++i) {
    const std::vector<Resolution> answers =
        names.look_up("www.example.com", {"A", "AAAA"}, LookupOptions().use_cache(false));
    ASSERT_EQ(answers.size(), 2U);
    for (const Resolution& answer : answers) {
      EXPECT_EQ(answer.status(), ResolutionStatus::ok);
      EXPECT_EQ(answer.addresses().size(), 1U);
    }
  }
}

TEST(Datagrams, threat_79_that_answer_after_the_retry_are_still_good) {
  Names names;
  names.dns->script("www.example.com", "A", sim::DnsBehavior().delay(2s));
  const Resolution answer = names.ask("www.example.com");
  EXPECT_EQ(answer.status(), ResolutionStatus::ok);
  EXPECT_LE(names.sim.now().time_since_epoch(), 10s);
}

TEST(SpecialNames, threat_82_are_never_asked_of_a_server) {
  Names names;
  names.home.write_file("/run/avahi-daemon/socket", "");
  for (const char* name : {"localhost", "localhost.", "www.localhost", "printer.local", "x.invalid",
                           "hidden.onion", "1.0.254.169.in-addr.arpa"}) {
    for (const char* type : {"A", "AAAA", "HTTPS"}) (void)names.look_up(name, {type});
    StreamConnection connection =
        connect(*names.loop, host(name, 80), tcp(), Parameters().wait(Waiting::never));
    (void)connection.ready().wait().has_value();
  }
  EXPECT_EQ(names.asked(), 0U) << names.dns->queries().front().name;
}

TEST(SpecialNames, threat_82_localhost_is_the_loopback_whatever_the_hosts_file_says) {
  Names names;
  const Resolution v4 = names.ask("localhost");
  ASSERT_EQ(v4.addresses().size(), 1U);
  EXPECT_TRUE(v4.addresses().front().is_loopback());
  const Resolution v6 = names.ask("localhost", "AAAA");
  ASSERT_EQ(v6.addresses().size(), 1U);
  EXPECT_TRUE(v6.addresses().front().is_loopback());
}

TEST(SpecialNames, threat_82_single_labels_go_through_the_search_list) {
  Names names;
  names.home.write_file("/etc/resolv.conf", "nameserver 198.51.100.53\nsearch example.com\n");
  const Resolution answer = names.ask("www");
  EXPECT_EQ(answer.status(), ResolutionStatus::ok);
  EXPECT_EQ(answer.name(), "www.example.com");
  for (const sim::DnsQuery& query : names.dns->queries()) EXPECT_NE(query.name, "www");
}

TEST(Configuration, is_followed_when_resolv_conf_changes) {
  Names names;
  std::optional<sim::DnsServer> second;
  names.add_server("198.51.100.54", second, "203.0.113.99");
  EXPECT_EQ(to_string(names.ask("www.example.com").addresses().front()), "203.0.113.80");
  names.home.write_file("/etc/resolv.conf", "nameserver 198.51.100.54\n");
  const std::size_t before = names.asked();
  EXPECT_EQ(to_string(names.ask("www.example.com").addresses().front()), "203.0.113.99");
  EXPECT_EQ(names.asked(), before) << "the old server was asked again";
  EXPECT_EQ(to_string(names.loop->path()->dns_servers().front()), "198.51.100.54:53");
}

TEST(Configuration, that_changes_in_the_middle_of_a_lookup_leaves_it_to_its_end) {
  Names names;
  std::optional<sim::DnsServer> second;
  names.add_server("198.51.100.54", second, "203.0.113.99");
  names.dns->script("*", "*", sim::DnsBehavior().delay(500ms));
  Lookup lookup = *resolve(*names.loop, "www.example.com", {"A"});
  names.sim.run_for(100ms);
  names.home.write_file("/etc/resolv.conf", "nameserver 198.51.100.54\n");
  EXPECT_EQ(to_string(names.ask("www.example.com").addresses().front()), "203.0.113.99");
  const auto first = lookup.next().wait().value();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->status(), ResolutionStatus::ok);
}

TEST(Configuration, of_the_hosts_file_is_followed_too_and_comes_first) {
  Names names;
  names.home.write_file("/etc/hosts", "203.0.113.7 www.example.com\n");
  const Resolution hosts = names.ask("www.example.com");
  EXPECT_EQ(hosts.source(), ResolutionSource::hosts);
  EXPECT_EQ(to_string(hosts.addresses().front()), "203.0.113.7");
  names.home.remove_file("/etc/hosts");
  EXPECT_EQ(names.ask("www.example.com").source(), ResolutionSource::query);
}

TEST(Configuration, of_a_dropped_lookup_is_a_cancelled_operation_and_not_an_end) {
  Names names;
  names.dns->script("*", "*", sim::DnsBehavior().drop());
  std::optional<Lookup> lookup(*resolve(*names.loop, "www.example.com", {"A"}));
  Outcome next(lookup->next());
  lookup.reset();
  names.sim.run_for(100ms);
  EXPECT_EQ(next.error(), ErrorKind::cancelled);
}

}  // namespace
}  // namespace bowline::test
