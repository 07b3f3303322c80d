#include "cli/words/man_page.h"

#include <string_view>

#include "cli/words/help.h"

namespace bowline::cli {

namespace {

constexpr std::string_view manual_date = "2026-11-21";

std::string_view escape_of(char c) {
  switch (c) {
    case '\\': return "\\e";
    case '-': return "\\-";
    case '\'': return "\\(aq";
    case '`': return "\\(ga";
    case '^': return "\\(ha";
    case '~': return "\\(ti";
    case '"': return "\\(dq";
    default: return {};
  }
}

/// Text as roff shows it.
std::string roff(std::string_view text) {
  std::string result = text.starts_with('.') ? "\\&" : "";
  for (const char c : text) {
    const std::string_view special = escape_of(c);
    if (special.empty()) {
      result += c;
    } else {
      result += special;
    }
  }
  return result;
}

/// A paragraph in short lines, none of which looks like a request.
std::string filled(std::string_view text) {
  std::string lines = wrap(roff(text), 0);
  for (std::size_t at = lines.find("\n."); at != std::string::npos; at = lines.find("\n.", at))
    lines.insert(at + 1, "\\&");
  return lines;
}

std::string bold(std::string_view text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + roff(text) + "\\fR"; }

std::string header(std::string_view name, std::string_view summary) {
  std::string upper(name);
  for (char& c : upper)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  return ".TH " + roff(upper) + " 1 " + std::string(manual_date) + " \"bowline " +
         std::string(version()) + "\" \"User Commands\"\n.SH NAME\n" + roff(name) + " \\- " +
         roff(summary) + "\n";
}

std::string item(const std::string& term, std::string_view meaning) {
  return ".TP\n" + term + "\n" + filled(meaning);
}

std::string term_of(const Option& option) {
  std::string term;
  if (option.letter != 0) term = bold(std::string("-") + option.letter);
  if (!option.name.empty())
    term += (term.empty() ? "" : ", ") + bold("--" + std::string(option.name));
  if (!option.value.empty()) term += " " + italic(option.value);
  return term;
}

std::string options_section(std::span<const Option> options) {
  std::string text = ".SH OPTIONS\n";
  for (const Option& option : options) text += item(term_of(option), option.help);
  return text;
}

std::string closing_sections() {
  std::string text = ".SH ENVIRONMENT\n";
  for (const Argument& variable : environment()) text += item(bold(variable.name), variable.help);
  text += ".SH EXIT STATUS\n";
  for (const Status& status : statuses())
    text += item(bold(std::to_string(status.code)), status.meaning);
  return text;
}

std::string see_also(const Command* self) {
  std::string list = self == nullptr ? "" : ".BR bowline (1)";
  for (const Command& command : commands()) {
    if (command.is_hidden || &command == self) continue;
    list += (list.empty() ? "" : ",\n") + std::string(".BR ") +
            roff("bowline-" + std::string(command.name)) + " (1)";
  }
  return ".SH SEE ALSO\n" + list + "\n";
}

}  // namespace

std::string man_page() {
  std::string text = header("bowline", "connections by name, raced and reported");
  text += ".SH SYNOPSIS\n" + bold("bowline") + " " + italic("COMMAND") + " [" + italic("OPTION") +
          "]...\n";
  text += ".SH DESCRIPTION\n" + filled(
                                    "Bowline resolves a name, races the addresses that it has, "
                                    "connects, and shows what happened.");
  text += ".SH COMMANDS\n";
  for (const Command& command : commands())
    if (!command.is_hidden) text += item(bold(command.name), command.summary);
  return text + options_section(global_options()) + closing_sections() + see_also(nullptr);
}

std::string man_page(const Command& command) {
  const std::string name = "bowline-" + std::string(command.name);
  std::string text = header(name, command.summary) + ".SH SYNOPSIS\n";
  std::string_view separator;
  for (const std::string_view synopsis : command.synopses) {
    text += std::string(separator) + bold("bowline " + std::string(command.name)) + " " +
            roff(synopsis) + "\n";
    separator = ".br\n";
  }
  text += ".SH DESCRIPTION\n";
  separator = "";
  for (const std::string_view paragraph : command.description) {
    text += std::string(separator) + filled(paragraph);
    separator = ".PP\n";
  }
  for (const Argument& argument : command.arguments)
    text += item(italic(argument.name), argument.help);
  text += options_section(command.options);
  if (!command.examples.empty()) text += ".SH EXAMPLES\n";
  for (const Example& example : command.examples)
    text += item(bold(example.command), example.meaning);
  return text + closing_sections() + see_also(&command);
}

}  // namespace bowline::cli
