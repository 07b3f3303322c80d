#include "linux/udp/udp_scene.h"

namespace bowline::linux_host {
namespace {

using ports::Fragmentation;
using ports::Membership;

constexpr ports::WantedFacts all_facts{true, true, true};

[[nodiscard]] DatagramOptions with_facts() {
  DatagramOptions options;
  options.receive = all_facts;
  return options;
}

[[nodiscard]] std::uint32_t index_of_loopback(const Scene& scene) {
  return scene.network().snapshot().value()->find("lo")->index;
}

TEST(UdpFacts, an_ecn_port_hears_the_codepoint_that_each_run_was_sent_with) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    UdpScene scene;
    const auto server = scene.bound(IpAddress::loopback(family), with_facts());
    const auto client = scene.bound(family);
    for (const Ecn ecn : {Ecn::ect0, Ecn::ect1, Ecn::ce, Ecn::not_ect}) {
      DatagramRun run = run_to(server->socket->local_address(), "marked");
      run.ecn = ecn;
      EXPECT_EQ(*send(*client->socket, run), 1u);
      EXPECT_EQ(scene.receive(*server, 1).size(), 1u);
      EXPECT_EQ(scene.last.facts.ecn, ecn);
    }
  }
}

TEST(UdpFacts, a_dual_stack_socket_sends_and_hears_them_in_both_families) {
  UdpScene scene;
  const auto server = scene.open(with_facts());
  const auto client = scene.open({});
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    DatagramRun run =
        run_to(loopback(family, server->socket->local_address().port), "through both");
    run.ecn = Ecn::ect0;
    run.hop_limit = 77;
    run.interface_index = index_of_loopback(scene);
    EXPECT_EQ(*send(*client->socket, run), 1u);
    EXPECT_EQ(scene.receive(*server, 1).size(), 1u);
    EXPECT_EQ(scene.last.facts, (DatagramFacts{index_of_loopback(scene), 77, Ecn::ect0}));
    EXPECT_EQ(scene.last.destination, IpAddress::loopback(family));
    EXPECT_EQ(scene.last.local, IpAddress::loopback(family));
  }
}

TEST(UdpFacts, a_segmented_run_keeps_its_codepoint_and_is_received_together) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    UdpScene scene;
    DatagramOptions options = with_facts();
    options.receive_buffer_bytes = 4 << 20;
    const auto server = scene.bound(IpAddress::loopback(family), options);
    const auto client = scene.bound(family);
    const std::string text = letters(64 * 900 - 100);
    DatagramRun run = run_to(server->socket->local_address(), text, 900);
    run.ecn = Ecn::ect1;
    EXPECT_EQ(*send(*client->socket, run), 1u);
    EXPECT_EQ(scene.receive(*server, 64).size(), 64u);
    EXPECT_LT(scene.runs_received, 64u);
    EXPECT_EQ(scene.last.facts.ecn, Ecn::ect1);
  }
}

TEST(UdpFacts, a_connected_socket_hears_all_of_them_and_says_its_own) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    UdpScene scene;
    const auto server = scene.bound(IpAddress::loopback(family), with_facts());
    DatagramOptions options = with_facts();
    options.connect_to = server->socket->local_address();
    options.hop_limit = 9;
    options.ecn = Ecn::ect0;
    const auto client = scene.open(options);
    EXPECT_EQ(*send(*client->socket, run_to({}, "there")), 1u);
    EXPECT_EQ(scene.receive(*server, 1).size(), 1u);
    EXPECT_EQ(scene.last.facts, (DatagramFacts{index_of_loopback(scene), 9, Ecn::ect0}));
    DatagramRun answer = run_to(scene.last.remote, "back");
    answer.hop_limit = 255;
    EXPECT_EQ(*send(*server->socket, answer), 1u);
    EXPECT_EQ(scene.receive(*client, 1).size(), 1u);
    EXPECT_EQ(scene.last.facts, (DatagramFacts{index_of_loopback(scene), 255, Ecn::not_ect}));
    EXPECT_EQ(scene.last.destination, client->socket->local_address().ip);
  }
}

TEST(UdpFacts, are_not_there_unless_asked_for) {
  UdpScene scene;
  const auto server = scene.bound();
  const auto client = scene.connected(server->socket->local_address());
  DatagramRun run = run_to({}, "plain");
  run.ecn = Ecn::ect0;
  EXPECT_EQ(*send(*client->socket, run), 1u);
  EXPECT_EQ(scene.receive(*server, 1).size(), 1u);
  EXPECT_EQ(scene.last.facts.ecn, Ecn::not_ect);
  EXPECT_EQ(scene.last.facts.hop_limit, 0);
  EXPECT_EQ(scene.last.facts.interface_index, index_of_loopback(scene));
  EXPECT_FALSE(scene.last.truncated);
}

TEST(UdpFacts, an_interface_that_is_not_there_fails_the_run_that_asks_for_it) {
  UdpScene scene;
  const auto client = scene.bound();
  DatagramRun run = run_to(loopback(Family::ipv4, 9), "nowhere");
  run.interface_index = 0x7fffff;
  EXPECT_FALSE(send(*client->socket, run).has_value());
}

