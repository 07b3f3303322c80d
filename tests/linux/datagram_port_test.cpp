#include <bowline/datagram_facts.h>

#include "lab.h"
#include "linux/udp/udp_scene.h"

// The datagram port between two hosts: what packets say beside their bytes, and groups.

namespace bowline::test {
namespace {

using linux_host::letters;
using linux_host::run_to;
using linux_host::UdpScene;
using ports::DatagramOptions;
using ports::DatagramRun;

constexpr std::uint16_t port = 5353;

struct Way {
  Family family;
  const char* far;
  const char* group;
};
constexpr Way ways[] = {{Family::ipv4, Lab::far_v4, "224.0.0.251"},
                        {Family::ipv6, Lab::far_v6, "ff02::fb"}};

[[nodiscard]] IpAddress ip(const char* text) { return IpAddress::parse(text).value(); }

struct DatagramPort : Lab {
  using End = std::unique_ptr<UdpScene::End>;

  void SetUp() override {
    Lab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    near_index = here.network().snapshot().value()->find("near")->index;
    on_far([&] { far_index = there.network().snapshot().value()->find("far")->index; });
  }

  /// Hears every fact; shares its port.
  [[nodiscard]] static DatagramOptions options(Family family, std::uint32_t index) {
    DatagramOptions options;
    options.family = family;
    options.binding.port = port;
    options.binding.reuse_address = true;
    options.receive = {true, true, true};
    options.receive_buffer_bytes = 4 << 20;
    options.multicast.interface_index = index;
    options.multicast.hop_limit = 255;
    return options;
  }
  [[nodiscard]] End open_near(Family family, bool loop = true) {
    DatagramOptions wanted = options(family, near_index);
    wanted.multicast.loop = loop;
    return here.open(wanted);
  }
  [[nodiscard]] End open_far(Family family) {
    End end;
    on_far([&] { end = there.open(options(family, far_index)); });
    return end;
  }
  [[nodiscard]] static Result<std::size_t> send(UdpScene::End& end, const DatagramRun& run) {
    return end.socket->send(std::span(&run, 1));
  }
  [[nodiscard]] static bool hears_nothing(UdpScene& scene, UdpScene::End& end) {
    std::vector<std::string> heard;
    return !scene.receive_some(end, heard);
  }

