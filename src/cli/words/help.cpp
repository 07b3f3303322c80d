#include "cli/words/help.h"

#include <algorithm>

#include "cli/output/json.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/subcommands.h"
#include "cli/words/arguments.h"

namespace bowline::cli {

namespace {

constexpr std::size_t columns = 80;

/// "  TERM    meaning", the meaning in one column for all rows.
std::string entry(std::string_view term, std::string_view meaning, std::size_t term_columns) {
  std::string first = "  " + std::string(term);
  first.resize(std::max(first.size(), term_columns + 4), ' ');
  const std::string rest = wrap(meaning, term_columns + 4);
  return first + rest.substr(std::min(term_columns + 4, rest.size()));
}

template <class Rows, class Term, class Meaning>
std::string section(std::string_view title, const Rows& rows, Term term, Meaning meaning) {
  if (rows.empty()) return "";
  std::size_t widest = 0;
  for (const auto& row : rows) widest = std::max(widest, std::string(term(row)).size());
  std::string text = "\n" + std::string(title) + ":\n";
  for (const auto& row : rows) text += entry(term(row), meaning(row), widest);
  return text;
}

std::string statuses_section() {
  return section(
      "Exit status", statuses(), [](const Status& row) { return std::to_string(row.code); },
      [](const Status& row) { return row.meaning; });
}

void write_option(Json& json, const Option& option) {
  json.object([&] {
    json.field("letter", option.letter == 0 ? std::string() : std::string(1, option.letter));
    json.field("name", option.name);
    json.field("value", option.value);
    json.field("help", option.help);
  });
}

void write_argument(Json& json, const Argument& argument) {
  json.object([&] {
    json.field("name", argument.name);
    json.field("help", argument.help);
  });
}

void write_command(Json& json, const Command& command) {
  json.object([&] {
    json.field("name", command.name);
    json.field("summary", command.summary);
    json.list("synopses", command.synopses, [&](std::string_view text) { json.value(text); });
    json.list("arguments", command.arguments,
              [&](const Argument& one) { write_argument(json, one); });
    json.list("options", command.options, [&](const Option& one) { write_option(json, one); });
  });
}

/// The whole table, or the part of one command.
std::string table_as_json(const Command* only) {
  Json json;
  json.object([&] {
    json.field("version", version());
    json.name("commands");
    json.array(commands(), [&](const Command& command) {
      if (only == nullptr ? !command.is_hidden : &command == only) write_command(json, command);
    });
    json.list("exit_statuses", statuses(), [&](const Status& row) {
      json.object([&] {
        json.field("code", row.code);
        json.field("meaning", row.meaning);
      });
    });
  });
  return json.text() + "\n";
}

}  // namespace

std::string help_overview() {
  std::string text =
      "bowline - transport services: connections by name, raced and reported\n"
      "\n"
      "Usage: bowline COMMAND [OPTION]...\n";
  std::vector<Command> shown;
  for (const Command& command : commands())
    if (!command.is_hidden) shown.push_back(command);
  text += section(
      "Commands", shown, [](const Command& one) { return one.name; },
      [](const Command& one) { return one.summary; });
  text += section("Options", global_options(), option_heading,
                  [](const Option& one) { return one.help; });
  text += section(
      "Environment", environment(), [](const Argument& one) { return one.name; },
      [](const Argument& one) { return one.help; });
  return text + statuses_section() + "\n" + "`bowline help COMMAND` explains a command.\n";
}

std::string help_of(const Command& command) {
  std::string text =
      "bowline " + std::string(command.name) + " - " + std::string(command.summary) + "\n\n";
  std::string_view lead = "Usage: ";
  for (const std::string_view synopsis : command.synopses) {
    text += std::string(lead) + "bowline " + std::string(command.name) + " " +
            std::string(synopsis) + "\n";
    lead = "       ";
  }
  for (const std::string_view paragraph : command.description) text += "\n" + wrap(paragraph, 0);
  text += section(
      "Arguments", command.arguments, [](const Argument& one) { return one.name; },
      [](const Argument& one) { return one.help; });
  text += section("Options", command.options, option_heading,
                  [](const Option& one) { return one.help; });
  if (!command.examples.empty()) text += "\nExamples:\n";
  for (const Example& example : command.examples)
    text += "  " + std::string(example.command) + "\n" + wrap(example.meaning, 6);
  return text + statuses_section();
}

std::string option_heading(const Option& option) {
  std::string text = option.letter == 0 ? "   " : std::string("-") + option.letter;
  if (!option.name.empty())
    text += (option.letter == 0 ? " --" : ", --") + std::string(option.name);
  if (!option.value.empty()) text += " " + std::string(option.value);
  return text;
}

std::string wrap(std::string_view text, std::size_t indent) {
  std::string result;
  std::string line(indent, ' ');
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (line.size() > indent && line.size() + 1 + word.size() > columns) {
      result += line + "\n";
      line.assign(indent, ' ');
    }
    if (line.size() > indent) line += ' ';
    line += word;
  }
  return result + line + "\n";
}

int run_help(const Invocation& invocation) {
  const Command* command = nullptr;
  if (!invocation.arguments().empty()) {
    const std::string_view name = invocation.arguments()[0];
    command = find_command(name);
    if (command == nullptr) {
      std::vector<std::string> names;
      for (const Command& one : commands()) names.emplace_back(one.name);
      return report_usage(
          usage_error("there is no command " + quoted(name) + did_you_mean(name, names)),
          invocation.command(), invocation.wants_json());
    }
  }
  if (invocation.wants_json()) {
    print(table_as_json(command));
  } else {
    print(command == nullptr ? help_overview() : help_of(*command));
  }
  return exit_ok;
}

}  // namespace bowline::cli
