// Races compared with files that were looked at by people: tests/golden/race_*.txt.

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "core/eyeballs/race_phase.h"
#include "core/eyeballs/race_script.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

/// Compares `text` with tests/golden/`name`; UPDATE_GOLDEN=1 writes it there instead.
void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(BOWLINE_SOURCE_DIR) + "/tests/golden/" + name;
  if (std::getenv("UPDATE_GOLDEN") != nullptr) {
    std::ofstream(path) << text;
    return;
  }
  std::ifstream file(path);
  std::stringstream kept;
  kept << file.rdbuf();
  EXPECT_EQ(text, kept.str()) << path << " (UPDATE_GOLDEN=1 rewrites it)";
}

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

TEST(RaceTranscript, of_a_race_that_is_won) {
  RaceScript script;
  script.options.trace = &trace_always;
  script.target.protocols = {CandidateProtocol::quic, CandidateProtocol::tls};
  RaceService service = RaceScript::service(1, "svc.example", {"h3", "h2"});
  service.hints = script.all_reached({"2001:db8::1"});
  script.ipv4(5ms, {"192.0.2.99"});
  script.services(10ms, {service});
  script.ipv6(20ms, {"2001:db8::99"});
  script.ipv6(10ms, {"2001:db8::1", "2001:db8::2"}, "svc.example");
  script.ipv4(15ms, {"192.0.2.1"}, "svc.example");
  script.fails("2001:db8::1/quic", 100ms, ErrorKind::unreachable);
  script.progresses("2001:db8::1/tls", 40ms);
  script.connects("2001:db8::1/tls", 700ms);
  script.run();
  expect_golden("race_won.txt", script.transcript);
}

TEST(RaceTranscript, of_a_race_that_fails) {
  RaceScript script;
  script.options.trace = &trace_always;
  script.options.attempt_timeout = 1s;
  script.none(RaceQuery::service, 3ms);
  script.ipv4(5ms, {"192.0.2.1"});
  script.ipv6(200ms, {"2001:db8::1", "2001:db8::2"});
  script.fails("192.0.2.1", 20ms);
  script.progresses("2001:db8::1", 30ms);
  script.fails("2001:db8::1", 80ms, ErrorKind::untrusted);
  script.run();
  expect_golden("race_failed.txt", script.transcript);
}

}  // namespace
}  // namespace bowline::core
