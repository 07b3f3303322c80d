#include <gtest/gtest.h>

#include <bowline/sim/simulation.h>

#include "sim/tests/app.h"

namespace bowline::sim {
namespace {

using namespace std::chrono_literals;
using ports::DatagramOptions;
using ports::DatagramRun;
using ports::Fragmentation;
using ports::Membership;

constexpr std::uint16_t group_port = 5353;

[[nodiscard]] DatagramOptions with_facts(std::uint16_t port) {
  DatagramOptions options;
  options.binding.port = port;
  options.receive = {true, true, true};
  return options;
}

[[nodiscard]] DatagramRun run_to(std::string_view remote, std::string_view text) {
  DatagramRun run;
  run.remote = address(remote);
  run.segment_bytes = text.size();
  run.bytes = as_bytes(text);
  return run;
}

[[nodiscard]] Result<std::size_t> send(Datagrams& from, const DatagramRun& run) {
  return from.socket->send(std::span(&run, 1));
}

/// Three hosts on one link.
struct Link {
  Link() {
    for (Host* host : {&one, &two, &three}) {
      const char last = static_cast<char>('1' + (host == &two) + 2 * (host == &three));
      const std::string v4 = std::string("192.0.2.") + last + "/24";
      const std::string v6 = std::string("fe80::") + last + "/64";
      host->attach(net, "eth0", {v4, v6});
    }
  }

  Simulation sim{1};
  Network& net = sim.add_network("link");
  Host& one = sim.add_host("one");
  Host& two = sim.add_host("two");
  Host& three = sim.add_host("three");
  App app_one{one}, app_two{two}, app_three{three};
};

TEST(SimDatagramFacts, an_ecn_port_hears_the_codepoint_and_what_else_was_sent) {
  Link link;
  Datagrams sender(link.app_one, 1000), hearer(link.app_two, with_facts(2000));
  for (const std::string_view to : {"192.0.2.2:2000", "[fe80::2%2]:2000"}) {
    DatagramRun run = run_to(to, "marked");
    run.ecn = Ecn::ect0;
    run.hop_limit = 255;
    ASSERT_TRUE(send(sender, run).has_value());
    link.sim.run_for(1s);
    EXPECT_EQ(hearer.heard.back().facts, (DatagramFacts{2, 255, Ecn::ect0}));
    EXPECT_EQ(hearer.heard.back().destination.family(), address(to).ip.family());
  }
}

TEST(SimDatagramFacts, are_those_of_the_socket_unless_a_run_says_otherwise) {
  Link link;
  DatagramOptions options;
  options.binding.port = 1000;
  options.ecn = Ecn::ect1;
  options.hop_limit = 9;
  Datagrams sender(link.app_one, options), hearer(link.app_two, with_facts(2000));
  ASSERT_TRUE(sender.send(address("192.0.2.2:2000"), "x").has_value());
  link.sim.run_for(1s);
  EXPECT_EQ(hearer.heard.back().facts, (DatagramFacts{2, 9, Ecn::ect1}));
}

TEST(SimDatagramFacts, are_not_there_unless_asked_for) {
  Link link;
  Datagrams sender(link.app_one, 1000), hearer(link.app_two, 2000);
  DatagramRun run = run_to("192.0.2.2:2000", "x");
  run.ecn = Ecn::ect0;
  ASSERT_TRUE(send(sender, run).has_value());
  link.sim.run_for(1s);
  EXPECT_EQ(hearer.heard.back().facts, (DatagramFacts{2, 0, Ecn::not_ect}));
}

TEST(SimDatagramFacts, a_congested_link_marks_those_that_understand_it) {
  Link link;
  link.one.interface("eth0").set_outgoing(LinkOptions().congestion_marks(1));
  Datagrams sender(link.app_one, 1000), hearer(link.app_two, with_facts(2000));
  for (const std::string_view to : {"192.0.2.2:2000", "[fe80::2%2]:2000"}) {
    for (const Ecn sent : {Ecn::ect0, Ecn::ect1, Ecn::not_ect}) {
      DatagramRun run = run_to(to, "x");
      run.ecn = sent;
      ASSERT_TRUE(send(sender, run).has_value());
      link.sim.run_for(1s);
      EXPECT_EQ(hearer.heard.back().facts.ecn, sent == Ecn::not_ect ? sent : Ecn::ce);
    }
  }
  EXPECT_NE(link.sim.transcript().find("one.eth0 out marks"), std::string::npos);
}

TEST(SimDatagramFailures, say_where_the_datagram_went_and_fail_no_send) {
  Link link;
  DatagramOptions options;
  options.binding.port = 1000;
  options.receive_failures = true;
  Datagrams sender(link.app_one, options), hearer(link.app_three, 2000);
  ASSERT_TRUE(sender.send(address("192.0.2.2:2000"), "nobody").has_value());
  link.sim.run_for(1s);
  ASSERT_TRUE(sender.send(address("192.0.2.3:2000"), "somebody").has_value());
  link.sim.run_for(1s);
  EXPECT_FALSE(sender.error);
  const auto failure = sender.socket->take_failure();
  ASSERT_TRUE(failure);
  EXPECT_EQ(failure->remote, address("192.0.2.2:2000"));
  EXPECT_EQ(failure->error.kind(), ErrorKind::refused);
  EXPECT_FALSE(sender.socket->take_failure());
  EXPECT_EQ(hearer.heard.size(), 1u);
}

TEST(SimDatagramFailures, a_narrower_path_is_one_and_few_are_kept) {
  Link link;
  link.one.interface("eth0").set_outgoing(LinkOptions().mtu(1300));
  DatagramOptions options;
  options.binding.port = 1000;
  options.receive_failures = true;
  options.fragmentation = Fragmentation::refuse_local;
  Datagrams sender(link.app_one, options);
  for (std::size_t i = 0; i < 2 * ports::DatagramSocket::failures_max; ++i)
    ASSERT_TRUE(sender.send(address("192.0.2.2:2000"), std::string(1400, 'x')).has_value());
  link.sim.run_for(1s);
  std::size_t failures = 0;
  while (const auto failure = sender.socket->take_failure()) {
    EXPECT_EQ(failure->error.kind(), ErrorKind::message_too_large);
    ++failures;
  }
  EXPECT_EQ(failures, ports::DatagramSocket::failures_max);
}

TEST(SimFragments, pass_a_narrow_link_only_where_they_are_allowed) {
  Link link;
  link.one.interface("eth0").set_outgoing(LinkOptions().mtu(1300));
  Datagrams hearer(link.app_two, 2000);
  const std::string large(5000, 'x');
  for (const auto fragmentation :
       {Fragmentation::refuse, Fragmentation::refuse_local, Fragmentation::allow}) {
    DatagramOptions options;
    options.fragmentation = fragmentation;
    Datagrams sender(link.app_one, options);
    const auto sent = sender.send(address("192.0.2.2:2000"), large);
    EXPECT_EQ(sent.has_value(), fragmentation == Fragmentation::allow);
  }
  link.sim.run_for(1s);
  ASSERT_EQ(hearer.heard.size(), 1u);
  EXPECT_EQ(hearer.heard[0].text, large);
}

struct GroupCase {
  const char* group;
  const char* to;
};
constexpr GroupCase group_cases[] = {{"224.0.0.251", "224.0.0.251:5353"},
                                     {"ff02::fb", "[ff02::fb]:5353"}};

/// A socket that shares the group's port and sends to groups by eth0.
class Member {
 public:
  explicit Member(App& app, bool loop = true) : end(app, options(loop)) {}
  [[nodiscard]] Result<void> join(const char* group) { return end.socket->join({ip(group), 2}); }
  [[nodiscard]] std::size_t heard() const { return end.heard.size(); }

