#include "cli/output/terminal.h"

#include <gtest/gtest.h>

#include "cli/output/safe_text.h"

namespace bowline::cli {
namespace {

Surroundings terminal() {
  Surroundings around;
  around.is_terminal = true;
  around.terminal_columns = 100;
  around.term = "xterm-256color";
  return around;
}

TEST(Terminal, is_drawn_on_in_its_own_width) {
  const Style style = choose_style(terminal());
  EXPECT_TRUE(style.pictures);
  EXPECT_TRUE(style.colours);
  EXPECT_EQ(style.columns, 100U);
}

TEST(Terminal, gets_no_colours_with_no_color_but_pictures) {
  Surroundings around = terminal();
  around.no_color = "1";
  EXPECT_FALSE(choose_style(around).colours);
  EXPECT_TRUE(choose_style(around).pictures);
}

TEST(Terminal, that_is_dumb_gets_plain_text) {
  Surroundings around = terminal();
  around.term = "dumb";
  around.lang = "C.UTF-8";
  const Style style = choose_style(around);
  EXPECT_FALSE(style.colours || style.pictures || style.unicode);
}

TEST(Terminal, a_pipe_gets_plain_text_unless_forced) {
  Surroundings around;
  EXPECT_FALSE(choose_style(around).colours || choose_style(around).pictures);
  around.clicolor_force = "1";
  EXPECT_TRUE(choose_style(around).colours);
  around.clicolor_force = "0";
  EXPECT_FALSE(choose_style(around).colours);
}

TEST(Terminal, no_color_wins_over_clicolor_force) {
  Surroundings around;
  around.clicolor_force = "1";
  around.no_color = "1";
  EXPECT_FALSE(choose_style(around).colours);
}

TEST(Terminal, the_first_locale_variable_that_is_set_decides_about_unicode) {
  Surroundings around = terminal();
  around.lang = "de_DE.UTF-8";
  EXPECT_TRUE(choose_style(around).unicode);
  around.lc_all = "C";
  EXPECT_FALSE(choose_style(around).unicode);
  around.lc_all = "C.utf8";
  EXPECT_TRUE(choose_style(around).unicode);
}

TEST(Terminal, widths_stay_within_reason) {
  Surroundings around;
  EXPECT_EQ(choose_style(around).columns, 80U);
  around.columns = "3";
  EXPECT_EQ(choose_style(around).columns, 40U);
  around.columns = "99999";
  EXPECT_EQ(choose_style(around).columns, 500U);
  around.columns = "wide";
  EXPECT_EQ(choose_style(around).columns, 80U);
}

TEST(Terminal, text_from_outside_cannot_speak_to_it) {
  EXPECT_EQ(safe("a\x1b]0;x\x07\r\n\xc2\x9b"), "a\\x1b]0;x\\x07\\x0d\\x0a\\xc2\\x9b");
  EXPECT_EQ(safe(std::string(1 << 20, 'x'), 10), "xxxxxxxxxx...");
}

TEST(Terminal, text_is_filled_up_or_cut_to_its_column) {
  EXPECT_EQ(fit("ab", 4), "ab  ");
  EXPECT_EQ(fit("abcdef", 4), "abc~");
  EXPECT_EQ(fit("abcdef", 0), "");
}

}  // namespace
}  // namespace bowline::cli
