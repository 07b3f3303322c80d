#include "uplinks.h"

#include <gtest/gtest.h>

#include <algorithm>

// Rows of the threat table about the network, by their numbers.

namespace bowline::test {
namespace {

using enum ConnectionState;

TEST(Threats, row_9_a_route_that_appears_after_three_seconds_is_used_within_half_a_second) {
  Uplinks scene;
  scene.cable().set_running(false);
  scene.phone().set_running(false);
  StreamConnection connection = scene.connect_to_web();
  std::string why;
  connection.on_state([&](ConnectionState state, const Error* error) {
    if (state == waiting) why = error->message();
  });
  scene.sim.run_for(3s);
  ASSERT_EQ(connection.state(), waiting);
  EXPECT_FALSE(why.empty());
  scene.cable().set_running(true);
  scene.sim.run_for(500ms);
  EXPECT_EQ(connection.state(), ready);
}

TEST(Threats, row_10_a_link_that_flaps_a_thousand_times_is_told_no_oftener_than_it_changed) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    Uplinks scene(seed);
    PathMonitor monitor(*scene.loop);
    int updates = 0;
    Path last;
    monitor.on_update([&](const Path& path) {
      EXPECT_TRUE(updates == 0 || path != last);
      last = path;
      ++updates;
    });
    for (int i = 0; i < 1000; ++i) {
      scene.cable().set_running(i % 2 != 0);
      if (i % static_cast<int>(1 + seed) == 0) scene.sim.run_for(60ms);
    }
    scene.sim.run_for(1s);
    EXPECT_LE(updates, 1001);
    EXPECT_EQ(names_of(last), (Names{"eth0", "wwan0"}));
    EXPECT_EQ(last, PathMonitor(*scene.loop).current());
  }
}

TEST(Threats, row_11_an_interface_that_goes_in_the_middle_is_told_within_a_second) {
  Uplinks scene;
  StreamConnection connection = scene.connect_to_web();
  StreamConnection server = scene.accepted_end(connection);
  std::optional<bool> viable;
  connection.on_viability([&](bool value) { viable = value; });
  ASSERT_TRUE(connection.send("half").wait().has_value());
  EXPECT_EQ(server.receive().wait().value().text(), "half");
  scene.cable().set_up(false);
  scene.sim.run_for(1s);
  EXPECT_EQ(viable, false);
  StreamConnection next = connection.replacement().value();
  StreamConnection next_server = scene.accepted_end(next);
  EXPECT_EQ(next.report().interface(), "wwan0");
  ASSERT_TRUE(next.send("the other half").wait().has_value());
  EXPECT_EQ(next_server.receive().wait().value().text(), "the other half");
}

TEST(Threats, row_13_a_wall_clock_that_jumps_moves_no_deadline) {
  for (const auto jump : {std::chrono::hours(24), -std::chrono::hours(24)}) {
    Uplinks scene;
    scene.internet.add_rule(sim::Match().tcp(), sim::Verdict::drop);
    StreamConnection connection = scene.connect_to_web(Parameters().connect_within(10s));
    scene.sim.run_for(5s);
    scene.home.set_wall_time(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1) + jump);
    scene.sim.run_for(4s);
    EXPECT_EQ(connection.state(), preparing);
    scene.sim.run_for(2s);
    EXPECT_EQ(connection.state(), failed);
    EXPECT_EQ(connection.error()->kind(), ErrorKind::timed_out);
  }
}

TEST(Threats, row_81_a_public_name_that_leads_to_private_addresses_is_refused_where_that_is_asked) {
  for (const char* inside :
       {"127.0.0.1", "192.168.1.1", "10.0.0.1", "169.254.169.254", "0.0.0.0"}) {
    Uplinks scene;
    scene.dns->add("evil.example.com", "A", inside);
    scene.dns->add("evil.example.com", "AAAA", "fd00::1");
    const Parameters strict =
        Parameters().refuse_private_addresses(true).wait(Waiting::never).connect_within(5s);
    StreamConnection connection = connect(*scene.loop, host("evil.example.com", 80), tcp(), strict);
    const Result<void> refused = connection.ready().wait();
    ASSERT_FALSE(refused.has_value()) << inside;
    EXPECT_NE(refused.error().message().find("not public"), std::string::npos)
        << to_string(refused.error());
    EXPECT_TRUE(connection.report().attempts().empty()) << inside;
    StreamConnection meant = connect(*scene.loop, host("203.0.113.80", 80), tcp(), strict);
    EXPECT_TRUE(meant.ready().wait().has_value());
  }
}

TEST(Threats, row_81_of_mixed_answers_the_public_one_is_used_and_later_answers_do_not_move_it) {
  Uplinks scene;
  scene.dns->add("mixed.example.com", "A", "192.168.1.1");
  scene.dns->add("mixed.example.com", "A", "203.0.113.80");
  StreamConnection connection = connect(*scene.loop, host("mixed.example.com", 80), tcp(),
                                        Parameters().refuse_private_addresses(true));
  StreamConnection server = scene.accepted_end(connection);
  EXPECT_EQ(to_string(connection.remote_address()->ip), "203.0.113.80");
  ASSERT_TRUE(connection.send("same peer").wait().has_value());
  EXPECT_EQ(server.receive().wait().value().text(), "same peer");
  EXPECT_EQ(to_string(connection.remote_address()->ip), "203.0.113.80");
}

TEST(Threats, row_82_questions_leave_only_by_the_link_that_they_are_for) {
  Uplinks scene;
  std::vector<std::string> asked;  // where questions came from
  scene.internet.add_rule(
      sim::Match().udp().to_port(53).where([&](std::span<const std::byte> packet) {
        asked.push_back(std::to_integer<int>(packet[12]) == 100 ? "wwan0" : "eth0");
        return false;
      }),
      sim::Verdict::drop);
  StreamConnection cellular = scene.connect_to_web(Parameters().require(InterfaceType::cellular));
  ASSERT_TRUE(cellular.ready().wait().has_value());
  EXPECT_FALSE(asked.empty());
  EXPECT_EQ(std::ranges::count(asked, "eth0"), 0);
  asked.clear();
  StreamConnection cheap = scene.connect_to_web(Parameters().prohibit_expensive(true));
  ASSERT_TRUE(cheap.ready().wait().has_value());
  EXPECT_EQ(std::ranges::count(asked, "wwan0"), 0);
  asked.clear();
  StreamConnection own =
      connect(*scene.loop, host("localhost", 80), tcp(), Parameters().wait(Waiting::never));
  (void)own.ready().wait();
  EXPECT_TRUE(asked.empty());
}

}  // namespace
}  // namespace bowline::test
