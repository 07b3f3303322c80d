#include <gtest/gtest.h>

#include <bowline/bowline.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <thread>
#include <vector>

#include "api/compose.h"
#include "flows/ends.h"
#include "flows/flow.h"
#include "linux/system/fault_system.h"

// Whole programs on this host's kernel, in which every system call fails once in every way that it may.

namespace bowline {
namespace {

using namespace std::chrono_literals;
using flows::done;
using flows::Flow;
using flows::loopback;
using linux_host::OneFault;

std::ptrdiff_t count_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

/// Runs the flow with one fault; tells what happened to the call with that index, if there was one.
std::optional<OneFault::Outcome> run(const Flow& flow, std::size_t index, std::size_t variant) {
  OneFault fault(index, variant);
  const Result<void> result = [&]() -> Result<void> {
    BOWLINE_TRY(auto host, linux_host::make_host(fault));
    Loop loop = make_loop(std::move(host));
    return flow.run(loop);
  }();
  const auto outcome = fault.outcome();
  if (!outcome.has_value()) {
    EXPECT_TRUE(result.has_value()) << "without any fault: " << to_string(result.error());
  } else if (flows::is_hang(result)) {
    ADD_FAILURE() << "hangs after call " << index << ", " << to_string(outcome->call)
                  << ", failed with " << outcome->fault;
  }
  return outcome;
}

/// What the workers of one torture share.
struct Tally {
  std::atomic<std::size_t> next = 0;
  std::atomic<std::size_t> fired = 0;
  std::atomic<bool> done = false;
};

/// Takes calls in turn until there is no such call; each fails in every way that it may.
void run_on(const Flow& flow, Tally& tally) {
  while (!tally.done) {
    const std::size_t index = tally.next++;
    for (std::size_t variant = 0;; ++variant) {
      const auto outcome = run(flow, index, variant);
      if (!outcome.has_value()) tally.done = true;
      if (!outcome.has_value() || outcome->fault == 0) break;
      ++tally.fired;
      if (variant + 1 == linux_host::possible_faults(outcome->call).size()) break;
    }
  }
}

/// All about transports and operations, and of names those that do not wait long for each server that a fault
/// has silenced.
std::vector<Flow> flows_to_fail() {
  constexpr std::string_view names[] = {
      "a_name_is_asked_for_and_connected", "a_name_is_asked_for_over_tcp_and_connected",
      "an_answer_too_large_is_looked_up_over_tcp", "localhost_is_looked_up"};
  std::vector<Flow> chosen = flows::transport_flows();
  std::ranges::copy(flows::operation_flows(), std::back_inserter(chosen));
  std::ranges::copy_if(flows::name_flows(), std::back_inserter(chosen), [&](const Flow& flow) {
    return std::ranges::find(names, flow.name) != std::end(names);
  });
  return chosen;
}

struct Faults : testing::TestWithParam<Flow> {};

/// Many at a time: they mostly wait for their repetitions.
TEST_P(Faults, threat_15_is_survived_or_told_at_every_call_where) {
  const std::ptrdiff_t descriptors = count_descriptors();
  Tally tally;
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < 16; ++i) workers.emplace_back([&] { run_on(GetParam(), tally); });
  }
  EXPECT_EQ(count_descriptors(), descriptors);
  EXPECT_GT(tally.fired, 10U);
  RecordProperty("faults", static_cast<int>(tally.fired));
}

INSTANTIATE_TEST_SUITE_P(Flows, Faults, testing::ValuesIn(flows_to_fail()),
                         [](const auto& flow) { return std::string(flow.param.name); });

TEST(Shortage, threat_14_a_listener_out_of_descriptors_pauses_and_recovers) {
  linux_host::CallFault fault(linux_host::Call::accept);
  Loop loop = make_loop(linux_host::make_host(fault).value());
  auto listener = listen(loop, loopback(), tcp()).value();
  int accepted = 0;
  listener.on_connection([&](const StreamConnection&) { ++accepted; });
  int pauses = 0;
  const Tracing tracing =
      loop.trace([&](const TraceEvent& event) { pauses += event.kind == "accept_paused" ? 1 : 0; });
  fault.fail_with(EMFILE);
  StreamConnection client = connect(loop, Endpoint(listener.local_address()), tcp());
  ASSERT_TRUE(done(loop, client.ready()).has_value());
  Operation<Message> never = client.receive();
  EXPECT_EQ(done(loop, std::move(never), 1s).error().message(), flows::too_long);
  EXPECT_EQ(accepted, 0);
  EXPECT_GE(pauses, 2);
  EXPECT_LE(pauses, 12) << "it burns time instead of waiting";
  fault.fail_with(0);
  const Result<Message> end = done(loop, client.receive());
  EXPECT_EQ(accepted, 1);
  EXPECT_TRUE(end.has_value() && end->end_of_stream());
}

TEST(Races, threat_7_by_the_hundred_on_real_sockets_leave_no_descriptor) {
  const std::ptrdiff_t descriptors = count_descriptors();
  {
    Loop loop;
    auto listener = listen(loop, Endpoint(), tcp()).value();
    listener.on_connection([](const StreamConnection&) {});
    const std::uint16_t port = listener.local_address().port;
    for (int i = 0; i < 300; ++i) {
      StreamConnection connection = connect(loop, host("localhost", port), tcp(),
                                            Parameters().attempt_delay(Duration(i % 7)));
      if (i % 5 == 0) continue;
      EXPECT_TRUE(done(loop, connection.ready()).has_value());
      if (i % 5 == 1) connection.abort();
    }
  }
  EXPECT_EQ(count_descriptors(), descriptors);
}

}  // namespace
}  // namespace bowline
