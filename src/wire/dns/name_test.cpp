#include "wire/dns/name.h"

#include <string>

#include <gtest/gtest.h>

#include "base/random.h"
#include "wire/dns/dns_bytes.h"

namespace bowline::wire {
namespace {

using namespace std::string_literals;

TEST(DnsName, reads_presentation_form_into_labels) {
  EXPECT_EQ(name("www.example.com").wire(), "\3www\7example\3com\0"s);
  EXPECT_EQ(name("www.example.com.").wire(), "\3www\7example\3com\0"s);
  EXPECT_EQ(name(".").wire(), "\0"s);
  EXPECT_EQ(name("a\\.b.c").wire(), "\3a.b\1c\0"s);
  EXPECT_EQ(name("a\\032b\\000\\255").wire(), "\5a b\0\xff\0"s);
  EXPECT_EQ(name("Living Room._ipp._tcp.local").label_count(), 4U);
  EXPECT_EQ(name("b\xc3\xbc"
                 "cher.example")
                .label_count(),
            2U);
  EXPECT_EQ(name(".").label_count(), 0U);
}

TEST(DnsName, names_the_rule_that_a_text_breaks) {
  const std::string label63(63, 'a');
  struct Row {
    std::string text;
    std::string_view rule;
  };
  const Row rows[] = {
      {"", "empty name"},
      {"..", "empty label"},
      {".a", "empty label"},
      {"a..b", "empty label"},
      {"a..", "empty label"},
      {label63 + "a", "label over 63 octets"},
      {label63 + '.' + label63 + '.' + label63 + '.' + label63, "name over 255 octets"},
      {"a\0b"s, "NUL or control character"},
      {"a\nb", "NUL or control character"},
      {"a\\\nb", "NUL or control character"},
      {"a\x7f", "NUL or control character"},
      {"a\\", "escape without a character"},
      {"a\\1", "escape without three digits"},
      {"a\\12x", "escape without three digits"},
      {"a\\256", "escape over 255"},
  };
  for (const Row& row : rows) {
    const auto result = DnsName::parse(row.text);
    ASSERT_FALSE(result.has_value()) << row.text;
    EXPECT_EQ(result.error().kind(), ErrorKind::malformed);
    EXPECT_EQ(result.error().message(), row.rule) << row.text;
  }
  EXPECT_FALSE(DnsName::parse(std::string(1 << 20, 'a')).has_value());
}

TEST(DnsName, may_fill_255_octets_and_no_more) {
  const std::string label = std::string(63, 'a') + '.';
  const std::string most = label + label + label + std::string(61, 'd');
  EXPECT_EQ(name(most).wire().size(), 255U);
  EXPECT_FALSE(DnsName::parse(most + 'd').has_value());
  std::string labels = "a";
  for (int i = 1; i < 127; ++i) labels += ".a";
  EXPECT_EQ(name(labels).label_count(), 127U);
  EXPECT_FALSE(DnsName::parse(labels + ".a").has_value());
}

TEST(DnsName, escapes_what_is_not_printable) {
  EXPECT_EQ(to_string(name("www.example.com.")), "www.example.com");
  EXPECT_EQ(to_string(DnsName()), ".");
  EXPECT_EQ(to_string(DnsName::from_wire("\5a.\\ \x1b\0"s)), "a\\.\\\\\\032\\027");
  EXPECT_EQ(to_string(DnsName::from_wire("\2\xc3\xbc\0"s)), "\\195\\188");
}

TEST(DnsName, reads_back_what_it_writes_for_every_octet) {
  const std::uint64_t seed = 1035;
  SCOPED_TRACE("seed " + std::to_string(seed));
  SeededRandom random(seed);
  for (int round = 0; round < 5000; ++round) {
    std::string wire;
    while (wire.size() < 190 && random.below(4) != 0) {
      std::string label(1 + random.below(63), '\0');
      random.fill(std::as_writable_bytes(std::span(label)));
      wire += static_cast<char>(label.size()) + label;
    }
    const DnsName original = DnsName::from_wire(wire + '\0');
    const auto again = DnsName::parse(to_string(original));
    ASSERT_TRUE(again.has_value()) << to_string(original);
    ASSERT_EQ(again->wire(), original.wire());
  }
}

TEST(DnsName, compares_without_case_and_keeps_it) {
  EXPECT_EQ(name("WWW.Example.COM"), name("www.example.com"));
  EXPECT_NE(name("www.example.com"), name("www.example.org"));
  EXPECT_EQ(to_string(name("WWW.Example")), "WWW.Example");
  EXPECT_EQ(name("WWW.Example").folded().wire(), "\3www\7example\0"s);
  EXPECT_EQ(name("A") <=> name("a"), std::weak_ordering::equivalent);
  EXPECT_TRUE(name("a") < name("B"));
  // Only ASCII letters have case: these two octets differ by the same bit.
  EXPECT_NE(name("[a"), name("{a"));
  EXPECT_NE(name("\\195"), name("\\227"));
}

TEST(DnsName, is_within_by_whole_labels) {
  EXPECT_TRUE(name("www.example.com").is_within(name("EXAMPLE.com")));
  EXPECT_TRUE(name("example.com").is_within(name("example.com")));
  EXPECT_TRUE(name("example.com").is_within(DnsName()));
  EXPECT_FALSE(name("badexample.com").is_within(name("example.com")));
  EXPECT_FALSE(name("com").is_within(name("example.com")));
  EXPECT_FALSE(name("example.com.evil").is_within(name("example.com")));
  // The dot is inside a label here, and a length octet looks like a character.
  EXPECT_FALSE(name("a\\.com").is_within(name("com")));
  EXPECT_FALSE(name("x\\003com").is_within(name("com")));
}

TEST(DnsName, with_suffix_joins_up_to_255_octets) {
  EXPECT_EQ(name("www").with_suffix(name("example.com")).value(), name("www.example.com"));
  EXPECT_EQ(name("www").with_suffix(DnsName()).value(), name("www"));
  EXPECT_EQ(DnsName().with_suffix(name("www")).value(), name("www"));
  const DnsName half = name(std::string(63, 'a') + '.' + std::string(63, 'b'));
  const auto whole = half.with_suffix(half);
  ASSERT_FALSE(whole.has_value());
  EXPECT_EQ(whole.error().kind(), ErrorKind::limit_exceeded);
}

}  // namespace
}  // namespace bowline::wire
