#include <gtest/gtest.h>
#include <bowline/sim/host.h>
#include <bowline/sim/simulation.h>

#include <algorithm>

#include "flows/flow.h"
#include "story.h"

// The programs of tests/flows in the simulator.

namespace bowline::test {
namespace {

using namespace std::chrono_literals;
using flows::Flow;

struct SimulatedFlows : testing::TestWithParam<Flow> {};

TEST_P(SimulatedFlows, succeed_on_a_simulated_host_as_on_a_real_one) {
  sim::Simulation sim(1);
  Loop loop(sim.add_host("home"));
  const Result<void> outcome = GetParam().run(loop);
  EXPECT_TRUE(outcome.has_value()) << to_string(outcome.error());
}

/// With no socket, with one, and so on until more make no difference. After a second all are there: else a
/// listener and who waits for it would wait for ever, as on a real host.
TEST_P(SimulatedFlows, threat_14_end_in_time_however_few_sockets_there_are) {
  std::optional<std::uint64_t> before;
  for (std::size_t count = 0; count < 100; ++count) {
    sim::Simulation sim(1);
    sim::Host& host = sim.add_host("home", sim::HostOptions().sockets(100));
    Loop loop(host);
    std::optional<Shortage> shortage(host);
    shortage->leave(count);
    sim.after(1s, [&] { shortage.reset(); });
    const Result<void> outcome = GetParam().run(loop);
    ASSERT_FALSE(flows::is_hang(outcome)) << "with " << count;
    if (outcome.has_value() && before == sim.transcript_digest()) return;
    before = sim.transcript_digest();
  }
  FAIL() << "needs more than any count";
}

INSTANTIATE_TEST_SUITE_P(Flows, SimulatedFlows, testing::ValuesIn(flows::flows_on_one_loop()),
                         [](const auto& flow) { return std::string(flow.param.name); });

/// All but those that count on what one lost packet can take away.
std::vector<Flow> flows_that_bear_loss() {
  constexpr std::string_view others[] = {
      // A reset is not sent again.
      "an_abort_resets_the_peer",
      "a_reset_comes_behind_the_messages_before_it",
      // Nor is a datagram that nobody asked for.
      "several_datagrams_are_waited_for",
      "flows_of_datagrams_are_limited",
      // The next SYN comes after a second, and they allow half of one.
      "a_refused_connection_tries_again_by_itself",
      "a_refused_connection_is_restarted",
  };
  std::vector<Flow> chosen = flows::flows_on_one_loop();
  std::erase_if(chosen,
                [&](const Flow& flow) { return std::ranges::count(others, flow.name) > 0; });
  return chosen;
}

struct FlowsOverABadLink : testing::TestWithParam<Flow> {
  /// A number over all that happened.
  static std::uint64_t run(std::uint64_t seed) {
    sim::Simulation sim(seed);
    sim::Host& host = sim.add_host("home");
    host.interface("lo").set_outgoing(sim::LinkOptions()
                                          .delay(1ms)
                                          .jitter(1ms)
                                          .loss(0.02)
                                          .reordering(0.05, 2ms)
                                          .duplication(0.02)
                                          .corruption(0.01));
    Loop loop(host);
    const Result<void> outcome = GetParam().run(loop);
    EXPECT_TRUE(outcome.has_value()) << "seed " << seed << ": " << to_string(outcome.error());
    return sim.transcript_digest();
  }
};

TEST_P(FlowsOverABadLink, succeed_though_packets_are_lost_reordered_repeated_and_damaged) {
  const std::uint64_t first = run(1);
  EXPECT_EQ(first, run(1)) << "a seed does not replay";
  for (std::uint64_t seed = 2; seed <= 5; ++seed) run(seed);
}

INSTANTIATE_TEST_SUITE_P(Flows, FlowsOverABadLink, testing::ValuesIn(flows_that_bear_loss()),
                         [](const auto& flow) { return std::string(flow.param.name); });

}  // namespace
}  // namespace bowline::test
