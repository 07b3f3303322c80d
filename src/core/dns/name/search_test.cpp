#include "core/dns/name/search.h"

#include "core/dns/dns_scene.h"

namespace bowline::core {
namespace {

using namespace testing;

std::vector<std::string> candidates(std::string_view text, const std::vector<std::string>& suffixes,
                                    unsigned ndots, bool bare_labels = true) {
  std::vector<std::string> names;
  for (const auto& candidate :
       search_candidates(name(text), suffixes, {ndots, bare_labels}, SpecialNames()))
    names.push_back(to_string(candidate));
  return names;
}

using Names = std::vector<std::string>;

TEST(IsAbsolute, looks_for_a_last_dot_that_is_not_escaped) {
  EXPECT_TRUE(is_absolute("a."));
  EXPECT_TRUE(is_absolute("."));
  EXPECT_FALSE(is_absolute("a"));
  EXPECT_FALSE(is_absolute("a\\."));
  EXPECT_TRUE(is_absolute("a\\\\."));
  EXPECT_FALSE(is_absolute(""));
}

TEST(SearchCandidates, puts_the_name_itself_first_if_it_has_enough_dots) {
  EXPECT_EQ(candidates("a.b", {"x.test", "y.test"}, 1), (Names{"a.b", "a.b.x.test", "a.b.y.test"}));
  EXPECT_EQ(candidates("a.b", {"x.test", "y.test"}, 2), (Names{"a.b.x.test", "a.b.y.test", "a.b"}));
}

// resolv.conf(5), and what glibc makes of it.
TEST(SearchCandidates, orders_the_name_itself_and_the_suffixes_as_the_manual_page_says) {
  struct Row {
    const char* name;
    Names search;
    unsigned ndots;
    Names expected;
    bool bare_labels = true;
  };
  const Row rows[] = {
      {"a", {"x.test"}, 1, {"a.x.test", "a"}},
      {"a", {"x.test"}, 1, {"a.x.test"}, false},
      {"a", {"x.test"}, 0, {"a", "a.x.test"}},
      {"a", {}, 1, {"a"}},
      {"a", {}, 1, {"a"}, false},
      {"a.b", {"x.test"}, 1, {"a.b", "a.b.x.test"}},
      {"a.b", {"x.test"}, 2, {"a.b.x.test", "a.b"}},
      {"a.b", {"x.test"}, 2, {"a.b.x.test", "a.b"}, false},
      {"a.b", {"x.test"}, 15, {"a.b.x.test", "a.b"}},
      {"a.b.c.d.e.f", {"x.test"}, 5, {"a.b.c.d.e.f", "a.b.c.d.e.f.x.test"}},
      {"a.b.c.d.e", {"x.test"}, 5, {"a.b.c.d.e.x.test", "a.b.c.d.e"}},
      {"a", {"."}, 1, {"a"}},
      {"a", {"x.test", ".", "y.test"}, 1, {"a.x.test", "a", "a.y.test"}},
      {"a.b", {"."}, 1, {"a.b"}},
      {"web",
       {"shop.svc.cluster.local", "svc.cluster.local", "cluster.local"},
       5,
       {"web.shop.svc.cluster.local", "web.svc.cluster.local", "web.cluster.local", "web"}},
  };
  for (const Row& row : rows)
    EXPECT_EQ(candidates(row.name, row.search, row.ndots, row.bare_labels), row.expected)
        << row.name << ' ' << row.ndots;
}

TEST(SearchCandidates, leaves_out_what_is_too_long_or_never_asked) {
  const std::string label(63, 'l');
  const std::string suffix = label + '.' + label + '.' + label + '.' + label.substr(0, 60);
  EXPECT_EQ(candidates("a", {"invalid", "not..valid", suffix, "x.test"}, 1, false),
            Names{"a.x.test"});
}

Answer of(AnswerStatus status) {
  Answer answer;
  answer.status = status;
  return answer;
}

SearchWalk walk(std::size_t names, std::size_t types) {
  std::vector<DnsName> all;
  for (std::size_t i = 0; i < names; ++i) all.push_back(name("n" + std::to_string(i)));
  return SearchWalk(std::move(all), types);
}

TEST(SearchWalk, settles_on_the_first_candidate_with_a_record_of_any_type) {
  SearchWalk w = walk(2, 2);
  EXPECT_TRUE(w.handle(0, of(AnswerStatus::nodata)).answers.empty());
  EXPECT_TRUE(w.is_holding());
  const auto step = w.handle(1, of(AnswerStatus::ok));
  EXPECT_FALSE(step.moved);
  EXPECT_EQ(step.answers.size(), 2U);
  EXPECT_EQ(w.index(), 0U);
}

TEST(SearchWalk, goes_on_where_a_name_has_nothing_of_what_is_asked_and_reports_that) {
  SearchWalk w = walk(3, 2);
  (void)w.handle(0, of(AnswerStatus::nodata));
  EXPECT_TRUE(w.handle(1, of(AnswerStatus::nodata)).moved);
  (void)w.handle(0, of(AnswerStatus::servfail));
  EXPECT_TRUE(w.handle(1, of(AnswerStatus::nxdomain)).moved);
  EXPECT_EQ(w.handle(0, of(AnswerStatus::nxdomain)).answers.at(0).second.status,
            AnswerStatus::nodata);
  EXPECT_EQ(w.handle(1, of(AnswerStatus::nxdomain)).answers.at(0).second.status,
            AnswerStatus::nodata);
}

TEST(SearchWalk, waits_longer_for_a_name_that_exists) {
  SearchWalk w = walk(2, 2);
  (void)w.handle(0, of(AnswerStatus::nodata));
  const auto impatient = w.conclude();
  EXPECT_FALSE(impatient.moved);
  EXPECT_TRUE(impatient.answers.empty());
  EXPECT_EQ(w.handle(1, of(AnswerStatus::ok)).answers.size(), 2U);
}

TEST(SearchWalk, stays_with_a_name_that_exists_when_the_rest_is_silence) {
  SearchWalk w = walk(2, 2);
  (void)w.handle(0, of(AnswerStatus::nodata));
  const auto step = w.handle(1, of(AnswerStatus::timeout));
  EXPECT_FALSE(step.moved);
  EXPECT_EQ(step.answers.size(), 2U);
}

TEST(SearchWalk, hands_out_the_first_good_answer_at_once) {
  SearchWalk w = walk(2, 2);
  EXPECT_EQ(w.handle(1, of(AnswerStatus::ok)).answers.size(), 1U);
  EXPECT_EQ(w.handle(0, of(AnswerStatus::nxdomain)).answers.size(), 1U)
      << "the candidate is settled";
}

TEST(SearchWalk, moves_on_when_all_types_say_nxdomain) {
  SearchWalk w = walk(2, 2);
  (void)w.handle(0, of(AnswerStatus::nxdomain));
  EXPECT_TRUE(w.handle(1, of(AnswerStatus::nxdomain)).moved);
  EXPECT_EQ(w.index(), 1U);
  EXPECT_EQ(w.handle(0, of(AnswerStatus::nxdomain)).answers.size(), 1U)
      << "the last one: nothing to wait for";
}

TEST(SearchWalk, reports_a_server_failure_on_the_way_instead_of_nxdomain) {
  SearchWalk w = walk(3, 1);
  EXPECT_TRUE(w.handle(0, of(AnswerStatus::servfail)).moved);
  EXPECT_TRUE(w.handle(0, of(AnswerStatus::nxdomain)).moved);
  const auto last = w.handle(0, of(AnswerStatus::nxdomain));
  ASSERT_EQ(last.answers.size(), 1U);
  EXPECT_EQ(last.answers[0].second.status, AnswerStatus::servfail);
}

TEST(SearchWalk, takes_a_find_after_a_server_failure) {
  SearchWalk w = walk(2, 1);
  (void)w.handle(0, of(AnswerStatus::servfail));
  EXPECT_EQ(w.handle(0, of(AnswerStatus::ok)).answers.at(0).second.status, AnswerStatus::ok);
}

TEST(SearchWalk, ends_where_nobody_answers) {
  SearchWalk w = walk(2, 2);
  (void)w.handle(0, of(AnswerStatus::timeout));
  const auto step = w.handle(1, of(AnswerStatus::timeout));
  EXPECT_FALSE(step.moved);
  EXPECT_EQ(step.answers.size(), 2U);
}

TEST(SearchWalk, does_not_wait_for_types_that_are_excluded) {
  SearchWalk w = walk(2, 2);
  w.exclude();
  EXPECT_TRUE(w.handle(1, of(AnswerStatus::nxdomain)).moved);
}

TEST(SearchWalk, moves_on_what_it_has_when_patience_ends) {
  SearchWalk w = walk(2, 2);
  (void)w.handle(0, of(AnswerStatus::nxdomain));
  EXPECT_TRUE(w.conclude().moved);
}

}  // namespace
}  // namespace bowline::core
