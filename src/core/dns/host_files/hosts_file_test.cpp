#include "core/dns/host_files/hosts_file.h"

#include <gtest/gtest.h>

namespace bowline::core {
namespace {

std::vector<std::string> addresses_of(const HostsFile& file, const std::string& name) {
  std::vector<std::string> all;
  const auto [first, last] = file.hosts.equal_range(name);
  for (auto entry = first; entry != last; ++entry) all.push_back(to_string(entry->second));
  return all;
}

using Texts = std::vector<std::string>;

TEST(HostsFile, gives_every_name_of_a_line_its_address) {
  const auto file = parse_hosts_file(
      "10.0.0.1\tDB.test db  # the database\n2001:db8::1 db.test\r\n10.0.0.2 db.test");
  EXPECT_EQ(addresses_of(file, "db.test"), (Texts{"10.0.0.1", "2001:db8::1", "10.0.0.2"}));
  EXPECT_EQ(addresses_of(file, "db"), Texts{"10.0.0.1"});
  EXPECT_EQ(file.lines_skipped, 0U);
}

TEST(HostsFile, skips_and_counts_bad_lines) {
  const auto file = parse_hosts_file(
      "\n# a comment\nnot-an-address x\n10.0.0.1\n10.0.0.1 a..b\n10.0.0.1 good a..b\n");
  EXPECT_EQ(file.hosts.size(), 1U);
  EXPECT_EQ(file.lines_skipped, 3U);
}

TEST(HostsFile, asks_for_zones_by_name) {
  const auto index = [](std::string_view name) {
    return name == "eth0" ? std::optional(7U) : std::nullopt;
  };
  const auto file =
      parse_hosts_file("fe80::1%eth0 a\nfe80::1%eth9 b\nfe80::1%3 c\n10.0.0.1%eth0 d\n", index);
  EXPECT_EQ(addresses_of(file, "a"), Texts{"fe80::1%7"});
  EXPECT_EQ(addresses_of(file, "c"), Texts{"fe80::1%3"});
  EXPECT_EQ(file.lines_skipped, 2U);
}

TEST(HostsFile, keeps_a_pair_once_and_a_bounded_number_of_them) {
  std::string text = "10.0.0.1 a a a\n10.0.0.1 a\n";
  EXPECT_EQ(parse_hosts_file(text).hosts.size(), 1U);
  for (std::size_t i = 0; i < HostsFile::entries_max + 9; ++i)
    text += "10.0.0.1 n" + std::to_string(i) + '\n';
  const auto file = parse_hosts_file(text);
  EXPECT_EQ(file.hosts.size(), HostsFile::entries_max);
  EXPECT_EQ(file.entries_dropped, 10U);
}

TEST(HostsFile, survives_absurd_text) {
  EXPECT_EQ(parse_hosts_file(std::string(1 << 20, 'x')).lines_skipped, 1U);
  EXPECT_EQ(parse_hosts_file(std::string(1 << 16, '\0')).lines_skipped, 1U);
  EXPECT_EQ(parse_hosts_file(std::string(1 << 16, '\n')).lines_skipped, 0U);
}

TEST(HostsFile, ends_a_line_at_a_hash_even_within_a_word) {
  const HostsFile file = parse_hosts_file("10.0.0.1 db#primary\n");
  EXPECT_EQ(file.hosts.count("db"), 1U);
  EXPECT_EQ(file.hosts.size(), 1U);
}

}  // namespace
}  // namespace bowline::core
