#include "core/dns/cache.h"

#include "core/dns/dns_scene.h"

namespace bowline::core {
namespace {

using namespace testing;

Answer positive(std::uint32_t ttl, std::size_t records = 1) {
  Answer answer;
  answer.type = RecordType::a;
  answer.status = AnswerStatus::ok;
  answer.ttl_seconds = ttl;
  for (std::size_t i = 0; i < records; ++i)
    answer.records.push_back(address_record("www.example.com", "192.0.2.1", ttl));
  return answer;
}
Answer negative(std::uint32_t ttl) {
  Answer answer;
  answer.status = AnswerStatus::nxdomain;
  answer.ttl_seconds = ttl;
  return answer;
}
std::string key_of(std::string_view text, RecordType type = RecordType::a,
                   ResolverScope scope = 0) {
  return Cache::key(scope, name(text), type);
}
const Instant start{1s};

TEST(Cache, keeps_an_answer_until_its_ttl_is_over) {
  Cache cache({});
  cache.put(key_of("www.example.com"), positive(60), start);
  const auto hit = cache.find(key_of("www.example.com"), false, start + 20s);
  ASSERT_TRUE(hit.has_value());
  EXPECT_EQ(hit->ttl_seconds, 40U);
  EXPECT_EQ(hit->records.front().ttl_seconds, 40U);
  EXPECT_EQ(hit->source, AnswerSource::cache);
  EXPECT_TRUE(cache.find(key_of("www.example.com"), false, start + 60s - 1ns).has_value());
  EXPECT_FALSE(cache.find(key_of("www.example.com"), false, start + 60s).has_value());
}

TEST(Cache, tells_names_without_case_and_types_and_scopes_apart) {
  Cache cache({});
  cache.put(key_of("WWW.example.com"), positive(60), start);
  EXPECT_TRUE(cache.find(key_of("www.EXAMPLE.com"), false, start).has_value());
  EXPECT_FALSE(cache.find(key_of("www.example.com", RecordType::aaaa), false, start).has_value());
  EXPECT_FALSE(cache.find(key_of("www.example.com", RecordType::a, 3), false, start).has_value());
}

TEST(Cache, caps_ttls) {
  Cache cache({.ttl_max = 100s, .negative_ttl_max = 10s});
  cache.put(key_of("a"), positive(1'000'000), start);
  cache.put(key_of("b"), negative(1'000'000), start);
  EXPECT_EQ(cache.find(key_of("a"), false, start)->ttl_seconds, 100U);
  EXPECT_EQ(cache.find(key_of("b"), false, start)->ttl_seconds, 10U);
}

TEST(Cache, does_not_keep_what_has_no_ttl) {
  Cache cache({});
  cache.put(key_of("a"), positive(0), start);
  EXPECT_EQ(cache.size(), 0U);
}

TEST(Cache, gives_stale_answers_only_to_who_asks_and_not_for_ever) {
  Cache cache({.stale_max = 1h});
  cache.put(key_of("a"), positive(60), start);
  EXPECT_FALSE(cache.find(key_of("a"), false, start + 61s).has_value());
  const auto stale = cache.find(key_of("a"), true, start + 61s);
  ASSERT_TRUE(stale.has_value());
  EXPECT_TRUE(stale->stale);
  EXPECT_FALSE(stale->final);
  EXPECT_EQ(stale->ttl_seconds, 0U);
  EXPECT_FALSE(cache.find(key_of("a"), true, start + 60s + 1h).has_value());
  EXPECT_EQ(cache.size(), 0U);
}

TEST(Cache, never_gives_negative_answers_stale) {
  Cache cache({});
  cache.put(key_of("a"), negative(60), start);
  EXPECT_FALSE(cache.find(key_of("a"), true, start + 61s).has_value());
}

TEST(Cache, drops_the_least_used_when_full) {
  Cache probe({});
  probe.put(key_of("a"), positive(60), start);
  Cache cache({.bytes_max = 3 * probe.bytes()});
  for (const char* text : {"a", "b", "c"}) cache.put(key_of(text), positive(60), start);
  EXPECT_EQ(cache.size(), 3U);
  EXPECT_TRUE(cache.find(key_of("a"), false, start).has_value());
  cache.put(key_of("d"), positive(60), start);
  EXPECT_TRUE(cache.find(key_of("a"), false, start).has_value());
  EXPECT_FALSE(cache.find(key_of("b"), false, start).has_value());
  EXPECT_LE(cache.bytes(), 3 * probe.bytes());
}

TEST(Cache, does_not_keep_an_answer_larger_than_itself) {
  Cache cache({.bytes_max = 1000});
  cache.put(key_of("a"), positive(60, 1000), start);
  EXPECT_EQ(cache.size(), 0U);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(Cache, drops_a_scope_and_no_other) {
  Cache cache({});
  cache.put(key_of("a", RecordType::a, 1), positive(60), start);
  cache.put(key_of("a", RecordType::a, 2), positive(60), start);
  cache.drop_scope(1);
  EXPECT_FALSE(cache.find(key_of("a", RecordType::a, 1), false, start).has_value());
  EXPECT_TRUE(cache.find(key_of("a", RecordType::a, 2), false, start).has_value());
}

}  // namespace
}  // namespace bowline::core
