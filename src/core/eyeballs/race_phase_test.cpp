#include "core/eyeballs/race_phase.h"

#include <gtest/gtest.h>

#include <string>

#include "core/eyeballs/golden_file.h"

namespace bowline::core {
namespace {

TEST(RacePhase, every_phase_and_trigger_has_the_outcome_of_the_golden_table) {
  std::string table;
  for (const RacePhase phase : race_phases) {
    for (const RaceTrigger trigger : race_triggers) {
      const auto next = next_state(race_edges, phase, trigger);
      table += std::string(to_string(phase)) + " " + std::string(to_string(trigger)) + " -> " +
               std::string(next ? to_string(*next) : "-") + "\n";
    }
  }
  expect_golden("race_phases.txt", table);
}

}  // namespace
}  // namespace bowline::core
