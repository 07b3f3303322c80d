#include "cli/words/table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "cli/words/completion.h"
#include "cli/words/help.h"
#include "cli/words/man_page.h"

namespace bowline::cli {
namespace {

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

/// Runs `check` for every option of every command that users see.
template <class Check>
void for_each_option(Check check) {
  for (const Command& command : commands())
    if (!command.is_hidden)
      for (const Option& option : command.options) check(command, option);
}

std::string dashed(const Option& option) {
  return option.name.empty() ? std::string("-") + option.letter : "--" + std::string(option.name);
}

TEST(Table, names_and_letters_are_unique) {
  std::set<std::string_view> names;
  for (const Command& command : commands()) {
    EXPECT_TRUE(names.insert(command.name).second) << command.name;
    std::set<std::string> seen;
    for (const Option& option : command.options) {
      EXPECT_TRUE(seen.insert(dashed(option)).second) << command.name << ' ' << dashed(option);
      EXPECT_FALSE(option.help.empty()) << command.name << ' ' << dashed(option);
    }
  }
}

TEST(Table, every_command_has_json_and_help) {
  for (const Command& command : commands()) {
    const auto has = [&](std::string_view name) {
      return std::ranges::find(command.options, name, &Option::name) != command.options.end();
    };
    EXPECT_TRUE(has("help")) << command.name;
    EXPECT_TRUE(has("json") || command.is_hidden) << command.name;
  }
}

TEST(Table, every_option_is_in_the_help) {
  for_each_option([](const Command& command, const Option& option) {
    EXPECT_TRUE(contains(help_of(command), option_heading(option)))
        << command.name << ' ' << dashed(option);
  });
}

TEST(Table, every_option_is_in_the_man_page) {
  for_each_option([](const Command& command, const Option& option) {
    std::string shown;
    for (const char c : dashed(option)) shown += c == '-' ? std::string("\\-") : std::string(1, c);
    EXPECT_TRUE(contains(man_page(command), "\\fB" + shown + "\\fR"))
        << command.name << ' ' << dashed(option);
  });
}

TEST(Table, every_option_is_in_every_completion) {
  const std::string bash = bash_completion();
  const std::string zsh = zsh_completion();
  const std::string fish = fish_completion();
  for_each_option([&](const Command& command, const Option& option) {
    const std::string name(command.name);
    const auto line_of = [](const std::string& text, const std::string& start) {
      const std::size_t at = text.find(start);
      return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
    };
    EXPECT_TRUE(contains(line_of(bash, "      " + name + ") "), dashed(option)))
        << name << ' ' << dashed(option);
    EXPECT_TRUE(contains(line_of(zsh, "    " + name + ") "), "'" + dashed(option) + "["))
        << name << dashed(option);
    const std::string spec = option.name.empty() ? std::string(" -s ") + option.letter + " "
                                                 : " -l " + std::string(option.name) + " ";
    EXPECT_TRUE(contains(fish, "'__fish_seen_subcommand_from " + name + "'")) << name;
    EXPECT_TRUE(contains(fish, spec)) << name << ' ' << dashed(option);
  });
}

TEST(Table, every_exit_status_is_in_every_help_and_man_page) {
  for (const Status& status : statuses())
    for (const Command& command : commands()) {
      EXPECT_TRUE(contains(help_of(command), status.meaning));
      EXPECT_TRUE(contains(man_page(command), "\\fB" + std::to_string(status.code) + "\\fR"));
    }
}

TEST(Table, no_line_of_help_is_wider_than_a_terminal) {
  for (const Command& command : commands()) {
    std::string text = help_of(command) + help_overview();
    while (!text.empty()) {
      const std::string line = text.substr(0, text.find('\n'));
      EXPECT_LE(line.size(), 80U) << line;
      text.erase(0, line.size() + 1);
    }
  }
}

TEST(Table, no_text_has_a_backslash_that_fish_would_read_otherwise) {
  for_each_option([](const Command&, const Option& option) {
    EXPECT_FALSE(contains(std::string(option.help), "\\") ||
                 contains(std::string(option.help), "'"));
  });
}

}  // namespace
}  // namespace bowline::cli