  UdpScene here;
  UdpScene there;
  std::uint32_t near_index = 0;
  std::uint32_t far_index = 0;
};

TEST_F(DatagramPort, carries_ecn_and_hop_limit_to_another_host_and_back) {
  for (const Way& way : ways) {
    const End near_end = open_near(way.family);
    const End far_end = open_far(way.family);
    for (const Ecn ecn : {Ecn::ect0, Ecn::ect1, Ecn::not_ect}) {
      DatagramRun run = run_to({ip(way.far), port}, "there");
      run.ecn = ecn;
      run.hop_limit = 255;
      ASSERT_TRUE(send(*near_end, run).has_value());
      EXPECT_EQ(there.receive(*far_end, 1).size(), 1u);
      EXPECT_EQ(there.last.facts, (DatagramFacts{far_index, 255, ecn}));
      DatagramRun answer = run_to(there.last.remote, "back");
      answer.local = there.last.local;
      answer.ecn = ecn;
      ASSERT_TRUE(send(*far_end, answer).has_value());
      EXPECT_EQ(here.receive(*near_end, 1).size(), 1u);
      EXPECT_EQ(here.last.facts, (DatagramFacts{near_index, 64, ecn}));
    }
  }
}

TEST_F(DatagramPort, sees_the_mark_of_a_congested_router_on_every_datagram_of_a_run) {
  far_rule("ip ecn ect0 ip ecn set ce");
  far_rule("ip6 ecn ect0 ip6 ecn set ce");
  for (const Way& way : ways) {
    const End near_end = open_near(way.family);
    const End far_end = open_far(way.family);
    const std::string text = letters(40 * 1200 - 500);
    for (const Ecn ecn : {Ecn::ect0, Ecn::ect1}) {
      DatagramRun run = run_to({ip(way.far), port}, text, 1200);
      run.ecn = ecn;
      ASSERT_TRUE(send(*near_end, run).has_value());
      there.runs_received = 0;
      EXPECT_EQ(there.receive(*far_end, 40).size(), 40u);
      EXPECT_EQ(there.last.facts.ecn, ecn == Ecn::ect0 ? Ecn::ce : ecn);
      EXPECT_LT(there.runs_received, 40u) << "cut by the device, and put together again";
    }
  }
}

TEST_F(DatagramPort, joins_a_group_on_another_host_and_leaves_it) {
  for (const Way& way : ways) {
    const ports::Membership far_group{ip(way.group), far_index};
    const ports::Membership near_group{ip(way.group), near_index};
    const End near_end = open_near(way.family);
    const End far_end = open_far(way.family);
    const End beside = open_far(way.family);
    const DatagramRun to_all = run_to({ip(way.group), port}, "who is there?");

    ASSERT_TRUE(far_end->socket->join(far_group).has_value());
    ASSERT_TRUE(beside->socket->join(far_group).has_value());
    ASSERT_TRUE(near_end->socket->join(near_group).has_value());
    ASSERT_TRUE(send(*near_end, to_all).has_value());
    for (const End* end : {&far_end, &beside}) {
      EXPECT_EQ(there.receive(**end, 1), std::vector<std::string>{"who is there?"});
      EXPECT_EQ(there.last.facts, (DatagramFacts{far_index, 255, Ecn::not_ect}));
      EXPECT_EQ(there.last.destination, ip(way.group));
    }
    EXPECT_EQ(here.receive(*near_end, 1).size(), 1u) << "looped";

    ASSERT_TRUE(beside->socket->leave(far_group).has_value());
    ASSERT_TRUE(send(*near_end, to_all).has_value());
    EXPECT_EQ(there.receive(*far_end, 1).size(), 1u);
    EXPECT_TRUE(hears_nothing(there, *beside));
  }
}

TEST_F(DatagramPort, loops_to_this_host_only_if_the_sender_lets_it) {
  for (const Way& way : ways) {
    const End quiet = open_near(way.family, false);
    const End beside = open_near(way.family);
    const End far_end = open_far(way.family);
    ASSERT_TRUE(beside->socket->join({ip(way.group), near_index}).has_value());
    ASSERT_TRUE(far_end->socket->join({ip(way.group), far_index}).has_value());
    ASSERT_TRUE(send(*quiet, run_to({ip(way.group), port}, "over there")).has_value());
    EXPECT_EQ(there.receive(*far_end, 1), std::vector<std::string>{"over there"});
    EXPECT_TRUE(hears_nothing(here, *beside));
  }
}

TEST_F(DatagramPort, goes_out_by_the_interface_that_a_run_asks_for) {
  // Without the default routes, nothing else says where a group is.
  near("ip route del default; ip -6 route del default");
  for (const Way& way : ways) {
    DatagramOptions wanted = options(way.family, 0);
    const End near_end = here.open(wanted);
    const End far_end = open_far(way.family);
    ASSERT_TRUE(far_end->socket->join({ip(way.group), far_index}).has_value());
    DatagramRun run = run_to({ip(way.group), port}, "by this one");
    run.interface_index = near_index;
    ASSERT_TRUE(send(*near_end, run).has_value());
    EXPECT_EQ(there.receive(*far_end, 1), std::vector<std::string>{"by this one"});
  }
}

/// As an mDNS responder of the system does: another user's process that allows others on its port.
constexpr const char* responder = R"(
import os, socket, sys
os.setuid(65534)
end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
end.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
end.bind(('', 5353))
group = socket.inet_aton('224.0.0.251') + socket.inet_aton('192.0.2.2')
end.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
print('joined', flush=True)
print('heard ' + end.recv(1000).decode(), flush=True)
sys.stdin.read()
)";

TEST_F(DatagramPort, shares_port_5353_with_a_process_of_another_user) {
  Child other = start({"/usr/bin/python3", "-c", responder});
  ASSERT_TRUE(other.says("joined"));
  const End near_end = open_near(Family::ipv4);
  const End far_end = open_far(Family::ipv4);
  ASSERT_TRUE(far_end->socket->join({ip("224.0.0.251"), far_index}).has_value());
  ASSERT_TRUE(send(*near_end, run_to({ip("224.0.0.251"), port}, "both of you")).has_value());
  EXPECT_EQ(there.receive(*far_end, 1), std::vector<std::string>{"both of you"});
  EXPECT_TRUE(other.says("heard both of you"));
}

TEST_F(DatagramPort, hears_of_a_narrower_path_with_the_peer_that_it_leads_to) {
  set("net/ipv4/ip_forward", "1");
  far("ip link add narrow type veth peer name beyond && ip link set beyond up && "
      "ip link set narrow mtu 1300 up && ip route add 198.51.100.0/24 dev narrow");
  DatagramOptions wanted;
  wanted.family = Family::ipv4;
  wanted.fragmentation = ports::Fragmentation::refuse_local;
  wanted.receive_failures = true;
  const End near_end = here.open(wanted);
  const SocketAddress beyond(ip("198.51.100.7"), 9);
  const std::string large = letters(1400);
  ASSERT_TRUE(send(*near_end, run_to(beyond, large)).has_value());
  std::optional<ports::DatagramFailure> failure;
  ASSERT_TRUE(here.run_until([&] {
    failure = near_end->socket->take_failure();
    return failure.has_value();
  }));
  EXPECT_EQ(failure->remote, beyond);
  EXPECT_EQ(failure->error.kind(), ErrorKind::message_too_large);
  EXPECT_EQ(near_end->socket->datagram_bytes_max(beyond), 1300u - 28);
  EXPECT_TRUE(send(*near_end, run_to(beyond, large)).has_value()) << "a probe may be larger";
}

}  // namespace
}  // namespace bowline::test
