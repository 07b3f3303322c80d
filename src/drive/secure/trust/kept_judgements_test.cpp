#include "drive/secure/trust/kept_judgements.h"

#include <gtest/gtest.h>

#include "drive/secure/trust/trust_bench.h"

namespace bowline::drive {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

/// A judge that trusts one root, and a server below it.
struct JudgedTwice : testing::Test {
  JudgedTwice() {
    question.chain = {leaf.der};
    question.peer_name = "host.example";
    facts.trusted = true;
    facts.chain = {maker.library->describe(leaf.der, {}).value()};
  }
  void keep(ports::WallTime when = TestAuthority::now) { kept.keep(question, roots, facts, when); }
  [[nodiscard]] bool knows(ports::WallTime when = TestAuthority::now) {
    return kept.find(question, roots, when) != nullptr;
  }

  TestAuthority maker;
  TestAuthority::Made leaf = maker.make(TestAuthority::leaf_plan("host.example"), &maker.root);
  ports::TlsQuestion question;
  Certificate::Digest roots{};
  TrustReport::Facts facts;
  KeptJudgements kept;
};

TEST_F(JudgedTwice, the_same_question_has_the_same_answer_for_half_an_hour) {
  EXPECT_FALSE(knows());
  keep();
  EXPECT_TRUE(knows());
  EXPECT_TRUE(knows(TestAuthority::now + minutes(29)));
  EXPECT_FALSE(knows(TestAuthority::now + minutes(30)));
  EXPECT_EQ(kept.size(), 0U);
}

TEST_F(JudgedTwice, another_question_has_none) {
  keep();
  const auto another = [&](auto change) {
    ports::TlsQuestion asked = question;
    change(asked);
    return kept.find(asked, roots, TestAuthority::now) != nullptr;
  };
  EXPECT_FALSE(another([](auto& asked) { asked.peer_name = "other.example"; }));
  EXPECT_FALSE(another([](auto& asked) { asked.peer_is_server = false; }));
  EXPECT_FALSE(another([](auto& asked) { asked.is_raw_key = true; }));
  EXPECT_FALSE(another([](auto& asked) { asked.chain.front().back() ^= std::byte{1}; }));
  EXPECT_FALSE(another([](auto& asked) { asked.chain.push_back(asked.chain.front()); }));
  EXPECT_FALSE(another([](auto& asked) { asked.staples.resize(1); })) << "it may say revoked";
  EXPECT_TRUE(another([](auto& asked) { asked.is_resumed = true; }));
}

TEST_F(JudgedTwice, other_roots_or_a_clock_set_back_ask_anew) {
  keep();
  Certificate::Digest others{};
  others[0] = std::byte{1};
  EXPECT_EQ(kept.find(question, others, TestAuthority::now), nullptr);
  keep();
  EXPECT_FALSE(knows(TestAuthority::now - std::chrono::seconds(1)));
}

TEST_F(JudgedTwice, what_may_turn_bad_unseen_is_not_kept) {
  facts.trusted = false;
  keep();
  facts.trusted = true;
  question.staples.resize(1);
  keep();
  question.staples.clear();
  keep(facts.chain.front().not_after());
  EXPECT_EQ(kept.size(), 0U);
  const ports::WallTime shortly = facts.chain.front().not_after() - minutes(1);
  keep(shortly);
  EXPECT_TRUE(knows(shortly + std::chrono::seconds(59)));
  EXPECT_FALSE(knows(shortly + minutes(1))) << "the certificate is over";
  question.chain.front().resize(KeptJudgements::chain_bytes_max + 1);
  keep();
  EXPECT_EQ(kept.size(), 0U);
}

TEST_F(JudgedTwice, the_one_used_least_lately_goes_for_a_new_one) {
  const auto ask_as = [&](std::size_t number) { question.peer_name = std::to_string(number); };
  for (std::size_t i = 0; i < KeptJudgements::kept_max; ++i) {
    ask_as(i);
    keep();
  }
  ask_as(0);
  EXPECT_TRUE(knows());
  ask_as(1000);
  keep();
  EXPECT_EQ(kept.size(), KeptJudgements::kept_max);
  ask_as(0);
  EXPECT_TRUE(knows());
  ask_as(1);
  EXPECT_FALSE(knows());
}

}  // namespace
}  // namespace bowline::drive
