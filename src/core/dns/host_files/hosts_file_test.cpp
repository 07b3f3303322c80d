#include "core/dns/host_files/hosts_file.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace bowline::core {
namespace {

using Texts = std::vector<std::string>;

Texts addresses_of(HostsFile& file, std::string_view name) {
  Texts all;
  for (const IpAddress& address : file.addresses_of(wire::DnsName::parse(name).value()))
    all.push_back(to_string(address));
  return all;
}

Texts names_of(const HostsFile& file, std::string_view address) {
  Texts all;
  for (const wire::DnsName& name : file.names_of(IpAddress::parse(address).value()))
    all.push_back(to_string(name));
  return all;
}

TEST(HostsFile, gives_every_name_of_a_line_its_address) {
  HostsFile file(
      "10.0.0.1\tDB.test db  # the database\n2001:db8::1 db.test\r\n10.0.0.2 x db.test.");
  EXPECT_EQ(addresses_of(file, "db.test"), (Texts{"10.0.0.1", "2001:db8::1", "10.0.0.2"}));
  EXPECT_EQ(addresses_of(file, "dB"), Texts{"10.0.0.1"});
  EXPECT_EQ(addresses_of(file, "x"), Texts{"10.0.0.2"});
  EXPECT_EQ(file.count_useless_lines(), 0U);
}

TEST(HostsFile, takes_whole_words_that_are_names_only) {
  HostsFile file(
      "10.0.0.1 a.test.example\n10.0.0.2 xa.test\n10.0.0.3 b # a.test\n10.0.0.4 b#a.test\n"
      "a.test c\n10.0.0.5 a.test2 a-test\n10.0.0.6 \ta.test\n10.0.0.7 a.test#x\nnonsense a.test\n"
      "  10.0.0.8   a.test a.test\n#10.0.0.9 a.test\n10.0.0.6 a.test\n");
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(addresses_of(file, "a.test"), (Texts{"10.0.0.6", "10.0.0.7", "10.0.0.8"}));
  EXPECT_EQ(addresses_of(file, "test"), Texts{});
  EXPECT_EQ(addresses_of(file, "10.0.0.1"), Texts{}) << "an address is not a name";
}

TEST(HostsFile, counts_lines_that_say_nothing) {
  const HostsFile file(
      "\n# a comment\nnot-an-address x\n10.0.0.1\n10.0.0.1 a..b\n10.0.0.1 good a..b\n");
  EXPECT_EQ(file.count_useless_lines(), 3U);
}

TEST(HostsFile, asks_for_zones_by_name) {
  const auto index = [](std::string_view name) {
    return name == "eth0" ? std::optional(7U) : std::nullopt;
  };
  HostsFile file("fe80::1%eth0 a\nfe80::1%eth9 b\nfe80::1%3 c\n10.0.0.1%eth0 d\n", index);
  EXPECT_EQ(addresses_of(file, "a"), Texts{"fe80::1%7"});
  EXPECT_EQ(addresses_of(file, "c"), Texts{"fe80::1%3"});
  EXPECT_EQ(addresses_of(file, "b"), Texts{});
  EXPECT_EQ(file.count_useless_lines(), 2U);
}

TEST(HostsFile, knows_the_names_of_an_address) {
  const HostsFile file(
      "10.0.0.1 db.test db\n2001:db8:0::1 six.test\n10.0.0.10 other\n10.0.0.1 DB.test last\n");
  EXPECT_EQ(names_of(file, "10.0.0.1"), (Texts{"db.test", "db", "last"}));
  EXPECT_EQ(names_of(file, "2001:db8::1"), Texts{"six.test"});
  EXPECT_EQ(names_of(file, "10.0.0.2"), Texts{});
}

std::string blocklist(std::size_t lines) {
  std::string text = "127.0.0.1 localhost\n# a list of 150,000\n";
  for (std::size_t i = 0; i < lines; ++i)
    text += "0.0.0.0 ads" + std::to_string(i) + ".tracker.example\n";
  return text;
}

TEST(HostsFile, has_no_end_before_the_text_ends) {
  HostsFile file(blocklist(150'000));
  EXPECT_EQ(addresses_of(file, "ads0.tracker.example"), Texts{"0.0.0.0"});
  EXPECT_EQ(addresses_of(file, "ads149999.tracker.example"), Texts{"0.0.0.0"});
  EXPECT_EQ(addresses_of(file, "ads150000.tracker.example"), Texts{});
  EXPECT_FALSE(file.has_index()) << "a few names are searched for";
  for (int i = 0; i < 3; ++i) EXPECT_EQ(addresses_of(file, "localhost"), Texts{"127.0.0.1"});
  EXPECT_TRUE(file.has_index()) << "many are not";
  EXPECT_EQ(addresses_of(file, "ads149999.tracker.example"), Texts{"0.0.0.0"});
  EXPECT_EQ(addresses_of(file, "ads150000.tracker.example"), Texts{});
}

TEST(HostsFile, says_the_same_by_search_and_by_index) {
  SeededRandom random(7);
  const std::string_view pieces[] = {"a",         "b",    "A",  ".",    " ",
                                     "\t",        "#",    "\n", "\r",   "10.0.0.1 ",
                                     "10.0.0.2 ", "::1 ", "aa", "ab.a", "\n10.0.0.3 "};
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = 0; i < 300; ++i) text += pieces[random.below(std::size(pieces))];
    const std::string large = text + '\n' + std::string(20'000, '#');
    HostsFile indexed(large);
    for (int i = 0; i < 5; ++i) (void)addresses_of(indexed, "x");
    ASSERT_TRUE(indexed.has_index());
    HostsFile searched(text);
    for (const char* name : {"a", "b", "aa", "ab.a", "a.b", "ba"})
      ASSERT_EQ(addresses_of(searched, name), addresses_of(indexed, name)) << name << '\n' << text;
  }
}

TEST(HostsFile, survives_absurd_text) {
  for (const char octet : {'x', '\0', ' ', '#', '.'}) {
    HostsFile file(std::string(1 << 20, octet));
    for (int i = 0; i < 6; ++i) EXPECT_EQ(addresses_of(file, "x"), Texts{});
    EXPECT_LE(file.count_useless_lines(), 1U);
  }
  EXPECT_EQ(HostsFile(std::string(1 << 16, '\n')).count_useless_lines(), 0U);
  HostsFile none;
  EXPECT_EQ(addresses_of(none, "x"), Texts{});
}

}  // namespace
}  // namespace bowline::core
