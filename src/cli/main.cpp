#include <csignal>
#include <cstddef>
#include <span>
#include <system_error>

#include "cli/host/standard_descriptors.h"
#include "cli/output/output.h"
#include "cli/words/arguments.h"
#include "cli/words/help.h"

namespace bowline::cli {

namespace {

int run(std::span<const char* const> words) {
  const auto invocation = read_arguments(words);
  if (!invocation.has_value())
    return report_usage(invocation.error(), command_meant(words), asks_for_json(words));
  if (invocation->has("help")) {
    print(invocation->command() == nullptr ? help_overview() : help_of(*invocation->command()));
    return exit_ok;
  }
  if (invocation->command() != nullptr) {
    try {
      return invocation->command()->run(*invocation);
    } catch (const std::system_error& failure) {
      return report_failure(Error::from_errno(failure.code().value(), "start a thread"),
                            invocation->wants_json());
    }
  }
  if (invocation->has("version")) {
    print("bowline " + std::string(version()) + "\n");
    return exit_ok;
  }
  return report_usage(usage_error("which command?"), nullptr, false);
}

}  // namespace

}  // namespace bowline::cli

int main(int argc, char** argv) {
  bowline::cli::occupy_standard_descriptors();
  // Whoever stops reading shows as an error of the write instead.
  std::signal(SIGPIPE, SIG_IGN);
  const std::span<const char* const> words(argv, static_cast<std::size_t>(argc));
  return bowline::cli::finish_output(bowline::cli::run(words.empty() ? words : words.subspan(1)));
}