TEST(UdpFailures, say_where_the_datagram_went_and_fail_no_send_or_receive) {
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    UdpScene scene;
    const SocketAddress closed = scene.bound(family)->socket->local_address();
    const auto open = scene.bound(family);
    DatagramOptions options;
    options.receive_failures = true;
    const auto client = scene.bound(IpAddress::loopback(family), options);
    EXPECT_EQ(*send(*client->socket, run_to(closed, "nobody is there")), 1u);
    EXPECT_EQ(*send(*client->socket, run_to(open->socket->local_address(), "somebody is")), 1u);
    std::array<ReceivedRun, 1> into;
    EXPECT_EQ(client->socket->receive(into).value(), 0u);
    std::optional<ports::DatagramFailure> failure;
    EXPECT_TRUE(scene.run_until([&] {
      failure = client->socket->take_failure();
      return failure.has_value();
    }));
    EXPECT_EQ(failure->remote, closed);
    EXPECT_EQ(failure->error.kind(), ErrorKind::refused);
    EXPECT_FALSE(client->socket->take_failure().has_value()) << "once";
    EXPECT_EQ(scene.receive(*open, 1), std::vector<std::string>{"somebody is"});
  }
}

TEST(UdpFailures, are_announced_as_readable_and_are_few_at_a_time) {
  UdpScene scene;
  const SocketAddress closed = scene.bound()->socket->local_address();
  DatagramOptions options;
  options.receive_failures = true;
  const auto client = scene.bound(IpAddress::loopback(Family::ipv4), options);
  const int sends = 2 * static_cast<int>(ports::DatagramSocket::failures_max);
  for (int i = 0; i < sends; ++i) EXPECT_EQ(*send(*client->socket, run_to(closed, "again")), 1u);
  ASSERT_TRUE(scene.run_until([&] { return client->watcher.readable; }));
  std::size_t failures = 0;
  while (client->socket->take_failure()) ++failures;
  EXPECT_GT(failures, 0u);
  EXPECT_LE(failures, ports::DatagramSocket::failures_max + 1);
}

TEST(UdpOffload, is_known_and_a_device_that_cannot_cut_is_found_out) {
  struct NoOffload final : Faults {
    bool first = true;
    int next(Call call) override {
      return call == Call::send_datagram && std::exchange(first, false) ? EIO : 0;
    }
  } faults;
  UdpScene scene(make_host(faults).value());
  const auto server = scene.bound();
  const auto client = scene.bound();
  EXPECT_TRUE(client->socket->offload().sends_runs);
  EXPECT_TRUE(client->socket->offload().receives_runs);
  const std::string text = letters(2000);
  EXPECT_EQ(*send(*client->socket, run_to(server->socket->local_address(), text, 1000)), 1u);
  EXPECT_EQ(scene.receive(*server, 2).size(), 2u);
  EXPECT_FALSE(client->socket->offload().sends_runs);
}

