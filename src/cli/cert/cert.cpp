#include <algorithm>
#include <array>
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

}  // namespace bowline::cli
