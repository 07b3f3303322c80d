#include "core/eyeballs/order/service_order.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

class ServiceOrderTest : public testing::Test {
 protected:
  ServiceOrderTest() {
    target.name = "a.example";
    target.port = 443;
    target.protocols = {CandidateProtocol::tls};
    target.query_service = true;
  }

  static RaceService service(std::uint16_t priority, std::string name) {
    RaceService made;
    made.priority = priority;
    made.target = std::move(name);
    return made;
  }

  /// `b.example:443 a.example:443`
  std::string order(std::vector<RaceService> services, std::uint64_t seed = 1) {
    Lookups lookups(options, target);
    lookups.start(ranker, Instant(1s));
    RaceAnswer answer;
    answer.name = "a.example";
    answer.query = RaceQuery::service;
    answer.positive = true;
    answer.services = std::move(services);
    lookups.take(std::move(answer), ranker, Instant(1s));
    order_services(target, Family::ipv6, lookups, seed, groups);
    std::string text;
    for (const ServiceGroup& group : groups)
      text += (text.empty() ? "" : " ") + lookups.names()[group.name].name + ":" +
              std::to_string(group.port);
    return text;
  }

  Race::Options options;
  Race::Target target;
  AddressRanker ranker{RankingRules{&PolicyTable::rfc6724(), nullptr, Family::ipv6}, std::nullopt,
                       64};
  std::vector<ServiceGroup> groups;
};

TEST_F(ServiceOrderTest, without_records_there_is_the_name) {
  EXPECT_EQ(order({}), "a.example:443");
}

TEST_F(ServiceOrderTest, goes_by_priority_and_the_name_last) {
  EXPECT_EQ(order({service(20, "c.example"), service(3, "b.example")}),
            "b.example:443 c.example:443 a.example:443");
}

TEST_F(ServiceOrderTest, a_record_about_the_name_takes_its_place) {
  EXPECT_EQ(order({service(2, "a.example"), service(1, "b.example")}),
            "b.example:443 a.example:443");
}

TEST_F(ServiceOrderTest, a_record_with_another_port_leaves_the_name_as_fall_back) {
  RaceService other_port = service(1, "a.example");
  other_port.port = 8443;
  EXPECT_EQ(order({other_port}), "a.example:8443 a.example:443");
}

TEST_F(ServiceOrderTest, equal_priorities_keep_one_order_per_seed) {
  const std::vector<RaceService> records{service(1, "b.example"), service(1, "c.example"),
                                         service(1, "d.example")};
  std::vector<std::string> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    EXPECT_EQ(order(records, seed), order(records, seed));
    seen.push_back(order(records, seed));
  }
  std::ranges::sort(seen);
  EXPECT_NE(seen.front(), seen.back());
}

TEST_F(ServiceOrderTest, leaves_out_what_the_application_cannot_use) {
  RaceService only_quic = service(1, "b.example");
  only_quic.alpn = {"h3"};
  only_quic.no_default_alpn = true;
  EXPECT_EQ(order({only_quic}), "a.example:443");
  only_quic.target = "a.example";
  EXPECT_EQ(order({only_quic}), "");
}

TEST_F(ServiceOrderTest, who_requires_ech_has_no_fall_back) {
  target.require_ech = true;
  RaceService with_ech = service(2, "c.example");
  with_ech.ech = {std::byte{1}};
  EXPECT_EQ(order({service(1, "b.example"), with_ech}), "c.example:443");
  EXPECT_EQ(order({}), "");
}

}  // namespace
}  // namespace bowline::core
