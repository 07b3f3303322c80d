#include <gtest/gtest.h>

#include <algorithm>

#include "scene.h"

namespace bowline::test {
namespace {

/// `C1 connection ready www.example.com:80 tcp 1.000 s`
std::string line_of(const ResidentSnapshot& resident) {
  std::string line = resident.id() + " " + to_string(resident.kind()) + " " + resident.state() +
                     " " + resident.endpoint();
  for (const std::string& protocol : resident.stack()) line += " " + protocol;
  return line + " " + to_string(resident.age());
}

std::vector<std::string> lines_of(const Loop& loop) {
  std::vector<std::string> lines;
  for (const ResidentSnapshot& resident : loop.residents()) lines.push_back(line_of(resident));
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Residents, are_the_connections_listeners_and_lookups_of_a_loop) {
  Scene scene;
  EXPECT_EQ(lines_of(*scene.loop), Lines());
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  const auto listener = listen(*scene.loop, host("192.0.2.10", 7000), udp());
  const auto lookup = resolve(*scene.loop, "www.example.com", {"TXT"});
  ASSERT_TRUE(lookup.has_value());
  const Duration age = connection.report().total();
  EXPECT_EQ(lines_of(*scene.loop),
            Lines({"C1 connection ready www.example.com:80 tcp " + to_string(age),
                   "L2 listener listening 192.0.2.10:7000 udp 0 s",
                   "R2 lookup asking www.example.com 0 s"}));
  scene.sim.run_for(1s);
  const auto residents = scene.loop->residents();
  EXPECT_EQ(residents.at(2).state(), "answered");
  EXPECT_EQ(residents.at(1).age(), 1s);
}

TEST(Residents, leave_when_they_are_closed_and_sleeps_are_none) {
  Scene scene;
  scene.loop->sleep(1h).detach();
  StreamConnection connection = scene.connect_to_web();
  EXPECT_EQ(scene.loop->residents().size(), 1U);
  connection.cancel();
  EXPECT_EQ(lines_of(*scene.loop), Lines());
}

TEST(Residents, tell_accepted_connections_by_their_peer) {
  Scene scene;
  StreamConnection connection = scene.connect_to_web();
  ASSERT_TRUE(connection.ready().wait().has_value());
  scene.sim.run_for(100ms);
  const auto residents = scene.web_loop->residents();
  const auto accepted =
      std::ranges::find(residents, ResidentKind::connection, &ResidentSnapshot::kind);
  ASSERT_NE(accepted, residents.end());
  EXPECT_EQ(accepted->endpoint(), to_string(*connection.local_address()));
}

TEST(Residents, can_be_kept_when_all_is_gone) {
  std::vector<ResidentSnapshot> kept;
  {
    Scene scene;
    kept = scene.web_loop->residents();
  }
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept[0].endpoint(), "[::]:80");
}

}  // namespace
}  // namespace bowline::test
