#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace bowline::cli {

class Invocation;

/// What a shell may offer to complete a value with.
enum class Suggest : std::uint8_t {
  nothing,
  hosts,
  interfaces,
  folders,
  files,
  commands,
  record_types,
  formats
};

/// One option of a subcommand: `--interface IF`, or `-4` alone.
struct Option {
  char letter = 0;         ///< of the short form; 0 if there is none
  std::string_view name;   ///< of the long form; empty if there is none
  std::string_view value;  ///< what the value is called; empty if it takes none
  std::string_view help;
  Suggest suggest = Suggest::nothing;
};

/// The rows of all parts, in order: for what several commands have in common.
template <std::size_t... Sizes>
[[nodiscard]] consteval auto all_of(const std::array<Option, Sizes>&... parts) {
  std::array<Option, (Sizes + ...)> rows{};
  auto at = rows.begin();
  ((at = std::ranges::copy(parts, at).out), ...);
  return rows;
}

struct Argument {
  std::string_view name;
  std::string_view help;
  Suggest suggest = Suggest::nothing;
};

struct Example {
  std::string_view command;
  std::string_view meaning;
};

/// One subcommand. All that is said about it anywhere comes from here: parsing, --help, man page,
/// completion.
struct Command {
  std::string_view name;
  std::string_view summary;
  std::span<const std::string_view> synopses;     ///< what follows the name
  std::span<const std::string_view> description;  ///< paragraphs
  std::span<const Argument> arguments;
  std::size_t arguments_min;
  std::size_t arguments_max;
  std::span<const Option> options;
  std::span<const Example> examples;
  int (*run)(const Invocation&);
  bool is_hidden = false;
};

/// A row of the list of exit statuses.
struct Status {
  int code;
  std::string_view meaning;
};

[[nodiscard]] std::span<const Command> commands();
/// Null if there is none.
[[nodiscard]] const Command* find_command(std::string_view name);
/// What `bowline` takes without a subcommand.
[[nodiscard]] std::span<const Option> global_options();
[[nodiscard]] std::span<const Status> statuses();
/// Environment variables: name and meaning.
[[nodiscard]] std::span<const Argument> environment();
[[nodiscard]] std::string_view version();

}  // namespace bowline::cli
