#include "cli/words/arguments.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace bowline::cli {
namespace {

std::string refusal(std::initializer_list<const char*> words) {
  const std::vector<const char*> all(words);
  const auto result = read_arguments(all);
  return result.has_value() ? "accepted" : result.error().message();
}

TEST(Arguments, takes_options_before_between_and_behind_the_rest) {
  const std::vector<const char*> words{"connect",     "-4",  "example.com",
                                       "--timeout=2", "443", "--json"};
  const auto invocation = read_arguments(words);
  ASSERT_TRUE(invocation.has_value());
  EXPECT_EQ(invocation->command()->name, "connect");
  EXPECT_TRUE(invocation->has("4"));
  EXPECT_FALSE(invocation->has("6"));
  EXPECT_EQ(invocation->value("timeout"), "2");
  EXPECT_TRUE(invocation->wants_json());
  ASSERT_EQ(invocation->arguments().size(), 2U);
  EXPECT_EQ(invocation->arguments()[1], "443");
}

TEST(Arguments, takes_letters_in_one_word_and_values_in_the_next) {
  const std::vector<const char*> words{"cat", "-lk4", "--interface", "lo", "7000"};
  const auto invocation = read_arguments(words);
  ASSERT_TRUE(invocation.has_value());
  EXPECT_TRUE(invocation->has("listen"));
  EXPECT_TRUE(invocation->has("k"));
  EXPECT_TRUE(invocation->has("4"));
  EXPECT_EQ(invocation->value("interface"), "lo");
}

TEST(Arguments, the_last_value_counts) {
  const std::vector<const char*> words{"connect", "--timeout", "1", "--timeout", "2", "h", "1"};
  EXPECT_EQ(read_arguments(words)->value("timeout"), "2");
}

TEST(Arguments, takes_everything_behind_two_dashes_as_it_is) {
  const std::vector<const char*> words{"resolve", "--", "--json"};
  const auto invocation = read_arguments(words);
  ASSERT_TRUE(invocation.has_value());
  EXPECT_FALSE(invocation->wants_json());
  EXPECT_EQ(invocation->arguments()[0], "--json");
}

TEST(Arguments, guesses_what_a_slip_stood_for) {
  EXPECT_EQ(refusal({"conect"}), "there is no command 'conect'; did you mean 'connect'?");
  EXPECT_EQ(refusal({"cat", "--tiemout", "1"}),
            "there is no option '--tiemout'; did you mean '--timeout'?");
  EXPECT_EQ(refusal({"frobnicate"}), "there is no command 'frobnicate'");
}

TEST(Arguments, says_what_is_missing_or_too_much) {
  EXPECT_EQ(refusal({"connect"}), "HOST is missing");
  EXPECT_EQ(refusal({"connect", "h", "1", "2"}), "one argument too many: '2'");
  EXPECT_EQ(refusal({"connect", "--timeout"}), "--timeout needs a value: S");
  EXPECT_EQ(refusal({"connect", "--json=yes", "h", "1"}), "--json takes no value");
  EXPECT_EQ(refusal({"path", "-x"}), "there is no option '-x'");
}

TEST(Arguments, shows_what_was_written_without_its_control_characters) {
  EXPECT_EQ(refusal({"\x1b[31mx"}), "there is no command '\\x1b[31mx'");
}

TEST(Arguments, knows_that_json_was_wanted_from_words_that_make_no_sense) {
  const std::vector<const char*> words{"connect", "--nonsense", "--json"};
  EXPECT_TRUE(asks_for_json(words));
  EXPECT_EQ(command_meant(words), find_command("connect"));
}

}  // namespace
}  // namespace bowline::cli
