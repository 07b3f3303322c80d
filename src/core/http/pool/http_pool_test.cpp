#include "core/http/pool/http_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <set>
#include <string>

#include "base/random.h"

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

/// A pool, what it said as words, and time.
struct PoolScene {
  explicit PoolScene(HttpPool::Options options = {}) : pool(options) {}

  [[nodiscard]] static PoolKey key(std::string host = "a.example") {
    PoolKey made;
    made.scheme = "https";
    made.host = std::move(host);
    made.port = 443;
    return made;
  }
  void want(HttpPool::WishId id, HttpPool::Wish wish = {key()}) {
    ASSERT_TRUE(pool.want(id, std::move(wish), now).has_value());
  }
  /// "open 1; give 7 to 1 (first)"
  std::string said() {
    std::string words;
    while (auto output = pool.poll(now)) {
      if (!words.empty()) words += "; ";
      std::visit([&](const auto& item) { words += say(item); }, *output);
    }
    return words;
  }
  std::string say(const HttpPool::Open& item) { return "open " + std::to_string(item.link); }
  std::string say(const HttpPool::Give& item) {
    constexpr std::array misses{"reused", "first", "all in use", "fresh", "last lost"};
    pool.handle_state(
        item.link,
        multiplexed.contains(item.link) ? std::nullopt : std::optional(NotReused::in_use),
        ++streams[item.link], now);
    return "give " + std::to_string(item.wish) + " to " + std::to_string(item.link) + " (" +
           misses.at(static_cast<std::size_t>(item.miss)) +
           (item.lost ? ": " + std::string(to_string(*item.lost)) : "") + ")";
  }
  static std::string say(const HttpPool::Refuse& item) {
    return "refuse " + std::to_string(item.wish) + ": " + to_string(item.error.kind());
  }
  static std::string say(const HttpPool::Close& item) {
    return "close " + std::to_string(item.link);
  }
  void ready(HttpPool::LinkId link, bool multiplexes = false) {
    if (multiplexes) multiplexed.insert(link);
    pool.handle_ready(link, multiplexes, now);
  }
  void done(HttpPool::LinkId link) { pool.handle_state(link, std::nullopt, --streams[link], now); }

  HttpPool pool;
  Instant now{1s};
  std::set<HttpPool::LinkId> multiplexed;
  std::map<HttpPool::LinkId, std::size_t> streams;
};

TEST(HttpPool, opens_a_connection_and_uses_it_again) {
  PoolScene scene;
  scene.want(7);
  EXPECT_EQ(scene.said(), "open 1");
  scene.ready(1);
  EXPECT_EQ(scene.said(), "give 7 to 1 (first)");
  scene.done(1);
  scene.want(8);
  EXPECT_EQ(scene.said(), "give 8 to 1 (reused)");
}

TEST(HttpPool, opens_no_more_than_the_limit_and_lets_the_rest_wait_in_order) {
  PoolScene scene({.per_key_max = 2});
  for (HttpPool::WishId id = 1; id <= 4; ++id) scene.want(id);
  EXPECT_EQ(scene.said(), "open 1; open 2");
  scene.ready(2);
  EXPECT_EQ(scene.said(), "give 1 to 2 (first)");
  scene.ready(1);
  EXPECT_EQ(scene.said(), "give 2 to 1 (first)");
  scene.done(1);
  EXPECT_EQ(scene.said(), "give 3 to 1 (reused)");
  scene.done(2);
  EXPECT_EQ(scene.said(), "give 4 to 2 (reused)");
}

TEST(HttpPool, serves_the_more_urgent_first) {
  PoolScene scene({.per_key_max = 1});
  scene.want(1, {PoolScene::key(), false, false, 3});
  scene.want(2, {PoolScene::key(), false, false, 3});
  scene.want(3, {PoolScene::key(), false, false, 0});
  EXPECT_EQ(scene.said(), "open 1");
  scene.ready(1);
  EXPECT_EQ(scene.said(), "give 3 to 1 (first)");
}

