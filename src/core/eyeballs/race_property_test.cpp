// Whatever names and addresses do, a race keeps its rules. RaceScript checks them in every run.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/eyeballs/race_script.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

/// A world drawn from a seed.
class RandomWorld {
 public:
  explicit RandomWorld(std::uint64_t seed) : random_(seed) { script.seed = seed; }

  void draw() {
    draw_options();
    const std::vector<std::string> names{"a.example", "b.example", "c.example"};
    for (const std::string& name : names) {
      draw_services(name, names);
      draw_addresses(name, RaceQuery::ipv6, "2001:db8::");
      draw_addresses(name, RaceQuery::ipv4, "192.0.2.");
    }
    for (int i = 0; i < 12; ++i) {
      draw_outcome("2001:db8::" + std::to_string(i));
      draw_outcome("192.0.2." + std::to_string(i));
    }
    if (one_in(6)) {
      script.at(up_to(2000ms), [this](Race& race, Instant now) {
        race.handle_source_lost(one_in(2) ? *script.source_ipv6 : *script.source_ipv4, now);
      });
    }
  }

  RaceScript script;

 private:
  bool one_in(std::uint64_t count) { return random_.below(count) == 0; }
  Duration up_to(std::chrono::milliseconds most) {
    return std::chrono::milliseconds(random_.below(static_cast<std::uint64_t>(most.count()) + 1));
  }

  void draw_options() {
    script.options.trace = one_in(2) ? &trace_always : nullptr;
    script.options.concurrent_max = 1 + random_.below(6);
    script.options.candidates_max = 1 + random_.below(20);
    script.options.preferred_family_count = static_cast<unsigned>(random_.below(4));
    script.options.attempt_delay = up_to(300ms);
    script.options.attempt_spacing_min = up_to(20ms);
    script.options.attempt_delay_growth = one_in(3) ? 2.0 : 1.0;
    script.options.resolution_delay = up_to(100ms);
    // Without a limit of its own, an attempt that is never answered would never end.
    script.options.attempt_timeout = 1ms + up_to(3000ms);
    if (one_in(4)) script.options.race_timeout = up_to(4000ms);
    if (one_in(4)) script.options.preferred_family = Family::ipv4;
    if (one_in(3)) script.target.protocols = {CandidateProtocol::quic, CandidateProtocol::tls};
    if (one_in(5)) script.target.nat64_prefix = IpPrefix::parse("64:ff9b::/96").value();
    if (one_in(8)) script.target.require_ech = true;
    if (one_in(4)) script.target.dns_protected = true;
    if (one_in(6)) script.target.ask_ipv6 = false;
    if (one_in(6)) script.target.ask_ipv4 = script.target.ask_ipv6 ? false : true;
    if (one_in(2)) script.target.query_service = true;
  }

  std::vector<std::string> some(const char* prefix) {
    std::vector<std::string> made;
    for (std::uint64_t left = random_.below(8); left > 0; --left)
      made.push_back(prefix + std::to_string(random_.below(12)));
    return made;
  }

  void draw_addresses(const std::string& name, RaceQuery query, const char* prefix) {
    const std::uint64_t answers = 1 + random_.below(3);
    for (std::uint64_t i = 0; i < answers; ++i) {
      RaceAnswer answer = script.addresses(query, some(prefix), name);
      answer.positive = !one_in(4);
      answer.stale = one_in(4);
      if (!answer.positive) answer.error = Error(ErrorKind::name_not_found, "resolve", "drawn");
      script.answer(answer, up_to(600ms));
    }
    // A resolver always ends a query in the end.
    script.none(query, 1000ms, one_in(2) ? ErrorKind::timed_out : ErrorKind::name_not_found, name);
  }

  void draw_services(const std::string& name, const std::vector<std::string>& names) {
    const bool queried = script.target.query_service;
    for (std::uint64_t left = random_.below(3); left > 0; --left) {
      RaceAnswer answer = RaceScript::blank(RaceQuery::service, name);
      answer.positive = !one_in(4);
      answer.stale = one_in(4);
      answer.secure_failure = !answer.positive && one_in(8);
      if (one_in(3)) answer.alias = names[random_.below(names.size())];
      for (std::uint64_t more = random_.below(4); more > 0; --more)
        answer.services.push_back(draw_service(names[random_.below(names.size())]));
      script.answer(answer, up_to(600ms));
    }
    script.none(RaceQuery::service, 1000ms, ErrorKind::name_not_found, name);
    script.target.query_service = queried;
  }

  RaceService draw_service(const std::string& target) {
    RaceService made =
        RaceScript::service(static_cast<std::uint16_t>(1 + random_.below(3)), target);
    if (one_in(2)) made.alpn = {"h3", "h2"};
    if (one_in(4)) made.port = 8443;
    made.no_default_alpn = one_in(4);
    if (one_in(2)) made.ech = {std::byte{1}};
    made.usable = !one_in(6);
    if (one_in(2)) made.hints = script.all_reached(some("2001:db8::"));
    return made;
  }

  void draw_outcome(const std::string& address) {
    if (one_in(4)) return;
    if (one_in(4)) script.progresses(address, up_to(300ms));
    if (one_in(6)) {
      script.connects(address, up_to(800ms));
    } else {
      script.fails(address, up_to(800ms), one_in(3) ? ErrorKind::untrusted : ErrorKind::refused);
    }
  }

  SeededRandom random_;
};

TEST(RaceProperties, every_random_world_ends_once_and_by_the_rules) {
  const char* replay = std::getenv("BOWLINE_SEED");
  const std::uint64_t first = replay != nullptr ? std::strtoull(replay, nullptr, 10) : 1;
  const std::uint64_t count = replay != nullptr ? 1 : 1500;
  std::size_t won = 0;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    RandomWorld world(seed);
    world.draw();
    world.script.run();
    won += world.script.winner.has_value() ? 1u : 0u;
    ASSERT_FALSE(HasFailure()) << "BOWLINE_SEED=" << seed;
    ASSERT_TRUE(world.script.ended_at.has_value()) << "BOWLINE_SEED=" << seed << "\n"
                                                   << world.script.transcript;
    ASSERT_LE(world.script.starts.size(),
              world.script.options.candidates_max * world.script.target.protocols.size());
  }
  if (replay == nullptr) {
    EXPECT_GT(won, count / 10);
    EXPECT_LT(won, count - count / 10);
  }
}

TEST(RaceProperties, the_same_seed_gives_the_same_race) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    RandomWorld one(seed);
    RandomWorld other(seed);
    one.draw();
    other.draw();
    one.script.run();
    other.script.run();
    EXPECT_EQ(one.script.transcript, other.script.transcript);
  }
}

TEST(RaceProperties, cancelling_at_any_time_leaves_nothing) {
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    RandomWorld world(seed);
    world.draw();
    bool is_quiet = false;
    const auto when = std::chrono::milliseconds(seed % 997);
    world.script.at(when, [&](Race& race, Instant now) { race.cancel(now); });
    world.script.at(when,
                    [&](Race& race, Instant) { is_quiet = !race.deadline() && !race.poll(); });
    world.script.run();
    const auto running = std::ranges::count_if(
        world.script.starts, [](const RaceScript::Start& start) { return !start.ended; });
    ASSERT_EQ(running, 0) << "seed " << seed << "\n" << world.script.transcript;
    ASSERT_TRUE(is_quiet) << "seed " << seed;
  }
}

}  // namespace
}  // namespace bowline::core
