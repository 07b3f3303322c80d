#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include <bowline/connection_group.h>
#include <bowline/path_monitor.h>
#include <bowline/prober.h>

#include "measure.h"
#include "servers.h"

// Paths on the real kernel: several ways out, links that come and go, and what is told of it.

namespace bowline::test {
namespace {

constexpr const char* site = "203.0.113.80";
constexpr std::uint16_t echo_port = 7;

/// A host with three ways out: the lab's cable, a second network, and an accessory whose router leads nowhere
/// and whose route is preferred. The site is reached over the first two.
struct Paths : Lab {
  void SetUp() override {
    Lab::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    add_cable("lte0", "far_lte");
    far("ip address add 198.51.100.2/24 dev far_lte; ip link set far_lte up; "
        "ip address add 203.0.113.80/32 dev lo; ip address add 203.0.113.53/32 dev lo");
    near(
        "ip link add usb0 type veth peer name usb_far; ip address add 10.9.0.1/24 dev usb0; "
        "ip address add 198.51.100.1/24 dev lte0; "
        "ip link set usb_far up; ip link set usb0 up; ip link set lte0 up; "
        "ip route del default; ip route add default via 10.9.0.2 dev usb0 metric 1; "
        "ip route add default via 192.0.2.2 dev near metric 100; "
        "ip route add default via 198.51.100.2 dev lte0 metric 200");
  }
};

[[nodiscard]] bool has(const Path& path, std::string_view interface) {
  return std::ranges::find(path.interfaces(), interface, &Interface::name) !=
         path.interfaces().end();
}

[[nodiscard]] std::string echoed(StreamConnection& connection, std::string_view text) {
  if (const auto sent = connection.send(text).wait(); !sent.has_value())
    return to_string(sent.error());
  const auto heard = connection.receive_exactly(text.size()).wait();
  return heard.has_value() ? std::string(heard->text()) : to_string(heard.error());
}

TEST_F(Paths, an_interface_that_is_named_is_used_for_tcp_udp_and_the_questions_on_the_way) {
  const Child server = start_listener(*this, echo_port, Conduct::echo);
  write_resolv_conf("nameserver 203.0.113.53\n");
  const Child dns = start_dns(*this, {"A=203.0.113.80"}, "203.0.113.53");
  for (const char* interface : {"near", "lte0"}) {
    Loop loop;
    const Parameters parameters =
        Parameters().interface(interface).wait(Waiting::never).connect_within(patience);
    StreamConnection connection = connect(loop, host(name, echo_port), tcp(), parameters);
    const Result<void> ready = connection.ready().wait();
    ASSERT_TRUE(ready.has_value()) << to_string(ready.error());
    EXPECT_EQ(connection.report().interface(), interface);
    EXPECT_EQ(echoed(connection, "over here"), "over here");
    DatagramConnection flow = connect(loop, host(site, 9), udp(), parameters);
    ASSERT_TRUE(flow.ready().wait().has_value());
    EXPECT_EQ(to_string(flow.local_address()->ip),
              std::string(interface) == "near" ? "192.0.2.1" : "198.51.100.1");
  }
}

TEST_F(Paths, a_preferred_way_that_leads_nowhere_costs_three_seconds_and_no_more) {
  const Child server = start_listener(*this, echo_port, Conduct::echo);
  Loop loop;
  const Parameters wired =
      Parameters().require(InterfaceType::wired).wait(Waiting::never).connect_within(patience);
  StreamConnection connection = connect(loop, host(site, echo_port), tcp(), wired);
  const Result<void> ready = connection.ready().wait();
  ASSERT_TRUE(ready.has_value()) << to_string(ready.error());
  EXPECT_EQ(connection.report().interface(), "near");
  EXPECT_LT(connection.report().total(), 4s) << describe(connection.report());
}

TEST_F(Paths, a_prohibited_interface_is_not_used_and_every_reason_is_said) {
  const Child server = start_listener(*this, echo_port, Conduct::echo);
  Loop loop;
  StreamConnection connection =
      connect(loop, host(site, echo_port), tcp(),
              Parameters().prohibit_interface("usb0").prohibit_interface("near"));
  ASSERT_TRUE(connection.ready().wait().has_value());
  EXPECT_EQ(connection.report().interface(), "lte0");
  StreamConnection none = connect(loop, host(site, echo_port), tcp(),
                                  Parameters().prohibit(InterfaceType::wired).wait(Waiting::never));
  const Result<void> refused = none.ready().wait();
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message().find("lte0: its type of interface is prohibited"),
            std::string::npos)
      << refused.error().message();
}

TEST_F(Paths, a_monitor_tells_within_100_ms) {
  Loop loop;
  PathMonitor monitor(loop);
  ASSERT_TRUE(monitor.next().wait().has_value());
  const Duration best = best_of_a_few(100ms, [&] {
    near("ip link set lte0 down");
    Stopwatch down;
    const bool lost = run_until(loop, [&] { return !has(monitor.current(), "lte0"); });
    const Duration taken = down.elapsed();
    near("ip link set lte0 up; ip route add default via 198.51.100.2 dev lte0 metric 200");
    EXPECT_TRUE(lost && run_until(loop, [&] { return has(monitor.current(), "lte0"); }));
    return taken;
  });
  EXPECT_LE(best, 100ms);
  std::printf("a lost link was told after %s\n", to_string(best).c_str());
}

TEST_F(Paths, threat_9_a_connection_that_waits_for_a_route_is_there_500_ms_after_it) {
  const Child server = start_listener(*this, echo_port, Conduct::echo);
  near(
      "ip route del default dev usb0; ip route del default dev near; ip route del default dev "
      "lte0");
  Loop loop;
  StreamConnection connection = connect(loop, host(site, echo_port), tcp());
  std::string why;
  connection.on_state([&](ConnectionState state, const Error* error) {
    if (state == ConnectionState::waiting) why = error->message();
  });
  EXPECT_TRUE(run_until(loop, [&] { return connection.state() == ConnectionState::waiting; }));
  run_for(loop, 3s);
  ASSERT_EQ(connection.state(), ConnectionState::waiting);
  EXPECT_FALSE(why.empty());
  near("ip route add default via 192.0.2.2 dev near");
  const Stopwatch watch;
  ASSERT_TRUE(run_until(loop, [&] { return connection.state() == ConnectionState::ready; }));
  EXPECT_LE(watch.elapsed(), 500ms);
  std::printf("connected %s after the route came\n", to_string(watch.elapsed()).c_str());
}

TEST_F(Paths, threat_10_a_link_that_flaps_a_thousand_times_ends_as_the_kernel_has_it) {
  {
    std::ofstream batch(folder() / "flaps");
    for (int i = 0; i < 1000; ++i) batch << "link set lte0 down\nlink set lte0 up\n";
    batch << "link set lte0 down\n";
  }
  Loop loop;
  PathMonitor monitor(loop);
  int updates = 0;
  Path last;
  bool repeats = false;
  monitor.on_update([&](const Path& path) {
    repeats = repeats || (updates > 0 && path == last);
    last = path;
    ++updates;
  });
  near("ip -batch " + (folder() / "flaps").string() + " &");
  ASSERT_TRUE(run_until(loop, [&] { return updates > 0 && !has(last, "lte0"); }));
  run_for(loop, 200ms);
  EXPECT_FALSE(repeats);
  EXPECT_LE(updates, 2002);
  Loop fresh;
  EXPECT_EQ(monitor.current(), PathMonitor(fresh).current());
  std::printf("2001 changes of a link made %d updates\n", updates);
}

TEST_F(Paths, threat_11_a_deleted_interface_is_told_and_the_transfer_goes_on_over_another) {
  const Child server = start_listener(*this, echo_port, Conduct::echo);
  Loop loop;
  const Parameters not_usb = Parameters().prohibit_interface("usb0");
  StreamConnection connection = connect(loop, host(site, echo_port), tcp(), not_usb);
  std::optional<bool> viable;
  connection.on_viability([&](bool value) { viable = value; });
  ASSERT_EQ(echoed(connection, "first half, "), "first half, ");
  ASSERT_EQ(connection.report().interface(), "near");
  near("ip link del near");
  const Stopwatch watch;
  ASSERT_TRUE(run_until(loop, [&] { return viable == false; }));
  EXPECT_LE(watch.elapsed(), 1s);
  StreamConnection next = connection.replacement().value();
  EXPECT_EQ(echoed(next, "second half"), "second half");
  EXPECT_EQ(next.report().interface(), "lte0");
  connection.abort();
}

TEST_F(Paths, groups_join_on_every_interface_and_follow_them) {
  Loop loop;
  std::optional<Loop> far_loop;
  std::optional<ConnectionGroup> far_group;
  const IpAddress group = IpAddress::v4({239, 7, 7, 7});
  on_far([&] {
    far_loop.emplace();
    far_group = ConnectionGroup::join(*far_loop, {group, 5007}).value();
  });
  ConnectionGroup home =
      ConnectionGroup::join(loop, MulticastDescriptor(group, 5007).loopback(false)).value();
  EXPECT_EQ(home.path().interfaces().size(), 3U);
  const Result<void> sent = home.send("hello").wait();
  ASSERT_TRUE(sent.has_value()) << to_string(sent.error());
  const GroupMessage first = far_group->receive().wait().value();
  const GroupMessage second = far_group->receive().wait().value();
  EXPECT_EQ(first.text(), "hello");
  EXPECT_NE(first.sender().ip, second.sender().ip);
  ASSERT_TRUE(far_group->reply(second, "answer").wait().has_value());
  const GroupMessage answer = home.receive().wait().value();
  EXPECT_EQ(answer.text(), "answer");
  EXPECT_EQ(answer.destination(), second.sender().ip);
  near("ip link set lte0 down; ip link set usb0 down");
  ASSERT_TRUE(run_until(loop, [&] { return home.path().interfaces().size() == 1; }));
  ASSERT_TRUE(home.send("only here").wait().has_value());
  EXPECT_EQ(far_group->receive().wait().value().text(), "only here");
  near("ip link set near down");
  ASSERT_TRUE(run_until(loop, [&] { return home.path().interfaces().empty(); }));
  EXPECT_EQ(home.send("nowhere").wait().error().kind(), ErrorKind::unreachable);
}

TEST_F(Paths, a_source_specific_group_hears_that_source_alone) {
  Loop loop;
  std::optional<Loop> far_loop;
  std::optional<ConnectionGroup> far_group;
  const IpAddress group = IpAddress::v4({232, 7, 7, 7});
  on_far([&] {
    far_loop.emplace();
    far_group =
        ConnectionGroup::join(
            *far_loop,
            MulticastDescriptor(group, 5007).source(IpAddress::parse("198.51.100.1").value()))
            .value();
  });
  ConnectionGroup home =
      ConnectionGroup::join(loop, MulticastDescriptor(group, 5007).loopback(false)).value();
  ASSERT_TRUE(home.send("who hears?").wait().has_value());
  EXPECT_EQ(to_string(far_group->receive().wait().value().sender().ip), "198.51.100.1");
  bool more = false;
  Operation<GroupMessage> never = far_group->receive();
  never.start([&](Result<GroupMessage>&&) { more = true; });
  run_for(*far_loop, 200ms);
  EXPECT_FALSE(more);
}

TEST_F(Paths, probes_reach_hosts_with_and_without_the_right_to_send_echoes) {
  for (const bool echo : {true, false}) {
    set("net/ipv4/ping_group_range", echo ? "0 2147483647" : "1 0");
    Loop loop;
    for (const char* address : {far_v4, far_v6}) {
      const IpAddress to = IpAddress::parse(address).value();
      Prober prober = Prober::open(loop, to.family()).value();
      EXPECT_EQ(prober.uses_echo(), echo);
      const Result<ProbeReply> reply = prober.probe(to).wait();
      ASSERT_TRUE(reply.has_value()) << to_string(reply.error());
      EXPECT_EQ(reply->outcome(), ProbeOutcome::reached);
      EXPECT_EQ(reply->from(), to);
      EXPECT_LT(reply->round_trip(), 1s);
    }
    Prober prober = Prober::open(loop, Family::ipv4).value();
    const Result<ProbeReply> silent =
        prober.probe(IpAddress::parse("10.9.0.99").value(), ProbeOptions().timeout(300ms)).wait();
    EXPECT_TRUE(!silent.has_value() || silent->outcome() == ProbeOutcome::unreachable);
  }
}

TEST_F(Paths, probes_name_the_router_where_they_ended_and_the_packet_that_was_too_large) {
  set("net/ipv4/ping_group_range", "0 2147483647");
  set("net/ipv4/ip_forward", "1");
  far("ip link add behind mtu 1300 type veth peer name behind_far; ip link set behind up; ip link "
      "set behind_far up; ip address add 198.18.0.1/24 dev behind");
  near("ip route add 198.18.0.0/24 via 192.0.2.2 dev near");
  Loop loop;
  Prober prober = Prober::open(loop, Family::ipv4).value();
  const IpAddress beyond = IpAddress::parse("198.18.0.7").value();
  const auto first = prober.probe(beyond, ProbeOptions().hop_limit(1)).wait();
  ASSERT_TRUE(first.has_value()) << to_string(first.error());
  EXPECT_EQ(first->outcome(), ProbeOutcome::hop_exceeded);
  EXPECT_EQ(to_string(*first->from()), "192.0.2.2");
  const auto large = prober.probe(beyond, ProbeOptions().payload_bytes(1400)).wait();
  ASSERT_TRUE(large.has_value()) << to_string(large.error());
  EXPECT_EQ(large->outcome(), ProbeOutcome::too_large);
}

TEST_F(Paths, datagrams_that_this_host_lost_are_counted) {
  Loop loop;
  Loop other;  // while it runs, nobody reads on the first one
  Listener<DatagramConnection> listener =
      *listen(loop, any(9009), udp().receive_buffer_bytes(16 * 1024));
  DatagramConnection sender = connect(other, host("192.0.2.1", 9009), udp());
  const std::string kilobyte(1000, 'x');
  ASSERT_TRUE(sender.send(kilobyte).wait().has_value());
  DatagramConnection flow = listener.accept().wait().value();
  EXPECT_EQ(flow.receive_drops(), 0U);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(sender.send(kilobyte).wait().has_value());
  EXPECT_GT(flow.receive_drops(), 100U);
  std::printf("of 200 datagrams into 16 KiB, %llu were dropped\n",
              static_cast<unsigned long long>(flow.receive_drops()));
}

TEST_F(Paths, tcp_tells_what_it_transferred_and_its_knobs_are_taken) {
  const Child server = start_listener(*this, echo_port, Conduct::echo);
  Loop loop;
  const Tcp stack = tcp()
                        .max_segment_bytes(1000)
                        .pacing_bytes_per_second(10'000'000)
                        .hop_limit(9)
                        .fast_open(true);
  StreamConnection connection =
      connect(loop, host(far_v4, echo_port), stack,
              Parameters().service_class(ServiceClass::voice).wait(Waiting::never));
  TransferMeasurement measurement = connection.measure_transfer();
  const Result<void> ready = connection.ready().wait();
  ASSERT_TRUE(ready.has_value()) << to_string(ready.error());
  const std::string text(10'000, 'x');
  EXPECT_EQ(echoed(connection, text), text);
  const DataTransferReport report = measurement.collect();
  EXPECT_EQ(report.bytes_sent(), text.size());
  EXPECT_EQ(report.bytes_received(), text.size());
  EXPECT_GE(report.packets_sent(), 10U) << to_string(report);
  EXPECT_EQ(report.interface(), "near");
  EXPECT_TRUE(report.smoothed_rtt().has_value());
  StreamConnection wrong = connect(loop, host(far_v4, echo_port), tcp().max_segment_bytes(10),
                                   Parameters().wait(Waiting::never));
  const Result<void> refused = wrong.ready().wait();
  ASSERT_FALSE(refused.has_value());
  EXPECT_NE(refused.error().message().find("max segment bytes"), std::string::npos);
}

/// A counter of this network namespace about Multipath TCP; -1 if the kernel has none.
long multipath_count(std::string_view wanted) {
  std::ifstream table("/proc/thread-self/net/netstat");
  std::string names;
  std::string values;
  while (std::getline(table, names) && std::getline(table, values)) {
    if (!names.starts_with("MPTcpExt")) continue;
    std::istringstream name_words(names);
    std::istringstream value_words(values);
    std::string word;
    std::string number;
    while (name_words >> word && value_words >> number)
      if (word == wanted) return std::stol(number);
  }
  return -1;
}

TEST_F(Paths, a_multipath_transfer_goes_on_when_its_first_link_dies) {
  if (!std::ifstream("/proc/sys/net/mptcp/enabled")) GTEST_SKIP() << "the kernel has no MPTCP";
  set("net/mptcp/enabled", "1");
  near(
      "ip route del default dev usb0; ip mptcp limits set subflow 2 add_addr_accepted 2; ip mptcp "
      "endpoint add 198.51.100.1 dev lte0 subflow");
  far("ip mptcp limits set subflow 2 add_addr_accepted 2");
  Child server = start([] {
    Loop loop;
    Listener<StreamConnection> listener = *listen(loop, any(echo_port), tcp().multipath(true));
    tell("ready");
    StreamConnection connection = listener.accept().wait().value();
    for (;;) {
      const auto received = connection.receive().wait();
      if (!received.has_value() || received->end_of_stream()) return;
      if (!connection.send(received->buffer()).wait().has_value()) return;
    }
  });
  ASSERT_TRUE(server.says("ready"));
  Loop loop;
  StreamConnection connection = connect(loop, host(site, echo_port), tcp().multipath(true));
  const Result<void> ready = connection.ready().wait();
  ASSERT_TRUE(ready.has_value()) << to_string(ready.error());
  ASSERT_EQ(echoed(connection, "before"), "before");
  EXPECT_EQ(multipath_count("MPCapableSYNACKRX"), 1);
  ASSERT_TRUE(run_until(loop, [] { return multipath_count("MPJoinSynAckRx") > 0; }));
  near("ip link set near down");
  EXPECT_EQ(echoed(connection, "after"), "after");
}

TEST_F(Paths, multipath_that_is_switched_off_is_an_error_that_names_it) {
  if (!std::ifstream("/proc/sys/net/mptcp/enabled")) GTEST_SKIP() << "the kernel has no MPTCP";
  set("net/mptcp/enabled", "0");
  Loop loop;
  StreamConnection connection = connect(loop, host(far_v4, echo_port), tcp().multipath(true),
                                        Parameters().wait(Waiting::never));
  const Result<void> refused = connection.ready().wait();
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::unsupported);
  EXPECT_NE(refused.error().message().find("multipath"), std::string::npos);
}

}  // namespace
}  // namespace bowline::test