TEST(HttpPool, finds_out_with_one_connection_whether_the_peer_multiplexes) {
  PoolScene scene;
  for (HttpPool::WishId id = 1; id <= 3; ++id) scene.want(id, {PoolScene::key(), false, true, 3});
  EXPECT_EQ(scene.said(), "open 1");
  scene.ready(1, true);
  EXPECT_EQ(scene.said(), "give 1 to 1 (first); give 2 to 1 (reused); give 3 to 1 (reused)");
}

TEST(HttpPool, opens_the_others_once_it_knows_that_the_peer_does_not_multiplex) {
  PoolScene scene;
  for (HttpPool::WishId id = 1; id <= 3; ++id) scene.want(id, {PoolScene::key(), false, true, 3});
  EXPECT_EQ(scene.said(), "open 1");
  scene.ready(1, false);
  EXPECT_EQ(scene.said(), "give 1 to 1 (first); open 2; open 3");
}

TEST(HttpPool, refuses_one_wish_for_each_connection_that_fails) {
  PoolScene scene({.per_key_max = 1});
  scene.want(1);
  scene.want(2);
  EXPECT_EQ(scene.said(), "open 1");
  scene.pool.handle_failed(1, Error(ErrorKind::refused, "connect", "no"), scene.now);
  EXPECT_EQ(scene.said(), "refuse 1: refused; open 2");
}

TEST(HttpPool, says_why_the_last_connection_was_not_used_again) {
  PoolScene scene;
  scene.want(1);
  scene.said();
  scene.ready(1);
  scene.said();
  scene.pool.handle_state(1, NotReused::peer_closes, 0, scene.now);
  scene.pool.handle_closed(1, scene.now);
  scene.want(2);
  EXPECT_EQ(scene.said(), "open 2");
  scene.ready(2);
  EXPECT_EQ(scene.said(), "give 2 to 2 (last lost: the peer closes)");
}

TEST(HttpPool, gives_a_used_connection_to_nobody_who_asks_for_a_fresh_one) {
  PoolScene scene;
  scene.want(1);
  scene.said();
  scene.ready(1);
  scene.said();
  scene.done(1);
  scene.want(2, {PoolScene::key(), true});
  EXPECT_EQ(scene.said(), "open 2");
  scene.ready(2);
  EXPECT_EQ(scene.said(), "give 2 to 2 (fresh)");
}

TEST(HttpPool, closes_what_has_been_idle_for_long) {
  PoolScene scene({.idle_timeout = 10s});
  scene.want(1);
  scene.said();
  scene.ready(1);
  scene.said();
  scene.done(1);
  EXPECT_EQ(scene.pool.deadline(), Instant(11s));
  scene.now = Instant(11s);
  scene.pool.handle_timeout(scene.now);
  EXPECT_EQ(scene.said(), "close 1");
}

TEST(HttpPool, threat_13_gives_nobody_a_connection_that_slept_through_its_time) {
  PoolScene scene({.idle_timeout = 10s});
  scene.want(1);
  scene.said();
  scene.ready(1);
  scene.said();
  scene.done(1);
  scene.now += 8h;
  scene.want(2);
  EXPECT_EQ(scene.said(), "close 1; open 2");
}

TEST(HttpPool, makes_room_by_closing_what_is_idle) {
  PoolScene scene({.links_max = 1});
  scene.want(1);
  scene.said();
  scene.ready(1);
  scene.said();
  scene.done(1);
  scene.want(2, {PoolScene::key("b.example")});
  EXPECT_EQ(scene.said(), "close 1; open 2");
}

TEST(HttpPool, has_a_limit_for_those_who_wait) {
  PoolScene scene({.wishes_max = 1});
  scene.want(1);
  EXPECT_EQ(scene.pool.want(2, {PoolScene::key()}, scene.now).error().kind(),
            ErrorKind::limit_exceeded);
}