  Datagrams end;

 private:
  static DatagramOptions options(bool loop) {
    DatagramOptions options = with_facts(group_port);
    options.binding.reuse_address = true;
    options.multicast = {loop, 255, 2};
    return options;
  }
};

TEST(SimGroups, reach_every_host_and_socket_that_joined_and_no_other) {
  for (const GroupCase& about : group_cases) {
    Link link;
    Member sender(link.app_one), beside(link.app_one), deaf(link.app_one);
    Member far(link.app_two), stranger(link.app_three);
    for (Member* member : {&sender, &beside, &far})
      ASSERT_TRUE(member->join(about.group).has_value());
    ASSERT_TRUE(sender.end.send(address(about.to), "who is there?").has_value());
    link.sim.run_for(1s);
    for (const Member* member : {&sender, &beside, &far}) {
      ASSERT_EQ(member->heard(), 1u);
      const Datagrams::Heard& heard = member->end.heard[0];
      EXPECT_EQ(heard.destination, ip(about.group));
      EXPECT_TRUE(heard.local.is_unspecified());
      EXPECT_EQ(heard.facts, (DatagramFacts{2, 255, Ecn::not_ect}));
      EXPECT_EQ(heard.remote.port, group_port);
    }
    EXPECT_EQ(deaf.heard() + stranger.heard(), 0u);
  }
}

TEST(SimGroups, are_heard_no_more_once_left_or_closed) {
  for (const GroupCase& about : group_cases) {
    Link link;
    Member sender(link.app_one), far(link.app_two);
    {
      Member other(link.app_two);
      ASSERT_TRUE(other.join(about.group).has_value());
    }
    ASSERT_TRUE(far.join(about.group).has_value());
    ASSERT_TRUE(far.end.socket->leave({ip(about.group), 2}).has_value());
    ASSERT_TRUE(sender.end.send(address(about.to), "anybody?").has_value());
    link.sim.run_for(1s);
    EXPECT_EQ(far.heard(), 0u);
    EXPECT_NE(link.sim.transcript().find("link drops (nobody joined)"), std::string::npos);
  }
}

TEST(SimGroups, loop_only_if_the_sender_lets_them) {
  for (const GroupCase& about : group_cases) {
    Link link;
    Member quiet(link.app_one, false), near(link.app_one), far(link.app_two);
    for (Member* member : {&quiet, &near, &far}) ASSERT_TRUE(member->join(about.group).has_value());
    ASSERT_TRUE(quiet.end.send(address(about.to), "not here").has_value());
    link.sim.run_for(1s);
    EXPECT_EQ(near.heard(), 0u);
    EXPECT_EQ(far.heard(), 1u);
  }
}

TEST(SimGroups, meet_the_rules_and_links_of_the_network) {
  Link link;
  Member sender(link.app_one), far(link.app_two), lost(link.app_three);
  ASSERT_TRUE(far.join("224.0.0.251").has_value());
  ASSERT_TRUE(lost.join("224.0.0.251").has_value());
  link.three.interface("eth0").set_incoming(LinkOptions().loss(1));
  ASSERT_TRUE(sender.end.send(address("224.0.0.251:5353"), "x").has_value());
  link.sim.run_for(1s);
  EXPECT_EQ(far.heard(), 1u);
  EXPECT_EQ(lost.heard(), 0u);
  link.net.add_rule(Match().to("224.0.0.0/4"), Verdict::port_unreachable);
  ASSERT_TRUE(sender.end.send(address("224.0.0.251:5353"), "x").has_value());
  link.sim.run_for(1s);
  EXPECT_EQ(far.heard(), 1u);
  EXPECT_FALSE(sender.end.error) << "nobody reports about a group";
}

TEST(SimGroups, of_one_source_are_heard_from_nobody_else) {
  Link link;
  Member hearer(link.app_one), stranger(link.app_two), source(link.app_three);
  ASSERT_TRUE(hearer.end.socket->join({ip("232.1.1.1"), 2, ip("192.0.2.3")}).has_value());
  ASSERT_TRUE(stranger.end.send(address("232.1.1.1:5353"), "stranger").has_value());
  ASSERT_TRUE(source.end.send(address("232.1.1.1:5353"), "source").has_value());
  link.sim.run_for(1s);
  ASSERT_EQ(hearer.heard(), 1u);
  EXPECT_EQ(hearer.end.heard[0].text, "source");
}

TEST(SimGroups, errors_are_those_of_linux) {
  Link link;
  Member member(link.app_one);
  ports::DatagramSocket& socket = *member.end.socket;
  EXPECT_EQ(socket.leave({ip("224.0.0.251"), 2}).error().kind(), ErrorKind::address_unavailable);
  ASSERT_TRUE(member.join("224.0.0.251").has_value());
  EXPECT_EQ(member.join("224.0.0.251").error().kind(), ErrorKind::address_in_use);
  EXPECT_EQ(socket.join({ip("224.0.0.251"), 9}).error().kind(), ErrorKind::address_unavailable);
  EXPECT_EQ(socket.join({ip("192.0.2.1"), 2}).error().kind(), ErrorKind::invalid_argument);
  DatagramOptions options;
  options.family = Family::ipv4;
  Datagrams v4(link.app_one, options);
  EXPECT_EQ(v4.socket->join({ip("ff02::fb"), 2}).error().kind(), ErrorKind::unsupported);
}

TEST(SimGroups, need_a_way_out) {
  Link link;
  link.one.interface("eth0").set_up(false);
  Member sender(link.app_one);
  EXPECT_EQ(sender.end.send(address("224.0.0.251:5353"), "x").error().kind(),
            ErrorKind::unreachable);
}

TEST(SimDatagrams, share_a_port_if_all_of_them_say_so) {
  Link link;
  Member first(link.app_one);
  DatagramOptions options;
  options.binding.port = group_port;
  struct Nobody final : ports::SocketObserver {
    void handle_readiness(ports::Readiness) override {}
  } nobody;
  EXPECT_EQ(link.app_one.ports->network().open_datagram(options, nobody).error().kind(),
            ErrorKind::address_in_use);
  options.binding.reuse_address = true;
  EXPECT_TRUE(link.app_one.ports->network().open_datagram(options, nobody).has_value());
}

}  // namespace
}  // namespace bowline::sim
