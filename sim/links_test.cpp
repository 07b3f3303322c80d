#include <gtest/gtest.h>

#include <algorithm>

#include <bowline/sim/simulation.h>

#include "sim/tests/app.h"

namespace bowline::sim {
namespace {

using namespace std::chrono_literals;

/// Two hosts on one network; what a test sets is the client's link.
struct LinkLab {
  explicit LinkLab(const AttachOptions& client_options = AttachOptions(), std::uint64_t seed = 1)
      : sim(seed),
        net(sim.add_network("internet")),
        client(sim.add_host("client")),
        server(sim.add_host("server")),
        wire(client.attach(net, "eth0", {"192.0.2.1/24", "2001:db8::1/64"}, client_options)) {
    server.attach(net, "eth0", {"198.51.100.1/24", "2001:db8:1::1/64"});
  }

  Simulation sim;
  Network& net;
  Host& client;
  Host& server;
  Interface& wire;
};

AttachOptions with(const LinkOptions& link) { return AttachOptions().link(link); }

/// Sends `count` numbered datagrams, `gap` apart, and gives what the server heard.
std::vector<Datagrams::Heard> send_numbered(LinkLab& lab, int count, Duration gap,
                                            std::size_t bytes = 100) {
  App sender_app(lab.client), receiver_app(lab.server);
  Datagrams sender(sender_app, 1000), receiver(receiver_app, 2000);
  const SocketAddress to = address("198.51.100.1:2000");
  for (int i = 0; i < count; ++i)
    lab.sim.after(gap * i, [&, i] {
      std::string text = std::to_string(i);
      text.resize(bytes, ' ');
      EXPECT_TRUE(sender.send(to, text).has_value());
    });
  EXPECT_TRUE(lab.sim.run_until_idle());
  return receiver.heard;
}

/// The text comes back whole from an echo server; gives how long that took.
Duration echo(LinkLab& lab, const std::string& text, std::string_view to = "[2001:db8:1::1]:7") {
  Server server(lab.server, SocketAddress(IpAddress::any(Family::ipv6), 7));
  App app(lab.client);
  Stream stream(app);
  const Instant start = lab.sim.now();
  EXPECT_TRUE(stream.connect(address(to)).has_value());
  stream.say(text);
  stream.finish();
  EXPECT_TRUE(lab.sim.run_until([&] { return stream.ended || stream.error; }, 4h));
  EXPECT_FALSE(stream.error) << to_string(*stream.error);
  EXPECT_TRUE(stream.heard == text);
  return stream.ended_at - start;
}

std::string text_of(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + " ";
  return text;
}

TEST(Link, delays_each_way) {
  LinkLab lab(with(LinkOptions().delay(30ms)));
  EXPECT_EQ(echo(lab, "hi"), 120ms) << "one round trip for the handshake, one for the text";
}

TEST(Link, may_be_different_in_each_direction) {
  LinkLab lab(AttachOptions().link(LinkOptions().delay(30ms), LinkOptions().delay(10ms)));
  EXPECT_EQ(echo(lab, "hi"), 80ms);
}

TEST(Link, may_change_during_the_run) {
  LinkLab lab(with(LinkOptions().delay(30ms)));
  EXPECT_EQ(echo(lab, "hi"), 120ms);
  lab.wire.set_link(LinkOptions().delay(5ms));
  lab.sim.run_for(1s);
  EXPECT_EQ(echo(lab, "hi"), 20ms);
}

TEST(Link, jitter_spreads_arrivals_and_keeps_their_order) {
  LinkLab lab(with(LinkOptions().delay(50ms).jitter(20ms)));
  const Instant start = lab.sim.now();
  const auto heard = send_numbered(lab, 1000, 30ms);
  ASSERT_EQ(heard.size(), 1000u);
  Duration least = 1h, most{}, sum{};
  for (int i = 0; i < 1000; ++i) {
    EXPECT_EQ(std::stoi(heard[static_cast<std::size_t>(i)].text), i);
    const Duration delay = heard[static_cast<std::size_t>(i)].at - (start + 30ms * i);
    least = std::min(least, delay);
    most = std::max(most, delay);
    sum += delay;
  }
  EXPECT_GE(least, 50ms);
  EXPECT_LT(least, 51ms);
  EXPECT_LE(most, 70ms);
  EXPECT_GT(most, 69ms);
  EXPECT_NEAR(static_cast<double>((sum / 1000).count()), 60e6, 1e6);
}

TEST(Link, jitter_keeps_the_order_of_packets_that_follow_at_once) {
  LinkLab lab(with(LinkOptions().jitter(20ms)));
  const auto heard = send_numbered(lab, 200, 0ms);
  EXPECT_TRUE(
      std::ranges::is_sorted(heard, {}, [](const auto& each) { return std::stoi(each.text); }));
}

TEST(Link, loses_the_part_it_was_told) {
  LinkLab lab(with(LinkOptions().loss(0.1)));
  EXPECT_NEAR(static_cast<double>(send_numbered(lab, 3000, 1ms).size()), 2700, 80);
}

TEST(Link, doubles_the_part_it_was_told) {
  LinkLab lab(with(LinkOptions().duplication(0.1)));
  EXPECT_NEAR(static_cast<double>(send_numbered(lab, 3000, 1ms).size()), 3300, 80);
}

TEST(Link, reorders_some_packets_and_loses_none) {
  LinkLab lab(with(LinkOptions().reordering(0.1, 10ms)));
  const auto heard = send_numbered(lab, 1000, 1ms);
  ASSERT_EQ(heard.size(), 1000u);
  int overtaken = 0;
  for (std::size_t i = 1; i < heard.size(); ++i)
    overtaken += std::stoi(heard[i].text) < std::stoi(heard[i - 1].text);
  EXPECT_GT(overtaken, 50);
  EXPECT_LT(overtaken, 150);
}

TEST(Link, a_flipped_bit_is_found_by_a_checksum) {
  LinkLab lab(with(LinkOptions().corruption(1)));
  EXPECT_TRUE(send_numbered(lab, 1000, 1ms).empty());
  EXPECT_NE(lab.sim.transcript().find("damaged"), std::string::npos);
}

TEST(Link, a_rate_is_kept_within_two_percent_by_tcp) {
  LinkLab lab(
      AttachOptions().link(LinkOptions().delay(10ms).rate(20'000'000), LinkOptions().delay(10ms)));
  Server server(lab.server, address("[2001:db8:1::1]:7"), false);
  App app(lab.client);
  Stream stream(app);
  ASSERT_TRUE(stream.connect(address("[2001:db8:1::1]:7")).has_value());
  stream.say(text_of(3'000'000));
  lab.sim.run_for(500ms);  // slow start is over
  const std::size_t before = server.streams.front()->heard.size();
  lab.sim.run_for(500ms);
  const auto bits = static_cast<double>(server.streams.front()->heard.size() - before) * 8;
  const double payload_part = 1440.0 / 1500;
  EXPECT_NEAR(2 * bits / payload_part, 20e6, 0.02 * 20e6);
}

TEST(Link, a_rate_is_kept_exactly_by_datagrams) {
  LinkLab lab(with(LinkOptions().rate(1'000'000).queue(1'000'000)));
  const Instant start = lab.sim.now();
  const auto heard = send_numbered(lab, 100, 0ms, 972);  // 1000 bytes with headers: 8 ms each
  ASSERT_EQ(heard.size(), 100u);
  EXPECT_EQ(heard.back().at - start, 800ms);
}

TEST(Link, what_does_not_fit_into_the_queue_is_dropped) {
  LinkLab lab(with(LinkOptions().rate(1'000'000).queue(10'000)));
  EXPECT_EQ(send_numbered(lab, 100, 0ms, 972).size(), 10u);
}

TEST(Link, a_smaller_mtu_is_reported_and_respected) {
  for (const std::string_view to : {"198.51.100.1:7", "[2001:db8:1::1]:7"}) {
    LinkLab lab(with(LinkOptions().delay(5ms).mtu(1300)));
    EXPECT_LT(echo(lab, text_of(200'000), to), 1s);
    EXPECT_NE(lab.sim.transcript().find("packet too big mtu=1300"), std::string::npos);
  }
}

TEST(Link, an_mtu_black_hole_lets_the_handshake_through_and_nothing_large) {
  LinkLab lab(with(LinkOptions().delay(5ms).mtu(1300, Oversize::drop)));
  Server server(lab.server, address("198.51.100.1:7"));
  App app(lab.client);
  Stream stream(app);
  ports::StreamOptions options;
  options.user_timeout = 10s;
  ASSERT_TRUE(stream.connect(address("198.51.100.1:7"), {}, options).has_value());
  stream.say("small");
  EXPECT_TRUE(lab.sim.run_until([&] { return stream.heard == "small"; }, 1s));
  stream.say(text_of(5'000));
  EXPECT_TRUE(lab.sim.run_until([&] { return stream.error.has_value(); }, 20s));
  EXPECT_EQ(stream.error->kind(), ErrorKind::timed_out);
  EXPECT_EQ(stream.heard, "small");
}

TEST(Link, tcp_delivers_every_byte_through_all_faults_at_once) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    LinkLab lab(with(LinkOptions()
                         .delay(20ms)
                         .jitter(5ms)
                         .rate(10'000'000)
                         .loss(0.03)
                         .duplication(0.03)
                         .corruption(0.02)
                         .reordering(0.1, 30ms)
                         .mtu(1400)),
                seed);
    echo(lab, text_of(200'000));
  }
}

TEST(Link, options_that_are_off_leave_the_luck_of_the_others_alone) {
  LinkLab plain(with(LinkOptions().loss(0.5)));
  LinkLab more(with(LinkOptions().loss(0.5).delay(10ms)));
  const auto numbers = [](const std::vector<Datagrams::Heard>& heard) {
    std::vector<int> result;
    for (const auto& each : heard) result.push_back(std::stoi(each.text));
    return result;
  };
  EXPECT_EQ(numbers(send_numbered(plain, 100, 1ms)), numbers(send_numbered(more, 100, 1ms)));
}

}  // namespace
}  // namespace bowline::sim
