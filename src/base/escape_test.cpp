#include "base/escape.h"

#include <gtest/gtest.h>

namespace bowline {
namespace {

TEST(Escape, leaves_plain_and_foreign_text_alone) {
  EXPECT_EQ(escape(""), "");
  EXPECT_EQ(escape("example.com"), "example.com");
  EXPECT_EQ(escape("b\xc3\xbc"
                   "cher \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\xaa\xa2"),
            "b\xc3\xbc"
            "cher \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\xaa\xa2");
}

TEST(Escape, threat_116_shows_what_could_drive_a_terminal_or_forge_a_line) {
  struct Row {
    std::string_view text, shown;
  };
  const Row rows[] = {
      {"\x1b[31mred", "\\x1b[31mred"},
      {"a\r\nb\tc", "a\\x0d\\x0ab\\x09c"},
      {std::string_view("a\0b", 3), "a\\x00b"},
      {"\x7f", "\\x7f"},
      {"\xc2\x9b", "\\u{9b}"},
      {"\xe2\x80\xae", "\\u{202e}"},
      {"\xe2\x81\xa6", "\\u{2066}"},
      {"\xe2\x80\xa8", "\\u{2028}"},
      {"\xf3\xa0\x80\xa1", "\\u{e0021}"},
  };
  for (const Row& row : rows) EXPECT_EQ(escape(row.text), row.shown);
}

TEST(Escape, shows_broken_utf8_byte_by_byte) {
  EXPECT_EQ(escape("\xff"), "\\xff");
  EXPECT_EQ(escape("\xc3"), "\\xc3");
  EXPECT_EQ(escape("\xe2\x82x"), "\\xe2\\x82x");
  EXPECT_EQ(escape("\xc0\x80"), "\\xc0\\x80");                    // overlong NUL
  EXPECT_EQ(escape("\xed\xa0\x80"), "\\xed\\xa0\\x80");           // surrogate
  EXPECT_EQ(escape("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");  // over U+10FFFF
  EXPECT_EQ(escape("\xe0\x9f\xbf"), "\\xe0\\x9f\\xbf");           // overlong U+07FF
}

TEST(Escape, changes_nothing_the_second_time) {
  for (const char* text : {"\x1b[2J", "\\032", "a\\b", "\xff\xfe", "\xe2\x80\xae"})
    EXPECT_EQ(escape(escape(text)), escape(text));
  EXPECT_EQ(escape("a\\.b"), "a\\.b") << "a dot inside a label of a DNS name";
}

TEST(Escape, stops_at_the_limit_without_cutting_a_character) {
  EXPECT_EQ(escape("abcdef", 6), "abcdef");
  EXPECT_EQ(escape("abcdef", 5), "abcde...");
  EXPECT_EQ(escape("a\xc3\xbc", 2), "a...");
  EXPECT_EQ(escape("a\x1b", 4), "a...");
  EXPECT_EQ(escape(std::string(1 << 20, '\x1b')).size(), 1024U + 3);
}

}  // namespace
}  // namespace bowline
