// How many races one core decides per second: two answers with four addresses each, the first
// attempt refused, the second (IPv4) ready. Nothing waits; time is virtual.

#include <benchmark/benchmark.h>

#include <array>
#include <chrono>
#include <cstdint>

#include "base/random.h"
#include "core/eyeballs/race.h"

namespace {

using namespace bowline;
using namespace bowline::core;

IpAddress ipv6(std::uint8_t last) {
  return IpAddress::v6({0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last});
}
IpAddress ipv4(std::uint8_t last) { return IpAddress::v4({192, 0, 2, last}); }

RaceAnswer four_addresses(RaceQuery query) {
  RaceAnswer answer;
  answer.name = "www.example.com";
  answer.query = query;
  answer.positive = true;
  for (std::uint8_t i = 1; i <= 4; ++i) {
    const bool is_v6 = query == RaceQuery::ipv6;
    answer.addresses.push_back({is_v6 ? ipv6(i) : ipv4(i), is_v6 ? ipv6(200) : ipv4(200), false});
  }
  return answer;
}

void drain(Race& race, std::uint32_t& winner) {
  while (auto output = race.poll()) {
    if (const auto* won = std::get_if<Race::Won>(&*output)) winner = won->attempt;
  }
}

void decide_race(benchmark::State& state) {
  SeededRandom random(1);
  const RaceAnswer answer_ipv6 = four_addresses(RaceQuery::ipv6);
  const RaceAnswer answer_ipv4 = four_addresses(RaceQuery::ipv4);
  Race::Target target;
  target.name = "www.example.com";
  target.port = 443;
  target.protocols = {CandidateProtocol::tls};
  Instant now{std::chrono::seconds(1)};
  const auto pass = [&](int milliseconds) { now += std::chrono::milliseconds(milliseconds); };

  for (auto _ : state) {
    std::uint32_t winner = 0;
    Race race({}, target, nullptr, random);
    race.start(now);
    drain(race, winner);
    pass(5);
    race.handle_answer(answer_ipv6, now);
    drain(race, winner);
    pass(1);
    race.handle_answer(answer_ipv4, now);
    drain(race, winner);
    pass(20);
    race.handle_attempt_failure(1, Error(ErrorKind::refused, ErrorDomain::posix, 111, "connect"),
                                now);
    drain(race, winner);
    pass(20);
    race.handle_ready(2, now);
    drain(race, winner);
    if (winner != 2) state.SkipWithError("the race had another end");
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(decide_race);

}  // namespace

BENCHMARK_MAIN();
