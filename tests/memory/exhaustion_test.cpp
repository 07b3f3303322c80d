#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <new>
#include <string_view>

#include "allocations.h"
#include "flows/flow.h"

// Whole programs in which every allocation fails once.

namespace bowline::test {
namespace {

using flows::Flow;

std::ptrdiff_t count_descriptors() {
  return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

Result<void> run_on_own_loop(const Flow& flow) {
  BOWLINE_TRY(Loop loop, Loop::open());
  return flow.run(loop);
}

/// Runs the flow with memory short from allocation `index` on. True if it asked for that one.
bool run_short_of_memory(const Flow& flow, std::size_t index, std::size_t count) {
  const std::ptrdiff_t descriptors = count_descriptors();
  const std::ptrdiff_t live = count_live();
  bool thrown = false;
  bool failed = false;
  fail_allocations(index, count);
  try {
    const Result<void> outcome = run_on_own_loop(flow);
    failed = stop_failing();
    EXPECT_FALSE(flows::is_hang(outcome)) << "hangs after allocation " << index;
    EXPECT_TRUE(failed || outcome.has_value()) << to_string(outcome.error());
    // Or the program complains itself, of what it did not see happen.
    EXPECT_TRUE(outcome.has_value() || std::string_view(outcome.error().operation()) == "flow" ||
                outcome.error().kind() == ErrorKind::resources_exhausted)
        << "after allocation " << index << ": " << to_string(outcome.error());
  } catch (const std::bad_alloc&) {
    thrown = true;
    failed = stop_failing();
  }
  EXPECT_TRUE(failed || !thrown);
  EXPECT_EQ(count_descriptors(), descriptors) << "after allocation " << index;
  EXPECT_EQ(count_live(), live) << "after allocation " << index;
  return failed;
}

struct Exhaustion : testing::TestWithParam<Flow> {};

/// Lets the first allocation of the flow fail, then the second, and so on until none is left: that one alone,
/// and then with all that follow, among them those of destructors.
TEST_P(Exhaustion, threat_111_is_told_or_survived_where) {
  const Flow& flow = GetParam();
  const Result<void> outcome = run_on_own_loop(flow);  // the runtime allocates once what stays
  ASSERT_TRUE(outcome.has_value()) << to_string(outcome.error());
  std::size_t index = 0;
  for (bool failed = true; failed && !HasFailure(); ++index) {
    failed = run_short_of_memory(flow, index, 1);
    if (failed) failed = run_short_of_memory(flow, index, SIZE_MAX / 2);
  }
  RecordProperty("allocations", static_cast<int>(index - 1));
}

INSTANTIATE_TEST_SUITE_P(Flows, Exhaustion, testing::ValuesIn(flows::all_flows()),
                         [](const auto& flow) { return std::string(flow.param.name); });

}  // namespace
}  // namespace bowline::test
