#include "core/driver_contract.h"

#include <gtest/gtest.h>

#include "core/dns/resolver.h"
#include "core/eyeballs/race.h"
#include "core/lifecycle/patience.h"

// Drivers that break what a machine asks of them end the program, in every build.

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

constexpr Instant first(1h);
constexpr const char* undrained = "poll\\(\\) until it gives nothing";
constexpr const char* backwards = "now went back";

TEST(DriverContractDeathTest, time_stands_still_or_goes_on) {
  DriverContract contract;
  contract.check(true, first);
  contract.check(true, first);
  EXPECT_DEATH(contract.check(true, first - 1ns), backwards);
  EXPECT_DEATH(contract.check(false, first), undrained);
}

Race::Target web_target() {
  Race::Target target;
  target.name = "www.example.com";
  target.port = 443;
  target.protocols = {CandidateProtocol::tcp};
  return target;
}

TEST(DriverContractDeathTest, a_race_is_drained_before_the_next_input) {
  SeededRandom random(1);
  Race race({}, web_target(), nullptr, random);
  race.start(first);
  ASSERT_TRUE(race.has_output());
  EXPECT_DEATH(race.handle_timeout(first), undrained);
  while (race.poll()) {
  }
  race.handle_timeout(first + 1s);
  EXPECT_DEATH(race.cancel(first), backwards);
}

TEST(DriverContractDeathTest, a_resolver_is_drained_before_the_next_input) {
  SeededRandom random(1);
  Resolver resolver({}, random);
  resolver.configure({}, first);
  Resolver::Lookup lookup;
  lookup.name = "127.0.0.1";
  lookup.types = {wire::RecordType::a};
  ASSERT_TRUE(resolver.start_lookup(lookup, first).has_value());
  EXPECT_DEATH((void)resolver.start_lookup(lookup, first), undrained);
  while (resolver.poll()) {
  }
  EXPECT_DEATH(resolver.flush_cache(0, first - 1ns), backwards);
}

TEST(DriverContractDeathTest, patience_is_drained_before_the_next_input) {
  SeededRandom random(1);
  Patience patience({}, random);
  patience.start(first);
  patience.handle_round_failed(Error(ErrorKind::refused, "connect", "no"), true, first);
  EXPECT_DEATH(patience.handle_timeout(first), undrained);
  (void)patience.poll();
  EXPECT_DEATH(patience.hurry(first - 1ns), backwards);
}

}  // namespace
}  // namespace bowline::core
