// That netstring_framer.h works, and that docs/framers.md shows it as it is.

#include <gtest/gtest.h>
#include <bowline/bowline.h>
#include <bowline/sim/simulation.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "netstring_framer.h"

namespace {

std::string text_of_file(const std::string& name) {
  std::ifstream file(std::string(BOWLINE_SOURCE_DIR) + "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Netstrings : testing::Test {
  Netstrings() {
    home.attach(net, "eth0", {"192.0.2.1/24"});
    server.attach(net, "eth0", {"192.0.2.2/24"});
    loop.emplace(home);
    server_loop.emplace(server);
    listener =
        bowline::listen(*server_loop, bowline::host("192.0.2.2", 80), bowline::tcp()).value();
    listener.on_connection(
        [this](bowline::StreamConnection connection) { peer = std::move(connection); });
    client = bowline::connect(
        *loop, bowline::host("192.0.2.2", 80),
        bowline::framed([] { return std::make_unique<NetstringFramer>(); }, bowline::tcp()));
    EXPECT_TRUE(sim.run_until([this] { return static_cast<bool>(peer); }));
  }
  bowline::sim::Simulation sim{1};
  bowline::sim::Network& net = sim.add_network("net");
  bowline::sim::Host& home = sim.add_host("home");
  bowline::sim::Host& server = sim.add_host("server");
  std::optional<bowline::Loop> loop;
  std::optional<bowline::Loop> server_loop;
  bowline::Listener<bowline::StreamConnection> listener;
  bowline::StreamConnection peer;
  bowline::MessageConnection client;
};

TEST_F(Netstrings, go_both_ways) {
  ASSERT_TRUE(client.send("hello").wait().has_value());
  EXPECT_EQ(peer.receive(8).wait()->text(), "5:hello,");
  ASSERT_TRUE(peer.send("3:one,0:,3:two,").wait().has_value());
  EXPECT_EQ(client.receive().wait()->text(), "one");
  EXPECT_EQ(client.receive().wait()->text(), "");
  EXPECT_EQ(client.receive().wait()->text(), "two");
}

TEST_F(Netstrings, that_are_none_end_the_connection) {
  ASSERT_TRUE(peer.send("5:hello;").wait().has_value());
  EXPECT_EQ(client.receive().wait().error().kind(), bowline::ErrorKind::malformed);
}

TEST_F(Netstrings, whose_end_is_missing_end_the_connection) {
  ASSERT_TRUE(peer.send("5:hel", bowline::Last::yes).wait().has_value());
  EXPECT_EQ(client.receive().wait().error().kind(), bowline::ErrorKind::protocol_violation);
}

TEST(Documentation, shows_the_netstring_framer_as_it_is) {
  const std::string header = text_of_file("examples/netstring_framer.h");
  const std::size_t begin = header.find("class NetstringFramer");
  ASSERT_NE(begin, std::string::npos);
  EXPECT_NE(text_of_file("docs/framers.md").find(header.substr(begin)), std::string::npos);
}

}  // namespace
