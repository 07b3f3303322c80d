#include "cli/words/arguments.h"

#include <algorithm>
#include <cassert>

#include "cli/output/safe_text.h"
#include "cli/words/edit_distance.h"

namespace bowline::cli {

namespace {

/// What `has` and `value` call an option.
std::string_view key_of(const Option& option) {
  return option.name.empty() ? std::string_view(&option.letter, 1) : option.name;
}

std::string shown(const Option& option) {
  return option.name.empty() ? std::string("-") + option.letter : "--" + std::string(option.name);
}

std::span<const Option> options_of(const Command* command) {
  return command == nullptr ? global_options() : command->options;
}

std::vector<std::string> names_of_commands() {
  std::vector<std::string> names;
  for (const Command& command : commands())
    if (!command.is_hidden) names.emplace_back(command.name);
  return names;
}

Error unknown_command(std::string_view word) {
  return usage_error("there is no command " + quoted(word) +
                     did_you_mean(word, names_of_commands()));
}

}  // namespace

/// Goes through the words one by one.
class ArgumentReader {
 public:
  explicit ArgumentReader(std::span<const char* const> words) : words_(words) {}

  Result<Invocation> read() {
    BOWLINE_TRY(invocation_.command_, read_command());
    while (!words_.empty()) BOWLINE_TRY_VOID(read_word(take()));
    BOWLINE_TRY_VOID(check_count());
    return std::move(invocation_);
  }

 private:
  std::string_view take() {
    const std::string_view word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  Result<const Command*> read_command() {
    if (words_.empty() || std::string_view(words_.front()).starts_with('-')) return nullptr;
    const std::string_view name = take();
    if (const Command* command = find_command(name)) return command;
    return unknown_command(name);
  }

  Result<void> read_word(std::string_view word) {
    if (only_arguments_ || word == "-" || !word.starts_with('-')) {
      if (invocation_.command() == nullptr)
        return usage_error("write the command first: bowline COMMAND [OPTION]...");
      invocation_.arguments_.push_back(word);
      return {};
    }
    if (word == "--") {
      only_arguments_ = true;
      return {};
    }
    return word.starts_with("--") ? read_long(word) : read_letters(word);
  }

  Result<void> read_long(std::string_view word) {
    const std::size_t equals = word.find('=');
    const std::string_view name =
        word.substr(2, equals == std::string_view::npos ? equals : equals - 2);
    const auto options = options_of(invocation_.command());
    const auto found = std::ranges::find(options, name, &Option::name);
    if (found == options.end() || name.empty()) return unknown_option(word.substr(0, equals));
    if (equals == std::string_view::npos) return add(*found, std::nullopt);
    return add(*found, word.substr(equals + 1));
  }

  Result<void> read_letters(std::string_view word) {
    const auto options = options_of(invocation_.command());
    for (std::size_t i = 1; i < word.size(); ++i) {
      const auto found = std::ranges::find(options, word[i], &Option::letter);
      if (found == options.end())
        return unknown_option(word.size() == 2 ? word : "-" + std::string(1, word[i]));
      if (!found->value.empty() && i + 1 < word.size()) return add(*found, word.substr(i + 1));
      BOWLINE_TRY_VOID(add(*found, std::nullopt));
    }
    return {};
  }

  Result<void> add(const Option& option, std::optional<std::string_view> value) {
    if (option.value.empty() && value) return usage_error(shown(option) + " takes no value");
    if (!option.value.empty() && !value) {
      if (words_.empty())
        return usage_error(shown(option) + " needs a value: " + std::string(option.value));
      value = take();
    }
    invocation_.given_.push_back({&option, value.value_or(std::string_view())});
    return {};
  }

  Error unknown_option(std::string_view word) const {
    // One letter is like any other.
    if (word.size() == 2) return usage_error("there is no option " + quoted(word));
    std::vector<std::string> known;
    for (const Option& option : options_of(invocation_.command())) known.push_back(shown(option));
    return usage_error("there is no option " + quoted(word) + did_you_mean(word, known));
  }

  Result<void> check_count() const {
    const Command* command = invocation_.command();
    if (command == nullptr || invocation_.has("help")) return {};
    const std::size_t count = invocation_.arguments().size();
    if (count < command->arguments_min)
      return usage_error(std::string(command->arguments[count].name) + " is missing");
    if (count > command->arguments_max)
      return usage_error("one argument too many: " +
                         quoted(invocation_.arguments()[command->arguments_max]));
    return {};
  }

  std::span<const char* const> words_;
  Invocation invocation_ = Invocation(nullptr);
  bool only_arguments_ = false;
};

bool Invocation::has(std::string_view option) const {
  assert(std::ranges::find(options_of(command_), option, key_of) != options_of(command_).end());
  return std::ranges::find(given_, option, [](const Given& given) {
           return key_of(*given.option);
         }) != given_.end();
}

bool Invocation::has_if_offered(std::string_view option) const {
  const auto offered = options_of(command_);
  return std::ranges::find(offered, option, key_of) != offered.end() && has(option);
}

std::optional<std::string_view> Invocation::value(std::string_view option) const {
  for (std::size_t i = given_.size(); i-- > 0;)
    if (key_of(*given_[i].option) == option) return given_[i].value;
  return std::nullopt;
}

std::vector<std::string_view> Invocation::values(std::string_view option) const {
  std::vector<std::string_view> all;
  for (const Given& given : given_)
    if (key_of(*given.option) == option) all.push_back(given.value);
  return all;
}

Result<Invocation> read_arguments(std::span<const char* const> words) {
  return ArgumentReader(words).read();
}

bool asks_for_json(std::span<const char* const> words) {
  for (const std::string_view word : words) {
    if (word == "--") return false;
    if (word == "--json") return true;
  }
  return false;
}

const Command* command_meant(std::span<const char* const> words) {
  return words.empty() ? nullptr : find_command(words.front());
}

Error usage_error(std::string message) {
  return Error(ErrorKind::invalid_argument, "usage", std::move(message));
}

std::string did_you_mean(std::string_view word, std::span<const std::string> candidates) {
  const std::string* best = nullptr;
  std::size_t least = 3;  // three slips in one word are another word
  for (const std::string& candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < least && distance < candidate.size()) {
      least = distance;
      best = &candidate;
    }
  }
  return best == nullptr ? "" : "; did you mean " + quoted(*best) + "?";
}

}  // namespace bowline::cli
