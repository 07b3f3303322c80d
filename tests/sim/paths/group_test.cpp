#include <bowline/connection_group.h>

#include <gtest/gtest.h>

#include "uplinks.h"

// Members of multicast groups: who hears what, over which interfaces, and what becomes of it when the network
// changes.

namespace bowline::test {
namespace {

const IpAddress all_printers = IpAddress::v4({239, 1, 2, 3});
constexpr std::uint16_t printers_port = 5000;

MulticastDescriptor printers() { return {all_printers, printers_port}; }

/// A home with two links, and a printer on each.
struct Groups : Uplinks {
  Groups() {
    lan_printer.attach(internet, "eth0", {"192.0.2.77/24", "fe80::77/64"});
    lab_printer.attach(lab, "eth0", {"10.0.0.77/24"});
    home.attach(lab, "eth1", {"10.0.0.10/24"}, sim::AttachOptions().default_route(false));
  }
  [[nodiscard]] ConnectionGroup member(Loop& on, const Parameters& parameters = {}) {
    return ConnectionGroup::join(on, printers(), parameters).value();
  }
  sim::Network& lab = sim.add_network("lab");
  sim::Host& lan_printer = sim.add_host("lan_printer");
  sim::Host& lab_printer = sim.add_host("lab_printer");
  Loop lan_loop{lan_printer};
  Loop lab_loop{lab_printer};
};

TEST(ConnectionGroup, what_is_sent_reaches_members_over_every_interface_and_they_can_answer) {
  Groups scene;
  ConnectionGroup lan = scene.member(scene.lan_loop);
  ConnectionGroup lab = scene.member(scene.lab_loop);
  ConnectionGroup home = scene.member(*scene.loop);
  EXPECT_EQ(names_of(home.path()), (Names{"eth0", "wwan0", "eth1"}));
  ASSERT_TRUE(home.send("who is there?").wait().has_value());
  const GroupMessage on_lan = lan.receive().wait().value();
  const GroupMessage on_lab = lab.receive().wait().value();
  EXPECT_EQ(on_lan.text(), "who is there?");
  EXPECT_EQ(to_string(on_lan.sender()), "192.0.2.10:5000");
  EXPECT_EQ(on_lan.destination(), all_printers);
  EXPECT_EQ(to_string(on_lab.sender()), "10.0.0.10:5000");
  ASSERT_TRUE(lab.reply(on_lab, "the lab").wait().has_value());
  for (;;) {
    const GroupMessage heard = home.receive().wait().value();
    if (heard.text() == "who is there?") continue;  // its own, as loopback is on
    EXPECT_EQ(heard.text(), "the lab");
    EXPECT_EQ(to_string(heard.sender()), "10.0.0.77:5000");
    EXPECT_EQ(to_string(heard.destination()), "10.0.0.10");
    EXPECT_EQ(heard.interface_index(), scene.home.interface("eth1").index());
    break;
  }
}

TEST(ConnectionGroup, joins_only_what_the_parameters_allow) {
  Groups scene;
  ConnectionGroup lan = scene.member(scene.lan_loop);
  ConnectionGroup lab = scene.member(scene.lab_loop);
  ConnectionGroup home = scene.member(*scene.loop, Parameters().interface("eth1"));
  EXPECT_EQ(names_of(home.path()), (Names{"eth1"}));
  ASSERT_TRUE(home.send("lab only").wait().has_value());
  EXPECT_EQ(lab.receive().wait().value().text(), "lab only");
  bool heard = false;
  Operation<GroupMessage> never = lan.receive();
  never.start([&](Result<GroupMessage>&&) { heard = true; });
  scene.sim.run_for(1s);
  EXPECT_FALSE(heard);
  ASSERT_TRUE(lan.send("to the lan").wait().has_value());
  Operation<GroupMessage> at_home = home.receive();
  at_home.start([&](Result<GroupMessage>&&) { heard = true; });
  scene.sim.run_for(1s);
  EXPECT_TRUE(heard);  // the printer itself, whose group loops back
  (void)scene.lan_loop;
}

TEST(ConnectionGroup, without_loopback_members_on_this_host_hear_nothing) {
  Groups scene;
  MulticastDescriptor silent = printers();
  ConnectionGroup sender =
      ConnectionGroup::join(*scene.loop, silent.loopback(false), Parameters().interface("eth0"))
          .value();
  ConnectionGroup neighbour = scene.member(*scene.loop, Parameters().interface("eth0"));
  ConnectionGroup lan = scene.member(scene.lan_loop);
  ASSERT_TRUE(sender.send("out").wait().has_value());
  EXPECT_EQ(lan.receive().wait().value().text(), "out");
  bool heard = false;
  Operation<GroupMessage> never = neighbour.receive();
  never.start([&](Result<GroupMessage>&&) { heard = true; });
  scene.sim.run_for(1s);
  EXPECT_FALSE(heard);
}

TEST(ConnectionGroup, follows_the_network_and_says_why_while_there_is_none) {
  Groups scene;
  ConnectionGroup lab = scene.member(scene.lab_loop);
  ConnectionGroup home = scene.member(*scene.loop, Parameters().interface("eth1"));
  scene.home.interface("eth1").set_running(false);
  scene.sim.run_for(1ms);
  EXPECT_EQ(reasons_of(home.path()), (Names{"eth1 no_carrier"}));
  const Result<void> nowhere = home.send("lost").wait();
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_EQ(nowhere.error().kind(), ErrorKind::unreachable);
  EXPECT_EQ(nowhere.error().message(), "eth1: it has no carrier");
  scene.home.interface("eth1").set_running(true);
  scene.sim.run_for(1ms);
  ASSERT_TRUE(home.send("back").wait().has_value());
  EXPECT_EQ(lab.receive().wait().value().text(), "back");
  ASSERT_TRUE(lab.send("hello").wait().has_value());
  const auto heard = home.receive().wait().value();
  EXPECT_TRUE(heard.text() == "hello" || heard.text() == "back");
}

TEST(ConnectionGroup, a_flow_that_is_extracted_has_its_peer_for_itself) {
  Groups scene;
  ConnectionGroup lan = scene.member(scene.lan_loop);
  MulticastDescriptor quiet = printers();
  ConnectionGroup home = ConnectionGroup::join(*scene.loop, quiet.loopback(false), {}).value();
  ASSERT_TRUE(home.send("who?").wait().has_value());
  const GroupMessage asked = lan.receive().wait().value();
  ASSERT_TRUE(lan.reply(asked, "me").wait().has_value());
  const GroupMessage answer = home.receive().wait().value();
  DatagramConnection flow = home.extract(answer);
  ASSERT_TRUE(flow.ready().wait().has_value());
  EXPECT_EQ(to_string(*flow.local_address()), "192.0.2.10:5000");
  ASSERT_TRUE(flow.send("and now?").wait().has_value());
  const GroupMessage further = lan.receive().wait().value();
  EXPECT_EQ(further.text(), "and now?");
  ASSERT_TRUE(lan.reply(further, "yes").wait().has_value());
  EXPECT_EQ(flow.receive().wait().value().text(), "yes");
}

TEST(ConnectionGroup, refuses_what_is_no_group) {
  Groups scene;
  const auto refusal = [&](MulticastDescriptor descriptor, const Parameters& parameters = {}) {
    const auto group = ConnectionGroup::join(*scene.loop, std::move(descriptor), parameters);
    return group.has_value() ? std::string("joined") : group.error().message();
  };
  EXPECT_EQ(refusal({IpAddress::v4({192, 0, 2, 1}), 5000}), "the address is of no group");
  EXPECT_EQ(refusal({all_printers, 0}), "a group needs a port");
  MulticastDescriptor mixed = printers();
  EXPECT_EQ(refusal(mixed.add(IpAddress::parse("ff02::1").value())),
            "the groups are of two families");
  MulticastDescriptor strange = printers();
  EXPECT_EQ(refusal(strange.source(IpAddress::parse("2001:db8::1").value())),
            "the source is of another family than the group");
  EXPECT_EQ(refusal(printers(), Parameters().resolver(SocketAddress(all_printers, 53))),
            "a listener cannot honour this parameter");
  EXPECT_EQ(refusal(printers()), "joined");
}

TEST(ConnectionGroup, what_is_too_large_says_so_and_the_next_one_goes) {
  Groups scene;
  ConnectionGroup lan = scene.member(scene.lan_loop);
  ConnectionGroup home = scene.member(*scene.loop, Parameters().interface("eth0"));
  const Result<void> large = home.send(std::string(60'000, 'x')).wait();
  ASSERT_FALSE(large.has_value());
  EXPECT_EQ(large.error().kind(), ErrorKind::message_too_large);
  ASSERT_TRUE(home.send("small").wait().has_value());
  EXPECT_EQ(lan.receive().wait().value().text(), "small");
}

TEST(ConnectionGroup, ends_what_is_pending_when_it_is_closed) {
  Groups scene;
  ConnectionGroup home = scene.member(*scene.loop);
  ASSERT_EQ(scene.loop->residents().size(), 1U);
  EXPECT_EQ(scene.loop->residents()[0].state(), "ready");
  std::optional<ErrorKind> ended;
  Operation<GroupMessage> pending = home.receive();
  pending.start([&](Result<GroupMessage>&& message) { ended = message.error().kind(); });
  home.close();
  scene.sim.run_for(1ms);
  EXPECT_EQ(ended, ErrorKind::closed);
  EXPECT_EQ(home.send("x").wait().error().kind(), ErrorKind::closed);
  EXPECT_TRUE(scene.loop->residents().empty());
}

}  // namespace
}  // namespace bowline::test
