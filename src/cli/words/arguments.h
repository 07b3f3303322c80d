#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <bowline/result.h>

#include "cli/words/table.h"

namespace bowline::cli {

/// A command line that was understood: which subcommand, and what was said to it.
class Invocation {
 public:
  explicit Invocation(const Command* command) : command_(command) {}

  /// Null for `bowline` alone.
  [[nodiscard]] const Command* command() const { return command_; }
  /// Whether an option was given; by its long name, or "4" if it has only a letter. It must be in
  /// the table.
  [[nodiscard]] bool has(std::string_view option) const;
  /// The same, and false for a command that has no such option.
  [[nodiscard]] bool has_if_offered(std::string_view option) const;
  /// The value that was given last.
  [[nodiscard]] std::optional<std::string_view> value(std::string_view option) const;
  /// Every value that was given, in order.
  [[nodiscard]] std::vector<std::string_view> values(std::string_view option) const;
  [[nodiscard]] std::span<const std::string_view> arguments() const { return arguments_; }
  [[nodiscard]] bool wants_json() const { return value("json").has_value(); }

 private:
  friend class ArgumentReader;
  struct Given {
    const Option* option;
    std::string_view value;
  };
  const Command* command_;
  std::vector<Given> given_;
  std::vector<std::string_view> arguments_;
};

/// Understands the words behind `bowline`, which must outlive the result.
///
/// errors    invalid_argument, with a sentence that says what to write instead where that can be
/// guessed
[[nodiscard]] Result<Invocation> read_arguments(std::span<const char* const> words);

/// For words that were not understood: was JSON asked for, and for which subcommand was it meant?
[[nodiscard]] bool asks_for_json(std::span<const char* const> words);
[[nodiscard]] const Command* command_meant(std::span<const char* const> words);

/// An error of usage.
[[nodiscard]] Error usage_error(std::string message);
/// "; did you mean 'x'?" for the candidate that `word` is most likely a slip of; empty if none is
/// close.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string> candidates);

}  // namespace bowline::cli
