#include "core/eyeballs/names/lookups.h"

#include <cerrno>

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

class LookupsTest : public testing::Test {
 protected:
  LookupsTest() {
    target.name = "a.example";
    target.port = 443;
    target.query_service = true;
    lookups.start(ranker, now);
  }

  std::string asked() {
    std::string text;
    while (const auto ask = lookups.poll_ask())
      text += (text.empty() ? "" : " ") + ask->name + "/" + std::to_string(ask->queries.size());
    return text;
  }

  static RaceAnswer answer(RaceQuery query, std::string name = "a.example") {
    RaceAnswer made;
    made.name = std::move(name);
    made.query = query;
    made.positive = true;
    return made;
  }

  static RaceAnswer ipv6(std::initializer_list<const char*> texts) {
    RaceAnswer made = answer(RaceQuery::ipv6);
    for (const char* text : texts) {
      const IpAddress address = IpAddress::parse(text).value();
      made.addresses.push_back({address, address, false});
    }
    return made;
  }

  static RaceAnswer negative(RaceQuery query, ErrorKind kind, std::string name = "a.example") {
    RaceAnswer made = answer(query, std::move(name));
    made.positive = false;
    made.error = Error(kind, "resolve", "scripted");
    return made;
  }

  static RaceAnswer alias(std::string to, std::string name = "a.example") {
    RaceAnswer made = answer(RaceQuery::service, std::move(name));
    made.alias = std::move(to);
    return made;
  }

  static RaceAnswer service(std::string to, std::uint16_t priority = 1) {
    RaceAnswer made = answer(RaceQuery::service);
    made.services.emplace_back().target = std::move(to);
    made.services.back().priority = priority;
    return made;
  }

  bool take(RaceAnswer given) { return lookups.take(std::move(given), ranker, now); }

  const Instant now{1s};
  Race::Options options;
  Race::Target target;
  AddressRanker ranker{RankingRules{&PolicyTable::rfc6724(), nullptr, Family::ipv6}, std::nullopt,
                       64};
  Lookups lookups{options, target};
};

TEST_F(LookupsTest, asks_about_the_target_and_waits) {
  EXPECT_EQ(asked(), "a.example/3");
  EXPECT_TRUE(lookups.is_pending());
  EXPECT_FALSE(lookups.is_service_settled());
}

TEST_F(LookupsTest, is_done_when_each_query_is_answered) {
  EXPECT_TRUE(take(ipv6({"2001:db8::1"})));
  EXPECT_TRUE(take(negative(RaceQuery::ipv4, ErrorKind::name_not_found)));
  EXPECT_TRUE(take(negative(RaceQuery::service, ErrorKind::name_not_found)));
  EXPECT_FALSE(lookups.is_pending());
  EXPECT_TRUE(lookups.is_service_settled());
  EXPECT_TRUE(lookups.has_addresses());
}

TEST_F(LookupsTest, a_stale_answer_counts_until_the_fresh_one_comes) {
  RaceAnswer stale = ipv6({"2001:db8::1"});
  stale.stale = true;
  EXPECT_TRUE(take(stale));
  EXPECT_TRUE(lookups.names()[0].query(RaceQuery::ipv6).is_answered);
  EXPECT_TRUE(lookups.names()[0].query(RaceQuery::ipv6).is_pending);
  EXPECT_TRUE(take(ipv6({"2001:db8::2"})));
  EXPECT_FALSE(lookups.names()[0].query(RaceQuery::ipv6).is_pending);
  EXPECT_FALSE(take(stale)) << "older than what is known";
}

TEST_F(LookupsTest, a_stale_no_is_ignored) {
  RaceAnswer stale = negative(RaceQuery::ipv6, ErrorKind::name_not_found);
  stale.stale = true;
  EXPECT_FALSE(take(stale));
  EXPECT_FALSE(lookups.names()[0].query(RaceQuery::ipv6).is_answered);
}