/// Each attribute of a key, set to one of two values.
using Change = std::function<void(PoolKey&, bool)>;
const std::array changes = {
    Change([](PoolKey& key, bool on) { key.scheme = on ? "https" : "http"; }),
    Change([](PoolKey& key, bool on) { key.host = on ? "a.example" : "b.example"; }),
    Change([](PoolKey& key, bool on) { key.port = on ? 443 : 8443; }),
    Change([](PoolKey& key, bool on) { key.interface = on ? "eth0" : ""; }),
    Change([](PoolKey& key, bool on) { key.source = on ? "192.0.2.1" : ""; }),
    Change([](PoolKey& key, bool on) { key.family = on ? "ipv4" : ""; }),
    Change([](PoolKey& key, bool on) { key.resolver = on ? "192.0.2.53:53" : ""; }),
    Change([](PoolKey& key, bool on) { key.may_be_expensive = on; }),
    Change([](PoolKey& key, bool on) { key.may_be_constrained = on; }),
    Change([](PoolKey& key, bool on) { key.proxy = on ? "http://proxy:3128" : ""; }),
    Change([](PoolKey& key, bool on) { key.proxy_credential = on ? "u" : ""; }),
    Change([](PoolKey& key, bool on) { key.proxy_security = on ? 1 : 0; }),
    Change([](PoolKey& key, bool on) { key.security = on ? 1 : 0; }),
    Change([](PoolKey& key, bool on) { key.server_name = on ? "x" : ""; }),
    Change([](PoolKey& key, bool on) { key.peer_name = on ? "x" : ""; }),
    Change([](PoolKey& key, bool on) { key.pins = on ? "x" : ""; }),
    Change([](PoolKey& key, bool on) { key.roots = on ? "x" : ""; }),
    Change([](PoolKey& key, bool on) { key.tls_minimum = on ? "1.3" : ""; }),
    Change([](PoolKey& key, bool on) { key.client_identity = on ? "x" : ""; }),
    Change([](PoolKey& key, bool on) { key.trusts_anybody = on; }),
    Change([](PoolKey& key, bool on) { key.partition = on ? "https://top.example" : ""; }),
    Change([](PoolKey& key, bool on) { key.connection_credential = on ? "x" : ""; }),
    Change([](PoolKey& key, bool on) { key.is_private = on; }),
    Change([](PoolKey& key, bool on) { key.protocols = on ? "h2" : "http/1.1"; }),
    Change([](PoolKey& key, bool on) { key.generation = on ? 1 : 0; }),
};

TEST(HttpPool, threat_89_shares_only_where_every_attribute_is_equal) {
  static_assert(changes.size() == 25);
  constexpr std::uint64_t seed = 89;
  SeededRandom random(seed);
  for (int pair = 0; pair < 1'000'000; ++pair) {
    const std::uint64_t one = random.below(std::uint64_t{1} << changes.size());
    // Mostly one attribute differs: where a comparison would be missed.
    std::uint64_t other = one;
    if (const auto kind = random.below(4); kind == 0) {
      other = random.below(std::uint64_t{1} << changes.size());
    } else if (kind < 3) {
      other ^= std::uint64_t{1} << random.below(changes.size());
    }
    PoolKey a;
    PoolKey b;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      changes[i](a, (one >> i & 1) != 0);
      changes[i](b, (other >> i & 1) != 0);
    }
    ASSERT_EQ(a == b, one == other) << "seed " << seed << ", pair " << pair;
    ASSERT_EQ((a <=> b) == 0, one == other);
  }
}

