#include "drive/datagram/port_scene.h"

namespace bowline::drive {
namespace {

using ports::DatagramRun;
using Texts = std::vector<std::string>;

[[nodiscard]] DatagramRun to(std::uint8_t host) {
  DatagramRun run;
  run.remote = SocketAddress(IpAddress::v4({192, 0, 2, host}), 9);
  return run;
}

TEST(UdpPort, sends_what_was_collected_in_a_turn_at_its_end) {
  PortScene scene;
  scene.add("one", to(1));
  scene.port->send_soon();
  scene.add("two", to(2));
  EXPECT_TRUE(scene.script.calls.empty());
  scene.turn();
  ASSERT_EQ(scene.script.calls.size(), 1u);
  EXPECT_EQ(scene.call(0), (Texts{"one", "two"}));
  EXPECT_EQ(scene.queue.sent, (Texts{"one", "two"}));
}

TEST(UdpPort, makes_one_run_of_neighbours_and_a_shorter_one_ends_it) {
  PortScene scene;
  for (const char* text : {"aaa", "bbb", "c", "ddd", "eee"}) scene.add(text, to(1));
  scene.turn();
  EXPECT_EQ(scene.call(0), (Texts{"aaabbbc", "dddeee"}));
  EXPECT_EQ(scene.script.calls[0][0].run.segment_bytes, 3u);
  EXPECT_EQ(scene.queue.sent.size(), 5u);
}

TEST(UdpPort, joins_only_what_differs_in_nothing_but_its_bytes) {
  const DatagramRun plain = to(1);
  std::vector<DatagramRun> others(5, plain);
  others[0].remote.port = 10;
  others[1].local = IpAddress::v4({192, 0, 2, 99});
  others[2].interface_index = 3;
  others[3].hop_limit = 255;
  others[4].ecn = Ecn::ect0;
  for (const DatagramRun& other : others) {
    PortScene scene;
    for (const DatagramRun& how : {plain, plain, other, other, plain}) scene.add("xyz", how);
    scene.turn();
    EXPECT_EQ(scene.call(0), (Texts{"xyzxyz", "xyzxyz", "xyz"}));
    const DatagramRun& sent = scene.script.calls[0][1].run;
    EXPECT_EQ(sent.remote, other.remote);
    EXPECT_EQ(sent.local, other.local);
    EXPECT_EQ(sent.interface_index, other.interface_index);
    EXPECT_EQ(sent.hop_limit, other.hop_limit);
    EXPECT_EQ(sent.ecn, other.ecn);
  }
}

TEST(UdpPort, joins_neither_longer_ones_nor_empty_ones_nor_runs) {
  PortScene scene;
  DatagramRun cut = to(1);
  cut.segment_bytes = 2;
  scene.add("ab", to(1));
  scene.add("abc", to(1));
  scene.add("", to(1));
  scene.add("", to(1));
  scene.add("aabbc", cut);
  scene.add("dd", to(1));
  scene.turn();
  EXPECT_EQ(scene.call(0), (Texts{"ab", "abc", "", "", "aabbc", "dd"}));
}

TEST(UdpPort, makes_no_run_longer_than_the_system_takes) {
  PortScene scene;
  const auto segments_max = ports::DatagramSocket::segments_per_run_max;
  for (std::size_t i = 0; i < segments_max + 1; ++i) scene.add("x", to(1));
  for (int i = 0; i < 3; ++i) scene.add(std::string(30'000, 'y'), to(2));
  scene.turn();
  const Texts runs = scene.call(0);
  ASSERT_EQ(runs.size(), 4u);
  EXPECT_EQ(runs[0].size(), segments_max);
  EXPECT_EQ(runs[1].size(), 1u);
  EXPECT_EQ(runs[2].size(), 60'000u);
  EXPECT_EQ(runs[3].size(), 30'000u);
}

TEST(UdpPort, blocked_in_the_middle_of_a_batch_goes_on_there_once_there_is_room) {
  PortScene scene;
  for (const char* text : {"aa", "bb", "ccc", "d"}) scene.add(text, to(1));
  scene.script.answers.emplace_back(1u);  // the run of the first two
  scene.turn();
  EXPECT_EQ(scene.queue.sent, (Texts{"aa", "bb"}));
  EXPECT_EQ(scene.script.calls.size(), 1u);
  scene.add("more", to(1));
  scene.turn();
  EXPECT_EQ(scene.script.calls.size(), 1u) << "there is no room yet";
  scene.report({false, true});
  static_cast<void>(scene.loop->run_ready());
  EXPECT_EQ(scene.call(1), (Texts{"cccd", "more"}));
  EXPECT_EQ(scene.queue.sent, (Texts{"aa", "bb", "ccc", "d", "more"}));
}

TEST(UdpPort, blocked_with_a_single_packet_keeps_it) {
  PortScene scene;
  scene.add("only", to(1));
  scene.script.answers.emplace_back(0u);
  scene.turn();
  EXPECT_EQ(scene.queue.waiting(), 1u);
  scene.report({false, true});
  static_cast<void>(scene.loop->run_ready());
  EXPECT_EQ(scene.queue.sent, Texts{"only"});
}

TEST(UdpPort, gives_up_the_packet_that_an_error_is_about_and_sends_the_others) {
  PortScene scene;
  const Error too_large(ErrorKind::message_too_large, "send", "for the path");
  for (const char* text : {"aaa", "bbbb", "cc", "c"}) scene.add(text, to(1));
  scene.script.answers.emplace_back(1u);
  scene.turn();
  EXPECT_EQ(scene.queue.sent, Texts{"aaa"});
  scene.script.answers.emplace_back(too_large);
  scene.report({false, true});
  static_cast<void>(scene.loop->run_ready());
  ASSERT_EQ(scene.queue.failed.size(), 1u);
  EXPECT_EQ(scene.queue.failed[0], std::pair(std::string("bbbb"), ErrorKind::message_too_large));
  EXPECT_EQ(scene.queue.sent, (Texts{"aaa", "cc", "c"}));
}

TEST(UdpPort, of_a_single_packet_tells_the_error_and_goes_on) {
  PortScene scene;
  scene.add("lost", to(1));
  scene.script.answers.emplace_back(Error(ErrorKind::refused, "send", "an earlier one"));
  scene.turn();
  ASSERT_EQ(scene.queue.failed.size(), 1u);
  EXPECT_EQ(scene.queue.failed[0].second, ErrorKind::refused);
  scene.add("next", to(1));
  scene.turn();
  EXPECT_EQ(scene.queue.sent, Texts{"next"});
}

TEST(UdpPort, tells_its_owner_of_arrivals_until_it_is_forgotten) {
  PortScene scene;
  scene.report({true, false});
  EXPECT_EQ(scene.readable_reports, 1);
  scene.port->forget_owner(scene);
  scene.report({true, true});
  scene.add("never", to(1));
  scene.turn();
  EXPECT_EQ(scene.readable_reports, 1);
  EXPECT_TRUE(scene.script.calls.empty());
}

TEST(UdpPort, may_be_dropped_from_inside_of_its_own_calls) {
  PortScene sending;
  for (int i = 0; i < 200; ++i) sending.add("x" + std::string(i % 2, 'y'), to(1));
  sending.queue.then = [&] {
    sending.port->forget_owner(sending);
    sending.port = {};
  };
  sending.turn();
  EXPECT_EQ(sending.script.calls.size(), 1u);
  EXPECT_EQ(sending.script.observer, nullptr);

  PortScene hearing;
  hearing.then = [&] { hearing.port = {}; };
  hearing.report({true, true});
  EXPECT_EQ(hearing.script.observer, nullptr);
}

}  // namespace
}  // namespace bowline::drive
