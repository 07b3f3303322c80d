#include <cerrno>
#include <cstdio>
#include <string>

#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/subcommands.h"
#include "cli/words/arguments.h"
#include "cli/words/completion.h"
#include "cli/words/man_page.h"

namespace bowline::cli {

namespace {

constexpr std::string_view folder_advice =
    "DIR is a folder that exists, that you may write to and that has room";

Result<void> write_file(const std::string& path, const std::string& text) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return Error::from_errno(errno, "write").about(path);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (std::fclose(file) != 0 || !written) return Error::from_errno(errno, "write").about(path);
  return {};
}

Result<void> write_man_pages(const std::string& folder) {
  BOWLINE_TRY_VOID(write_file(folder + "bowline.1", man_page()));
  for (const Command& command : commands())
    if (!command.is_hidden)
      BOWLINE_TRY_VOID(
          write_file(folder + "bowline-" + std::string(command.name) + ".1", man_page(command)));
  return {};
}

}  // namespace

int run_generate(const Invocation& invocation) {
  const std::string_view format = invocation.arguments()[0];
  const std::string folder = std::string(invocation.arguments()[1]) + "/";
  Result<void> written;
  if (format == "man") {
    written = write_man_pages(folder);
  } else if (format == "bash") {
    written = write_file(folder + "bowline", bash_completion());
  } else if (format == "zsh") {
    written = write_file(folder + "_bowline", zsh_completion());
  } else if (format == "fish") {
    written = write_file(folder + "bowline.fish", fish_completion());
  } else {
    return report_usage(usage_error("no format " + quoted(format) + ": man, bash, zsh or fish"),
                        invocation.command(), false);
  }
  return written.has_value() ? exit_ok : report_failure(written.error(), false, folder_advice);
}

}  // namespace bowline::cli
