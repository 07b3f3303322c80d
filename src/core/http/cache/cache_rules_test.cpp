#include "core/http/cache/cache_rules.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/http/cache/cache_control.h"
#include "core/http/rules/http_date.h"

namespace bowline::core {
namespace {

constexpr std::int64_t noon = 1'793'000'000;
constexpr ResponseTimes at_noon{noon, noon};

wire::RequestHead asking(HttpFields fields = {}, std::string method = "GET") {
  return {.method = std::move(method), .authority = "a", .fields = std::move(fields)};
}
wire::ResponseHead answer(HttpFields fields, int status = 200) {
  return {.status = status, .fields = std::move(fields)};
}
StoredResponse kept(HttpFields fields) {
  return {.head = answer(std::move(fields)), .times = at_noon};
}
std::string date(std::int64_t seconds) { return format_http_date(seconds); }

TEST(CacheControl, is_read_without_trust) {
  const HttpFields fields{{"Cache-Control", "max-age=\"60\", NO-CACHE=\"a, b\", x=y, max-stale"},
                          {"cache-control", "stale-if-error=99999999999999999999, , immutable"}};
  const CacheControl control = parse_cache_control(fields);
  EXPECT_EQ(control.max_age, 60);
  EXPECT_TRUE(control.no_cache && control.is_immutable && control.has_max_stale);
  EXPECT_FALSE(control.max_stale.has_value());
  EXPECT_EQ(control.stale_if_error, std::int64_t{1} << 31);
  EXPECT_EQ(parse_cache_control({{"Cache-Control", "max-age=60, max-age=5"}}).max_age, 5);
  EXPECT_EQ(parse_cache_control({{"Cache-Control", "max-age=-1"}}).max_age, 0);
  EXPECT_EQ(parse_cache_control({{"Cache-Control", "max-age=1.5"}}).max_age, 0);
  EXPECT_TRUE(parse_cache_control({{"Pragma", "no-cache"}}).no_cache);
  EXPECT_FALSE(
      parse_cache_control({{"Pragma", "no-cache"}, {"Cache-Control", "max-age=1"}}).no_cache);
}

TEST(Freshness, comes_from_max_age_expires_or_a_guess) {
  const auto lifetime = [](HttpFields fields, int status = 200) {
    return freshness_lifetime(answer(std::move(fields), status), at_noon);
  };
  EXPECT_EQ(lifetime({{"Cache-Control", "max-age=5"}, {"Expires", date(noon + 60)}}), 5);
  EXPECT_EQ(lifetime({{"Expires", date(noon + 60)}}), 60);
  EXPECT_EQ(lifetime({{"Date", date(noon + 20)}, {"Expires", date(noon + 60)}}), 40);
  EXPECT_EQ(lifetime({{"Expires", "0"}}), 0);
  EXPECT_EQ(lifetime({{"Expires", date(noon + 60)}, {"Expires", date(noon + 70)}}), 0);
  EXPECT_EQ(lifetime({{"Last-Modified", date(noon - 1000)}}), 100);
  EXPECT_EQ(lifetime({{"Last-Modified", date(noon - 100'000'000)}}), 7 * 24 * 3600);
  EXPECT_EQ(lifetime({{"Last-Modified", date(noon + 10)}}), 0);
  EXPECT_EQ(lifetime({{"Last-Modified", date(noon - 1000)}}, 302), 0);
  EXPECT_EQ(lifetime({}), 0);
}

TEST(Freshness, ages_add_up) {
  const auto age = [](HttpFields fields, ResponseTimes times, std::int64_t now) {
    return current_age(answer(std::move(fields)), times, now);
  };
  EXPECT_EQ(age({}, at_noon, noon + 5), 5);
  EXPECT_EQ(age({{"Age", "10"}}, {noon - 2, noon}, noon + 5), 17);
  EXPECT_EQ(age({{"Date", date(noon - 30)}}, at_noon, noon + 5), 35);
  EXPECT_EQ(age({{"Date", date(noon + 30)}}, at_noon, noon + 5), 5);
  EXPECT_EQ(age({{"Age", "x"}}, at_noon, noon - 100), 0);
  EXPECT_EQ(age({{"Age", "7, 9"}}, at_noon, noon), 7);
}

TEST(CacheRules, threat_94_what_a_private_cache_keeps) {
  const auto stores = [](HttpFields request, HttpFields response, int status = 200,
                         std::string method = "GET") {
    return may_store(asking(std::move(request), std::move(method)),
                     answer(std::move(response), status), at_noon);
  };
  EXPECT_TRUE(stores({}, {{"Cache-Control", "max-age=1"}}));
  EXPECT_TRUE(stores({}, {{"Cache-Control", "private, max-age=1"}}));
  EXPECT_TRUE(stores({{"Authorization", "x"}}, {{"Cache-Control", "max-age=1"}}));
  EXPECT_TRUE(stores({}, {{"ETag", "\"a\""}}));
  EXPECT_TRUE(stores({}, {{"Cache-Control", "max-age=1"}}, 599));
  EXPECT_TRUE(stores({}, {{"Cache-Control", "no-store, must-understand, max-age=1"}}));
  EXPECT_FALSE(stores({}, {{"Cache-Control", "no-store, must-understand, max-age=1"}}, 299));
  EXPECT_FALSE(stores({}, {}));
  EXPECT_FALSE(stores({}, {{"Cache-Control", "no-store, max-age=1"}}));
  EXPECT_FALSE(stores({{"Cache-Control", "no-store"}}, {{"Cache-Control", "max-age=1"}}));
  EXPECT_FALSE(stores({}, {{"Cache-Control", "max-age=1"}, {"Vary", "a, *"}}));
  EXPECT_FALSE(stores({}, {{"Cache-Control", "max-age=1"}}, 206));
  EXPECT_FALSE(stores({}, {{"Cache-Control", "max-age=1"}}, 304));
  EXPECT_FALSE(stores({}, {{"Cache-Control", "max-age=1"}}, 200, "POST"));
  EXPECT_FALSE(stores({{"Range", "bytes=0-1"}}, {{"Cache-Control", "max-age=1"}}));
}

TEST(CacheRules, threat_94_vary_selects_among_responses) {
  const wire::RequestHead first = asking({{"Accept-Language", "de,  en"}, {"X", "1"}});
  StoredResponse stored = kept({{"Vary", "accept-language, Accept"}, {"Vary", "y"}});
  stored.request_fields = fields_named_by_vary(first, stored.head);
  EXPECT_EQ(stored.request_fields.size(), 1U);
  EXPECT_TRUE(fits_request(stored, first));
  EXPECT_TRUE(fits_request(stored, asking({{"accept-language", "de"}, {"accept-language", "en"}})));
  EXPECT_TRUE(fits_request(stored, asking({{"Accept-Language", "de,en"}}, "HEAD")));
  EXPECT_FALSE(fits_request(stored, asking({{"Accept-Language", "en, de"}})));
  EXPECT_FALSE(fits_request(stored, asking({{"Accept-Language", "de, en"}, {"Accept", ""}})));
  EXPECT_FALSE(fits_request(stored, asking()));
  EXPECT_FALSE(fits_request(stored, asking({{"Accept-Language", "de, en"}}, "POST")));
}

TEST(CacheRules, threat_94_when_a_response_is_used) {
  const auto use = [](HttpFields request, HttpFields response, std::int64_t later) {
    return judge_use(kept(std::move(response)), asking(std::move(request)), noon + later);
  };
  const HttpFields minute{{"Cache-Control", "max-age=60"}};
  EXPECT_EQ(use({}, minute, 59), CacheUse::fresh);
  EXPECT_EQ(use({}, minute, 60), CacheUse::validate);
  EXPECT_EQ(use({{"Cache-Control", "no-cache"}}, minute, 1), CacheUse::validate);
  EXPECT_EQ(use({{"Cache-Control", "max-age=10"}}, minute, 11), CacheUse::validate);
  EXPECT_EQ(use({{"Cache-Control", "min-fresh=10"}}, minute, 51), CacheUse::validate);
  EXPECT_EQ(use({{"Cache-Control", "min-fresh=10"}}, minute, 50), CacheUse::fresh);
  EXPECT_EQ(use({{"Cache-Control", "max-stale=10"}}, minute, 70), CacheUse::stale);
  EXPECT_EQ(use({{"Cache-Control", "max-stale=10"}}, minute, 71), CacheUse::validate);
  EXPECT_EQ(use({{"Cache-Control", "max-stale"}}, minute, 100'000), CacheUse::stale);
  EXPECT_EQ(use({}, {{"Cache-Control", "no-cache, max-age=60"}}, 1), CacheUse::validate);
  EXPECT_EQ(
      use({{"Cache-Control", "max-stale"}}, {{"Cache-Control", "max-age=1, must-revalidate"}}, 5),
      CacheUse::validate);
  const HttpFields lazy{{"Cache-Control", "max-age=60, stale-while-revalidate=30"}};
  EXPECT_EQ(use({}, lazy, 90), CacheUse::revalidating);
  EXPECT_EQ(use({}, lazy, 91), CacheUse::validate);
  const HttpFields fixed{{"Cache-Control", "max-age=60, immutable"}};
  EXPECT_EQ(use({{"Cache-Control", "no-cache"}}, fixed, 1), CacheUse::fresh);
  EXPECT_EQ(use({}, fixed, 61), CacheUse::validate);
}

TEST(CacheRules, a_stale_response_stands_in_for_an_error_if_it_may) {
  const auto stands_in = [](HttpFields request, HttpFields response, std::int64_t later) {
    return may_stand_in(kept(std::move(response)), asking(std::move(request)), noon + later);
  };
  EXPECT_TRUE(stands_in({}, {{"Cache-Control", "max-age=1, stale-if-error=10"}}, 11));
  EXPECT_FALSE(stands_in({}, {{"Cache-Control", "max-age=1, stale-if-error=10"}}, 12));
  EXPECT_FALSE(stands_in({}, {{"Cache-Control", "max-age=1"}}, 2));
  EXPECT_TRUE(
      stands_in({{"Cache-Control", "stale-if-error=5"}}, {{"Cache-Control", "max-age=1"}}, 2));
  EXPECT_FALSE(
      stands_in({}, {{"Cache-Control", "max-age=1, stale-if-error=10, must-revalidate"}}, 2));
}

TEST(CacheRules, threat_94_a_304_freshens_all_but_the_body) {
  StoredResponse stored = kept({{"ETag", "\"a\""},
                                {"Last-Modified", date(noon - 10)},
                                {"Age", "5"},
                                {"X", "1"},
                                {"X", "2"},
                                {"Content-Length", "3"},
                                {"Content-Type", "a/b"}});
  wire::RequestHead request = asking();
  EXPECT_TRUE(add_conditions(stored, request));
  EXPECT_EQ(request.fields.find("If-None-Match"), "\"a\"");
  EXPECT_EQ(request.fields.find("If-Modified-Since"), date(noon - 10));
  EXPECT_FALSE(add_conditions(stored, request));  // it has its own now
  wire::RequestHead plain = asking();
  EXPECT_FALSE(add_conditions(kept({}), plain));
  freshen(stored,
          answer({{"X", "3"},
                  {"X", "4"},
                  {"Content-Length", "0"},
                  {"Content-Type", "c/d"},
                  {"Cache-Control", "max-age=9"},
                  {"Connection", "close"}},
                 304),
          {noon + 100, noon + 100});
  EXPECT_EQ(stored.head.fields.combined("X"), "3, 4");
  EXPECT_EQ(stored.head.fields.find("Content-Length"), "3");
  EXPECT_EQ(stored.head.fields.find("Content-Type"), "a/b");
  EXPECT_FALSE(stored.head.fields.contains("Connection") || stored.head.fields.contains("Age"));
  EXPECT_EQ(judge_use(stored, asking(), noon + 105), CacheUse::fresh);
  EXPECT_EQ(age_of(stored, noon + 105), "5");
}

TEST(CacheRules, threat_94_unsafe_methods_invalidate_within_their_origin) {
  const Url url = Url::parse("https://a/b#c").value();
  const auto texts = [&url](const std::string& method, HttpFields fields, int status = 200) {
    std::string all;
    for (const Url& one : invalidated_by(url, method, answer(std::move(fields), status)))
      all += one.text() + " ";
    return all;
  };
  EXPECT_EQ(texts("POST", {{"Location", "/d"}, {"Content-Location", "https://b/"}}),
            "https://a/b https://a/d ");
  EXPECT_EQ(texts("DELETE", {}), "https://a/b ");
  EXPECT_EQ(texts("X-OWN", {}, 301), "https://a/b ");
  EXPECT_EQ(texts("POST", {}, 500), "");
  EXPECT_EQ(texts("GET", {{"Location", "/d"}}), "");
}

TEST(CacheRules, threat_94_what_was_for_one_connection_is_not_kept) {
  HttpFields fields{{"Connection", "a, B"},
                    {"A", "1"},
                    {"b", "2"},
                    {"c", "3"},
                    {"Keep-Alive", "x"},
                    {"Content-Length", "3"},
                    {"Proxy-Authenticate", "Basic"}};
  remove_hop_fields(fields);
  EXPECT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields.find("c"), "3");
  EXPECT_EQ(fields.find("content-length"), "3");
}

}  // namespace
}  // namespace bowline::core
