#include "cli/words/completion.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "cli/words/table.h"

namespace bowline::cli {

namespace {

constexpr std::string_view record_types = "A AAAA CNAME HTTPS SVCB TXT NS PTR SOA SRV";
constexpr std::string_view formats = "man bash zsh fish";
constexpr std::string_view interfaces = "$(command ls /sys/class/net 2>/dev/null)";

template <class Use>
void for_each_shown(Use use) {
  for (const Command& command : commands())
    if (!command.is_hidden) use(command);
}

std::string words_of_commands() {
  std::string names;
  for_each_shown([&](const Command& command) {
    names += std::string(names.empty() ? "" : " ") + std::string(command.name);
  });
  return names;
}

/// In single quotes, as bash and zsh read them; fish agrees as long as there is no backslash.
std::string single_quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// bash

std::string words_of(std::span<const Option> options) {
  std::string words;
  for (const Option& option : options) {
    if (option.letter != 0) words += std::string(" -") + option.letter;
    if (!option.name.empty()) words += " --" + std::string(option.name);
  }
  return words.substr(std::min<std::size_t>(words.size(), 1));
}

std::string bash_reply(Suggest suggest) {
  switch (suggest) {
    case Suggest::nothing: return ":";
    case Suggest::hosts: return "COMPREPLY=($(compgen -A hostname -- \"$word\"))";
    case Suggest::interfaces:
      return "COMPREPLY=($(compgen -W \"" + std::string(interfaces) + "\" -- \"$word\"))";
    case Suggest::folders: return "COMPREPLY=($(compgen -d -- \"$word\"))";
    case Suggest::files: return "COMPREPLY=($(compgen -f -- \"$word\"))";
    case Suggest::commands:
      return "COMPREPLY=($(compgen -W '" + words_of_commands() + "' -- \"$word\"))";
    case Suggest::record_types:
      return "COMPREPLY=($(compgen -W '" + std::string(record_types) + "' -- \"$word\"))";
    case Suggest::formats:
      return "COMPREPLY=($(compgen -W '" + std::string(formats) + "' -- \"$word\"))";
  }
  std::unreachable();
}

std::string bash_values(const Command& command) {
  std::string cases;
  for (const Option& option : command.options)
    if (!option.value.empty())
      cases += "    " + std::string(command.name) + ":--" + std::string(option.name) + ") " +
               bash_reply(option.suggest) + "; return ;;\n";
  return cases;
}

/// Arguments by what they offer, tried in the order of the table; the first word that is not an
/// option gets the first.
std::string bash_arguments(const Command& command) {
  const Suggest first = command.arguments.empty() ? Suggest::nothing : command.arguments[0].suggest;
  const Suggest later =
      command.arguments.size() < 2 ? Suggest::nothing : command.arguments[1].suggest;
  const std::string name(command.name);
  if (first == later) return "    " + name + ") " + bash_reply(first) + " ;;\n";
  return "    " + name + ") if ((COMP_CWORD == 2)); then " + bash_reply(first) + "; else " +
         bash_reply(later) + "; fi ;;\n";
}

// zsh

std::string zsh_action(Suggest suggest) {
  switch (suggest) {
    case Suggest::nothing: return " ";
    case Suggest::hosts: return "_hosts";
    case Suggest::interfaces: return "_net_interfaces";
    case Suggest::folders: return "_directories";
    case Suggest::files: return "_files";
    case Suggest::commands: return "(" + words_of_commands() + ")";
    case Suggest::record_types: return "(" + std::string(record_types) + ")";
    case Suggest::formats: return "(" + std::string(formats) + ")";
  }
  std::unreachable();
}

/// Brackets and colons mean something to _arguments.
std::string zsh_text(std::string_view text) {
  std::string result;
  for (const char c : text)
    result += (c == '[' || c == ']' || c == ':' ? "\\" : "") + std::string(1, c);
  return result;
}

std::string zsh_option(const Option& option) {
  const std::string text = "[" + zsh_text(option.help) + "]";
  const std::string value =
      option.value.empty() ? "" : ":" + zsh_text(option.value) + ":" + zsh_action(option.suggest);
  std::string specs;
  if (option.letter != 0)
    specs += " " + single_quoted(std::string("-") + option.letter + text + value);
  if (!option.name.empty())
    specs += " " + single_quoted("--" + std::string(option.name) + text + value);
  return specs;
}

std::string zsh_command(const Command& command) {
  std::string line = "    " + std::string(command.name) + ") _arguments -s -S";
  for (const Option& option : command.options) line += zsh_option(option);
  const std::size_t count = std::min(command.arguments.size(), command.arguments_max);
  for (std::size_t i = 0; i < count; ++i) {
    const bool repeats = i + 1 == count && command.arguments_max > count;
    line += " " + single_quoted((repeats ? "*" : std::to_string(i + 1)) + ":" +
                                zsh_text(command.arguments[i].name) + ":" +
                                zsh_action(command.arguments[i].suggest));
  }
  return line + " ;;\n";
}

// fish

std::string fish_values(Suggest suggest) {
  switch (suggest) {
    case Suggest::nothing: return "";
    case Suggest::hosts: return " -a '(__fish_print_hostnames)'";
    case Suggest::interfaces: return " -a '(command ls /sys/class/net 2>/dev/null)'";
    case Suggest::folders: return " -a '(__fish_complete_directories)'";
    case Suggest::files: return " -F";
    case Suggest::commands: return " -a '" + words_of_commands() + "'";
    case Suggest::record_types: return " -a '" + std::string(record_types) + "'";
    case Suggest::formats: return " -a '" + std::string(formats) + "'";
  }
  std::unreachable();
}

std::string fish_option(const std::string& start, const Option& option) {
  std::string line = start;
  if (option.letter != 0) line += std::string(" -s ") + option.letter;
  if (!option.name.empty()) line += " -l " + std::string(option.name);
  if (!option.value.empty()) line += " -x" + fish_values(option.suggest);
  return line + " -d " + single_quoted(option.help) + "\n";
}

std::string fish_command(const Command& command) {
  std::string text = "complete -c bowline -n __fish_use_subcommand -a " +
                     std::string(command.name) + " -d " + single_quoted(command.summary) + "\n";
  const std::string start =
      "complete -c bowline -n '__fish_seen_subcommand_from " + std::string(command.name) + "'";
  for (const Argument& argument : command.arguments)
    if (argument.suggest != Suggest::nothing) text += start + fish_values(argument.suggest) + "\n";
  for (const Option& option : command.options) text += fish_option(start, option);
  return text;
}

}  // namespace

std::string bash_completion() {
  std::string values;
  std::string options;
  std::string arguments;
  for_each_shown([&](const Command& command) {
    values += bash_values(command);
    options += "      " + std::string(command.name) + ") COMPREPLY=($(compgen -W '" +
               words_of(command.options) + "' -- \"$word\")) ;;\n";
    arguments += bash_arguments(command);
  });
  return "# bash completion for bowline\n"
         "_bowline() {\n"
         "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} "
         "command=${COMP_WORDS[1]}\n"
         "  COMPREPLY=()\n"
         "  if ((COMP_CWORD == 1)); then\n"
         "    COMPREPLY=($(compgen -W '" +
         words_of_commands() + " " + words_of(global_options()) +
         "' -- \"$word\"))\n"
         "    return\n"
         "  fi\n"
         "  case $command:$before in\n" +
         values +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    case $command in\n" +
         options +
         "    esac\n"
         "    return\n"
         "  fi\n"
         "  case $command in\n" +
         arguments +
         "  esac\n"
         "}\n"
         "complete -F _bowline bowline\n";
}

std::string zsh_completion() {
  std::string descriptions;
  std::string cases;
  for_each_shown([&](const Command& command) {
    descriptions += "      " +
                    single_quoted(std::string(command.name) + ":" + std::string(command.summary)) +
                    "\n";
    cases += zsh_command(command);
  });
  std::string globals;
  for (const Option& option : global_options()) globals += zsh_option(option);
  return "#compdef bowline\n"
         "# zsh completion for bowline\n"
         "_bowline() {\n"
         "  if ((CURRENT == 2)); then\n"
         "    local -a commands=(\n" +
         descriptions +
         "    )\n"
         "    _describe command commands\n"
         "    _arguments -s -S" +
         globals +
         "\n"
         "    return\n"
         "  fi\n"
         "  shift words\n"
         "  ((CURRENT--))\n"
         "  case $words[1] in\n" +
         cases +
         "  esac\n"
         "}\n"
         "if [[ $funcstack[1] == _bowline ]]; then _bowline \"$@\"; else compdef _bowline bowline; "
         "fi\n";
}

std::string fish_completion() {
  std::string text = "# fish completion for bowline\ncomplete -c bowline -f\n";
  for (const Option& option : global_options())
    text += fish_option("complete -c bowline -n __fish_use_subcommand", option);
  for_each_shown([&](const Command& command) { text += fish_command(command); });
  return text;
}

}  // namespace bowline::cli
