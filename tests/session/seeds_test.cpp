#include "session_scene.h"

#include <cstdlib>

namespace bowline::test {
namespace {

/// The same numbers for the same seed.
struct Dice {
  std::uint64_t state;
  std::uint64_t below(std::uint64_t bound) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return (state >> 33U) % bound;
  }
};

std::uint64_t number_in(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}
/// A few each time; BOWLINE_SEEDS=10000 for a long run, BOWLINE_SEED to begin where one failed.
std::uint64_t seed_count() { return number_in("BOWLINE_SEEDS", 12); }
std::uint64_t first_seed() { return number_in("BOWLINE_SEED", 1); }

std::string body_of(std::uint64_t number) {
  std::string body = "body " + std::to_string(number) + ":";
  body.append((number * 7919) % 90'000, static_cast<char>('a' + number % 26));
  return body;
}

/// A server that answers well, elsewhere, late, in part, or not at all, as its dice say.
void serve_by_chance(SessionScene& scene, Dice& dice, std::vector<HttpExchange>& kept) {
  scene.page("/any", [&](HttpExchange exchange) {
    const std::uint64_t number = std::stoull(std::string(*exchange.query()));
    const std::string body = body_of(number);
    const HttpFields known{{"X-Number", std::to_string(number)}};
    switch (dice.below(8)) {
      case 0:
        static_cast<void>(exchange.respond(
            302, {{"Location", "https://other.example.com/any?" + std::to_string(number)}},
            std::string(dice.below(100'000), 'r')));
        return;
      case 1: exchange.abort(); return;
      case 2: kept.push_back(std::move(exchange)); return;
      case 3:
        static_cast<void>(exchange.begin(200, known, body.size()));
        exchange.send(body.substr(0, body.size() / 2)).detach();
        return;  // and cut off
      case 4:
        static_cast<void>(exchange.begin(200, known));
        exchange.send(body).detach();
        static_cast<void>(exchange.finish());
        return;
      default: static_cast<void>(exchange.respond(200, known, body));
    }
  });
}

TEST(UrlSessionSeeds, each_task_ends_once_and_no_body_is_anothers) {
  std::size_t good = 0;
  std::size_t bad = 0;
  const std::uint64_t last = first_seed() + seed_count() - 1;
  for (std::uint64_t seed = first_seed(); seed <= last; ++seed) {
    SessionScene scene(seed);
    Dice dice{seed};
    std::vector<HttpExchange> kept;
    serve_by_chance(scene, dice, kept);
    scene.made_session.emplace(
        *scene.loop,
        scene.configuration().connections_per_host_max(3).connection_idle_timeout(2s).idle_timeout(
            4s));
    std::vector<int> ends(60, 0);
    std::vector<UrlTask> tasks;
    for (std::uint64_t number = 0; number < ends.size(); ++number) {
      const bool is_secure = dice.below(2) == 0;
      UrlRequest request(
          (is_secure ? "https://www.example.com/any?" : "http://www.example.com/any?") +
          std::to_string(number));
      request.field("Authorization", "Bearer secret").cache(CachePolicy::none);
      tasks.push_back(scene.session().task(request));
      tasks.back().result().detach([&, number, seed](const Result<UrlResponse>& response) {
        ++ends[number];
        if (!response.has_value()) {
          ++bad;
          return;
        }
        ++good;
        if (response->status() == 200) {
          EXPECT_TRUE(response->text() == body_of(number)) << "seed " << seed << ", " << number;
        }
      });
      switch (dice.below(6)) {
        case 0: tasks[dice.below(tasks.size())].cancel(); break;
        case 1: scene.sim.run_for(std::chrono::milliseconds(dice.below(300))); break;
        case 2: {
          const std::size_t which = dice.below(tasks.size());
          tasks[which].suspend();
          scene.sim.run_for(std::chrono::milliseconds(dice.below(50)));
          tasks[which].resume();
          break;
        }
        default: break;
      }
    }
    scene.sim.run_for(1min);
    for (std::size_t number = 0; number < ends.size(); ++number)
      EXPECT_EQ(ends[number], 1) << "seed " << seed << ", " << number;
    EXPECT_EQ(scene.session().task_count(), 0U) << "seed " << seed;
    EXPECT_EQ(scene.session().connection_count(), 0U) << "seed " << seed;
    for (std::size_t i = 0; i < scene.asked.size(); ++i) {
      if (scene.asked[i].contains("other.example.com")) {
        EXPECT_FALSE(scene.asked_fields[i].contains("authorization")) << "seed " << seed;
      }
    }
  }
  EXPECT_GT(good, 25 * seed_count());
  EXPECT_GT(bad, seed_count());
}

}  // namespace
}  // namespace bowline::test
