#include "core/dns/name/search.h"

#include "core/dns/dns_scene.h"

namespace bowline::core {
namespace {

using namespace testing;

std::vector<std::string> candidates(std::string_view text, const std::vector<std::string>& suffixes,
                                    unsigned ndots) {
  std::vector<std::string> names;
  for (const auto& candidate : search_candidates(name(text), suffixes, ndots))
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

TEST(SearchCandidates, asks_for_a_bare_label_only_if_there_is_nothing_else) {
  EXPECT_EQ(candidates("a", {"x.test"}, 1), Names{"a.x.test"});
  EXPECT_EQ(candidates("a", {}, 1), Names{"a"});
  EXPECT_EQ(candidates("a", {"x.test"}, 0), (Names{"a", "a.x.test"}));
}

TEST(SearchCandidates, leaves_out_what_is_too_long_or_never_asked) {
  const std::string label(63, 'l');
  const std::string suffix = label + '.' + label + '.' + label + '.' + label.substr(0, 60);
  EXPECT_EQ(candidates("a", {"local", ".", "not..valid", suffix, "x.test"}, 1), Names{"a.x.test"});
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

TEST(SearchWalk, settles_on_the_first_candidate_that_exists_for_any_type) {
  SearchWalk w = walk(2, 2);
  EXPECT_TRUE(w.handle(0, of(AnswerStatus::nxdomain)).answers.empty());
  EXPECT_TRUE(w.is_holding());
  const auto step = w.handle(1, of(AnswerStatus::nodata));
  EXPECT_FALSE(step.moved);
  EXPECT_EQ(step.answers.size(), 2U);
  EXPECT_EQ(w.index(), 0U);
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
