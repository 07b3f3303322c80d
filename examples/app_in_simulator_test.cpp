// How to test your own program against a broken network: the program is `fetch_greeting`, and knows nothing
// of the simulator. Virtual time makes the test exact, and as fast as the machine.

#include <gtest/gtest.h>
#include <bowline/bowline.h>
#include <bowline/sim/dns_server.h>
#include <bowline/sim/simulation.h>

#include <optional>
#include <string>

using namespace std::chrono_literals;

namespace {

bowline::Framed greeter_lines() {
  return bowline::line_framed(bowline::tcp(), bowline::LineFraming().line_bytes_max(4096));
}

/// The program under test: asks a greeter for a line, and gives up after five seconds.
bowline::Result<std::string> fetch_greeting(bowline::Loop& loop, const std::string& name) {
  bowline::Parameters parameters;
  parameters.connect_within(5s);
  auto connection = bowline::connect(loop, bowline::host(name, 7), greeter_lines(), parameters);
  BOWLINE_TRY_VOID(connection.send("hello").wait());
  BOWLINE_TRY(const bowline::Message reply, connection.receive().wait());
  return std::string(reply.text());
}

struct GreeterNetwork : testing::Test {
  GreeterNetwork() {
    home.attach(internet, "wlan0", {"192.0.2.10/24", "2001:db8:1::10/64"},
                bowline::sim::AttachOptions().link(bowline::sim::LinkOptions().delay(15ms)));
    greeter.attach(internet, "eth0", {"203.0.113.7/24", "2001:db8:2::7/64"});
    dns.emplace(greeter);
    dns->add("greeter.example", "A", "203.0.113.7").add("greeter.example", "AAAA", "2001:db8:2::7");
    home.write_file("/etc/resolv.conf", "nameserver 203.0.113.7\n");
    greeter_loop.emplace(greeter);
    listener = bowline::listen(*greeter_loop,
                               bowline::Endpoint(bowline::SocketAddress(
                                   bowline::IpAddress::any(bowline::Family::ipv6), 7)),
                               greeter_lines())
                   .value();
    listener.on_connection([this](bowline::MessageConnection connection) {
      peer = std::move(connection);
      peer.receive().detach([this](bowline::Result<bowline::Message> message) {
        if (message.has_value()) heard = message->text();
        peer.send("welcome").detach();
      });
    });
  }

  bowline::sim::Simulation sim{1};
  bowline::sim::Network& internet = sim.add_network("internet");
  bowline::sim::Host& home = sim.add_host("home");
  bowline::sim::Host& greeter = sim.add_host("greeter");
  std::optional<bowline::sim::DnsServer> dns;
  std::optional<bowline::Loop> greeter_loop;
  bowline::Listener<bowline::MessageConnection> listener;
  bowline::MessageConnection peer;
  std::string heard;
};

TEST_F(GreeterNetwork, is_greeted_over_a_sound_network) {
  bowline::Loop loop(home);
  EXPECT_EQ(fetch_greeting(loop, "greeter.example").value(), "welcome");
}

TEST_F(GreeterNetwork, is_greeted_within_half_a_second_when_ipv6_is_a_black_hole) {
  internet.add_rule(bowline::sim::Match().family(bowline::Family::ipv6),
                    bowline::sim::Verdict::drop);
  bowline::Loop loop(home);
  const bowline::Instant start = sim.now();
  EXPECT_EQ(fetch_greeting(loop, "greeter.example").value(), "welcome");
  EXPECT_LT(sim.now() - start, 500ms);
}

TEST_F(GreeterNetwork, gives_up_after_five_seconds_when_the_cable_is_cut) {
  home.interface("wlan0").set_running(false);
  bowline::Loop loop(home);
  const bowline::Instant start = sim.now();
  const auto greeting = fetch_greeting(loop, "greeter.example");
  ASSERT_FALSE(greeting.has_value());
  EXPECT_EQ(greeting.error().kind(), bowline::ErrorKind::resolution_failed);
  EXPECT_EQ(sim.now() - start, 5s);
}

TEST_F(GreeterNetwork, takes_lines_of_at_most_4096_bytes_without_a_line_feed) {
  bowline::Loop loop(home);
  const auto lines = greeter_lines();
  const auto say = [&](const std::string& line) {
    auto connection = bowline::connect(loop, bowline::host("greeter.example", 7), lines);
    const auto sent = connection.send(line).wait();
    sim.run_for(1s);
    return sent.has_value() ? "" : to_string(sent.error().kind());
  };
  EXPECT_EQ(say(std::string(4096, 'x')), "");
  EXPECT_EQ(heard.size(), 4096U);
  EXPECT_EQ(say(std::string(4097, 'x')), "message_too_large");
  EXPECT_EQ(say("two\nlines"), "invalid_argument");
}

TEST_F(GreeterNetwork, cuts_off_a_peer_whose_line_is_too_long) {
  bowline::Loop loop(home);
  auto connection = bowline::connect(loop, bowline::host("greeter.example", 7), bowline::tcp());
  const std::string line(4097, 'x');
  connection.send(line).detach();
  sim.run_for(1s);
  ASSERT_TRUE(peer.error().has_value());
  EXPECT_EQ(peer.error()->kind(), bowline::ErrorKind::limit_exceeded);
}

}  // namespace