TEST(UdpFragments, are_sent_where_that_is_allowed) {
  UdpScene scene;
  for (const auto fragmentation :
       {Fragmentation::refuse, Fragmentation::refuse_local, Fragmentation::allow}) {
    DatagramOptions options;
    options.fragmentation = fragmentation;
    const auto client = scene.bound(IpAddress::loopback(Family::ipv4), options);
    const auto server = scene.bound();
    const SocketAddress to = server->socket->local_address();
    EXPECT_EQ(*send(*client->socket, run_to(to, letters(60'000))), 1u);
    EXPECT_EQ(scene.receive(*server, 1).size(), 1u);
    EXPECT_EQ(send(*client->socket, run_to(to, letters(65'600))).error().kind(),
              ErrorKind::message_too_large);
  }
}

struct GroupCase {
  Family family;
  const char* group;
};
/// The loopback interface carries groups of IPv4 only; those of IPv6 go over a cable, in tests/linux.
constexpr GroupCase carried{Family::ipv4, "239.255.7.7"};
constexpr GroupCase group_cases[] = {carried, {Family::ipv6, "ff02::4242"}};

/// Sockets on the loopback interface that share one port.
struct GroupScene : UdpScene {
  explicit GroupScene(const GroupCase& about)
      : family(about.family), group(IpAddress::parse(about.group).value()) {}

  [[nodiscard]] Membership membership() const { return {group, index_of_loopback(*this)}; }
  [[nodiscard]] std::unique_ptr<End> sharing() {
    DatagramOptions options = with_facts();
    options.family = family;
    options.binding.port = port;
    options.binding.reuse_address = true;
    options.multicast.interface_index = index_of_loopback(*this);
    auto end = open(options);
    port = end->socket->local_address().port;
    return end;
  }
  [[nodiscard]] Result<std::size_t> say(End& end, std::string_view text) const {
    DatagramRun run = run_to({group, port}, text);
    run.hop_limit = 255;
    return send(*end.socket, run);
  }

  Family family;
  IpAddress group;
  std::uint16_t port = 0;
};

TEST(UdpGroups, reach_every_socket_that_joined_and_no_other) {
  GroupScene scene(carried);
  const auto one = scene.sharing();
  const auto two = scene.sharing();
  const auto stranger = scene.sharing();
  ASSERT_TRUE(one->socket->join(scene.membership()).has_value());
  ASSERT_TRUE(two->socket->join(scene.membership()).has_value());
  const Membership other{IpAddress::parse("239.255.7.8").value(), index_of_loopback(scene)};
  ASSERT_TRUE(stranger->socket->join(other).has_value());
  ASSERT_TRUE(scene.say(*one, "to all").has_value());
  for (const auto* end : {&one, &two}) {
    EXPECT_EQ(scene.receive(**end, 1), std::vector<std::string>{"to all"});
    EXPECT_EQ(scene.last.destination, scene.group);
    EXPECT_EQ(scene.last.facts.hop_limit, 255);
    EXPECT_EQ(scene.last.facts.interface_index, index_of_loopback(scene));
  }
  std::vector<std::string> heard;
  EXPECT_FALSE(scene.receive_some(*stranger, heard));
}

TEST(UdpGroups, are_heard_no_more_once_left) {
  GroupScene scene(carried);
  const auto stays = scene.sharing();
  const auto leaves = scene.sharing();
  ASSERT_TRUE(stays->socket->join(scene.membership()).has_value());
  ASSERT_TRUE(leaves->socket->join(scene.membership()).has_value());
  ASSERT_TRUE(leaves->socket->leave(scene.membership()).has_value());
  ASSERT_TRUE(scene.say(*leaves, "who is there?").has_value());
  EXPECT_EQ(scene.receive(*stays, 1).size(), 1u);
  std::vector<std::string> heard;
  EXPECT_FALSE(scene.receive_some(*leaves, heard));
}

TEST(UdpGroups, errors_say_what_is_wrong) {
  for (const GroupCase& about : group_cases) {
    GroupScene scene(about);
    const auto end = scene.sharing();
    EXPECT_EQ(end->socket->leave(scene.membership()).error().kind(),
              ErrorKind::address_unavailable);
    ASSERT_TRUE(end->socket->join(scene.membership()).has_value());
    EXPECT_EQ(end->socket->join(scene.membership()).error().kind(), ErrorKind::address_in_use);
    EXPECT_EQ(end->socket->join({scene.group, 0x7fffff}).error().kind(),
              ErrorKind::address_unavailable);
    EXPECT_EQ(end->socket->join({IpAddress::loopback(about.family), 1}).error().kind(),
              ErrorKind::invalid_argument);
  }
  UdpScene scene;
  const auto v4 = scene.bound(Family::ipv4);
  const auto wrong = v4->socket->join({IpAddress::parse("ff02::1").value(), 1});
  EXPECT_EQ(wrong.error().kind(), ErrorKind::unsupported);
  EXPECT_EQ(wrong.error().subject(), "ff02::1");
}

TEST(UdpGroups, of_one_source_are_heard_from_nobody_else) {
  GroupScene scene(carried);
  const auto listener = scene.sharing();
  Membership membership = scene.membership();
  membership.source = IpAddress::v4({127, 0, 0, 9});
  ASSERT_TRUE(listener->socket->join(membership).has_value());
  const auto sender = scene.sharing();
  for (const auto& [from, text] : {std::pair{8, "stranger"}, std::pair{9, "friend"}}) {
    DatagramRun run = run_to({scene.group, scene.port}, text);
    run.local = IpAddress::v4({127, 0, 0, static_cast<std::uint8_t>(from)});
    ASSERT_TRUE(send(*sender->socket, run).has_value());
  }
  EXPECT_EQ(scene.receive(*listener, 1), std::vector<std::string>{"friend"});
  ASSERT_TRUE(listener->socket->leave(membership).has_value());
}

TEST(UdpOptions, that_the_kernel_lacks_are_errors_that_name_them) {
  struct Missing final : Faults {
    int call = -1;
    int at = 0;
    int next(Call made) override {
      return made == Call::setsockopt && ++call == at ? ENOPROTOOPT : 0;
    }
  };
  std::vector<std::string> named;
  for (int at = 0; at < 40; ++at) {
    Missing missing;
    missing.at = at;
    Scene scene(make_host(missing).value());
    Watcher watcher;
    DatagramOptions options = with_facts();
    options.family = Family::ipv4;
    options.hop_limit = 3;
    options.ecn = Ecn::ect0;
    options.receive_failures = true;
    options.multicast = {false, 255, 1};
    const auto opened = scene.network().open_datagram(options, watcher);
    if (opened.has_value()) continue;
    EXPECT_EQ(opened.error().kind(), ErrorKind::unsupported);
    const std::string message = opened.error().message();
    named.push_back(message.substr(0, message.find(':')));
  }
  for (const char* option :
       {"hop limit", "ecn", "receive interface", "receive failures", "receive ecn",
        "receive hop limit", "multicast loop", "multicast hop limit", "multicast interface"})
    EXPECT_NE(std::ranges::find(named, option), named.end()) << option;
}

}  // namespace
}  // namespace bowline::linux_host
