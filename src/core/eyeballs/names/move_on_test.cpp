#include "core/eyeballs/names/move_on.h"

#include <gtest/gtest.h>

#include <array>

namespace bowline::core {
namespace {

using namespace std::chrono_literals;

constexpr Instant start{1s};

/// A group by what matters here: `settled`, `open` (answers may come), or `dead`.
class Groups {
 public:
  Groups& add(std::uint32_t priority, bool has_addresses, bool is_preferred_settled,
              bool is_pending) {
    ServiceGroup& group = all_.emplace_back();
    group.priority = priority;
    group.addresses = {&none_, has_addresses ? &one_ : &none_};
    group.is_preferred_settled = is_preferred_settled;
    group.is_pending = is_pending;
    return *this;
  }
  [[nodiscard]] std::span<const ServiceGroup> all() const { return all_; }

 private:
  RankedAddresses none_;
  RankedAddresses one_{1};
  std::vector<ServiceGroup> all_;
};

TEST(MoveOnTest, needs_an_address) {
  MoveOnTest test(50ms);
  Groups groups;
  groups.add(1, false, true, false);
  EXPECT_FALSE(test.may_start(groups.all(), true, start));
  EXPECT_FALSE(test.deadline().has_value());
}

TEST(MoveOnTest, moves_on_when_preferred_family_and_services_are_known) {
  MoveOnTest test(50ms);
  Groups groups;
  groups.add(1, true, true, true);
  EXPECT_TRUE(test.may_start(groups.all(), true, start));
  EXPECT_FALSE(test.deadline().has_value());
}

TEST(MoveOnTest, waits_out_the_delay_from_the_first_address) {
  for (const bool services : {false, true}) {
    MoveOnTest test(50ms);
    Groups groups;
    groups.add(1, true, !services, true);
    EXPECT_FALSE(test.may_start(groups.all(), services, start));
    EXPECT_EQ(test.deadline(), start + 50ms);
    EXPECT_FALSE(test.may_start(groups.all(), services, start + 49ms));
    EXPECT_TRUE(test.may_start(groups.all(), services, start + 50ms));
    EXPECT_FALSE(test.deadline().has_value());
  }
}

TEST(MoveOnTest, one_of_equal_groups_is_enough) {
  MoveOnTest test(50ms);
  Groups groups;
  groups.add(1, false, false, true).add(1, true, true, false);
  EXPECT_TRUE(test.may_start(groups.all(), true, start));
}

TEST(MoveOnTest, a_better_group_that_is_still_open_is_waited_for) {
  MoveOnTest test(50ms);
  Groups groups;
  groups.add(1, false, false, true).add(2, true, true, false);
  EXPECT_FALSE(test.may_start(groups.all(), true, start));
  EXPECT_TRUE(test.may_start(groups.all(), true, start + 50ms));
}

TEST(MoveOnTest, a_better_group_that_is_dead_is_not) {
  MoveOnTest test(50ms);
  Groups groups;
  groups.add(1, false, true, false).add(2, true, true, false);
  EXPECT_TRUE(test.may_start(groups.all(), true, start));
}

}  // namespace
}  // namespace bowline::core
