#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cli/cert/actions.h"
#include "cli/output/output.h"
#include "cli/output/safe_text.h"
#include "cli/subcommands.h"

namespace bowline::cli {

namespace {

constexpr std::array<std::string_view, 5> actions{"show", "root", "server", "client", "wrong"};

}  // namespace

int run_cert(const Invocation& invocation) {
  const bool as_json = invocation.wants_json();
  const std::string_view action = invocation.arguments()[0];
  if (std::ranges::find(actions, action) == actions.end()) {
    const std::vector<std::string> known(actions.begin(), actions.end());
    return report_usage(
        usage_error("there is no action " + quoted(action) + did_you_mean(action, known)),
        invocation.command(), as_json);
  }
  auto loop = Loop::open();
  if (!loop.has_value()) return report_failure(loop.error(), as_json);
  return action == "show" ? show_certificates(invocation, *loop)
                          : make_certificates(invocation, *loop);
}

Result<std::string> read_small_file(const std::string& path) {
  constexpr std::size_t bytes_max = std::size_t{4} << 20;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             std::fclose);
  if (!file) return Error::from_errno(errno, "read").about(path);
  std::string text(bytes_max + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return Error::from_errno(errno, "read").about(path);
  if (text.size() > bytes_max)
    return Error(ErrorKind::limit_exceeded, "read", "more than 4 MiB").about(path);
  return text;
}

}  // namespace bowline::cli
