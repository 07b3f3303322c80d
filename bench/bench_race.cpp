// How many races one core decides per second: two answers with four addresses each, the first
// attempt refused, the second (IPv4) ready. Nothing waits; time is virtual.

#include <array>
#include <chrono>
#include <cstdint>

#include "base/random.h"
#include "core/eyeballs/race.h"

#include "bench_program.h"

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

struct World {
  SeededRandom random{1};
  RaceAnswer answer_ipv6 = four_addresses(RaceQuery::ipv6);
  RaceAnswer answer_ipv4 = four_addresses(RaceQuery::ipv4);
  Race::Target target;
  Instant now{std::chrono::seconds(1)};
};

/// Gives the number of the attempt that won.
std::uint32_t decide_race(World& world) {
  const auto pass = [&](int milliseconds) { world.now += std::chrono::milliseconds(milliseconds); };
  std::uint32_t winner = 0;
  Race race({}, world.target, nullptr, world.random);
  race.start(world.now);
  drain(race, winner);
  pass(5);
  race.handle_answer(world.answer_ipv6, world.now);
  drain(race, winner);
  pass(1);
  race.handle_answer(world.answer_ipv4, world.now);
  drain(race, winner);
  pass(20);
  race.handle_attempt_failure(1, Error(ErrorKind::refused, ErrorDomain::posix, 111, "connect"),
                              world.now);
  drain(race, winner);
  pass(20);
  race.handle_ready(2, world.now);
  drain(race, winner);
  return winner;
}

}  // namespace

int main(int argc, char** argv) {
  const options o = parse_options("bench_race", argc, argv);
  World world;
  world.target.name = "www.example.com";
  world.target.port = 443;
  world.target.protocols = {CandidateProtocol::tls};
  window w = start_window(&o);
  do {
    for (int i = 0; i < 1000; ++i) {
      if (decide_race(world) != 2) usage("the race had another end", "bench_race");
      ++w.operations;
    }
  } while (window_goes_on(&w));
}