TEST_F(LookupsTest, follows_service_targets_once) {
  EXPECT_EQ(asked(), "a.example/3");
  take(service("b.example"));
  EXPECT_EQ(asked(), "b.example/2");
  take(service("b.example"));
  EXPECT_EQ(asked(), "");
  take(service(""));
  EXPECT_EQ(asked(), "");
  EXPECT_EQ(lookups.names()[0].services.at(0).target, 0);
}

TEST_F(LookupsTest, a_refreshed_alias_replaces_the_chain) {
  take(alias("b.example"));
  take(alias("c.example", "b.example"));
  EXPECT_EQ(lookups.names()[lookups.chain_end()].name, "c.example");
  take(alias("d.example"));
  EXPECT_EQ(lookups.names()[lookups.chain_end()].name, "d.example");
  take(alias("b.example", "d.example"));
  EXPECT_EQ(lookups.names()[lookups.chain_end()].name, "c.example") << "where b.example leads";
  take(service(""));
  EXPECT_EQ(lookups.chain_end(), 0);
}

TEST_F(LookupsTest, a_name_off_the_chain_does_not_lead_it_on) {
  take(alias("b.example"));
  take(alias("c.example"));
  take(alias("d.example", "b.example"));
  EXPECT_EQ(lookups.names()[lookups.chain_end()].name, "c.example");
}

TEST_F(LookupsTest, an_alias_to_the_root_leads_nowhere) {
  take(alias("."));
  EXPECT_EQ(lookups.chain_end(), 0);
  EXPECT_TRUE(lookups.is_service_settled());
}

TEST_F(LookupsTest, a_lost_source_leaves_its_addresses_without_a_route) {
  RaceAnswer answer = ipv6({"2001:db8::1", "2001:db8::2"});
  take(answer);
  lookups.forget_source(IpAddress::parse("2001:db8::1").value());
  const RankedAddresses& known = lookups.names()[0].addresses[std::size_t(Family::ipv6)];
  ASSERT_EQ(known.size(), 2u);
  EXPECT_EQ(to_string(known[0].remote), "2001:db8::2");
  EXPECT_FALSE(known[1].source.has_value());
}

TEST_F(LookupsTest, the_error_is_that_of_a_query_that_failed) {
  take(negative(RaceQuery::service, ErrorKind::timed_out));
  take(negative(RaceQuery::ipv6, ErrorKind::name_not_found));
  take(negative(RaceQuery::ipv4, ErrorKind::name_not_found));
  EXPECT_EQ(lookups.error().kind(), ErrorKind::name_not_found);
  take(negative(RaceQuery::ipv4, ErrorKind::timed_out));
  EXPECT_EQ(lookups.error().kind(), ErrorKind::resolution_failed);
  EXPECT_EQ(lookups.error().subject(), "a.example");
}

TEST(Lookups, a_failure_to_resolve_keeps_its_code_sentence_and_attempts) {
  const Error cause = Error(ErrorKind::timed_out, ErrorDomain::dns, 2, "ask", "EDE 22")
                          .with_attempts({Error::from_errno(ETIMEDOUT, "ask")});
  const Error failure = as_resolution_failure(cause);
  EXPECT_EQ(failure.kind(), ErrorKind::resolution_failed);
  EXPECT_EQ(failure.domain(), ErrorDomain::dns);
  EXPECT_EQ(failure.code(), 2);
  EXPECT_EQ(failure.message(), "EDE 22");
  EXPECT_EQ(failure.attempts().size(), 1u);
}

TEST(Lookups, a_shortage_of_this_host_stays_one) {
  EXPECT_EQ(as_resolution_failure(Error::from_errno(EMFILE, "open")).kind(),
            ErrorKind::resources_exhausted);
}

TEST_F(LookupsTest, counts_what_is_beyond_the_caps) {
  RaceAnswer answer = ipv6({});
  answer.addresses.resize(100);
  take(answer);
  EXPECT_EQ(lookups.dropped(), 36u);
  EXPECT_EQ(lookups.names()[0].addresses[std::size_t(Family::ipv6)].size(), 64u);
}

}  // namespace
}  // namespace bowline::core