TEST(HttpPool, threat_89_gives_a_connection_to_nobody_with_another_key) {
  for (std::size_t changed = 0; changed < changes.size(); ++changed) {
    PoolScene scene;
    PoolKey a;
    PoolKey b;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      changes[i](a, true);
      changes[i](b, i != changed);
    }
    scene.want(1, {a});
    scene.said();
    scene.ready(1);
    scene.said();
    scene.done(1);
    scene.want(2, {b});
    EXPECT_EQ(scene.said(), "open 2") << "attribute " << changed;
  }
}

TEST(HttpPool, each_wish_ends_exactly_once_whatever_happens) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SeededRandom random(seed);
    HttpPool pool({.per_key_max = 2, .links_max = 4, .wishes_max = 50, .idle_timeout = 5s});
    Instant now{1s};
    std::map<HttpPool::WishId, int> ends;
    std::set<HttpPool::WishId> withdrawn;
    std::map<HttpPool::LinkId, std::size_t> open;  // with its streams
    std::set<HttpPool::LinkId> opening;
    HttpPool::WishId last = 0;
    const auto drain = [&] {
      while (auto output = pool.poll(now)) {
        if (const auto* item = std::get_if<HttpPool::Open>(&*output)) {
          opening.insert(item->link);
        } else if (const auto* given = std::get_if<HttpPool::Give>(&*output)) {
          ++ends[given->wish];
          ASSERT_TRUE(open.contains(given->link)) << seed;
          pool.handle_state(given->link, NotReused::in_use, ++open[given->link], now);
        } else if (const auto* refused = std::get_if<HttpPool::Refuse>(&*output)) {
          ++ends[refused->wish];
        } else if (const auto* closed = std::get_if<HttpPool::Close>(&*output)) {
          ASSERT_EQ(open[closed->link], 0U) << seed;
          open.erase(closed->link);
          pool.handle_closed(closed->link, now);
        }
      }
    };
    for (int step = 0; step < 200; ++step) {
      const auto any_of = [&](auto& items) {
        return std::next(items.begin(), static_cast<std::ptrdiff_t>(random.below(items.size())));
      };
      switch (random.below(7)) {
        case 0:
        case 1: {
          HttpPool::Wish wish{PoolScene::key(random.below(2) == 0 ? "a" : "b")};
          wish.is_fresh = random.below(8) == 0;
          wish.may_multiplex = random.below(2) == 0;
          if (pool.want(++last, wish, now).has_value()) ends[last] = 0;
          break;
        }
        case 2:
          if (last > 0) {
            const HttpPool::WishId id = 1 + random.below(last);
            if (ends.contains(id) && ends[id] == 0) withdrawn.insert(id);
            pool.withdraw(id, now);
          }
          break;
        case 3:
          if (!opening.empty()) {
            const auto link = any_of(opening);
            if (random.below(3) == 0) {
              pool.handle_failed(*link, Error(ErrorKind::refused, "connect", "no"), now);
            } else {
              open[*link] = 0;
              pool.handle_ready(*link, random.below(2) == 0, now);
            }
            opening.erase(link);
          }
          break;
        case 4:
          if (!open.empty()) {
            const auto link = any_of(open);
            link->second = 0;
            pool.handle_state(link->first, std::nullopt, 0, now);
          }
          break;
        case 5:
          if (!open.empty()) {
            const auto link = any_of(open);
            pool.handle_state(link->first, NotReused::broken, 0, now);
            pool.handle_closed(link->first, now);
            open.erase(link);
          }
          break;
        default: now += std::chrono::milliseconds(random.below(6000)); pool.handle_timeout(now);
      }
      drain();
      ASSERT_LE(pool.link_count(), 5U) << seed;
    }
    for (const auto& [id, count] : ends) {
      const bool waits = count == 0 && !withdrawn.contains(id);
      ASSERT_LE(count, 1) << seed;
      if (withdrawn.contains(id)) {
        ASSERT_EQ(count, 0) << seed;
      }
      if (waits) {
        ASSERT_GT(pool.wish_count(), 0U) << seed;
      }
    }
  }
}

}  // namespace
}  // namespace bowline::core
