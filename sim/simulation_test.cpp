#include <bowline/sim/simulation.h>

#include <gtest/gtest.h>

#include "sim/tests/app.h"

namespace bowline::sim {
namespace {

using namespace std::chrono_literals;

/// A run with every kind of fault and event; what is left of it.
struct Outcome {
  std::string transcript;
  std::uint64_t digest;
  std::vector<std::byte> pcap;
};

Outcome faulty_run(std::uint64_t seed) {
  Simulation sim(seed);
  Network& net = sim.add_network("internet");
  Host& client = sim.add_host("client");
  Host& server_host = sim.add_host("server");
  Interface& wifi = client.attach(net, "wlan0", {"192.0.2.1/24", "2001:db8::1/64"},
                                  AttachOptions().link(LinkOptions()
                                                           .delay(10ms)
                                                           .jitter(5ms)
                                                           .loss(0.1)
                                                           .duplication(0.1)
                                                           .corruption(0.05)
                                                           .reordering(0.2)));
  client.attach(net, "wwan0", {"203.0.113.1/24"},
                AttachOptions().link(LinkOptions().delay(40ms).rate(1'000'000)));
  server_host.attach(net, "eth0", {"198.51.100.1/24", "2001:db8:1::1/64"});
  net.add_rule(Match().tcp().chance(0.1), Verdict::drop);
  Server server(server_host, address("[::]:80"));
  App app(client);
  std::vector<std::unique_ptr<Stream>> streams;
  for (const std::string_view to : {"198.51.100.1:80", "[2001:db8:1::1]:80", "198.51.100.1:81"}) {
    streams.push_back(std::make_unique<Stream>(app));
    EXPECT_TRUE(streams.back()->connect(address(to)).has_value());
    streams.back()->say(std::string(20'000, 'x'));
    streams.back()->finish();
  }
  sim.after(200ms, [&] { wifi.set_up(false); });
  sim.after(2s, [&] { wifi.set_up(true); });
  EXPECT_TRUE(sim.run_until_idle(1h));
  return {sim.transcript(), sim.transcript_digest(), sim.pcap()};
}

TEST(Simulation, replays_a_seed_bit_by_bit) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const Outcome first = faulty_run(seed), second = faulty_run(seed);
    EXPECT_GT(first.transcript.size(), 10'000u);
    EXPECT_TRUE(first.transcript == second.transcript) << seed;
    EXPECT_EQ(first.digest, second.digest);
    EXPECT_TRUE(first.pcap == second.pcap);
  }
}

TEST(Simulation, other_seeds_give_other_runs) {
  EXPECT_NE(faulty_run(1).digest, faulty_run(2).digest);
}

TEST(Simulation, starts_just_above_zero) {
  Simulation sim(1);
  EXPECT_GT(sim.now(), Instant{});
  EXPECT_LT(sim.now(), Instant{1ms});
}

TEST(Simulation, actions_run_in_order_of_time_and_then_of_asking) {
  Simulation sim(1);
  std::string order;
  sim.after(2ms, [&] { order += "c"; });
  sim.after(1ms, [&] { order += "a"; });
  sim.after(1ms, [&] {
    order += "b";
    sim.at(Instant{}, [&] { order += "!"; });
  });
  sim.run_for(10ms);
  EXPECT_EQ(order, "ab!c");
}

TEST(Simulation, time_stands_where_the_run_was_to_end) {
  Simulation sim(1);
  const Instant start = sim.now();
  sim.run_for(3s);
  EXPECT_EQ(sim.now(), start + 3s);
  EXPECT_FALSE(sim.run_until([] { return false; }, 2s));
  EXPECT_EQ(sim.now(), start + 5s);
  EXPECT_TRUE(sim.run_until([] { return true; }, 2s));
  EXPECT_EQ(sim.now(), start + 5s);
}

TEST(Simulation, is_idle_when_nothing_is_to_come) {
  Simulation sim(1);
  EXPECT_TRUE(sim.run_until_idle());
  const Instant start = sim.now();
  sim.after(1s, [] {});
  EXPECT_FALSE(sim.run_until_idle(500ms));
  EXPECT_TRUE(sim.run_until_idle(1s));
  EXPECT_EQ(sim.now(), start + 1s);
}

TEST(Simulation, tells_what_happened_one_line_each) {
  Simulation sim(1);
  Network& net = sim.add_network("internet");
  Host& host = sim.add_host("home");
  Interface& wire =
      host.attach(net, "eth0", {"192.0.2.1/24"}, AttachOptions().default_route(false));
  App app(host);
  Datagrams socket(app, 1000);
  sim.run_for(1ms);
  EXPECT_TRUE(socket.send(address("192.0.2.2:53"), "hello").has_value());
  sim.run_for(1ms);
  sim.note("the plug is pulled");
  wire.set_running(false);
  EXPECT_EQ(sim.transcript(),
            "0.001 home.lo adds 127.0.0.1/8\n"
            "0.001 home.lo adds ::1/128\n"
            "0.001 home.eth0 adds 192.0.2.1/24\n"
            "1.001 home.eth0 sends 192.0.2.1:1000 > 192.0.2.2:53 udp length=5\n"
            "1.001 internet drops (nobody there) 192.0.2.1:1000 > 192.0.2.2:53 udp length=5\n"
            "2.001 note the plug is pulled\n"
            "2.001 home.eth0 no carrier\n");
}

TEST(Simulation, writes_captures_that_other_tools_read) {
  Simulation sim(1);
  Network& net = sim.add_network("internet");
  Host& a = sim.add_host("a");
  Host& b = sim.add_host("b");
  a.attach(net, "eth0", {"192.0.2.1/24"}, AttachOptions().link(LinkOptions().delay(10ms)));
  b.attach(net, "eth0", {"192.0.2.2/24"});
  App app(a), peer_app(b);
  Datagrams socket(app, 1000), peer(peer_app, 53);
  EXPECT_TRUE(socket.send(address("192.0.2.2:53"), "hello").has_value());
  sim.run_for(1s);
  const auto file = sim.pcap();
  // Global header of 24 bytes, then one record: time, sizes, and a packet of 20 + 8 + 5 bytes.
  ASSERT_EQ(file.size(), 24u + 16 + 33);
  ByteReader reader(file);
  EXPECT_EQ(reader.u32(), 0xa1b23c4du);
  (void)reader.bytes(16);
  EXPECT_EQ(reader.u32(), 101u);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_EQ(reader.u32(), 1000u) << "nanoseconds";
  EXPECT_EQ(reader.u32(), 33u);
  EXPECT_EQ(sim.pcap(b).size(), file.size()) << "what it received";
  EXPECT_NE(sim.pcap(b), file) << "later";
}

TEST(SimPoller, a_blocking_wait_runs_the_whole_simulation) {
  Simulation sim(1);
  Network& net = sim.add_network("internet");
  Host& home = sim.add_host("home");
  Host& far = sim.add_host("far");
  home.attach(net, "eth0", {"192.0.2.1/24"}, AttachOptions().link(LinkOptions().delay(10ms)));
  far.attach(net, "eth0", {"192.0.2.2/24"});
  Server server(far, address("[::]:80"));
  App app(home);
  Stream stream(app);
  ASSERT_TRUE(stream.connect(address("192.0.2.2:80")).has_value());
  stream.say("hello");
  const Instant start = sim.now();
  while (stream.heard != "hello") app.ports->poller().wait(std::nullopt);
  EXPECT_EQ(sim.now() - start, 40ms);
}

TEST(SimPoller, waits_no_longer_than_told) {
  Simulation sim(1);
  App app(sim.add_host("home"));
  ports::Poller& poller = app.ports->poller();
  const Instant start = sim.now();
  poller.wait(start);
  EXPECT_EQ(sim.now(), start);
  poller.wait(start + 5s);
  EXPECT_EQ(sim.now(), start + 5s);
  poller.wake();
  poller.wake();
  poller.wait(start + 10s);
  EXPECT_EQ(sim.now(), start + 5s) << "woken";
  poller.wait(start + 10s);
  EXPECT_EQ(sim.now(), start + 10s) << "wakes add up to one";
  sim.after(1s, [&] { poller.wake(); });
  poller.wait(std::nullopt);
  EXPECT_EQ(sim.now(), start + 11s);
}

TEST(SimPollerDeathTest, ends_the_program_when_nobody_could_end_the_wait) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Simulation sim(1);
  App app(sim.add_host("home"));
  EXPECT_DEATH(app.ports->poller().wait(std::nullopt),
               "nothing can happen any more, on host: home");
}

TEST(SimHostDeathTest, ends_the_program_for_facts_that_make_no_sense) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  Simulation sim(1);
  Network& net = sim.add_network("net");
  Host& home = sim.add_host("home");
  Interface& own = home.attach(net, "eth0", {"fe80::1/64"});
  Interface& other = sim.add_host("away").attach(net, "eth0", {"fe80::2/64"});
  EXPECT_DEATH(own.add_address("fe80::3%2/64"), "without a zone: fe80::3%2");
  EXPECT_DEATH(home.add_route("192.0.2.0/24", other), "belongs to another host: eth0");
}

/// A loop with a timer.
class Ticker final : public Runnable {
 public:
  Ticker(Host& host, Duration period)
      : ports_(make_ports(host)), period_(period), next_(now() + period) {
    ports_->drive(this);
  }
  bool run_ready() override {
    if (now() < next_) return false;
    ticks.push_back(now());
    next_ += period_;
    return true;
  }
  [[nodiscard]] std::optional<Instant> deadline() const override { return next_; }
  std::vector<Instant> ticks;

 private:
  [[nodiscard]] Instant now() const { return ports_->clock().now(); }
  std::unique_ptr<LoopPorts> ports_;
  Duration period_;
  Instant next_;
};

TEST(Simulation, runs_loops_at_their_deadlines) {
  Simulation sim(1);
  Host& host = sim.add_host("home");
  const Instant start = sim.now();
  Ticker fast(host, 100ms), slow(host, 300ms);
  sim.run_for(1s);
  EXPECT_EQ(fast.ticks.size(), 10u);
  EXPECT_EQ(slow.ticks, (std::vector<Instant>{start + 300ms, start + 600ms, start + 900ms}));
  EXPECT_FALSE(sim.run_until_idle(1s)) << "a loop with a deadline is never idle";
}

TEST(Simulation, other_loops_run_while_one_waits) {
  Simulation sim(1);
  Host& host = sim.add_host("home");
  Ticker ticker(host, 100ms);
  App app(host);
  app.ports->poller().wait(sim.now() + 1s);
  EXPECT_EQ(ticker.ticks.size(), 10u);
}

}  // namespace
}  // namespace bowline::sim
