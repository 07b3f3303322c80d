#include "core/eyeballs/order/policy_table.h"

#include <gtest/gtest.h>

#include <array>

namespace bowline::core {
namespace {

struct PolicyRow {
  const char* address;
  unsigned precedence;
  unsigned label;
};

void expect_rows(const PolicyTable& table, std::span<const PolicyRow> rows) {
  for (const PolicyRow& row : rows) {
    const PolicyEntry& entry = table.lookup(IpAddress::parse(row.address).value());
    EXPECT_EQ(entry.precedence, row.precedence) << row.address;
    EXPECT_EQ(entry.label, row.label) << row.address;
  }
}

TEST(PolicyTable, rfc6724_gives_the_rows_of_its_section_2_1) {
  constexpr std::array<PolicyRow, 11> rows{{{"::1", 50, 0},
                                            {"2400::1", 40, 1},
                                            {"192.0.2.1", 35, 4},
                                            {"::ffff:192.0.2.1", 35, 4},
                                            {"2002:c000:201::1", 30, 2},
                                            {"2001:0:1::1", 5, 5},
                                            {"2001:db8::1", 40, 1},
                                            {"fd00::1", 3, 13},
                                            {"::192.0.2.1", 1, 3},
                                            {"fec0::1", 1, 11},
                                            {"3ffe::1", 1, 12}}};
  expect_rows(PolicyTable::rfc6724(), rows);
}

TEST(PolicyTable, the_update_puts_unique_local_above_ipv4_and_its_own_above_all) {
  const std::array own{IpPrefix::parse("fd00:1::/48").value()};
  constexpr std::array<PolicyRow, 5> rows{{{"fd00:1::5", 45, 14},
                                           {"fd00:2::5", 30, 13},
                                           {"192.0.2.1", 20, 4},
                                           {"2002:c000:201::1", 5, 2},
                                           {"2400::1", 40, 1}}};
  expect_rows(PolicyTable::rfc6724_update(own), rows);
}

TEST(PolicyTable, always_finds_something) {
  constexpr std::array<PolicyRow, 2> rows{{{"2400::1", 40, 1}, {"192.0.2.1", 40, 1}}};
  expect_rows(PolicyTable({}), rows);
}

}  // namespace
}  // namespace bowline::core
